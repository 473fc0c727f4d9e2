#include "FuzzProbes.h"
#include <stdint.h>

// The compiler's option -sanitize-coverage=edge,trace-pc-guard puts a call at each edge of the
// program's flow. The first one through an edge counts it and takes its mark away.

static size_t marks, reached;

__attribute__((no_sanitize("coverage")))
void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop) {
  if (start == stop || *start != 0) return;
  for (uint32_t *guard = start; guard < stop; guard++) *guard = 1;
  marks += (size_t)(stop - start);
}

__attribute__((no_sanitize("coverage")))
void __sanitizer_cov_trace_pc_guard(uint32_t *guard) {
  if (*guard == 0) return;
  *guard = 0;
  __atomic_fetch_add(&reached, 1, __ATOMIC_RELAXED);
}

size_t fuzz_coverage_take_new(void) { return __atomic_exchange_n(&reached, 0, __ATOMIC_RELAXED); }

int fuzz_coverage_is_there(void) { return marks > 0; }
