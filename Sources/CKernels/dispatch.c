#include "kernels.h"
#include <stdlib.h>
#include <string.h>

/// NNSH_KERNELS=baseline or avx2 holds the choice down, for tests of the narrower code.
static const nnsh_kernel_table *choose(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const char *wanted = getenv("NNSH_KERNELS");
  int limit = wanted == NULL               ? 2
      : strcmp(wanted, "baseline") == 0 ? 0
      : strcmp(wanted, "avx2") == 0     ? 1
                                        : 2;
  if (limit >= 2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
      && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
      && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2")) {
    return &nnsh_table_avx512;
  }
  if (limit >= 1 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
      && __builtin_cpu_supports("bmi2")) {
    return &nnsh_table_avx2;
  }
#endif
  return &nnsh_table_baseline;
}

const nnsh_kernel_table *nnsh_kernels(void) {
  static const nnsh_kernel_table *chosen;
  const nnsh_kernel_table *table = __atomic_load_n(&chosen, __ATOMIC_ACQUIRE);
  if (table == NULL) {
    table = choose();
    __atomic_store_n(&chosen, table, __ATOMIC_RELEASE);
  }
  return table;
}
