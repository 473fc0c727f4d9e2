#include <stdlib.h>

#include "descriptors.h"
#include "include/COneDNN.h"

struct nnsh_product {
  handle primitive, stream, left, right, bias, destination, scratch;
  size_t scratch_size;
  int argument_count;
  nnsh_dnnl_argument arguments[5];
};

/// What is needed while a product is made.
typedef struct {
  handle attributes, operations, left, right, bias, destination, primitive;
} descriptors;

static int describe_matrix(
    const nnsh_dnnl *dnnl, handle *out, int64_t rows, int64_t columns, int64_t row_stride,
    int64_t column_stride, int type) {
  const int64_t sizes[] = {rows, columns}, strides[] = {row_stride, column_stride};
  return nnsh_describe(dnnl, out, 2, sizes, strides, type);
}

static int describe_matrices(
    const nnsh_dnnl *dnnl, descriptors *all, const nnsh_product_shape *shape) {
  int type = shape->is_bf16 ? dnnl_bf16 : dnnl_f32;
  TRY(describe_matrix(
      dnnl, &all->left, shape->rows, shape->inner, shape->left_strides[0], shape->left_strides[1],
      type));
  TRY(describe_matrix(
      dnnl, &all->right, shape->inner, shape->columns, shape->right_strides[0],
      shape->right_strides[1], type));
  if (shape->has_bias) {
    TRY(describe_matrix(dnnl, &all->bias, 1, shape->columns, shape->columns, 1, dnnl_f32));
  }
  return describe_matrix(
      dnnl, &all->destination, shape->rows, shape->columns, shape->destination_stride, 1,
      dnnl_f32);
}

static int set_attributes(const nnsh_dnnl *dnnl, descriptors *all, float accumulate) {
  TRY(dnnl->primitive_attr_create(&all->attributes));
  TRY(dnnl->primitive_attr_set_scratchpad_mode(all->attributes, dnnl_user_scratchpad));
  if (accumulate == 0) return 0;
  TRY(dnnl->post_ops_create(&all->operations));
  TRY(dnnl->major == 3 ? dnnl->sum_3(all->operations, accumulate, 0, 0)
                       : dnnl->sum_2(all->operations, accumulate));
  return dnnl->primitive_attr_set_post_ops(all->attributes, all->operations);
}

static int describe_product(const nnsh_dnnl *dnnl, descriptors *all) {
  if (dnnl->major == 3) {
    return dnnl->describe_3(
        &all->primitive, dnnl->engine, all->left, all->right, all->bias, all->destination,
        all->attributes);
  }
  void *operation = calloc(1, dnnl_matmul_size);
  if (operation == NULL) return nnsh_onednn_out_of_memory;
  int status =
      dnnl->matmul_2(operation, all->left, all->right, all->bias, all->destination);
  if (status == 0) {
    status =
        dnnl->describe_2(&all->primitive, operation, all->attributes, dnnl->engine, NULL);
  }
  free(operation);
  return status;
}

static int add_argument(
    const nnsh_dnnl *dnnl, nnsh_product *product, int name, handle descriptor, handle *memory) {
  TRY(dnnl->memory_create(memory, descriptor, dnnl->engine, NULL));
  product->arguments[product->argument_count++] = (nnsh_dnnl_argument){name, *memory};
  return 0;
}

static int make(
    const nnsh_dnnl *dnnl, nnsh_product *product, descriptors *all,
    const nnsh_product_shape *shape) {
  TRY(dnnl->stream_create(&product->stream, dnnl->engine, dnnl_stream_default));
  TRY(set_attributes(dnnl, all, shape->accumulate));
  TRY(describe_matrices(dnnl, all, shape));
  TRY(describe_product(dnnl, all));
  TRY(dnnl->primitive_create(&product->primitive, all->primitive));
  TRY(add_argument(dnnl, product, dnnl_source, all->left, &product->left));
  TRY(add_argument(dnnl, product, dnnl_weights, all->right, &product->right));
  if (all->bias) TRY(add_argument(dnnl, product, dnnl_bias, all->bias, &product->bias));
  TRY(add_argument(
      dnnl, product, dnnl_destination, all->destination, &product->destination));
  handle scratch = dnnl->query_memory(all->primitive, dnnl_query_scratchpad, 0);
  product->scratch_size = scratch == NULL ? 0 : dnnl->descriptor_size(scratch);
  if (product->scratch_size == 0) return 0;
  return add_argument(dnnl, product, dnnl_scratchpad, scratch, &product->scratch);
}

int nnsh_product_create(nnsh_product **out, const nnsh_product_shape *shape) {
  *out = NULL;
  const nnsh_dnnl *dnnl = nnsh_dnnl_library();
  if (dnnl->status != 0) return dnnl->status;
  nnsh_use_one_thread(dnnl);
  nnsh_product *product = calloc(1, sizeof *product);
  if (product == NULL) return nnsh_onednn_out_of_memory;
  descriptors all = {0};
  int status = make(dnnl, product, &all, shape);
  nnsh_drop_description(dnnl, all.left);
  nnsh_drop_description(dnnl, all.right);
  nnsh_drop_description(dnnl, all.bias);
  nnsh_drop_description(dnnl, all.destination);
  if (all.primitive) dnnl->primitive_desc_destroy(all.primitive);
  if (all.operations) dnnl->post_ops_destroy(all.operations);
  if (all.attributes) dnnl->primitive_attr_destroy(all.attributes);
  if (status == 0) {
    *out = product;
  } else {
    nnsh_product_destroy(product);
  }
  return status;
}

size_t nnsh_product_scratch_size(const nnsh_product *product) { return product->scratch_size; }

int nnsh_product_use_scratch(nnsh_product *product, void *memory) {
  return nnsh_dnnl_library()->memory_set_data_handle(product->scratch, memory);
}

int nnsh_product_execute(
    nnsh_product *product, const void *left, const void *right, const void *bias,
    void *destination) {
  const nnsh_dnnl *dnnl = nnsh_dnnl_library();
  nnsh_use_one_thread(dnnl);
  TRY(dnnl->memory_set_data_handle(product->left, (void *)left));
  TRY(dnnl->memory_set_data_handle(product->right, (void *)right));
  if (product->bias) TRY(dnnl->memory_set_data_handle(product->bias, (void *)bias));
  TRY(dnnl->memory_set_data_handle(product->destination, destination));
  return dnnl->primitive_execute(
      product->primitive, product->stream, product->argument_count, product->arguments);
}

void nnsh_product_destroy(nnsh_product *product) {
  if (product == NULL) return;
  const nnsh_dnnl *dnnl = nnsh_dnnl_library();
  if (product->primitive) dnnl->primitive_destroy(product->primitive);
  handle memory[] = {
      product->left, product->right, product->bias, product->destination, product->scratch};
  for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) {
    if (memory[i]) dnnl->memory_destroy(memory[i]);
  }
  if (product->stream) dnnl->stream_destroy(product->stream);
  free(product);
}
