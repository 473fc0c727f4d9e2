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
/// back = the gradient of `in`, of which the largest elements of a window share its gradient.
void nnsh_unpool(
    const nnsh_pools *_Nonnull pools, int kind, int type, const void *_Nonnull in,
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
/// standard = (in − mean) · scale and out = gamma · standard + beta, column by column.
void nnsh_standardize_columns(
    const float *_Nonnull in, ptrdiff_t rows, ptrdiff_t columns, const float *_Nonnull means,
    const float *_Nonnull scales, const float *_Nonnull gamma, const float *_Nonnull beta,
    float *_Nonnull standard, float *_Nonnull out);
/// The sums over the rows of the gradient, a column each, and after them those of gradient ·
/// standard.
int nnsh_column_products(
    const float *_Nonnull gradient, const float *_Nonnull standard, ptrdiff_t rows,
    ptrdiff_t columns, double *_Nonnull sums);
/// gradient = factor · (gradient − mean − standard · slope), column by column.
void nnsh_standardize_columns_back(
    float *_Nonnull gradient, const float *_Nonnull standard, ptrdiff_t rows, ptrdiff_t columns,
    const float *_Nonnull factors, const float *_Nonnull means, const float *_Nonnull slopes);
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

/// Scores of one head, steps × steps, become weights: of each row a softmax of the scaled scores of
/// the steps that are real and, where it is causal, not later. All count alike where there is none.
void nnsh_attention_weights(
    float *_Nonnull scores, ptrdiff_t steps, float scale, int is_causal,
    const float *_Nullable real);
/// The weights' gradient becomes that of the scores.
void nnsh_attention_weights_back(
    float *_Nonnull gradient, const float *_Nonnull weights, ptrdiff_t steps, float scale,
    int is_causal, const float *_Nullable real);
