#pragma once
#include "kernels.h"

/// The axes of several strided arrays of one shape, with unit axes dropped and axes that run on
/// into each other merged, so that loops are as long as they can be.
typedef struct {
  int rank;
  ptrdiff_t dims[nnsh_max_rank];
  ptrdiff_t strides[nnsh_max_inputs][nnsh_max_rank];
  ptrdiff_t count;
} layout;

static inline layout layout_merged(
    int rank, const ptrdiff_t *dims, int arrays, const ptrdiff_t *const *strides) {
  layout merged = {.rank = 0, .count = 1};
  for (int axis = 0; axis < rank; axis++) {
    merged.count *= dims[axis];
    if (dims[axis] == 1) continue;
    int last = merged.rank - 1;
    int joins = merged.rank > 0;
    for (int a = 0; a < arrays && joins; a++) {
      joins = merged.strides[a][last] == strides[a][axis] * dims[axis];
    }
    if (joins) {
      merged.dims[last] *= dims[axis];
    } else {
      last = merged.rank++;
      merged.dims[last] = dims[axis];
    }
    for (int a = 0; a < arrays; a++) merged.strides[a][last] = strides[a][axis];
  }
  if (merged.rank == 0) {
    merged.rank = 1;
    merged.dims[0] = merged.count;
    for (int a = 0; a < arrays; a++) merged.strides[a][0] = 0;
  }
  return merged;
}

/// The offset in one array of the element at a position of the leading `rank` axes, row-major.
static inline ptrdiff_t layout_offset(
    const layout *shape, int array, int rank, ptrdiff_t position) {
  ptrdiff_t offset = 0;
  for (int axis = rank - 1; axis >= 0; axis--) {
    offset += position % shape->dims[axis] * shape->strides[array][axis];
    position /= shape->dims[axis];
  }
  return offset;
}
