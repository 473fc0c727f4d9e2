#include <stdlib.h>
#include <string.h>

#include "kernels.h"

// Goto and van de Geijn's scheme (2008): B is packed in panels of 16 columns for a block of the
// inner size, A in panels of 8 rows; tiles of C stay in registers. The inner sizes are added in
// one order, so the result does not depend on threads.
enum { tile_rows = 8, tile_columns = 16, inner_block = 256, task_rows = 64 };

typedef struct {
  const double *a, *b, *bias;
  ptrdiff_t a_row, a_column, b_row, b_column, m, n, k, start, depth, panels;
  double *packed, *c;
  int relu;
} product;

static void pack_b(void *context, ptrdiff_t panel) {
  const product *work = context;
  double *to = work->packed + panel * tile_columns * work->depth;
  ptrdiff_t first = panel * tile_columns;
  for (ptrdiff_t p = 0; p < work->depth; p++) {
    const double *from = work->b + (work->start + p) * work->b_row + first * work->b_column;
    for (ptrdiff_t j = 0; j < tile_columns; j++) {
      to[p * tile_columns + j] = first + j < work->n ? from[j * work->b_column] : 0;
    }
  }
}

static void multiply_rows(void *context, ptrdiff_t task) {
  const product *work = context;
  const nnsh_kernel_table *kernels = nnsh_kernels();
  double packed[tile_rows * inner_block] __attribute__((aligned(64)));
  ptrdiff_t end = (task + 1) * task_rows < work->m ? (task + 1) * task_rows : work->m;
  for (ptrdiff_t row = task * task_rows; row < end; row += tile_rows) {
    ptrdiff_t rows = end - row < tile_rows ? end - row : tile_rows;
    for (ptrdiff_t p = 0; p < work->depth; p++) {
      const double *from = work->a + row * work->a_row + (work->start + p) * work->a_column;
      for (ptrdiff_t i = 0; i < tile_rows; i++) {
        packed[p * tile_rows + i] = i < rows ? from[i * work->a_row] : 0;
      }
    }
    for (ptrdiff_t panel = 0; panel < work->panels; panel++) {
      ptrdiff_t column = panel * tile_columns;
      ptrdiff_t columns = work->n - column < tile_columns ? work->n - column : tile_columns;
      kernels->gemm_tile_f64(
          work->depth, packed, work->packed + column * work->depth,
          work->c + row * work->n + column, work->n, (int)rows, (int)columns);
    }
  }
}

static void finish_rows(void *context, ptrdiff_t task) {
  const product *work = context;
  ptrdiff_t end = (task + 1) * task_rows < work->m ? (task + 1) * task_rows : work->m;
  for (ptrdiff_t row = task * task_rows; row < end; row++) {
    double *c = work->c + row * work->n;
    for (ptrdiff_t j = 0; j < work->n; j++) {
      double value = c[j] + (work->bias == NULL ? 0 : work->bias[j]);
      c[j] = work->relu && value <= 0 ? 0 : value;
    }
  }
}

int nnsh_gemm_f64(
    const double *a, ptrdiff_t a_row, ptrdiff_t a_column, const double *b, ptrdiff_t b_row,
    ptrdiff_t b_column, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const double *bias, int relu,
    double *c) {
  if (m == 0 || n == 0) return nnsh_done;
  memset(c, 0, (size_t)m * (size_t)n * sizeof(double));
  product work = {a, b, bias, a_row, a_column, b_row, b_column, m, n, k, .c = c, .relu = relu};
  work.panels = (n + tile_columns - 1) / tile_columns;
  ptrdiff_t tasks = (m + task_rows - 1) / task_rows;
  int status = nnsh_done;
  if (k > 0) {
    ptrdiff_t depth = k < inner_block ? k : inner_block;
    work.packed = nnsh_allocate((size_t)(work.panels * tile_columns * depth) * sizeof(double));
    if (work.packed == NULL) return nnsh_no_memory;
    for (work.start = 0; work.start < k && status == nnsh_done; work.start += inner_block) {
      work.depth = k - work.start < inner_block ? k - work.start : inner_block;
      status = nnsh_parallel(work.panels, n * work.depth, pack_b, &work);
      if (status == nnsh_done) {
        status = nnsh_parallel(tasks, m * n * work.depth / 8, multiply_rows, &work);
      }
    }
    nnsh_release(work.packed, (size_t)(work.panels * tile_columns * depth) * sizeof(double));
  }
  if (status == nnsh_done && (bias != NULL || relu)) {
    status = nnsh_parallel(tasks, m * n, finish_rows, &work);
  }
  return status;
}
