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

/// C += A·B of few numbers, by plain loops: nothing is packed.
static void JOIN(small_product_, SUFFIX)(
    const T *a, ptrdiff_t a_row, ptrdiff_t a_column, const T *b, ptrdiff_t b_row,
    ptrdiff_t b_column, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, T *c, ptrdiff_t stride) {
  enum { block = 16 };
  for (ptrdiff_t i = 0; i < m; i++, a += a_row, c += stride) {
    for (ptrdiff_t first = 0; first < n; first += block) {
      int columns = (int)(n - first < block ? n - first : block);
      const T *row = b + first * b_column;
      T sums[block] = {0};
      for (ptrdiff_t p = 0; p < k; p++, row += b_row) {
        T factor = a[p * a_column];
        for (int j = 0; j < columns; j++) sums[j] += factor * row[j * b_column];
      }
      for (int j = 0; j < columns; j++) c[first + j] += sums[j];
    }
  }
}

/// The inner product of two contiguous runs, its sums joined in one order.
static inline T JOIN(dot_, SUFFIX)(const T *a, const T *b, ptrdiff_t count) {
  enum { wide = 64 / sizeof(T), vectors = 4 };
  typedef T lanes __attribute__((vector_size(64), aligned(sizeof(T))));
  lanes sums[vectors] = {0};
  ptrdiff_t p = 0;
  for (; p + vectors * wide <= count; p += vectors * wide) {
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      sums[v] += *(const lanes *)(a + p + v * wide) * *(const lanes *)(b + p + v * wide);
    }
  }
  for (; p + wide <= count; p += wide) sums[0] += *(const lanes *)(a + p) * *(const lanes *)(b + p);
  lanes all = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  T total = 0;
  for (int i = 0; i < wide; i++) total += all[i];
  for (; p < count; p++) total += a[p] * b[p];
  return total;
}

/// out += factors[0] · rows[0] + factors[1] · rows[1] + …, of rows `stride` apart.
static inline void JOIN(add_rows_, SUFFIX)(
    T *out, const T *factors, ptrdiff_t step, const T *rows, ptrdiff_t stride, ptrdiff_t count,
    ptrdiff_t columns) {
  ptrdiff_t p = 0;
  for (; p + 4 <= count; p += 4, factors += 4 * step, rows += 4 * stride) {
    T f0 = factors[0], f1 = factors[step], f2 = factors[2 * step], f3 = factors[3 * step];
    const T *r1 = rows + stride, *r2 = rows + 2 * stride, *r3 = rows + 3 * stride;
    for (ptrdiff_t j = 0; j < columns; j++) {
      out[j] += f0 * rows[j] + f1 * r1[j] + f2 * r2[j] + f3 * r3[j];
    }
  }
  for (; p < count; p++, factors += step, rows += stride) {
    for (ptrdiff_t j = 0; j < columns; j++) out[j] += factors[0] * rows[j];
  }
}
