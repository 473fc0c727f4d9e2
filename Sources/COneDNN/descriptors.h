#pragma once
#include "library.h"

// What the primitives share: descriptions of memory, and the thread they run on.

enum { nnsh_most_axes = 12 };

#define TRY(call)                     \
  do {                                \
    int status_ = (call);             \
    if (status_ != 0) return status_; \
  } while (0)

/// The team of threads shares the work: oneDNN makes none of its own on this thread.
void nnsh_use_one_thread(const nnsh_dnnl *dnnl);

/// Describes an array by its sizes and strides; in whatever order oneDNN likes where strides are
/// null.
int nnsh_describe(
    const nnsh_dnnl *dnnl, handle *out, int rank, const int64_t *sizes, const int64_t *strides,
    int type);
/// Drops what `nnsh_describe` made; nothing where it is null.
void nnsh_drop_description(const nnsh_dnnl *dnnl, handle description);
