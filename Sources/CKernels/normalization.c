#include <stdlib.h>
#include <string.h>

#include "kernels.h"

// Rows are cut into pieces of a fixed size, whose sums are joined in order: no bit depends on the
// number of threads. None is cut short: they are small steps of a training.

enum { piece_numbers = 16384 };

static ptrdiff_t rows_a_piece(ptrdiff_t columns) { return piece_numbers / (columns + 1) + 1; }

static ptrdiff_t pieces_of(ptrdiff_t rows, ptrdiff_t columns) {
  ptrdiff_t piece = rows_a_piece(columns);
  return (rows + piece - 1) / piece;
}

typedef struct {
  const float *in, *other, *means, *scales, *gamma, *beta;
  float *out, *second, *third;
  const double *centres;
  double *sums;
  ptrdiff_t rows, columns;
  float epsilon;
} normalizing;

/// The first row of a piece, and how many it has.
static ptrdiff_t piece_rows(const normalizing *work, ptrdiff_t piece, ptrdiff_t *first) {
  ptrdiff_t rows = rows_a_piece(work->columns);
  *first = piece * rows;
  return work->rows - *first < rows ? work->rows - *first : rows;
}

static void columns_piece(void *context, ptrdiff_t piece) {
  const normalizing *work = context;
  ptrdiff_t first, rows = piece_rows(work, piece, &first), offset = first * work->columns;
  nnsh_kernels()->standardize_columns(
      work->second + offset, work->out + offset, work->in + offset, rows, work->columns,
      work->means, work->scales, work->gamma, work->beta);
}

void nnsh_standardize_columns(
    const float *in, ptrdiff_t rows, ptrdiff_t columns, const float *means, const float *scales,
    const float *gamma, const float *beta, float *standard, float *out) {
  normalizing work = {.in = in, .means = means, .scales = scales, .gamma = gamma, .beta = beta,
                      .out = out, .second = standard, .rows = rows, .columns = columns};
  nnsh_parallel_whole(pieces_of(rows, columns), rows * columns, columns_piece, &work);
}

/// Adds up the pieces' sums, of `count` numbers each, in order.
static void join(const double *sums, ptrdiff_t pieces, ptrdiff_t count, double *out) {
  for (ptrdiff_t j = 0; j < count; j++) out[j] = 0;
  for (ptrdiff_t piece = 0; piece < pieces; piece++) {
    for (ptrdiff_t j = 0; j < count; j++) out[j] += sums[piece * count + j];
  }
}

static void moments_piece(void *context, ptrdiff_t piece) {
  const normalizing *work = context;
  ptrdiff_t first, rows = piece_rows(work, piece, &first);
  nnsh_kernels()->columns_f32(
      work->centres == NULL ? nnsh_sum : nnsh_squared_deviations,
      work->sums + piece * work->columns, work->in + first * work->columns, work->columns, rows,
      work->columns, work->centres);
}

int nnsh_column_moments(
    const float *in, ptrdiff_t rows, ptrdiff_t columns, double *means, double *squares) {
  ptrdiff_t pieces = pieces_of(rows, columns);
  size_t bytes = (size_t)(pieces * columns) * sizeof(double);
  normalizing work = {.in = in, .rows = rows, .columns = columns};
  work.sums = malloc(bytes + 1);
  if (work.sums == NULL) return nnsh_no_memory;
  memset(work.sums, 0, bytes);
  nnsh_parallel_whole(pieces, rows * columns, moments_piece, &work);
  join(work.sums, pieces, columns, means);
  for (ptrdiff_t j = 0; j < columns; j++) means[j] /= (double)rows;
  memset(work.sums, 0, bytes);
  work.centres = means;
  nnsh_parallel_whole(pieces, rows * columns, moments_piece, &work);
  join(work.sums, pieces, columns, squares);
  free(work.sums);
  return nnsh_done;
}

static void products_piece(void *context, ptrdiff_t piece) {
  const normalizing *work = context;
  ptrdiff_t first, rows = piece_rows(work, piece, &first), offset = first * work->columns;
  double *sums = work->sums + 2 * piece * work->columns;
  nnsh_kernels()->column_products(
      sums, sums + work->columns, work->in + offset, work->other + offset, rows, work->columns);
}

int nnsh_column_products(
    const float *gradient, const float *standard, ptrdiff_t rows, ptrdiff_t columns,
    double *sums) {
  ptrdiff_t pieces = pieces_of(rows, columns);
  normalizing work = {.in = gradient, .other = standard, .rows = rows, .columns = columns};
  work.sums = calloc((size_t)(2 * pieces * columns) + 1, sizeof(double));
  if (work.sums == NULL) return nnsh_no_memory;
  nnsh_parallel_whole(pieces, rows * columns, products_piece, &work);
  join(work.sums, pieces, 2 * columns, sums);
  free(work.sums);
  return nnsh_done;
}

static void columns_back_piece(void *context, ptrdiff_t piece) {
  const normalizing *work = context;
  ptrdiff_t first, rows = piece_rows(work, piece, &first), offset = first * work->columns;
  nnsh_kernels()->standardize_columns_back(
      work->out + offset, work->in + offset, rows, work->columns, work->scales, work->means,
      work->beta);
}

void nnsh_standardize_columns_back(
    float *gradient, const float *standard, ptrdiff_t rows, ptrdiff_t columns,
    const float *factors, const float *means, const float *slopes) {
  normalizing work = {.in = standard, .means = means, .scales = factors, .beta = slopes,
                      .out = gradient, .rows = rows, .columns = columns};
  nnsh_parallel_whole(pieces_of(rows, columns), rows * columns, columns_back_piece, &work);
}

static void rows_piece(void *context, ptrdiff_t piece) {
  const normalizing *work = context;
  ptrdiff_t first, rows = piece_rows(work, piece, &first), offset = first * work->columns;
  nnsh_kernels()->standardize_rows(
      work->out + offset, work->second + first, work->third + first, work->in + offset, rows,
      work->columns, work->gamma, work->beta, work->epsilon);
}

void nnsh_standardize_rows(
    const float *in, ptrdiff_t rows, ptrdiff_t columns, const float *gamma, const float *beta,
    float epsilon, float *scales, float *means, float *out) {
  normalizing work = {.in = in, .gamma = gamma, .beta = beta, .out = out, .second = scales,
                      .third = means, .rows = rows, .columns = columns, .epsilon = epsilon};
  nnsh_parallel_whole(pieces_of(rows, columns), 2 * rows * columns, rows_piece, &work);
}

static void rows_back_piece(void *context, ptrdiff_t piece) {
  const normalizing *work = context;
  ptrdiff_t first, rows = piece_rows(work, piece, &first), offset = first * work->columns;
  double *sums = work->sums + 2 * piece * work->columns;
  nnsh_kernels()->standardize_rows_back(
      work->out + offset, sums, sums + work->columns, work->other + offset, work->in + offset,
      work->scales + first, work->means + first, rows, work->columns, work->gamma);
}

int nnsh_standardize_rows_back(
    const float *gradient, const float *in, const float *scales, const float *means,
    ptrdiff_t rows, ptrdiff_t columns, const float *gamma, double *sums, float *back) {
  ptrdiff_t pieces = pieces_of(rows, columns);
  normalizing work = {.in = in, .other = gradient, .means = means, .scales = scales,
                      .gamma = gamma, .out = back, .rows = rows, .columns = columns};
  work.sums = calloc((size_t)(2 * pieces * columns) + 1, sizeof(double));
  if (work.sums == NULL) return nnsh_no_memory;
  nnsh_parallel_whole(pieces, 2 * rows * columns, rows_back_piece, &work);
  join(work.sums, pieces, 2 * columns, sums);
  free(work.sums);
  return nnsh_done;
}
