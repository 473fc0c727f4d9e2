#pragma once
#include "include/CKernels.h"

/// The block kernels of one instruction set. Every pointer pair may be equal, none may overlap.
typedef struct {
  void (*unary_f32[nnsh_unary_count])(float *, const float *, ptrdiff_t);
  void (*unary_f64[nnsh_unary_count])(double *, const double *, ptrdiff_t);
  // A step is 1, or 0 where the operand is one number.
  void (*binary_f32[nnsh_binary_count])(
      float *, const float *, int, const float *, int, ptrdiff_t);
  void (*binary_f64[nnsh_binary_count])(
      double *, const double *, int, const double *, int, ptrdiff_t);
  void (*select_f32)(
      float *, const float *, int, const float *, int, const float *, int, ptrdiff_t);
  void (*select_f64)(
      double *, const double *, int, const double *, int, const double *, int, ptrdiff_t);
  // One number for a contiguous run.
  double (*run_f32)(int reduction, const float *, ptrdiff_t, double mean);
  double (*run_f64)(int reduction, const double *, ptrdiff_t, double mean);
  // Folds `rows` rows of `columns` elements into an accumulator a column.
  void (*columns_f32)(
      int reduction, double *, const float *, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t columns,
      const double *means);
  void (*columns_f64)(
      int reduction, double *, const double *, ptrdiff_t stride, ptrdiff_t rows,
      ptrdiff_t columns, const double *means);
  // `heeds` says whether an interruption may leave a long row half done.
  void (*softmax_f32)(
      int logarithm, int heeds, float *, const float *, ptrdiff_t rows, ptrdiff_t columns);
  void (*softmax_f64)(
      int logarithm, int heeds, double *, const double *, ptrdiff_t rows, ptrdiff_t columns);
  // As `nnsh_softmax_cross_entropy_rows`; gives the rows whose largest logit is the target's.
  ptrdiff_t (*cross_entropy_f32)(
      const float *logits, const float *targets, ptrdiff_t rows, ptrdiff_t columns, float scale,
      float *gradient, float *losses);
  void (*column_sums)(float *, const float *, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t columns);
  void (*relu_mask)(float *, const float *, ptrdiff_t);
  // As `nnsh_update_f32`, by rule.
  void (*update_f32[nnsh_rule_count])(
      float *weights, float *first, float *second, const float *gradient, ptrdiff_t count,
      const float *numbers);
  void (*update_f64[nnsh_rule_count])(
      double *weights, double *first, double *second, const double *gradient, ptrdiff_t count,
      const double *numbers);
  void (*to_bf16)(const float *, uint16_t *, ptrdiff_t);
  // So many rounds of `multiply_add_lanes` independent multiply-adds.
  float (*multiply_adds)(ptrdiff_t rounds);
  int multiply_add_lanes;
  // c (8 × 32, of Float64 8 × 16, stride) += a packed 8 a step times b packed a row a step.
  void (*gemm_tile_f32)(
      ptrdiff_t k, const float *a, const float *b, float *c, ptrdiff_t stride, int rows,
      int columns);
  void (*gemm_tile_f64)(
      ptrdiff_t k, const double *a, const double *b, double *c, ptrdiff_t stride, int rows,
      int columns);
  void (*philox)(
      uint64_t key, uint64_t stream, uint64_t counter, ptrdiff_t blocks, uint32_t *out);
  // Pairs of uniform numbers become pairs of normal ones.
  void (*normal_pairs)(double *, double *, ptrdiff_t);
} nnsh_kernel_table;

/// The table of the best instruction set of this machine.
const nnsh_kernel_table *nnsh_kernels(void);

extern const nnsh_kernel_table nnsh_table_baseline;
#if defined(__x86_64__)
extern const nnsh_kernel_table nnsh_table_avx2;
extern const nnsh_kernel_table nnsh_table_avx512;
#endif

static inline size_t nnsh_size_of(int type) {
  return type == nnsh_f64 ? 8 : type == nnsh_f32 ? 4 : 2;
}
