#include "kernels.h"

// Numbers one by one: what a graph without axes is computed with. Each operation is the block
// kernel on one element, so that it gives the bits that it gives in a tensor.

#define RUN(T, suffix)                                                                        \
  static void run_##suffix(                                                                   \
      const nnsh_kernel_table *kernels, const nnsh_scalar_instruction *step,                  \
      const void *const *places) {                                                            \
    T in[3];                                                                                  \
    for (int i = 0; i < step->operands; i++) {                                                \
      const void *place = places[step->from[i]];                                              \
      in[i] = step->types[i] == nnsh_f64 ? (T) * (const double *)place                        \
                                         : (T) * (const float *)place;                        \
    }                                                                                         \
    T *out = (T *)places[step->to];                                                           \
    if (step->code < 0) {                                                                     \
      *out = in[0];                                                                           \
    } else if (step->code == nnsh_code_select) {                                              \
      kernels->select_##suffix(out, in, 1, in + 1, 1, in + 2, 1, 1);                          \
    } else if (step->code >= nnsh_code_binary) {                                              \
      kernels->binary_##suffix[step->code - nnsh_code_binary](out, in, 0, in + 1, 0, 1);      \
    } else {                                                                                  \
      kernels->unary_##suffix[step->code](out, in, 1);                                        \
    }                                                                                         \
  }

RUN(float, f32)
RUN(double, f64)

int nnsh_scalars_run(
    const nnsh_scalar_instruction *steps, ptrdiff_t count, const void *const *places) {
  const nnsh_kernel_table *kernels = nnsh_kernels();
  for (ptrdiff_t i = 0; i < count; i++) {
    if ((i & 0xFFF) == 0xFFF && nnsh_must_stop()) return nnsh_interrupted;
    if (steps[i].type == nnsh_f64) {
      run_f64(kernels, steps + i, places);
    } else {
      run_f32(kernels, steps + i, places);
    }
  }
  return nnsh_done;
}
