// A tile of C += A·B in registers, 8 rows by two vectors of 64 bytes. A comes packed 8 values a
// step, B a row of the tile a step.

#define TILE_COLUMNS ((int)(128 / sizeof(T)))

static void JOIN(gemm_tile_, SUFFIX)(
    ptrdiff_t k, const T *a, const T *b, T *c, ptrdiff_t stride, int rows, int columns) {
  typedef T lanes __attribute__((vector_size(64), aligned(sizeof(T))));
  lanes sum[8][2] = {0};
  for (ptrdiff_t p = 0; p < k; p++, a += 8, b += TILE_COLUMNS) {
    lanes b0 = *(const lanes *)b, b1 = *(const lanes *)(b + TILE_COLUMNS / 2);
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i++) {
      sum[i][0] += a[i] * b0;
      sum[i][1] += a[i] * b1;
    }
  }
  T tile[8][TILE_COLUMNS];
  memcpy(tile, sum, sizeof tile);
  for (int i = 0; i < rows; i++) {
    const T *row = tile[i];
    for (int j = 0; j < columns; j++) c[i * stride + j] += row[j];
  }
}

#undef TILE_COLUMNS
