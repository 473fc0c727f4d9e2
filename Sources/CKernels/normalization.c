#include <stdlib.h>
#include <string.h>

#include "kernels.h"

// Rows are cut into pieces of a fixed size, whose sums are joined in order: no bit depends on the
// number of threads. None is cut short: they are small steps of a training.

enum { piece_numbers = 16384, narrow = 128, wide = 256 };

static ptrdiff_t rows_a_piece(ptrdiff_t columns) { return piece_numbers / (columns + 1) + 1; }

static ptrdiff_t pieces_of(ptrdiff_t rows, ptrdiff_t columns) {
  ptrdiff_t piece = rows_a_piece(columns);
  return (rows + piece - 1) / piece;
}

typedef struct {
  const float *in, *other, *means, *scales, *gamma, *beta, *factors;
  float *out, *second, *third;
  const double *centres;
  double *sums;
  ptrdiff_t rows, columns;
  // How many rows are taken as one, where rows are short.
  ptrdiff_t repeats;
  float epsilon;
  int is_rectified;
} normalizing;

/// The first row of a piece, and how many it has.
static ptrdiff_t piece_rows(const normalizing *work, ptrdiff_t piece, ptrdiff_t *first) {
  ptrdiff_t rows = rows_a_piece(work->columns);
  *first = piece * rows;
  return work->rows - *first < rows ? work->rows - *first : rows;
}

// Numbers of a column each, repeated for as many rows as are taken as one.

static ptrdiff_t repeats_of(ptrdiff_t columns) { return columns < narrow ? wide / columns : 1; }

static const float *repeated(float *room, const float *numbers, ptrdiff_t columns) {
  ptrdiff_t repeats = repeats_of(columns);
  if (repeats == 1) return numbers;
  for (ptrdiff_t i = 0; i < repeats * columns; i++) room[i] = numbers[i % columns];
  return room;
}

/// Adds up what was summed of each repetition.
static void fold_repeats(double *sums, ptrdiff_t columns) {
  for (ptrdiff_t i = columns; i < repeats_of(columns) * columns; i++) sums[i % columns] += sums[i];
}

/// The width of what a piece sums up.
static ptrdiff_t width_of(ptrdiff_t columns) { return repeats_of(columns) * columns; }

static void columns_piece(void *context, ptrdiff_t piece) {
  const normalizing *work = context;
  ptrdiff_t first, rows = piece_rows(work, piece, &first), offset = first * work->columns;
  ptrdiff_t whole = rows / work->repeats, rest = rows - whole * work->repeats;
  const nnsh_kernel_table *kernels = nnsh_kernels();
  kernels->standardize_columns(
      work->out + offset, work->in + offset, whole, width_of(work->columns), work->means,
      work->scales, work->gamma, work->beta, work->is_rectified);
  offset += whole * width_of(work->columns);
  kernels->standardize_columns(
      work->out + offset, work->in + offset, rest, work->columns, work->means, work->scales,
      work->gamma, work->beta, work->is_rectified);
}

void nnsh_standardize_columns(
    const float *in, ptrdiff_t rows, ptrdiff_t columns, const float *means, const float *scales,
    const float *gamma, const float *beta, int is_rectified, float *out) {
  float room[4][wide];
  normalizing work = {.in = in, .out = out, .rows = rows, .columns = columns,
                      .means = repeated(room[0], means, columns),
                      .scales = repeated(room[1], scales, columns),
                      .gamma = repeated(room[2], gamma, columns),
                      .beta = repeated(room[3], beta, columns), .repeats = repeats_of(columns),
                      .is_rectified = is_rectified};
  nnsh_parallel_whole(pieces_of(rows, columns), rows * columns, columns_piece, &work);
}

/// Adds up the pieces' sums, of `count` numbers each, in order.
static void join(const double *sums, ptrdiff_t pieces, ptrdiff_t count, double *out) {
  for (ptrdiff_t j = 0; j < count; j++) out[j] = 0;
  for (ptrdiff_t piece = 0; piece < pieces; piece++) {
    for (ptrdiff_t j = 0; j < count; j++) out[j] += sums[piece * count + j];
  }
}

static void totals_piece(void *context, ptrdiff_t piece) {
  const normalizing *work = context;
  const nnsh_kernel_table *kernels = nnsh_kernels();
  ptrdiff_t first, rows = piece_rows(work, piece, &first), width = width_of(work->columns);
  ptrdiff_t whole = rows / work->repeats, rest = rows - whole * work->repeats;
  int reduction = work->centres == NULL ? nnsh_sum : nnsh_squared_deviations;
  const float *in = work->in + first * work->columns;
  double sums[wide], *own = work->repeats > 1 ? sums : work->sums + piece * work->columns;
  if (work->repeats > 1) memset(sums, 0, sizeof sums);
  kernels->columns_f32(reduction, own, in, width, whole, width, work->centres);
  kernels->columns_f32(
      reduction, own, in + whole * width, work->columns, rest, work->columns, work->centres);
  if (work->repeats == 1) return;
  fold_repeats(sums, work->columns);
  memcpy(work->sums + piece * work->columns, sums, (size_t)work->columns * sizeof(double));
}

int nnsh_column_totals(
    const float *in, ptrdiff_t rows, ptrdiff_t columns, const double *centres, double *totals) {
  ptrdiff_t pieces = pieces_of(rows, columns), repeats = repeats_of(columns);
  double room[wide];
  for (ptrdiff_t i = 0; centres && repeats > 1 && i < repeats * columns; i++) {
    room[i] = centres[i % columns];
  }
  normalizing work = {.in = in, .rows = rows, .columns = columns, .repeats = repeats,
                      .centres = centres && repeats > 1 ? room : centres};
  work.sums = calloc((size_t)(pieces * columns) + 1, sizeof(double));
  if (work.sums == NULL) return nnsh_no_memory;
  nnsh_parallel_whole(pieces, rows * columns, totals_piece, &work);
  join(work.sums, pieces, columns, totals);
  free(work.sums);
  return nnsh_done;
}

static void products_piece(void *context, ptrdiff_t piece) {
  const normalizing *work = context;
  const nnsh_kernel_table *kernels = nnsh_kernels();
  ptrdiff_t first, rows = piece_rows(work, piece, &first), offset = first * work->columns;
  ptrdiff_t whole = rows / work->repeats, rest = rows - whole * work->repeats;
  ptrdiff_t width = width_of(work->columns), end = offset + whole * width;
  const float *rectified = work->other == NULL ? NULL : work->other + offset;
  double *sums = work->sums + 2 * piece * work->columns, *products = sums + work->columns;
  if (work->repeats == 1) {
    kernels->column_products(
        sums, products, work->out + offset, work->in + offset, rectified, rows, width,
        work->means, work->scales);
    return;
  }
  double both[2][wide] = {{0}};
  kernels->column_products(
      both[0], both[1], work->out + offset, work->in + offset, rectified, whole, width,
      work->means, work->scales);
  kernels->column_products(
      both[0], both[1], work->out + end, work->in + end,
      rectified == NULL ? NULL : work->other + end, rest, work->columns, work->means,
      work->scales);
  for (int i = 0; i < 2; i++) {
    fold_repeats(both[i], work->columns);
    memcpy(sums + i * work->columns, both[i], (size_t)work->columns * sizeof(double));
  }
}

int nnsh_column_products(
    float *gradient, const float *in, const float *rectified, ptrdiff_t rows, ptrdiff_t columns,
    const float *means, const float *scales, double *sums) {
  float room[2][wide];
  ptrdiff_t pieces = pieces_of(rows, columns);
  normalizing work = {.in = in, .out = gradient, .other = rectified, .rows = rows,
                      .columns = columns, .means = repeated(room[0], means, columns),
                      .scales = repeated(room[1], scales, columns),
                      .repeats = repeats_of(columns)};
  work.sums = calloc((size_t)(2 * pieces * columns) + 1, sizeof(double));
  if (work.sums == NULL) return nnsh_no_memory;
  nnsh_parallel_whole(pieces, rows * columns, products_piece, &work);
  join(work.sums, pieces, 2 * columns, sums);
  free(work.sums);
  return nnsh_done;
}

static void columns_back_piece(void *context, ptrdiff_t piece) {
  const normalizing *work = context;
  const nnsh_kernel_table *kernels = nnsh_kernels();
  ptrdiff_t first, rows = piece_rows(work, piece, &first), offset = first * work->columns;
  ptrdiff_t whole = rows / work->repeats, rest = rows - whole * work->repeats;
  kernels->standardize_columns_back(
      work->out + offset, work->in + offset, whole, width_of(work->columns), work->means,
      work->scales, work->factors, work->gamma, work->beta);
  offset += whole * width_of(work->columns);
  kernels->standardize_columns_back(
      work->out + offset, work->in + offset, rest, work->columns, work->means, work->scales,
      work->factors, work->gamma, work->beta);
}

void nnsh_standardize_columns_back(
    float *gradient, const float *in, ptrdiff_t rows, ptrdiff_t columns, const float *means,
    const float *scales, const float *factors, const float *shifts, const float *slopes) {
  float room[5][wide];
  normalizing work = {.in = in, .out = gradient, .rows = rows, .columns = columns,
                      .means = repeated(room[0], means, columns),
                      .scales = repeated(room[1], scales, columns),
                      .factors = repeated(room[2], factors, columns),
                      .gamma = repeated(room[3], shifts, columns),
                      .beta = repeated(room[4], slopes, columns), .repeats = repeats_of(columns)};
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
