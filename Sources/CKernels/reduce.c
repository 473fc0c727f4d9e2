#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels.h"

// Runs are cut into pieces of a fixed size, each folded into Float64 accumulators, and the pieces
// are joined in order.
enum { run_piece = 16384, row_piece = 256, column_piece = 512 };

typedef struct {
  int reduction, type;
  const char *in;
  ptrdiff_t outer, length, inner, pieces, column_pieces, rows_a_task;
  const double *means;
  double *partial;
} folding;

static double first_value(int reduction) {
  switch (reduction) {
    case nnsh_min: return INFINITY;
    case nnsh_max: return -INFINITY;
    case nnsh_prod: case nnsh_all: return 1;
    default: return 0;
  }
}

static double joined(int reduction, double s, double x) {
  switch (reduction) {
    case nnsh_min: return x < s || x != x ? x : s;
    case nnsh_max: return x > s || x != x ? x : s;
    case nnsh_prod: return s * x;
    case nnsh_any: return x != 0 ? 1 : s;
    case nnsh_all: return x == 0 ? 0 : s;
    default: return s + x;
  }
}

static double finished(int reduction, double value, ptrdiff_t length) {
  if (reduction == nnsh_mean) return value / (double)length;
  return reduction == nnsh_norm ? sqrt(value) : value;
}

static double fold_run(const folding *work, ptrdiff_t row, ptrdiff_t start, ptrdiff_t count) {
  const nnsh_kernel_table *kernels = nnsh_kernels();
  double mean = work->means == NULL ? 0 : work->means[row];
  ptrdiff_t offset = row * work->length + start;
  return work->type == nnsh_f64
      ? kernels->run_f64(work->reduction, (const double *)work->in + offset, count, mean)
      : kernels->run_f32(work->reduction, (const float *)work->in + offset, count, mean);
}

/// Rows along the last axis: a task is several short rows, or a piece of a long one.
static void fold_last(void *context, ptrdiff_t task) {
  const folding *work = context;
  if (work->pieces == 1) {
    ptrdiff_t end = (task + 1) * work->rows_a_task;
    for (ptrdiff_t row = task * work->rows_a_task; row < end && row < work->outer; row++) {
      work->partial[row] = fold_run(work, row, 0, work->length);
    }
    return;
  }
  ptrdiff_t row = task / work->pieces, start = task % work->pieces * run_piece;
  ptrdiff_t count = work->length - start < run_piece ? work->length - start : run_piece;
  work->partial[task] = fold_run(work, row, start, count);
}

/// Columns: a task is some rows of some columns, into its own accumulators.
static void fold_columns(void *context, ptrdiff_t task) {
  const folding *work = context;
  const nnsh_kernel_table *kernels = nnsh_kernels();
  ptrdiff_t column = task % work->column_pieces * column_piece, block = task / work->column_pieces;
  ptrdiff_t outer = block / work->pieces, row = block % work->pieces * row_piece;
  ptrdiff_t rows = work->length - row < row_piece ? work->length - row : row_piece;
  ptrdiff_t columns = work->inner - column < column_piece ? work->inner - column : column_piece;
  double *sums = work->partial + block * work->inner + column;
  for (ptrdiff_t j = 0; j < columns; j++) sums[j] = first_value(work->reduction);
  const double *means =
      work->means == NULL ? NULL : work->means + outer * work->inner + column;
  ptrdiff_t offset = (outer * work->length + row) * work->inner + column;
  if (work->type == nnsh_f64) {
    kernels->columns_f64(work->reduction, sums, (const double *)work->in + offset, work->inner,
                         rows, columns, means);
  } else {
    kernels->columns_f32(work->reduction, sums, (const float *)work->in + offset, work->inner,
                         rows, columns, means);
  }
}

int nnsh_reduce(
    int reduction, int type, const void *in, ptrdiff_t outer, ptrdiff_t length, ptrdiff_t inner,
    const double *means, double *out) {
  if (outer == 0 || inner == 0) return nnsh_done;
  folding work = {reduction, type, in, outer, length, inner, .means = means};
  ptrdiff_t piece = inner == 1 ? run_piece : row_piece;
  work.pieces = length > piece ? (length + piece - 1) / piece : 1;
  work.column_pieces = (inner + column_piece - 1) / column_piece;
  double *scratch = NULL;
  work.partial = out;
  if (work.pieces > 1) {
    scratch = malloc((size_t)outer * (size_t)work.pieces * (size_t)inner * sizeof(double));
    if (scratch == NULL) return nnsh_no_memory;
    work.partial = scratch;
  }
  ptrdiff_t count = outer * length * inner;
  int status;
  if (inner == 1) {
    work.rows_a_task = run_piece / (length + 1) + 1;
    ptrdiff_t tasks = work.pieces > 1 ? outer * work.pieces
                                      : (outer + work.rows_a_task - 1) / work.rows_a_task;
    status = nnsh_parallel(tasks, count, fold_last, &work);
  } else {
    status = nnsh_parallel(outer * work.pieces * work.column_pieces, count, fold_columns, &work);
  }
  for (ptrdiff_t o = 0; o < outer && status == nnsh_done; o++) {
    for (ptrdiff_t j = 0; j < inner; j++) {
      const double *first = work.partial + o * work.pieces * inner + j;
      double value = first[0];
      for (ptrdiff_t p = 1; p < work.pieces; p++) {
        value = joined(reduction, value, first[p * inner]);
      }
      out[o * inner + j] = finished(reduction, value, length);
    }
  }
  free(scratch);
  return status;
}

typedef struct {
  int largest, type;
  const char *in;
  ptrdiff_t outer, length, inner, a_task;
  void *out;
} scanning;

// A row is one task; how much of it is looked at between two looks for an interruption.
enum { chunk = 1 << 18 };

static void scan_extremes(void *context, ptrdiff_t task) {
  const scanning *work = context;
  ptrdiff_t end = (task + 1) * work->a_task;
  double *out = work->out;
  for (ptrdiff_t k = task * work->a_task; k < end && k < work->outer * work->inner; k++) {
    ptrdiff_t start = k / work->inner * work->length * work->inner + k % work->inner;
    ptrdiff_t best = 0;
#define SCAN(T)                                                             \
  {                                                                         \
    const T *in = (const T *)work->in + start;                              \
    T value = in[0];                                                        \
    for (ptrdiff_t i = 1; i < work->length && value == value; i++) {        \
      T x = in[i * work->inner];                                            \
      if (x != x || (work->largest ? x > value : x < value)) {              \
        value = x;                                                          \
        best = i;                                                           \
      }                                                                     \
      if (i % chunk == chunk - 1 && nnsh_interrupt_is_requested()) return;  \
    }                                                                       \
  }
    if (work->type == nnsh_f64) SCAN(double) else SCAN(float)
#undef SCAN
    out[k] = (double)best;
  }
}

/// Some columns of one outer position, swept row by row.
static void sweep_extremes(void *context, ptrdiff_t task) {
  const scanning *work = context;
  ptrdiff_t pieces = (work->inner + column_piece - 1) / column_piece;
  ptrdiff_t outer = task / pieces, column = task % pieces * column_piece;
  ptrdiff_t columns = work->inner - column < column_piece ? work->inner - column : column_piece;
  double best[column_piece], place[column_piece];
  for (ptrdiff_t i = 0; i < work->length; i++) {
    ptrdiff_t start = (outer * work->length + i) * work->inner + column;
    if (i % 512 == 511 && nnsh_interrupt_is_requested()) return;
    for (ptrdiff_t j = 0; j < columns; j++) {
      double x = work->type == nnsh_f64 ? ((const double *)work->in)[start + j]
                                        : (double)((const float *)work->in)[start + j];
      int better = work->largest ? x > best[j] : x < best[j];
      if (i == 0 || better || (x != x && best[j] == best[j])) {
        best[j] = x;
        place[j] = (double)i;
      }
    }
  }
  double *out = (double *)work->out + outer * work->inner + column;
  memcpy(out, place, (size_t)columns * sizeof(double));
}

int nnsh_argument_extreme(
    int largest, int type, const void *in, ptrdiff_t outer, ptrdiff_t length, ptrdiff_t inner,
    double *out) {
  scanning work = {largest, type, in, outer, length, inner, 16384 / (length + 1) + 1, out};
  int status;
  if (inner > 1) {
    ptrdiff_t pieces = (inner + column_piece - 1) / column_piece;
    status = nnsh_parallel(outer * pieces, outer * length * inner, sweep_extremes, &work);
  } else {
    ptrdiff_t tasks = (outer + work.a_task - 1) / work.a_task;
    status = nnsh_parallel(tasks, outer * length, scan_extremes, &work);
  }
  // A request that came in the last row may have cut it short.
  return length >= 512 && nnsh_interrupt_is_requested() ? nnsh_interrupted : status;
}

static void scan_sums(void *context, ptrdiff_t task) {
  const scanning *work = context;
  ptrdiff_t end = (task + 1) * work->a_task;
  for (ptrdiff_t k = task * work->a_task; k < end && k < work->outer * work->inner; k++) {
    ptrdiff_t start = k / work->inner * work->length * work->inner + k % work->inner;
#define SCAN(T)                                                   \
  {                                                               \
    const T *in = (const T *)work->in + start;                    \
    T *out = (T *)work->out + start;                              \
    double sum = -0.0; /* neutral for -0 too */                   \
    for (ptrdiff_t i = 0; i < work->length; i++) {                \
      sum += (double)in[i * work->inner];                         \
      out[i * work->inner] = (T)sum;                              \
      if (i % chunk == chunk - 1 && nnsh_interrupt_is_requested()) return; \
    }                                                             \
  }
    if (work->type == nnsh_f64) SCAN(double) else SCAN(float)
#undef SCAN
  }
}

int nnsh_cumulative_sum(
    int type, const void *in, ptrdiff_t outer, ptrdiff_t length, ptrdiff_t inner, void *out) {
  scanning work = {0, type, in, outer, length, inner, 16384 / (length + 1) + 1, out};
  ptrdiff_t tasks = (outer * inner + work.a_task - 1) / work.a_task;
  int status = nnsh_parallel(tasks, outer * length * inner, scan_sums, &work);
  // A request that came in the last row may have cut it short.
  return length >= chunk && nnsh_interrupt_is_requested() ? nnsh_interrupted : status;
}
