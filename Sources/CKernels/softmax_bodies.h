// Softmax of one row. The largest element is subtracted first, so nothing overflows; a row that is
// all −∞ has no largest finite element and gives NaN, as in NumPy.

static inline T JOIN(row_max_, SUFFIX)(const T *in, ptrdiff_t count) {
  T lane[16];
  for (int j = 0; j < 16; j++) lane[j] = -INFINITY;
  ptrdiff_t whole = count / 16 * 16;
  for (ptrdiff_t i = 0; i < whole; i += 16) {
    VECTOR(16)
    for (int j = 0; j < 16; j++) lane[j] = in[i + j] > lane[j] ? in[i + j] : lane[j];
  }
  T largest = -INFINITY;
  for (ptrdiff_t i = whole; i < count; i++) largest = in[i] > largest ? in[i] : largest;
  for (int j = 0; j < 16; j++) largest = lane[j] > largest ? lane[j] : largest;
  return largest;
}

static inline double JOIN(row_sum_, SUFFIX)(const T *in, ptrdiff_t count) {
  double lane[16] = {0};
  ptrdiff_t whole = count / 16 * 16;
  for (ptrdiff_t i = 0; i < whole; i += 16) {
    VECTOR(16)
    for (int j = 0; j < 16; j++) lane[j] += (double)in[i + j];
  }
  double sum = 0;
  for (ptrdiff_t i = whole; i < count; i++) sum += (double)in[i];
  for (int j = 0; j < 16; j++) sum += lane[j];
  return sum;
}

static void JOIN(softmax_, SUFFIX)(int logarithm, T *out, const T *in, ptrdiff_t count) {
  T largest = JOIN(row_max_, SUFFIX)(in, count);
  if (logarithm) {
    // The exponentials are summed in pieces, because `out` may be `in` and is needed once more.
    double sum = 0;
    T piece[256];
    for (ptrdiff_t start = 0; start < count; start += 256) {
      ptrdiff_t length = count - start < 256 ? count - start : 256;
      VECTOR(LANES)
      for (ptrdiff_t i = 0; i < length; i++) piece[i] = EXP(in[start + i] - largest);
      sum += JOIN(row_sum_, SUFFIX)(piece, length);
    }
    T rest = (T)log(sum);
    VECTOR(LANES)
    for (ptrdiff_t i = 0; i < count; i++) out[i] = (in[i] - largest) - rest;
    return;
  }
  if (count < 16) {
    // A short row is filled up to whole vectors: the remainder of a loop runs one by one.
    T padded[16];
    for (int i = 0; i < 16; i++) padded[i] = i < count ? in[i] - largest : 0;
    VECTOR(LANES)
    for (int i = 0; i < 16; i++) padded[i] = EXP(padded[i]);
    double sum = 0;
    for (int i = 0; i < count; i++) sum += (double)padded[i];
    T scale = (T)(1.0 / sum);
    for (int i = 0; i < count; i++) out[i] = padded[i] * scale;
    return;
  }
  VECTOR(LANES)
  for (ptrdiff_t i = 0; i < count; i++) out[i] = EXP(in[i] - largest);
  T scale = (T)(1.0 / JOIN(row_sum_, SUFFIX)(out, count));
  VECTOR(LANES)
  for (ptrdiff_t i = 0; i < count; i++) out[i] *= scale;
}
