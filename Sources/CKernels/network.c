#include <math.h>
#include <string.h>

#include "kernels.h"

// The trainer's steps must not be left half done, so these kernels ignore a pending interruption:
// each block is small and the trainer looks between steps.

enum { chunk = 16384 };

typedef struct {
  int kind;
  float *a, *b, *c;
  const float *in;
  const ptrdiff_t *order;
  uint16_t *half;
  ptrdiff_t count, columns, step;
  const float *numbers;
  int rule;
} update;

enum { update_mask, update_rule, update_half, update_gather };

static void run_update(void *context, ptrdiff_t task) {
  const update *u = context;
  const nnsh_kernel_table *kernels = nnsh_kernels();
  if (u->kind == update_gather) {
    ptrdiff_t end = (task + 1) * u->step;
    for (ptrdiff_t i = task * u->step; i < end && i < u->count; i++) {
      memcpy(u->a + i * u->columns, u->in + u->order[i] * u->columns,
             (size_t)u->columns * sizeof(float));
    }
    return;
  }
  ptrdiff_t start = task * chunk;
  ptrdiff_t count = u->count - start < chunk ? u->count - start : chunk;
  switch (u->kind) {
    case update_mask: kernels->relu_mask(u->a + start, u->in + start, count); break;
    case update_rule:
      kernels->update_f32[u->rule](u->a + start, u->b == NULL ? NULL : u->b + start,
                                   u->c == NULL ? NULL : u->c + start, u->in + start, count,
                                   u->numbers);
      break;
    default: kernels->to_bf16(u->in + start, u->half + start, count);
  }
}

static void run_whole(update *u, ptrdiff_t tasks, ptrdiff_t work) {
  nnsh_parallel_whole(tasks, work, run_update, u);
}

void nnsh_relu_mask(float *gradient, const float *activation, ptrdiff_t count) {
  update u = {.kind = update_mask, .a = gradient, .in = activation, .count = count};
  run_whole(&u, (count + chunk - 1) / chunk, count);
}

void nnsh_relu_rows(float *values, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t stride) {
  if (columns == stride) {
    columns *= rows;
    rows = 1;
  }
  for (ptrdiff_t row = 0; row < rows; row++, values += stride) {
    nnsh_kernels()->unary_f32[nnsh_relu](values, values, columns);
  }
}

void nnsh_update_f32(
    int rule, float *weights, float *first, float *second, const float *gradient, ptrdiff_t count,
    const float *numbers) {
  if (rule < 0 || rule >= nnsh_rule_count) return;
  update u = {.kind = update_rule, .a = weights, .b = first, .c = second, .in = gradient,
              .count = count, .rule = rule, .numbers = numbers};
  run_whole(&u, (count + chunk - 1) / chunk, count);
}

typedef struct {
  int rule;
  double *weights, *first, *second;
  const double *gradient, *numbers;
  ptrdiff_t count;
} update_f64;

static void run_update_f64(void *context, ptrdiff_t task) {
  const update_f64 *u = context;
  ptrdiff_t start = task * chunk;
  ptrdiff_t count = u->count - start < chunk ? u->count - start : chunk;
  nnsh_kernels()->update_f64[u->rule](
      u->weights + start, u->first == NULL ? NULL : u->first + start,
      u->second == NULL ? NULL : u->second + start, u->gradient + start, count, u->numbers);
}

void nnsh_update_f64(
    int rule, double *weights, double *first, double *second, const double *gradient,
    ptrdiff_t count, const double *numbers) {
  if (rule < 0 || rule >= nnsh_rule_count) return;
  update_f64 u = {.rule = rule, .weights = weights, .first = first, .second = second,
                  .gradient = gradient, .numbers = numbers, .count = count};
  nnsh_parallel_whole((count + chunk - 1) / chunk, count, run_update_f64, &u);
}

void nnsh_f32_to_bf16(const float *in, uint16_t *out, ptrdiff_t count) {
  update u = {.kind = update_half, .in = in, .half = out, .count = count};
  run_whole(&u, (count + chunk - 1) / chunk, count);
}

void nnsh_gather_rows(
    const float *in, const ptrdiff_t *order, ptrdiff_t count, ptrdiff_t columns, float *out) {
  if (columns == 0) return;
  update u = {.kind = update_gather, .a = out, .in = in, .order = order, .count = count,
              .columns = columns, .step = chunk / columns + 1};
  run_whole(&u, (count + u.step - 1) / u.step, count * columns);
}

typedef struct {
  const float *in;
  ptrdiff_t rows, columns, stride, rows_a_piece, column_pieces;
  // Of each piece of rows.
  double *totals;
} summing;

// Some rows' sums run in Float32 and join in Float64: the error stays near one rounding at any batch
// size. A task is a piece of the rows of a piece of the columns; the pieces of rows are few, and are
// joined in order.
enum { sum_rows = 256, sum_columns = 256, rows_a_piece = 4096, most_totals = 4096 };

static void sum_piece(void *context, ptrdiff_t task) {
  const summing *work = context;
  ptrdiff_t column = task % work->column_pieces * sum_columns, piece = task / work->column_pieces;
  ptrdiff_t columns = work->columns - column < sum_columns ? work->columns - column : sum_columns;
  ptrdiff_t first = piece * work->rows_a_piece, last = first + work->rows_a_piece;
  if (last > work->rows) last = work->rows;
  double *total = work->totals + piece * work->columns + column;
  for (ptrdiff_t row = first; row < last; row += sum_rows) {
    float part[sum_columns] = {0};
    ptrdiff_t rows = last - row < sum_rows ? last - row : sum_rows;
    nnsh_kernels()->column_sums(part, work->in + row * work->stride + column, work->stride, rows,
                                columns);
    for (ptrdiff_t j = 0; j < columns; j++) total[j] += (double)part[j];
  }
}

static void sum_columns_of(
    const float *in, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t stride, float accumulate,
    float *out) {
  double totals[most_totals];
  ptrdiff_t pieces = most_totals / columns;
  if (pieces > rows / rows_a_piece) pieces = rows / rows_a_piece;
  if (pieces < 1) pieces = 1;
  memset(totals, 0, (size_t)(pieces * columns) * sizeof(double));
  summing work = {in, rows, columns, stride, (rows + pieces - 1) / pieces,
                  (columns + sum_columns - 1) / sum_columns, totals};
  nnsh_parallel_whole(pieces * work.column_pieces, rows * columns, sum_piece, &work);
  for (ptrdiff_t j = 0; j < columns; j++) {
    double total = totals[j];
    for (ptrdiff_t piece = 1; piece < pieces; piece++) total += totals[piece * columns + j];
    out[j] = (accumulate == 0 ? 0 : accumulate * out[j]) + (float)total;
  }
}

void nnsh_column_sums(
    const float *in, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t row_stride, float accumulate,
    float *out) {
  for (ptrdiff_t first = 0; first < columns; first += most_totals) {
    ptrdiff_t count = columns - first < most_totals ? columns - first : most_totals;
    sum_columns_of(in + first, rows, count, row_stride, accumulate, out + first);
  }
}

ptrdiff_t nnsh_first_nonfinite_f64(const double *in, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i++) {
    if (!isfinite(in[i])) return i;
  }
  return -1;
}

ptrdiff_t nnsh_first_nonfinite_f32(const float *in, ptrdiff_t count) {
  for (ptrdiff_t start = 0; start < count; start += 4096) {
    ptrdiff_t length = count - start < 4096 ? count - start : 4096;
    float sum = 0;
    // x − x is 0, or NaN for what is not finite, and NaN stays in the sum.
    float lane[16] = {0};
    ptrdiff_t i = 0;
    for (; i + 16 <= length; i += 16) {
      for (int j = 0; j < 16; j++) lane[j] += in[start + i + j] - in[start + i + j];
    }
    for (; i < length; i++) sum += in[start + i] - in[start + i];
    for (int j = 0; j < 16; j++) sum += lane[j];
    if (sum == 0) continue;
    for (i = 0; i < length; i++) {
      if (!(fabsf(in[start + i]) < INFINITY)) return start + i;
    }
  }
  return -1;
}
