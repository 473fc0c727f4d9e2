#include <stdlib.h>
#include <string.h>

#include "kernels.h"

// Goto and van de Geijn's scheme (2008): B is packed in panels of 16 columns for a block of the
// inner size, A in panels of 8 rows; tiles of C stay in registers. The inner sizes are added in
// one order, so the result does not depend on threads.
enum { tile_rows = 8, tile_columns = 16, inner_block = 256, task_rows = 64, no_vector = -1 };

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

// A product with a vector: out = matrix · vector, which waits for memory rather than for sums.
typedef struct {
  const double *matrix, *vector;
  ptrdiff_t row, column, step, rows, inner, task_rows;
  int by_rows;
  double *out;
} vector_product;

static void multiply_vector(void *context, ptrdiff_t task) {
  const vector_product *work = context;
  const nnsh_kernel_table *kernels = nnsh_kernels();
  ptrdiff_t first = task * work->task_rows, end = first + work->task_rows;
  if (end > work->rows) end = work->rows;
  if (work->by_rows) {
    for (ptrdiff_t i = first; i < end; i++) {
      work->out[i] = kernels->dot_f64(work->matrix + i * work->row, work->vector, work->inner);
    }
  } else {
    kernels->add_rows_f64(
        work->out + first, work->vector, work->step, work->matrix + first, work->column,
        work->inner, end - first);
  }
}

// Computes a product, whose result is filled with zeros; `no_vector` where neither side is a vector,
// or the other one lies so that neither its rows nor its columns are runs.
static int multiply_by_vector(const product *work) {
  vector_product vector = {.inner = work->k, .out = work->c};
  if (work->n == 1) {
    vector.matrix = work->a, vector.vector = work->b, vector.rows = work->m;
    vector.row = work->a_row, vector.column = work->a_column, vector.step = work->b_row;
  } else if (work->m == 1) {
    vector.matrix = work->b, vector.vector = work->a, vector.rows = work->n;
    vector.row = work->b_column, vector.column = work->b_row, vector.step = work->a_column;
  } else {
    return no_vector;
  }
  vector.by_rows = vector.column == 1 && vector.step == 1;
  if (!vector.by_rows && vector.row != 1) return no_vector;
  vector.task_rows = vector.by_rows ? 64 : 512;
  ptrdiff_t tasks = (vector.rows + vector.task_rows - 1) / vector.task_rows;
  return nnsh_parallel(tasks, vector.rows * work->k / 4, multiply_vector, &vector);
}

static int multiply_by_tiles(product *work) {
  work->panels = (work->n + tile_columns - 1) / tile_columns;
  ptrdiff_t tasks = (work->m + task_rows - 1) / task_rows;
  ptrdiff_t depth = work->k < inner_block ? work->k : inner_block;
  size_t bytes = (size_t)(work->panels * tile_columns * depth) * sizeof(double);
  work->packed = nnsh_allocate(bytes);
  if (work->packed == NULL) return nnsh_no_memory;
  int status = nnsh_done;
  for (work->start = 0; work->start < work->k && status == nnsh_done; work->start += inner_block) {
    work->depth = work->k - work->start < inner_block ? work->k - work->start : inner_block;
    status = nnsh_parallel(work->panels, work->n * work->depth, pack_b, work);
    if (status == nnsh_done) {
      status = nnsh_parallel(tasks, work->m * work->n * work->depth / 8, multiply_rows, work);
    }
  }
  nnsh_release(work->packed, bytes);
  return status;
}

int nnsh_gemm_f64(
    const double *a, ptrdiff_t a_row, ptrdiff_t a_column, const double *b, ptrdiff_t b_row,
    ptrdiff_t b_column, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const double *bias, int relu,
    double *c) {
  if (m == 0 || n == 0) return nnsh_done;
  memset(c, 0, (size_t)m * (size_t)n * sizeof(double));
  product work = {a, b, bias, a_row, a_column, b_row, b_column, m, n, k, .c = c, .relu = relu};
  int status = nnsh_done;
  if (nnsh_is_small_product(m, n, k)) {
    nnsh_kernels()->small_product_f64(a, a_row, a_column, b, b_row, b_column, m, n, k, c, n);
  } else {
    status = multiply_by_vector(&work);
    if (status == no_vector) status = multiply_by_tiles(&work);
  }
  if (status == nnsh_done && (bias != NULL || relu)) {
    status = nnsh_parallel((m + task_rows - 1) / task_rows, m * n, finish_rows, &work);
  }
  return status;
}
