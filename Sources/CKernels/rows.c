#include <stdlib.h>

#include "kernels.h"

typedef struct {
  int logarithm, heeds, type;
  const char *in;
  char *out;
  ptrdiff_t rows, columns, rows_a_task;
} softening;

static void soften(void *context, ptrdiff_t task) {
  const softening *work = context;
  const nnsh_kernel_table *kernels = nnsh_kernels();
  ptrdiff_t first = task * work->rows_a_task, offset = first * work->columns;
  ptrdiff_t rest = work->rows - first;
  ptrdiff_t rows = rest < work->rows_a_task ? rest : work->rows_a_task;
  if (work->type == nnsh_f64) {
    kernels->softmax_f64(work->logarithm, work->heeds, (double *)work->out + offset,
                         (const double *)work->in + offset, rows, work->columns);
  } else {
    kernels->softmax_f32(work->logarithm, work->heeds, (float *)work->out + offset,
                         (const float *)work->in + offset, rows, work->columns);
  }
}

int nnsh_softmax(
    int logarithm, int type, const void *in, ptrdiff_t rows, ptrdiff_t columns, void *out,
    int whole) {
  if (rows == 0 || columns == 0) return nnsh_done;
  softening work = {logarithm, !whole, type, in, out, rows, columns, 8192 / columns + 1};
  ptrdiff_t tasks = (rows + work.rows_a_task - 1) / work.rows_a_task;
  // An exponential takes the time of several plain elements.
  if (!whole) {
    int status = nnsh_parallel(tasks, rows * columns * 4, soften, &work);
    // A request that came in the last row may have cut it short.
    return columns >= 8192 && nnsh_interrupt_is_requested() ? nnsh_interrupted : status;
  }
  nnsh_parallel_whole(tasks, rows * columns * 4, soften, &work);
  return nnsh_done;
}

typedef struct {
  const float *logits, *targets;
  ptrdiff_t rows, columns, rows_a_task;
  float scale;
  float *gradient, *losses;
  ptrdiff_t correct;
  double *sums;
} scoring;

static void score(void *context, ptrdiff_t task) {
  scoring *work = context;
  ptrdiff_t first = task * work->rows_a_task, offset = first * work->columns;
  ptrdiff_t rest = work->rows - first;
  ptrdiff_t correct = nnsh_kernels()->cross_entropy_f32(
      work->logits + offset, work->targets + offset,
      rest < work->rows_a_task ? rest : work->rows_a_task, work->columns, work->scale,
      work->gradient == NULL ? NULL : work->gradient + offset,
      work->losses == NULL ? NULL : work->losses + first);
  __atomic_fetch_add(&work->correct, correct, __ATOMIC_RELAXED);
}

int nnsh_softmax_cross_entropy_rows(
    const float *logits, const float *targets, ptrdiff_t rows, ptrdiff_t columns, float scale,
    float *gradient, float *losses, ptrdiff_t *correct) {
  if (correct != NULL) *correct = 0;
  if (rows == 0 || columns == 0) return nnsh_done;
  scoring work = {logits, targets, rows, columns, 4096 / columns + 1, scale, gradient, losses, 0, NULL};
  ptrdiff_t tasks = (rows + work.rows_a_task - 1) / work.rows_a_task;
  // Part of a training step, which is never left half done.
  nnsh_parallel_whole(tasks, rows * columns * 4, score, &work);
  if (correct != NULL) *correct = work.correct;
  return nnsh_done;
}

static void measure(void *context, ptrdiff_t task) {
  const scoring *work = context;
  ptrdiff_t first = task * work->rows_a_task, offset = first * work->columns;
  ptrdiff_t rest = work->rows - first;
  nnsh_kernels()->squared_errors(
      work->logits + offset, work->targets + offset,
      rest < work->rows_a_task ? rest : work->rows_a_task, work->columns, work->scale,
      work->gradient == NULL ? NULL : work->gradient + offset, work->sums + 2 * first);
}

void nnsh_squared_errors(
    const float *outputs, const float *targets, ptrdiff_t rows, ptrdiff_t columns, float scale,
    float *gradient, double *sums) {
  if (rows == 0 || columns == 0) return;
  scoring work = {.logits = outputs, .targets = targets, .rows = rows, .columns = columns,
                  .rows_a_task = 8192 / columns + 1, .scale = scale, .gradient = gradient,
                  .sums = sums};
  nnsh_parallel_whole(
      (rows + work.rows_a_task - 1) / work.rows_a_task, rows * columns, measure, &work);
}
