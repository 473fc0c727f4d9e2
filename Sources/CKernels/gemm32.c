#include <string.h>

#include "kernels.h"

// The Float32 product of few numbers, and where there is no oneDNN any, by the scheme of gemm64.c on one thread: the pieces
// of a product are shared among the threads by the caller. It allocates nothing.
enum { tile_rows = 8, tile_columns = 32, inner_block = 256 };

typedef struct {
  const float *a, *b;
  ptrdiff_t a_row, a_column, b_row, b_column;
} operands;

static void pack_rows(
    const operands *from, ptrdiff_t row, int rows, ptrdiff_t start, ptrdiff_t depth, float *to) {
  for (ptrdiff_t p = 0; p < depth; p++) {
    const float *a = from->a + row * from->a_row + (start + p) * from->a_column;
    for (int i = 0; i < tile_rows; i++) *to++ = i < rows ? a[i * from->a_row] : 0;
  }
}

static void pack_columns(
    const operands *from, ptrdiff_t column, int columns, ptrdiff_t start, ptrdiff_t depth,
    float *to) {
  for (ptrdiff_t p = 0; p < depth; p++) {
    const float *b = from->b + (start + p) * from->b_row + column * from->b_column;
    for (int j = 0; j < tile_columns; j++) *to++ = j < columns ? b[j * from->b_column] : 0;
  }
}

void nnsh_gemm_f32(
    const float *a, ptrdiff_t a_row, ptrdiff_t a_column, const float *b, ptrdiff_t b_row,
    ptrdiff_t b_column, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *bias,
    float accumulate, float *c, ptrdiff_t c_row) {
  const nnsh_kernel_table *kernels = nnsh_kernels();
  const operands both = {a, b, a_row, a_column, b_row, b_column};
  float rows_packed[tile_rows * inner_block] __attribute__((aligned(64)));
  float columns_packed[tile_columns * inner_block] __attribute__((aligned(64)));
  for (ptrdiff_t i = 0; i < m; i++) {
    float *row = c + i * c_row;
    for (ptrdiff_t j = 0; j < n; j++) {
      float kept = accumulate == 0 ? 0 : accumulate * row[j];
      row[j] = bias == NULL ? kept : kept + bias[j];
    }
  }
  if (nnsh_is_small_product(m, n, k)) {
    kernels->small_product_f32(a, a_row, a_column, b, b_row, b_column, m, n, k, c, c_row);
    return;
  }
  for (ptrdiff_t start = 0; start < k; start += inner_block) {
    ptrdiff_t depth = k - start < inner_block ? k - start : inner_block;
    for (ptrdiff_t column = 0; column < n; column += tile_columns) {
      int columns = (int)(n - column < tile_columns ? n - column : tile_columns);
      pack_columns(&both, column, columns, start, depth, columns_packed);
      for (ptrdiff_t row = 0; row < m; row += tile_rows) {
        int rows = (int)(m - row < tile_rows ? m - row : tile_rows);
        pack_rows(&both, row, rows, start, depth, rows_packed);
        kernels->gemm_tile_f32(
            depth, rows_packed, columns_packed, c + row * c_row + column, c_row, rows, columns);
      }
    }
  }
}
