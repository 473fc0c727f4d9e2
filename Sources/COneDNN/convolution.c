#include <stdlib.h>
#include <string.h>

#include "descriptors.h"
#include "include/COneDNN.h"

/// Memory that a primitive works in: what of the scratch it takes, in bytes.
typedef struct {
  handle memory;
  size_t start, size;
} region;

struct nnsh_convolution {
  int computed;
  handle stream, primitive, images, outputs, bias;
  /// The weights in oneDNN's order, and in the caller's.
  region packed;
  handle plain;
  /// From one order to the other; null where they are the same.
  handle packing;
  region scratch, packing_scratch;
  int argument_count;
  nnsh_dnnl_argument arguments[5];
};

/// What is needed while a convolution is made.
typedef struct {
  handle attributes, images, outputs, bias, plain, weights, forward, primitive, packing;
} descriptions;

static void describe_weights(
    const nnsh_convolution_shape *shape, int *rank, int64_t *sizes, int64_t *strides) {
  int64_t outputs = shape->outputs, inputs = shape->inputs / shape->groups;
  int64_t column = inputs * outputs, row = shape->kernel[1] * column;
  int64_t height = shape->kernel[0], width = shape->kernel[1];
  if (shape->groups == 1) {
    int64_t all[] = {outputs, inputs, height, width}, steps[] = {1, outputs, row, column};
    *rank = 4;
    memcpy(sizes, all, sizeof all);
    memcpy(strides, steps, sizeof steps);
    return;
  }
  int64_t part = outputs / shape->groups;
  int64_t all[] = {shape->groups, part, inputs, height, width};
  int64_t steps[] = {part, 1, outputs, row, column};
  *rank = 5;
  memcpy(sizes, all, sizeof all);
  memcpy(strides, steps, sizeof steps);
}

static int describe_images(
    const nnsh_dnnl *dnnl, handle *out, int64_t rows, int64_t channels, const int64_t *size) {
  int64_t sizes[] = {rows, channels, size[0], size[1]};
  int64_t strides[] = {size[0] * size[1] * channels, 1, size[1] * channels, channels};
  return nnsh_describe(dnnl, out, 4, sizes, strides, dnnl_f32);
}

static int describe_all(
    const nnsh_dnnl *dnnl, descriptions *all, const nnsh_convolution_shape *shape) {
  int rank;
  int64_t sizes[5], strides[5], one[] = {1};
  describe_weights(shape, &rank, sizes, strides);
  TRY(nnsh_describe(dnnl, &all->plain, rank, sizes, strides, dnnl_f32));
  TRY(nnsh_describe(dnnl, &all->weights, rank, sizes, NULL, dnnl_f32));
  if (shape->has_bias) {
    TRY(nnsh_describe(dnnl, &all->bias, 1, &shape->outputs, one, dnnl_f32));
  }
  TRY(describe_images(dnnl, &all->images, shape->rows, shape->inputs, shape->size));
  return describe_images(dnnl, &all->outputs, shape->rows, shape->outputs, shape->output_size);
}

static int describe_2(
    const nnsh_dnnl *dnnl, descriptions *all, const nnsh_convolution_shape *shape,
    const int64_t *dilation, int computed, handle hint, handle *out) {
  void *operation = calloc(1, dnnl_convolution_size);
  if (operation == NULL) return nnsh_onednn_out_of_memory;
#define SIZES shape->stride, dilation, shape->before, shape->after
  int status =
      computed == nnsh_convolution_outputs
          ? dnnl->convolution_2(
                operation, dnnl_forward_training, dnnl_convolution_direct, all->images,
                all->weights, all->bias, all->outputs, SIZES)
      : computed == nnsh_convolution_images
          ? dnnl->convolution_images_2(
                operation, dnnl_convolution_direct, all->images, all->weights, all->outputs, SIZES)
          : dnnl->convolution_weights_2(
                operation, dnnl_convolution_direct, all->images, all->weights, all->bias,
                all->outputs, SIZES);
  if (status == 0) {
    status = dnnl->describe_2(out, operation, all->attributes, dnnl->engine, hint);
  }
  free(operation);
  return status;
}

static int describe_3(
    const nnsh_dnnl *dnnl, descriptions *all, const nnsh_convolution_shape *shape,
    const int64_t *dilation, int computed, handle hint, handle *out) {
  switch (computed) {
    case nnsh_convolution_outputs:
      return dnnl->convolution_3(
          out, dnnl->engine, dnnl_forward_training, dnnl_convolution_direct, all->images,
          all->weights, all->bias, all->outputs, SIZES, all->attributes);
    case nnsh_convolution_images:
      return dnnl->convolution_images_3(
          out, dnnl->engine, dnnl_convolution_direct, all->images, all->weights, all->outputs,
          SIZES, hint, all->attributes);
    default:
      return dnnl->convolution_weights_3(
          out, dnnl->engine, dnnl_convolution_direct, all->images, all->weights, all->bias,
          all->outputs, SIZES, hint, all->attributes);
  }
#undef SIZES
}

/// oneDNN's gradient of the weights of a strided 1×1 window writes past its scratch where there are
/// fewer input channels than it takes at a time, 8 or 16: all versions known so far do, up to 3.14.
/// See https://github.com/uxlfoundation/oneDNN/issues/6035.
static int overruns_scratch(const nnsh_convolution_shape *shape, int computed) {
  return computed == nnsh_convolution_weights && shape->kernel[0] * shape->kernel[1] == 1
      && shape->stride[0] * shape->stride[1] > 1 && shape->inputs / shape->groups < 16;
}

static int describe_convolution(
    const nnsh_dnnl *dnnl, descriptions *all, const nnsh_convolution_shape *shape, int computed) {
  if (overruns_scratch(shape, computed)) return nnsh_onednn_slow;
  // oneDNN counts the places left out between two of a window.
  const int64_t dilation[2] = {shape->dilation[0] - 1, shape->dilation[1] - 1};
  int (*describe)(
      const nnsh_dnnl *, descriptions *, const nnsh_convolution_shape *, const int64_t *, int,
      handle, handle *) = dnnl->major == 3 ? describe_3 : describe_2;
  if (computed != nnsh_convolution_outputs) {
    TRY(describe(dnnl, all, shape, dilation, nnsh_convolution_outputs, NULL, &all->forward));
  }
  TRY(describe(dnnl, all, shape, dilation, computed, all->forward, &all->primitive));
  const char *implementation = "";
  TRY(dnnl->primitive_desc_query(
      all->primitive, dnnl_query_implementation, 0, &implementation));
  // The reference implementation is hundreds of times slower than any other.
  return strncmp(implementation, "ref", 3) == 0 ? nnsh_onednn_slow : 0;
}

static void reserve(region *place, size_t *end, size_t size) {
  place->start = *end;
  place->size = size;
  *end += (size + 63) / 64 * 64;
}

/// The reorder between the caller's order of the weights and the primitive's own.
static int add_packing(
    const nnsh_dnnl *dnnl, nnsh_convolution *made, descriptions *all, handle own) {
  int writes = made->computed == nnsh_convolution_weights;
  TRY(dnnl->memory_create(&made->packed.memory, own, dnnl->engine, NULL));
  TRY(dnnl->memory_create(&made->plain, all->plain, dnnl->engine, NULL));
  TRY(dnnl->reorder_primitive_desc_create(
      &all->packing, writes ? own : all->plain, dnnl->engine, writes ? all->plain : own,
      dnnl->engine, all->attributes));
  TRY(dnnl->primitive_create(&made->packing, all->packing));
  handle scratch = dnnl->query_memory(all->packing, dnnl_query_scratchpad, 0);
  made->packing_scratch.size = scratch == NULL ? 0 : dnnl->descriptor_size(scratch);
  if (made->packing_scratch.size == 0) return 0;
  return dnnl->memory_create(&made->packing_scratch.memory, scratch, dnnl->engine, NULL);
}

static void add_argument(nnsh_convolution *made, int name, handle memory) {
  made->arguments[made->argument_count++] = (nnsh_dnnl_argument){name, memory};
}

static int make(
    const nnsh_dnnl *dnnl, nnsh_convolution *made, descriptions *all,
    const nnsh_convolution_shape *shape) {
  int computed = made->computed, writes = computed == nnsh_convolution_weights;
  TRY(dnnl->stream_create(&made->stream, dnnl->engine, dnnl_stream_default));
  TRY(dnnl->primitive_attr_create(&all->attributes));
  TRY(dnnl->primitive_attr_set_scratchpad_mode(all->attributes, dnnl_user_scratchpad));
  TRY(describe_all(dnnl, all, shape));
  TRY(describe_convolution(dnnl, all, shape, computed));
  TRY(dnnl->primitive_create(&made->primitive, all->primitive));
  handle own = dnnl->query_memory(
      all->primitive, writes ? dnnl_query_weight_gradient : dnnl_query_weights, 0);
  if (own == NULL) return nnsh_onednn_unknown;
  TRY(add_packing(dnnl, made, all, own));
  TRY(dnnl->memory_create(&made->images, all->images, dnnl->engine, NULL));
  TRY(dnnl->memory_create(&made->outputs, all->outputs, dnnl->engine, NULL));
  int gives_images = computed == nnsh_convolution_images;
  add_argument(made, gives_images ? dnnl_source_gradient : dnnl_source, made->images);
  add_argument(made, writes ? dnnl_weight_gradient : dnnl_weights, made->packed.memory);
  add_argument(
      made, computed == nnsh_convolution_outputs ? dnnl_destination : dnnl_destination_gradient,
      made->outputs);
  if (!gives_images && all->bias) {
    TRY(dnnl->memory_create(&made->bias, all->bias, dnnl->engine, NULL));
    add_argument(made, writes ? dnnl_bias_gradient : dnnl_bias, made->bias);
  }
  size_t end = 0;
  reserve(&made->packed, &end, dnnl->descriptor_size(own));
  handle scratch = dnnl->query_memory(all->primitive, dnnl_query_scratchpad, 0);
  size_t size = scratch == NULL ? 0 : dnnl->descriptor_size(scratch);
  if (size > 0) {
    TRY(dnnl->memory_create(&made->scratch.memory, scratch, dnnl->engine, NULL));
    add_argument(made, dnnl_scratchpad, made->scratch.memory);
  }
  reserve(&made->scratch, &end, size);
  reserve(&made->packing_scratch, &end, made->packing_scratch.size);
  return 0;
}

int nnsh_convolution_create(
    nnsh_convolution **out, const nnsh_convolution_shape *shape, int computed) {
  *out = NULL;
  const nnsh_dnnl *dnnl = nnsh_dnnl_library();
  if (dnnl->status != 0) return dnnl->status;
  nnsh_use_one_thread(dnnl);
  nnsh_convolution *made = calloc(1, sizeof *made);
  if (made == NULL) return nnsh_onednn_out_of_memory;
  made->computed = computed;
  descriptions all = {0};
  int status = make(dnnl, made, &all, shape);
  handle memory[] = {all.images, all.outputs, all.bias, all.plain, all.weights};
  for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) nnsh_drop_description(dnnl, memory[i]);
  handle primitives[] = {all.forward, all.primitive, all.packing};
  for (size_t i = 0; i < sizeof primitives / sizeof *primitives; i++) {
    if (primitives[i]) dnnl->primitive_desc_destroy(primitives[i]);
  }
  if (all.attributes) dnnl->primitive_attr_destroy(all.attributes);
  if (status == 0) {
    *out = made;
  } else {
    nnsh_convolution_destroy(made);
  }
  return status;
}

size_t nnsh_convolution_scratch_size(const nnsh_convolution *convolution) {
  const region *last = &convolution->packing_scratch;
  return last->start + last->size;
}

int nnsh_convolution_use_scratch(nnsh_convolution *convolution, void *memory) {
  const region *all[] = {
      &convolution->packed, &convolution->scratch, &convolution->packing_scratch};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    if (all[i]->memory == NULL) continue;
    TRY(nnsh_dnnl_library()->memory_set_data_handle(
        all[i]->memory, (char *)memory + all[i]->start));
  }
  return 0;
}

/// Runs the reorder between the packed weights and some in the caller's order.
static int reorder(const nnsh_dnnl *dnnl, nnsh_convolution *convolution, void *weights) {
  TRY(dnnl->memory_set_data_handle(convolution->plain, weights));
  int writes = convolution->computed == nnsh_convolution_weights;
  nnsh_dnnl_argument arguments[] = {
      {dnnl_source, writes ? convolution->packed.memory : convolution->plain},
      {dnnl_destination, writes ? convolution->plain : convolution->packed.memory},
      {dnnl_scratchpad, convolution->packing_scratch.memory},
  };
  return dnnl->primitive_execute(
      convolution->packing, convolution->stream,
      convolution->packing_scratch.memory == NULL ? 2 : 3, arguments);
}

int nnsh_convolution_pack(nnsh_convolution *convolution, const void *weights) {
  const nnsh_dnnl *dnnl = nnsh_dnnl_library();
  nnsh_use_one_thread(dnnl);
  return reorder(dnnl, convolution, (void *)weights);
}

int nnsh_convolution_execute(
    nnsh_convolution *convolution, void *images, void *weights, void *bias, void *outputs) {
  const nnsh_dnnl *dnnl = nnsh_dnnl_library();
  nnsh_use_one_thread(dnnl);
  TRY(dnnl->memory_set_data_handle(convolution->images, images));
  TRY(dnnl->memory_set_data_handle(convolution->outputs, outputs));
  if (convolution->bias) {
    TRY(dnnl->memory_set_data_handle(convolution->bias, bias));
  }
  TRY(dnnl->primitive_execute(
      convolution->primitive, convolution->stream, convolution->argument_count,
      convolution->arguments));
  return convolution->computed == nnsh_convolution_weights
      ? reorder(dnnl, convolution, weights) : 0;
}

void nnsh_convolution_destroy(nnsh_convolution *convolution) {
  if (convolution == NULL) return;
  const nnsh_dnnl *dnnl = nnsh_dnnl_library();
  if (convolution->primitive) dnnl->primitive_destroy(convolution->primitive);
  if (convolution->packing) dnnl->primitive_destroy(convolution->packing);
  handle memory[] = {
      convolution->images, convolution->outputs, convolution->bias, convolution->plain,
      convolution->packed.memory, convolution->scratch.memory,
      convolution->packing_scratch.memory};
  for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) {
    if (memory[i]) dnnl->memory_destroy(memory[i]);
  }
  if (convolution->stream) dnnl->stream_destroy(convolution->stream);
  free(convolution);
}
