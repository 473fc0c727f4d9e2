#include "descriptors.h"

#include <stdlib.h>
#include <string.h>

#include "include/COneDNN.h"

void nnsh_use_one_thread(const nnsh_dnnl *dnnl) {
  static _Thread_local int is_set;
  if (is_set || dnnl->set_openmp_threads == NULL) return;
  dnnl->set_openmp_threads(1);
  is_set = 1;
}

int nnsh_describe(
    const nnsh_dnnl *dnnl, handle *out, int rank, const int64_t *sizes, const int64_t *strides,
    int type) {
  // oneDNN keeps twelve places for sizes and strides each, whatever the rank is.
  int64_t all_sizes[nnsh_most_axes] = {0}, all_strides[nnsh_most_axes] = {0};
  memcpy(all_sizes, sizes, (size_t)rank * sizeof *sizes);
  if (strides != NULL) memcpy(all_strides, strides, (size_t)rank * sizeof *strides);
  if (dnnl->major == 3) {
    return strides == NULL ? dnnl->any_order_3(out, rank, all_sizes, type, dnnl_any_order)
                           : dnnl->strides_3(out, rank, all_sizes, type, all_strides);
  }
  *out = calloc(1, dnnl_descriptor_size);
  if (*out == NULL) return nnsh_onednn_out_of_memory;
  return strides == NULL ? dnnl->any_order_2(*out, rank, all_sizes, type, dnnl_any_order)
                         : dnnl->strides_2(*out, rank, all_sizes, type, all_strides);
}

void nnsh_drop_description(const nnsh_dnnl *dnnl, handle description) {
  if (description == NULL) return;
  if (dnnl->major == 3) {
    dnnl->descriptor_destroy_3(description);
  } else {
    free(description);
  }
}
