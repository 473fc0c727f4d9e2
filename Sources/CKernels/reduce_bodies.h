// Reductions of one block into Float64 accumulators. The lanes are fixed in number, so the order of
// additions, and with it every bit of the result, is the same on every machine.

#define FOLD(first, update, merge)                                  \
  {                                                                 \
    double lane[16];                                                \
    for (int j = 0; j < 16; j++) lane[j] = (first);                 \
    ptrdiff_t whole = count / 16 * 16;                              \
    for (ptrdiff_t i = 0; i < whole; i += 16) {                     \
      VECTOR(16)                                                    \
      for (int j = 0; j < 16; j++) {                                \
        double x = in[i + j], s = lane[j];                          \
        lane[j] = (update);                                         \
      }                                                             \
    }                                                               \
    for (ptrdiff_t i = whole; i < count; i++) {                     \
      double x = in[i], s = lane[i - whole];                        \
      lane[i - whole] = (update);                                   \
    }                                                               \
    for (int width = 8; width > 0; width /= 2) {                    \
      for (int j = 0; j < width; j++) {                             \
        double x = lane[j + width], s = lane[j];                    \
        lane[j] = (merge);                                          \
      }                                                             \
    }                                                               \
    return lane[0];                                                 \
  }

static double JOIN(run_, SUFFIX)(int reduction, const T *in, ptrdiff_t count, double mean) {
  switch (reduction) {
    case nnsh_sum: case nnsh_mean: FOLD(0, s + x, s + x)
    case nnsh_norm: FOLD(0, s + x * x, s + x)
    case nnsh_squared_deviations: FOLD(0, s + (x - mean) * (x - mean), s + x)
    case nnsh_min: FOLD(INFINITY, x < s || x != x ? x : s, x < s || x != x ? x : s)
    case nnsh_max: FOLD(-INFINITY, x > s || x != x ? x : s, x > s || x != x ? x : s)
    case nnsh_prod: FOLD(1, s * x, s * x)
    case nnsh_any: FOLD(0, x != 0 ? 1 : s, x != 0 ? 1 : s)
    default: FOLD(1, x == 0 ? 0 : s, x == 0 ? 0 : s)
  }
}
#undef FOLD

// Two rows a pass halve the traffic of the accumulators.
#define FOLD(update)                                             \
  for (; rows >= 2; rows -= 2, in += 2 * stride) {               \
    VECTOR(LANES)                                                \
    for (ptrdiff_t j = 0; j < columns; j++) {                    \
      double x = in[j], s = sums[j];                             \
      s = (update);                                              \
      x = in[stride + j];                                        \
      sums[j] = (update);                                        \
    }                                                            \
  }                                                              \
  for (ptrdiff_t i = 0; i < rows; i++, in += stride) {           \
    VECTOR(LANES)                                                \
    for (ptrdiff_t j = 0; j < columns; j++) {                    \
      double x = in[j], s = sums[j];                             \
      sums[j] = (update);                                        \
    }                                                            \
  }                                                              \
  return;

static void JOIN(columns_, SUFFIX)(
    int reduction, double *sums, const T *in, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t columns,
    const double *means) {
  switch (reduction) {
    case nnsh_sum: case nnsh_mean: FOLD(s + x)
    case nnsh_norm: FOLD(s + x * x)
    case nnsh_squared_deviations: FOLD(s + (x - means[j]) * (x - means[j]))
    case nnsh_min: FOLD(x < s || x != x ? x : s)
    case nnsh_max: FOLD(x > s || x != x ? x : s)
    case nnsh_prod: FOLD(s * x)
    case nnsh_any: FOLD(x != 0 ? 1 : s)
    default: FOLD(x == 0 ? 0 : s)
  }
}
#undef FOLD
