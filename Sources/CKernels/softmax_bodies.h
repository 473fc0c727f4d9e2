// Softmax of rows. The largest element is subtracted first, so nothing overflows; a row that is
// all −∞ has no largest finite element and gives NaN, as in NumPy.
//
// A long row fills vectors by itself. Short ones are taken a block at a time: they lie one after
// the other, so all that is done to each number alone runs over the block, with no remainder a row;
// what belongs to a row is first spread along it. (A block is long enough for the vectors of the
// spread numbers to have reached the cache before others, at other bounds, are read from it.)

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

// A long row may be left half done where an interruption is heeded.
static void JOIN(softmax_row_, SUFFIX)(
    int logarithm, int heeds, T *out, const T *in, ptrdiff_t count) {
  enum { stretch = 1 << 18 };
  T largest = -INFINITY;
  for (ptrdiff_t start = 0; start < count; start += stretch) {
    T most = JOIN(row_max_, SUFFIX)(in + start, count - start < stretch ? count - start : stretch);
    largest = most > largest ? most : largest;
    if (heeds && start > 0 && nnsh_interrupt_is_requested()) return;
  }
  double sum = 0;
  if (logarithm) {
    // The exponentials are summed in pieces, because `out` may be `in` and is needed once more.
    T piece[256];
    for (ptrdiff_t start = 0; start < count; start += 256) {
      if (heeds && start % stretch == stretch - 256 && nnsh_interrupt_is_requested()) return;
      ptrdiff_t length = count - start < 256 ? count - start : 256;
      VECTOR(LANES)
      for (ptrdiff_t i = 0; i < length; i++) piece[i] = EXP(in[start + i] - largest);
      sum += JOIN(row_sum_, SUFFIX)(piece, length);
    }
    T rest = (T)log(sum);
    for (ptrdiff_t start = 0; start < count; start += stretch) {
      ptrdiff_t end = count - start < stretch ? count : start + stretch;
      VECTOR(LANES)
      for (ptrdiff_t i = start; i < end; i++) out[i] = (in[i] - largest) - rest;
      if (heeds && start > 0 && nnsh_interrupt_is_requested()) return;
    }
    return;
  }
  for (ptrdiff_t start = 0; start < count; start += stretch) {
    ptrdiff_t end = count - start < stretch ? count : start + stretch;
    VECTOR(LANES)
    for (ptrdiff_t i = start; i < end; i++) out[i] = EXP(in[i] - largest);
    sum += JOIN(row_sum_, SUFFIX)(out + start, end - start);
    if (heeds && start > 0 && nnsh_interrupt_is_requested()) return;
  }
  T scale = (T)(1.0 / sum);
  for (ptrdiff_t start = 0; start < count; start += stretch) {
    ptrdiff_t end = count - start < stretch ? count : start + stretch;
    VECTOR(LANES)
    for (ptrdiff_t i = start; i < end; i++) out[i] *= scale;
    if (heeds && start > 0 && nnsh_interrupt_is_requested()) return;
  }
}

/// A number for each row, repeated along its columns. Whole vectors are written, and what is too
/// much is written over by the next row; `spread` has room for a vector more.
static inline void JOIN(spread_, SUFFIX)(
    T *spread, const T *numbers, ptrdiff_t rows, ptrdiff_t columns) {
  for (ptrdiff_t row = 0; row < rows; row++) {
    T *start = spread + row * columns;
    for (ptrdiff_t j = 0; j < columns; j += LANES) {
      for (int l = 0; l < LANES; l++) start[j + l] = numbers[row];
    }
  }
}

/// The sum of each short row, one number after the other: rows overlap in the processor's queues.
static inline void JOIN(short_sums_, SUFFIX)(
    double *sums, const T *in, ptrdiff_t rows, ptrdiff_t columns) {
  for (ptrdiff_t row = 0; row < rows; row++, in += columns) {
    T even = 0, odd = 0;
    PRAGMA(clang loop vectorize(disable))
    for (ptrdiff_t j = 0; j + 1 < columns; j += 2) {
      even += in[j];
      odd += in[j + 1];
    }
    sums[row] = (double)(even + odd) + (columns % 2 ? (double)in[columns - 1] : 0);
  }
}

static inline void JOIN(short_maxima_, SUFFIX)(
    T *largest, const T *in, ptrdiff_t rows, ptrdiff_t columns) {
  for (ptrdiff_t row = 0; row < rows; row++, in += columns) {
    T even = in[0], odd = in[columns > 1];
    PRAGMA(clang loop vectorize(disable))
    for (ptrdiff_t j = 2; j + 1 < columns; j += 2) {
      even = in[j] > even ? in[j] : even;
      odd = in[j + 1] > odd ? in[j + 1] : odd;
    }
    T last = in[columns - 1];
    T most = odd > even ? odd : even;
    largest[row] = last > most ? last : most;
  }
}

static void JOIN(softmax_block_, SUFFIX)(
    int logarithm, T *out, const T *in, ptrdiff_t rows, ptrdiff_t columns) {
  T numbers[block_numbers], spread[block_numbers + LANES], powers[block_numbers];
  double sums[block_numbers];
  ptrdiff_t count = rows * columns;
  JOIN(short_maxima_, SUFFIX)(numbers, in, rows, columns);
  JOIN(spread_, SUFFIX)(spread, numbers, rows, columns);
  VECTOR(LANES)
  for (ptrdiff_t i = 0; i < count; i++) powers[i] = EXP(in[i] - spread[i]);
  JOIN(short_sums_, SUFFIX)(sums, powers, rows, columns);
  if (logarithm) {
    VECTOR(LANES)
    for (ptrdiff_t i = 0; i < count; i++) powers[i] = in[i] - spread[i];
    for (ptrdiff_t row = 0; row < rows; row++) numbers[row] = (T)log(sums[row]);
    JOIN(spread_, SUFFIX)(spread, numbers, rows, columns);
    VECTOR(LANES)
    for (ptrdiff_t i = 0; i < count; i++) out[i] = powers[i] - spread[i];
    return;
  }
  for (ptrdiff_t row = 0; row < rows; row++) numbers[row] = (T)(1.0 / sums[row]);
  JOIN(spread_, SUFFIX)(spread, numbers, rows, columns);
  VECTOR(LANES)
  for (ptrdiff_t i = 0; i < count; i++) out[i] = powers[i] * spread[i];
}

static void JOIN(softmax_, SUFFIX)(
    int logarithm, int heeds, T *out, const T *in, ptrdiff_t rows, ptrdiff_t columns) {
  ptrdiff_t step = columns > short_row ? 1 : block_numbers / columns;
  for (ptrdiff_t row = 0; row < rows; row += step) {
    const T *from = in + row * columns;
    T *to = out + row * columns;
    if (step == 1) {
      JOIN(softmax_row_, SUFFIX)(logarithm, heeds, to, from, columns);
    } else {
      ptrdiff_t count = rows - row < step ? rows - row : step;
      JOIN(softmax_block_, SUFFIX)(logarithm, to, from, count, columns);
    }
  }
}
