#pragma once
#include <stddef.h>

/// The kernels of layers of images and sequences: a part of `CKernels.h`.

// MARK: - Windows of images (windows.c)

/// Which places of an image the windows of a convolution look at: images height × width × channels,
/// pairs of height and width; `before` counts the zeros before the first row and column.
typedef struct {
  ptrdiff_t channels, groups;
  ptrdiff_t size[2], output_size[2], kernel[2], stride[2], dilation[2], before[2];
} nnsh_windows;

/// Lays out the windows of images: groups × (rows · output height · output width) × (kernel height ·
/// kernel width · channels / groups).
void nnsh_unfold(
    const nnsh_windows *_Nonnull windows, int type, ptrdiff_t rows, const void *_Nonnull images,
    void *_Nonnull columns);
/// Adds what is laid out so to the images' places.
void nnsh_fold(
    const nnsh_windows *_Nonnull windows, int type, ptrdiff_t rows, const void *_Nonnull columns,
    void *_Nonnull images);

/// Square windows that do not overlap, of images rows × height × width × channels; what is beyond
/// the last whole one is left out.
typedef struct {
  ptrdiff_t rows, height, width, channels, size;
} nnsh_pools;
enum { nnsh_pool_largest = 0, nnsh_pool_mean = 1 };

/// out = the largest, or the mean, of each window.
void nnsh_pool(
    const nnsh_pools *_Nonnull pools, int kind, int type, const void *_Nonnull in,
    void *_Nonnull out);
/// back = the gradient of `in`, of which the largest elements of a window share its gradient; where
/// `in` was rectified, of what it was before: 0 where the largest is 0.
void nnsh_unpool(
    const nnsh_pools *_Nonnull pools, int kind, int type, int rectified, const void *_Nonnull in,
    const void *_Nonnull out, const void *_Nonnull gradient, void *_Nonnull back);
/// chosen = of `numbers`, which lie as `in` does, the mean of those where a window is largest.
void nnsh_pool_chosen(
    const nnsh_pools *_Nonnull pools, int type, const void *_Nonnull in, const void *_Nonnull out,
    const void *_Nonnull numbers, void *_Nonnull chosen);

// MARK: - Normalizations (normalization.c), never cut short

/// The sum of each column, or of its squared deviations from a centre.
int nnsh_column_totals(
    const float *_Nonnull in, ptrdiff_t rows, ptrdiff_t columns, const double *_Nullable centres,
    double *_Nonnull totals);
/// out = gamma · (in − mean) · scale + beta, column by column; max(0, ·) of that where it is
/// rectified.
void nnsh_standardize_columns(
    const float *_Nonnull in, ptrdiff_t rows, ptrdiff_t columns, const float *_Nonnull means,
    const float *_Nonnull scales, const float *_Nonnull gamma, const float *_Nonnull beta,
    int is_rectified, float *_Nonnull out);
/// The sums over the rows of the gradient, a column each, and after them those of gradient ·
/// (in − mean) · scale. Where `rectified`, which came out, is given, the gradient is first set to 0
/// where that is 0.
int nnsh_column_products(
    float *_Nonnull gradient, const float *_Nonnull in, const float *_Nullable rectified,
    ptrdiff_t rows, ptrdiff_t columns, const float *_Nonnull means, const float *_Nonnull scales,
    double *_Nonnull sums);
/// gradient = factor · gradient − shift − (in − mean) · scale · slope, column by column.
void nnsh_standardize_columns_back(
    float *_Nonnull gradient, const float *_Nonnull in, ptrdiff_t rows, ptrdiff_t columns,
    const float *_Nonnull means, const float *_Nonnull scales, const float *_Nonnull factors,
    const float *_Nonnull shifts, const float *_Nonnull slopes);
/// out = gamma · (in − mean) · scale + beta, where each row has its own mean and scale, 1 / √(variance
/// + epsilon), which are kept.
void nnsh_standardize_rows(
    const float *_Nonnull in, ptrdiff_t rows, ptrdiff_t columns, const float *_Nonnull gamma,
    const float *_Nonnull beta, float epsilon, float *_Nonnull scales, float *_Nonnull means,
    float *_Nonnull out);
/// back = the gradient of `in`; `sums` = those of gamma, and after them those of beta.
int nnsh_standardize_rows_back(
    const float *_Nonnull gradient, const float *_Nonnull in, const float *_Nonnull scales,
    const float *_Nonnull means, ptrdiff_t rows, ptrdiff_t columns, const float *_Nonnull gamma,
    double *_Nonnull sums, float *_Nonnull back);

/// Rows of places × channels, whose channels are in groups (group_normalization.c).
typedef struct {
  ptrdiff_t rows, places, channels, groups;
} nnsh_grouping;
/// How many Float64 numbers a row's channel needs as scratch.
enum { nnsh_group_scratch = 4 };

/// out = gamma · (in − mean) · scale + beta, where each group of each row has its own mean and scale,
/// 1 / √(variance + epsilon), which are kept, rows × channels each.
void nnsh_standardize_groups(
    const nnsh_grouping *_Nonnull shape, const float *_Nonnull in, const float *_Nonnull gamma,
    const float *_Nonnull beta, float epsilon, double *_Nonnull scratch, float *_Nonnull means,
    float *_Nonnull scales, float *_Nonnull out);
/// The gradient of what came out becomes that of what went in; `sums` = those of beta, and after them
/// those of gamma.
void nnsh_standardize_groups_back(
    const nnsh_grouping *_Nonnull shape, const float *_Nonnull in, const float *_Nonnull means,
    const float *_Nonnull scales, const float *_Nonnull gamma, double *_Nonnull scratch,
    float *_Nonnull gradient, double *_Nonnull sums);

// MARK: - Sequences (sequences.c), on the calling thread

enum { nnsh_rnn = 0, nnsh_lstm = 1, nnsh_gru = 2 };

/// A recurrent layer over rows of steps, all rows × steps × so many numbers: `inside` what comes from
/// the input, the gates one after the other; `kept` what the way back needs; `states` the outputs.
typedef struct {
  int kind;
  ptrdiff_t rows, steps, hidden;
  const float *_Nullable inside;
  /// Of a gru the candidate's recurrent bias.
  const float *_Nullable own;
  /// For each row and step, whether it is one: 0 where the state stays as it is; null where all are.
  const float *_Nullable real;
  float *_Nonnull kept;
  float *_Nonnull states;
} nnsh_recurrence;

/// How many times `hidden` numbers are kept for a row's step.
ptrdiff_t nnsh_recurrent_kept(int kind);
/// A step of some rows; `recurrent` is what comes from their states before, rows × gates · hidden,
/// and `zeros` holds `hidden` of them.
void nnsh_recurrent_step(
    const nnsh_recurrence *_Nonnull recurrence, ptrdiff_t first, ptrdiff_t rows, ptrdiff_t step,
    const float *_Nonnull recurrent, const float *_Nonnull zeros);
/// The same backward. `state_gradient`, rows × hidden, is what comes from the steps after, to which
/// the states' own gradient is added; it becomes the part that passes to the states before beside
/// `recurrent_back`, which may be `inside_back` but for a gru.
void nnsh_recurrent_step_back(
    const nnsh_recurrence *_Nonnull recurrence, ptrdiff_t first, ptrdiff_t rows, ptrdiff_t step,
    const float *_Nonnull states_gradient, float *_Nonnull state_gradient,
    float *_Nonnull cell_gradient, float *_Nonnull inside_back, float *_Nonnull recurrent_back,
    const float *_Nonnull zeros);

/// A matrix packed once for the products of many others with it: how many numbers that takes, and
/// the packing of inner × columns numbers with these strides.
ptrdiff_t nnsh_packed_size(ptrdiff_t inner, ptrdiff_t columns);
void nnsh_pack_matrix(
    const float *_Nonnull in, ptrdiff_t in_row, ptrdiff_t in_column, ptrdiff_t inner,
    ptrdiff_t columns, float *_Nonnull packed);
/// c, rows × columns, = a, rows × inner, · what was packed; added to what is there where `adds`.
void nnsh_packed_product(
    const float *_Nonnull a, ptrdiff_t a_row, ptrdiff_t rows, const float *_Nonnull packed,
    ptrdiff_t inner, ptrdiff_t columns, int adds, float *_Nonnull c, ptrdiff_t c_row);

/// One head of attention: queries, keys and values steps × width with `inside_row` numbers from step
/// to step, what is seen with `seen_row`.
typedef struct {
  ptrdiff_t steps, width, inside_row, seen_row;
  /// What scores are multiplied by.
  float scale;
  int is_causal;
  /// Which steps are real; null where all are.
  const float *_Nullable real;
  const float *_Nonnull queries, *_Nonnull keys, *_Nonnull values;
  /// steps × steps: of each row a softmax of the scaled scores of the steps that are real and, where
  /// it is causal, not later. All count alike where there is none.
  float *_Nonnull weights;
  /// Memory to work in.
  float *_Nonnull scratch;
} nnsh_attention_head;

/// How many numbers a head needs to work in.
ptrdiff_t nnsh_attention_scratch(ptrdiff_t steps, ptrdiff_t width);
/// Fills the weights, and what is seen with them.
void nnsh_attention_forward(const nnsh_attention_head *_Nonnull head, float *_Nonnull seen);
/// The gradients of queries, keys and values, which lie as these do, for one of what was seen.
void nnsh_attention_back(
    const nnsh_attention_head *_Nonnull head, const float *_Nonnull seen,
    float *_Nonnull queries_back, float *_Nonnull keys_back, float *_Nonnull values_back);
