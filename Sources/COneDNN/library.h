#pragma once
#include <stddef.h>
#include <stdint.h>

// oneDNN's C interface, declared by hand: headers of one version would tie the build to it.
// Between versions 2 and 3 memory descriptors became handles, operation descriptors went, the
// eltwise operations lost their scale, and sums gained two arguments.

typedef void *handle;

typedef struct {
  int name;
  handle memory;
} nnsh_dnnl_argument;

enum { dnnl_bf16 = 2, dnnl_f32 = 3 };
enum { dnnl_cpu = 1, dnnl_user_scratchpad = 1, dnnl_stream_default = 1, dnnl_any_order = 1 };
enum { dnnl_forward_training = 64, dnnl_convolution_direct = 1 };
/// What a primitive's description is asked for.
enum {
  dnnl_query_implementation = 8,
  dnnl_query_weights = 131,
  dnnl_query_weight_gradient = 132,
  dnnl_query_scratchpad = 136,
};
/// A primitive's arguments.
enum {
  dnnl_source = 1,
  dnnl_destination = 17,
  dnnl_weights = 33,
  dnnl_bias = 41,
  dnnl_scratchpad = 80,
  dnnl_source_gradient = 129,
  dnnl_destination_gradient = 145,
  dnnl_weight_gradient = 161,
  dnnl_bias_gradient = 169,
};
/// Of version 2, whose structures are frozen, in bytes.
enum { dnnl_descriptor_size = 696, dnnl_matmul_size = 2800, dnnl_convolution_size = 5976 };

/// The functions that both versions share: name, and parameters. Each gives a status.
#define SHARED_FUNCTIONS(F)                                              \
  F(engine_create, (handle *, int, size_t))                              \
  F(stream_create, (handle *, handle, unsigned))                         \
  F(stream_destroy, (handle))                                            \
  F(primitive_attr_create, (handle *))                                   \
  F(primitive_attr_destroy, (handle))                                    \
  F(primitive_attr_set_scratchpad_mode, (handle, int))                   \
  F(primitive_attr_set_post_ops, (handle, handle))                       \
  F(post_ops_create, (handle *))                                         \
  F(post_ops_destroy, (handle))                                          \
  F(primitive_desc_destroy, (handle))                                    \
  F(primitive_desc_query, (handle, int, int, void *))                    \
  F(reorder_primitive_desc_create, (handle *, handle, handle, handle, handle, handle)) \
  F(primitive_create, (handle *, handle))                                \
  F(primitive_destroy, (handle))                                         \
  F(primitive_execute, (handle, handle, int, const nnsh_dnnl_argument *)) \
  F(memory_create, (handle *, handle, handle, void *))                   \
  F(memory_destroy, (handle))                                            \
  F(memory_set_data_handle, (handle, void *))

/// What was found of the library.
typedef struct {
  /// 0 where all is there and an engine was made.
  int status;
  int major, minor, patch;
  handle engine;
#define DECLARE(name, parameters) int(*name) parameters;
  SHARED_FUNCTIONS(DECLARE)
#undef DECLARE
  handle (*query_memory)(handle, int, int);
  size_t (*descriptor_size)(handle);
  int (*sum_2)(handle, float);
  int (*sum_3)(handle, float, int32_t, int);
  int (*strides_2)(handle, int, const int64_t *, int, const int64_t *);
  int (*strides_3)(handle *, int, const int64_t *, int, const int64_t *);
  int (*any_order_2)(handle, int, const int64_t *, int, int);
  int (*any_order_3)(handle *, int, const int64_t *, int, int);
  int (*matmul_2)(void *, handle, handle, handle, handle);
  int (*describe_2)(handle *, const void *, handle, handle, handle);
  int (*describe_3)(handle *, handle, handle, handle, handle, handle, handle);
  int (*descriptor_destroy_3)(handle);
  /// A convolution, its gradient for the images and its gradient for the weights: memory, strides,
  /// dilations, and the padding before and after.
#define SIZES const int64_t *, const int64_t *, const int64_t *, const int64_t *
  int (*convolution_2)(void *, int, int, handle, handle, handle, handle, SIZES);
  int (*convolution_images_2)(void *, int, handle, handle, handle, SIZES);
  int (*convolution_weights_2)(void *, int, handle, handle, handle, handle, SIZES);
  int (*convolution_3)(
      handle *, handle, int, int, handle, handle, handle, handle, SIZES, handle);
  int (*convolution_images_3)(
      handle *, handle, int, handle, handle, handle, SIZES, handle, handle);
  int (*convolution_weights_3)(
      handle *, handle, int, handle, handle, handle, handle, SIZES, handle, handle);
#undef SIZES
  /// Of the OpenMP that the library itself uses; null where it uses none.
  void (*set_openmp_threads)(int);
} nnsh_dnnl;

/// The library, opened at the first call.
const nnsh_dnnl *nnsh_dnnl_library(void);
