// Squared and absolute errors of rows of numbers, and the gradient of the squared ones, in one pass.
// Of each row `sums` gets the sum of the squares and that of the absolute errors, in Float64.
static void squared_errors(
    const float *out, const float *target, ptrdiff_t rows, ptrdiff_t columns, float scale,
    float *gradient, double *sums) {
  for (ptrdiff_t row = 0; row < rows; row++, out += columns, target += columns, sums += 2) {
    double squares[16] = {0}, sizes[16] = {0};
    ptrdiff_t whole = columns / 16 * 16;
    for (ptrdiff_t i = 0; i < whole; i += 16) {
      VECTOR(16)
      for (int j = 0; j < 16; j++) {
        double error = (double)(out[i + j] - target[i + j]);
        squares[j] += error * error;
        sizes[j] += __builtin_fabs(error);
      }
    }
    for (ptrdiff_t i = whole; i < columns; i++) {
      double error = (double)(out[i] - target[i]);
      squares[i - whole] += error * error;
      sizes[i - whole] += __builtin_fabs(error);
    }
    sums[0] = sums[1] = 0;
    for (int j = 0; j < 16; j++) {
      sums[0] += squares[j];
      sums[1] += sizes[j];
    }
    if (gradient == NULL) continue;
    VECTOR(WIDTH)
    for (ptrdiff_t i = 0; i < columns; i++) gradient[i] = 2 * scale * (out[i] - target[i]);
    gradient += columns;
  }
}
