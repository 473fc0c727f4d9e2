#pragma once
#include <stddef.h>
#include <stdint.h>

/// oneDNN's matrix products, of whichever version (2 or 3) this machine has: the library is looked
/// for at the first product, so that starting costs nothing and no version is built in.

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

/// The version found, as "3.7.2"; null where there is none. Looks for the library.
const char *_Nullable nnsh_onednn_version(void);
/// Whether the library was looked for, at a product, and not found.
int nnsh_onednn_was_missed(void);
