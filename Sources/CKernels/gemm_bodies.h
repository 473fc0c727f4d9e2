// An 8 × 16 tile of C += A·B in registers. A comes packed 8 values a step, B 16 a step.

static void gemm_tile(
    ptrdiff_t k, const double *a, const double *b, double *c, ptrdiff_t stride, int rows,
    int columns) {
  typedef double lanes __attribute__((vector_size(64), aligned(8)));
  lanes sum[8][2] = {0};
  for (ptrdiff_t p = 0; p < k; p++, a += 8, b += 16) {
    lanes b0 = *(const lanes *)b, b1 = *(const lanes *)(b + 8);
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i++) {
      sum[i][0] += a[i] * b0;
      sum[i][1] += a[i] * b1;
    }
  }
  double tile[8][16];
  memcpy(tile, sum, sizeof tile);
  for (int i = 0; i < rows; i++) {
    const double *row = tile[i];
    for (int j = 0; j < columns; j++) c[i * stride + j] += row[j];
  }
}
