// Products of Float32 matrices with one that was packed before: for those that many small products
// share, or that are small themselves. A panel of the packed matrix is two vectors wide, and lies row
// by row; columns beyond the last are 0. A tile of the result stays in registers. Each number is
// summed in the order of the inner axis, however wide vectors are.

enum { panel = 2 * WIDTH, tile_rows = WIDTH == 16 ? 8 : 6 };

static ptrdiff_t packed_size(ptrdiff_t inner, ptrdiff_t columns) {
  return (columns + panel - 1) / panel * panel * inner;
}

static void pack_matrix(
    float *to, const float *in, ptrdiff_t in_row, ptrdiff_t in_column, ptrdiff_t inner,
    ptrdiff_t columns) {
  for (ptrdiff_t first = 0; first < columns; first += panel, in += panel * in_column) {
    ptrdiff_t count = columns - first < panel ? columns - first : panel;
    const float *row = in;
    for (ptrdiff_t p = 0; p < inner; p++, row += in_row, to += panel) {
      if (in_column == 1 && count == panel) {
        memcpy(to, row, panel * sizeof(float));
        continue;
      }
      for (ptrdiff_t j = 0; j < count; j++) to[j] = row[j * in_column];
      for (ptrdiff_t j = count; j < panel; j++) to[j] = 0;
    }
  }
}

// Of rows × columns numbers of the result, at most a panel wide.
static inline __attribute__((always_inline)) void packed_tile(
    const int rows, const int vectors, float *c, ptrdiff_t c_row, ptrdiff_t columns,
    const float *a, ptrdiff_t a_row, ptrdiff_t a_column, const float *b, ptrdiff_t inner,
    int adds) {
  typedef float lanes __attribute__((vector_size(4 * WIDTH), aligned(4)));
  lanes sum[8][2] = {0};
  for (ptrdiff_t p = 0; p < inner; p++, a += a_column, b += panel) {
    lanes b0 = *(const lanes *)b, b1 = vectors == 2 ? *(const lanes *)(b + WIDTH) : b0;
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      sum[i][0] += a[i * a_row] * b0;
      if (vectors == 2) sum[i][1] += a[i * a_row] * b1;
    }
  }
  if (columns == vectors * WIDTH) {
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      lanes *to = (lanes *)(c + i * c_row);
      to[0] = adds ? to[0] + sum[i][0] : sum[i][0];
      if (vectors == 2) to[1] = adds ? to[1] + sum[i][1] : sum[i][1];
    }
    return;
  }
  float tile[8][panel];
  memcpy(tile, sum, sizeof tile);
  for (int i = 0; i < rows; i++) {
    float *to = c + i * c_row;
    for (ptrdiff_t j = 0; j < columns; j++) to[j] = adds ? to[j] + tile[i][j] : tile[i][j];
  }
}

// c (+)= a·b of a part of the inner axis, from `first` to before `last` of `inner`.
static void packed_product(
    float *c, ptrdiff_t c_row, const float *a, ptrdiff_t a_row, ptrdiff_t a_column,
    ptrdiff_t rows, const float *packed, ptrdiff_t inner, ptrdiff_t first, ptrdiff_t last,
    ptrdiff_t columns, int adds) {
  a += first * a_column;
  for (ptrdiff_t column = 0; column < columns; column += panel, packed += inner * panel) {
    ptrdiff_t wide = columns - column < panel ? columns - column : panel, high;
    for (ptrdiff_t row = 0; row < rows; row += high) {
      high = rows - row < tile_rows ? rows - row : tile_rows;
#define TILE(count)                                                                           \
  case count:                                                                                 \
    if (wide > WIDTH) {                                                                       \
      packed_tile(count, 2, c + row * c_row + column, c_row, wide, a + row * a_row, a_row,    \
                  a_column, packed + first * panel, last - first, adds);                      \
    } else {                                                                                  \
      packed_tile(count, 1, c + row * c_row + column, c_row, wide, a + row * a_row, a_row,    \
                  a_column, packed + first * panel, last - first, adds);                      \
    }                                                                                         \
    break;
      switch (high) {
        TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6)
#if WIDTH == 16
        TILE(7) TILE(8)
#endif
      }
#undef TILE
    }
  }
}
