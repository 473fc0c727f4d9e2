#pragma once
#include "include/CKernels.h"

/// Notes that a part of a file that is used as memory is gone.
void nnsh_mapped_file_note_cut(void);

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
  // As `nnsh_squared_errors`.
  void (*squared_errors)(
      const float *out, const float *target, ptrdiff_t rows, ptrdiff_t columns, float scale,
      float *gradient, double *sums);
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
  // c += a·b, for few numbers.
  void (*small_product_f32)(
      const float *a, ptrdiff_t a_row, ptrdiff_t a_column, const float *b, ptrdiff_t b_row,
      ptrdiff_t b_column, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, float *c, ptrdiff_t stride);
  void (*small_product_f64)(
      const double *a, ptrdiff_t a_row, ptrdiff_t a_column, const double *b, ptrdiff_t b_row,
      ptrdiff_t b_column, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, double *c, ptrdiff_t stride);
  double (*dot_f64)(const double *, const double *, ptrdiff_t);
  // out += the rows, each times its factor; factors lie `step` apart.
  void (*add_rows_f64)(
      double *out, const double *factors, ptrdiff_t step, const double *rows, ptrdiff_t stride,
      ptrdiff_t count, ptrdiff_t columns);
  // A line of windows of an image: see windows.c.
  void (*pool_line_f32)(
      int largest, float *out, const float *in, ptrdiff_t size, ptrdiff_t width, ptrdiff_t channels);
  void (*unpool_line_f32)(
      int largest, int rectified, float *back, const float *gradient, const float *in, const float *out,
      ptrdiff_t size, ptrdiff_t width, ptrdiff_t channels);
  void (*pool_chosen_line_f32)(
      float *chosen, const float *numbers, const float *in, const float *out, ptrdiff_t size,
      ptrdiff_t width, ptrdiff_t channels);
  void (*pool_line_f64)(
      int largest, double *out, const double *in, ptrdiff_t size, ptrdiff_t width, ptrdiff_t channels);
  void (*unpool_line_f64)(
      int largest, int rectified, double *back, const double *gradient, const double *in, const double *out,
      ptrdiff_t size, ptrdiff_t width, ptrdiff_t channels);
  void (*pool_chosen_line_f64)(
      double *chosen, const double *numbers, const double *in, const double *out, ptrdiff_t size,
      ptrdiff_t width, ptrdiff_t channels);
  // Some rows of a normalization: see normalization.c.
  void (*standardize_columns)(
      float *out, const float *in, ptrdiff_t rows, ptrdiff_t columns, const float *means,
      const float *scales, const float *gamma, const float *beta, int is_rectified);
  void (*column_products)(
      double *sums, double *products, float *gradient, const float *in, const float *rectified,
      ptrdiff_t rows, ptrdiff_t columns, const float *means, const float *scales);
  void (*standardize_columns_back)(
      float *gradient, const float *in, ptrdiff_t rows, ptrdiff_t columns, const float *means,
      const float *scales, const float *factors, const float *shifts, const float *slopes);
  void (*standardize_rows)(
      float *out, float *scales, float *means, const float *in, ptrdiff_t rows,
      ptrdiff_t columns, const float *gamma, const float *beta, float epsilon);
  void (*standardize_rows_back)(
      float *back, double *gamma_back, double *beta_back, const float *gradient, const float *in,
      const float *scales, const float *means, ptrdiff_t rows, ptrdiff_t columns,
      const float *gamma);
  // A row of a step of recurrent layers: see sequence_bodies.h.
  void (*rnn_row)(float *state, const float *a, const float *r, ptrdiff_t hidden);
  void (*rnn_row_back)(
      float *back, float *gradient, const float *own, const float *state, ptrdiff_t hidden);
  void (*lstm_row)(
      float *state, float *kept, const float *cell, const float *a, const float *r,
      ptrdiff_t hidden);
  void (*lstm_row_back)(
      float *back, float *gradient, const float *own, float *cell_gradient, const float *kept,
      const float *cell, ptrdiff_t hidden);
  void (*gru_row)(
      float *state, float *kept, const float *before, const float *a, const float *r,
      const float *own, ptrdiff_t hidden);
  void (*gru_row_back)(
      float *back, float *recurrent_back, float *gradient, const float *own, const float *kept,
      const float *before, ptrdiff_t hidden);
  // See packed_bodies.h.
  ptrdiff_t (*packed_size)(ptrdiff_t inner, ptrdiff_t columns);
  void (*pack_matrix)(
      float *to, const float *in, ptrdiff_t in_row, ptrdiff_t in_column, ptrdiff_t inner,
      ptrdiff_t columns);
  void (*packed_product)(
      float *c, ptrdiff_t c_row, const float *a, ptrdiff_t a_row, ptrdiff_t a_column,
      ptrdiff_t rows, const float *packed, ptrdiff_t inner, ptrdiff_t first, ptrdiff_t last,
      ptrdiff_t columns, int adds);
  // See attention_bodies.h.
  ptrdiff_t (*attention_scratch)(ptrdiff_t steps, ptrdiff_t width);
  void (*attention_forward)(const nnsh_attention_head *head, float *seen);
  void (*attention_back)(
      const nnsh_attention_head *head, const float *seen, float *queries_back, float *keys_back,
      float *values_back);
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

/// Products of so few multiplications are not worth preparing.
static inline int nnsh_is_small_product(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k) {
  return (double)m * (double)n * (double)k <= nnsh_small_product;
}

static inline size_t nnsh_size_of(int type) {
  return type == nnsh_f64 ? 8 : type == nnsh_f32 ? 4 : 2;
}
