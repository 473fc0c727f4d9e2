// Normalizations in Float32: of columns (batch_norm) and of rows (layer_norm). Sums are taken in
// Float64.

static void standardize_columns(
    float *out, const float *in, ptrdiff_t rows, ptrdiff_t columns, const float *means,
    const float *scales, const float *gamma, const float *beta, int is_rectified) {
  for (ptrdiff_t i = 0; i < rows; i++, in += columns, out += columns) {
    if (is_rectified) {
      VECTOR(WIDTH)
      for (ptrdiff_t j = 0; j < columns; j++) {
        float value = gamma[j] * ((in[j] - means[j]) * scales[j]) + beta[j];
        // A NaN stays one.
        out[j] = value < 0 ? 0.0f : value;
      }
    } else {
      VECTOR(WIDTH)
      for (ptrdiff_t j = 0; j < columns; j++) {
        out[j] = gamma[j] * ((in[j] - means[j]) * scales[j]) + beta[j];
      }
    }
  }
}

// Where what came out was rectified, the gradient is first set to 0 where that is 0.
static void column_products(
    double *sums, double *products, float *gradient, const float *in, const float *rectified,
    ptrdiff_t rows, ptrdiff_t columns, const float *means, const float *scales) {
  for (ptrdiff_t i = 0; i < rows; i++, gradient += columns, in += columns) {
    if (rectified != NULL) {
      VECTOR(WIDTH)
      for (ptrdiff_t j = 0; j < columns; j++) {
        gradient[j] = rectified[j] <= 0 ? 0.0f : gradient[j];
      }
      rectified += columns;
    }
    VECTOR(WIDTH)
    for (ptrdiff_t j = 0; j < columns; j++) {
      double g = gradient[j];
      sums[j] += g;
      products[j] += g * (double)((in[j] - means[j]) * scales[j]);
    }
  }
}

static void standardize_columns_back(
    float *gradient, const float *in, ptrdiff_t rows, ptrdiff_t columns, const float *means,
    const float *scales, const float *factors, const float *shifts, const float *slopes) {
  for (ptrdiff_t i = 0; i < rows; i++, gradient += columns, in += columns) {
    VECTOR(WIDTH)
    for (ptrdiff_t j = 0; j < columns; j++) {
      float standard = (in[j] - means[j]) * scales[j];
      gradient[j] = factors[j] * gradient[j] - shifts[j] - standard * slopes[j];
    }
  }
}

/// What a row's sum is made of: as many lanes on every machine.
enum { row_lanes = 16 };

static double lane_sum(const double *lane) {
  double half[row_lanes / 2];
  for (int j = 0; j < row_lanes / 2; j++) half[j] = lane[j] + lane[j + row_lanes / 2];
  for (int width = row_lanes / 4; width > 0; width /= 2) {
    for (int j = 0; j < width; j++) half[j] += half[j + width];
  }
  return half[0];
}

#define ROW_SUM(name, term)                                       \
  double name;                                                    \
  {                                                               \
    double lane[row_lanes] = {0};                                 \
    ptrdiff_t whole = columns / row_lanes * row_lanes;            \
    for (ptrdiff_t i = 0; i < whole; i += row_lanes) {            \
      VECTOR(16)                                                  \
      for (int k = 0; k < row_lanes; k++) {                       \
        ptrdiff_t j = i + k;                                      \
        lane[k] += (term);                                        \
      }                                                           \
    }                                                             \
    for (ptrdiff_t j = whole; j < columns; j++) lane[j - whole] += (term); \
    name = lane_sum(lane);                                        \
  }

static void standardize_rows(
    float *out, float *scales, float *means, const float *in, ptrdiff_t rows, ptrdiff_t columns,
    const float *gamma, const float *beta, float epsilon) {
  for (ptrdiff_t row = 0; row < rows; row++, in += columns, out += columns) {
    ROW_SUM(sum, (double)in[j])
    double mean = sum / (double)columns;
    ROW_SUM(squares, ((double)in[j] - mean) * ((double)in[j] - mean))
    float scale = (float)(1 / __builtin_sqrt(squares / (double)columns + (double)epsilon));
    float middle = (float)mean;
    scales[row] = scale;
    means[row] = middle;
    VECTOR(WIDTH)
    for (ptrdiff_t j = 0; j < columns; j++) {
      out[j] = (in[j] - middle) * scale * gamma[j] + beta[j];
    }
  }
}

static void standardize_rows_back(
    float *back, double *gamma_back, double *beta_back, const float *gradient, const float *in,
    const float *scales, const float *means, ptrdiff_t rows, ptrdiff_t columns,
    const float *gamma) {
  for (ptrdiff_t row = 0; row < rows; row++) {
    float scale = scales[row], mean = means[row];
    ROW_SUM(sum, (double)(gradient[j] * gamma[j]))
    ROW_SUM(product, (double)(gradient[j] * gamma[j]) * (double)((in[j] - mean) * scale))
    float middle = (float)(sum / (double)columns), slope = (float)(product / (double)columns);
    VECTOR(WIDTH)
    for (ptrdiff_t j = 0; j < columns; j++) {
      float standard = (in[j] - mean) * scale, g = gradient[j];
      back[j] = scale * (g * gamma[j] - middle - standard * slope);
      gamma_back[j] += (double)(g * standard);
      beta_back[j] += (double)g;
    }
    in += columns;
    gradient += columns;
    back += columns;
  }
}
#undef ROW_SUM
