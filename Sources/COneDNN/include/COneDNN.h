#pragma once
#include <stddef.h>
#include <stdint.h>

/// oneDNN's matrix products and convolutions, of whichever version (2 or 3) this machine has: the
/// library is looked for at the first of them, so that starting costs nothing and no version is
/// built in.

/// A product of oneDNN, on the calling thread alone; it runs on one thread at a time.
typedef struct nnsh_product nnsh_product;

/// What a product is made for: destination (rows × columns) = left (rows × inner) · right
/// (inner × columns) + bias + accumulate · destination. Strides count elements; the destination
/// and the bias, a row of `columns`, are Float32.
typedef struct {
  int64_t rows, columns, inner;
  int64_t left_strides[2], right_strides[2], destination_stride;
  float accumulate;
  /// Whether left and right are bfloat16 rather than Float32.
  int is_bf16;
  int has_bias;
} nnsh_product_shape;

/// What is answered besides 0 for success and oneDNN's own numbers above it.
enum {
  nnsh_onednn_out_of_memory = 1,
  /// No library was found.
  nnsh_onednn_absent = -1,
  /// The library lacks a function that is needed.
  nnsh_onednn_unknown = -2,
  /// The library has no fast way to compute this.
  nnsh_onednn_slow = -3,
};

/// Makes a product. Where the answer is not 0, `out` is null.
int nnsh_product_create(
    nnsh_product *_Nullable *_Nonnull out, const nnsh_product_shape *_Nonnull shape);
/// The bytes of memory that the product works in, and the memory to do so.
size_t nnsh_product_scratch_size(const nnsh_product *_Nonnull product);
int nnsh_product_use_scratch(nnsh_product *_Nonnull product, void *_Nonnull memory);
/// Runs the product; allocates nothing.
int nnsh_product_execute(
    nnsh_product *_Nonnull product, const void *_Nonnull left, const void *_Nonnull right,
    const void *_Nullable bias, void *_Nonnull destination);
void nnsh_product_destroy(nnsh_product *_Nullable product);

/// A convolution of oneDNN, or one of its gradients, on the calling thread alone; it runs on one
/// thread at a time.
typedef struct nnsh_convolution nnsh_convolution;

/// What is computed of the other two: outputs of images and weights, the gradient of images of
/// weights and the outputs' gradient, or the gradient of weights of images and outputs' gradient.
enum {
  nnsh_convolution_outputs = 0,
  nnsh_convolution_images = 1,
  nnsh_convolution_weights = 2,
};

/// What a convolution is made for, all Float32 and without gaps: images rows × height × width ×
/// inputs, outputs rows × output height × output width × outputs, weights kernel height × kernel
/// width × inputs / groups × outputs, the groups of outputs one after the other. Pairs are of
/// height and width. A dilation of 1 is none.
typedef struct {
  int64_t rows, inputs, outputs, groups;
  int64_t size[2], output_size[2], kernel[2], stride[2], dilation[2];
  /// Zeros before the first row and column, and after the last.
  int64_t before[2], after[2];
  /// Whether something is added to each channel of the outputs; with the weights' gradient, whether
  /// that of what is added is computed, too.
  int has_bias;
} nnsh_convolution_shape;

/// Makes a convolution. Where the answer is not 0, `out` is null.
int nnsh_convolution_create(
    nnsh_convolution *_Nullable *_Nonnull out, const nnsh_convolution_shape *_Nonnull shape,
    int computed);
/// The bytes of memory that the convolution works in, and the memory to do so, aligned to 64.
size_t nnsh_convolution_scratch_size(const nnsh_convolution *_Nonnull convolution);
int nnsh_convolution_use_scratch(
    nnsh_convolution *_Nonnull convolution, void *_Nonnull memory);
/// Brings the weights of the executions to come into the order that the library likes. Not for
/// their gradient.
int nnsh_convolution_pack(
    nnsh_convolution *_Nonnull convolution, const void *_Nonnull weights);
/// Fills what is computed from the other two; allocates nothing. `weights` is written for the
/// weights' gradient alone, others read what was packed; `bias` is written with them, and otherwise
/// read.
int nnsh_convolution_execute(
    nnsh_convolution *_Nonnull convolution, void *_Nonnull images, void *_Nullable weights,
    void *_Nullable bias, void *_Nonnull outputs);
void nnsh_convolution_destroy(nnsh_convolution *_Nullable convolution);

/// The version found, as "3.7.2"; null where there is none. Looks for the library.
const char *_Nullable nnsh_onednn_version(void);
/// Whether the library was looked for, at a product, and not found.
int nnsh_onednn_was_missed(void);
