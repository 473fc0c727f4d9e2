// Square windows of images, for the element type T: a line of the output at a time. Windows do not
// overlap, and channels are next to each other.

// The largest of windows of two by two, the usual ones, in one pass.
static void JOIN(pool_pairs_, SUFFIX)(
    T *restrict out, const T *restrict in, ptrdiff_t width, ptrdiff_t channels) {
  const T *below = in + width * channels;
  for (ptrdiff_t x = 0; x < width / 2; x++) {
    VECTOR(LANES)
    for (ptrdiff_t c = 0; c < channels; c++) {
      T a = in[c], b = in[channels + c], d = below[c], e = below[channels + c];
      a = b > a || b != b ? b : a;
      d = e > d || e != e ? e : d;
      out[c] = d > a || d != d ? d : a;
    }
    out += channels;
    in += 2 * channels;
    below += 2 * channels;
  }
}

static void JOIN(unpool_pairs_, SUFFIX)(
    int rectified, T *restrict back, const T *restrict gradient, const T *restrict in, const T *restrict out,
    ptrdiff_t width, ptrdiff_t channels) {
  const T *below = in + width * channels;
  T *back_below = back + width * channels;
  for (ptrdiff_t x = 0; x < width / 2; x++) {
    VECTOR(LANES)
    for (ptrdiff_t c = 0; c < channels; c++) {
      T y = out[c];
      T a = in[c] == y ? (T)1 : (T)0, b = in[channels + c] == y ? (T)1 : (T)0;
      T d = below[c] == y ? (T)1 : (T)0, e = below[channels + c] == y ? (T)1 : (T)0;
      T part = rectified && y <= 0 ? (T)0 : gradient[c] / (a + b + d + e);
      back[c] = part * a;
      back[channels + c] = part * b;
      back_below[c] = part * d;
      back_below[channels + c] = part * e;
    }
    gradient += channels;
    out += channels;
    in += 2 * channels;
    below += 2 * channels;
    back += 2 * channels;
    back_below += 2 * channels;
  }
}

static void JOIN(pool_line_, SUFFIX)(
    int largest, T *out, const T *in, ptrdiff_t size, ptrdiff_t width, ptrdiff_t channels) {
  ptrdiff_t columns = width / size;
  double share = 1.0 / (double)(size * size);
  if (largest && size == 2) {
    JOIN(pool_pairs_, SUFFIX)(out, in, width, channels);
    return;
  }
  for (ptrdiff_t x = 0; x < columns; x++, out += channels, in += size * channels) {
    if (largest) {
      memcpy(out, in, (size_t)channels * sizeof(T));
      for (ptrdiff_t tap = 1; tap < size * size; tap++) {
        const T *from = in + (tap / size * width + tap % size) * channels;
        VECTOR(LANES)
        for (ptrdiff_t c = 0; c < channels; c++) {
          T a = from[c], b = out[c];
          // A NaN in a window must come out of it.
          out[c] = a > b || a != a ? a : b;
        }
      }
      continue;
    }
    for (ptrdiff_t first = 0; first < channels; first += short_row) {
      double sum[short_row] = {0};
      ptrdiff_t count = channels - first < short_row ? channels - first : short_row;
      for (ptrdiff_t tap = 0; tap < size * size; tap++) {
        const T *from = in + (tap / size * width + tap % size) * channels + first;
        VECTOR(LANES)
        for (ptrdiff_t c = 0; c < count; c++) sum[c] += from[c];
      }
      VECTOR(LANES)
      for (ptrdiff_t c = 0; c < count; c++) out[first + c] = (T)(sum[c] * share);
    }
  }
}

// How much of a window's gradient each of its largest elements gets: they share it in equal parts.
static void JOIN(count_ties_, SUFFIX)(
    T *parts, const T *in, const T *out, ptrdiff_t size, ptrdiff_t width, ptrdiff_t channels,
    ptrdiff_t count) {
  for (ptrdiff_t c = 0; c < count; c++) parts[c] = 0;
  for (ptrdiff_t tap = 0; tap < size * size; tap++) {
    const T *from = in + (tap / size * width + tap % size) * channels;
    VECTOR(LANES)
    for (ptrdiff_t c = 0; c < count; c++) parts[c] += from[c] == out[c] ? (T)1 : (T)0;
  }
}

// A line's gradient goes back to its windows; what lies beyond the last window gets none.
static void JOIN(unpool_line_, SUFFIX)(
    int largest, int rectified, T *back, const T *gradient, const T *in, const T *out,
    ptrdiff_t size, ptrdiff_t width, ptrdiff_t channels) {
  ptrdiff_t columns = width / size, rest = width - columns * size;
  T share = (T)(1.0 / (double)(size * size));
  for (ptrdiff_t line = 0; line < size && rest > 0; line++) {
    memset(back + (line * width + columns * size) * channels, 0,
           (size_t)(rest * channels) * sizeof(T));
  }
  if (largest && size == 2) {
    JOIN(unpool_pairs_, SUFFIX)(rectified, back, gradient, in, out, width, channels);
    return;
  }
  for (ptrdiff_t x = 0; x < columns; x++) {
    for (ptrdiff_t first = 0; first < channels; first += short_row) {
      ptrdiff_t count = channels - first < short_row ? channels - first : short_row;
      ptrdiff_t start = x * size * channels + first;
      const T *g = gradient + x * channels + first, *y = out + x * channels + first;
      T part[short_row];
      if (largest) {
        JOIN(count_ties_, SUFFIX)(part, in + start, y, size, width, channels, count);
      }
      VECTOR(LANES)
      for (ptrdiff_t c = 0; c < count; c++) part[c] = largest ? g[c] / part[c] : g[c] * share;
      for (ptrdiff_t c = 0; rectified && c < count; c++) part[c] = y[c] <= 0 ? (T)0 : part[c];
      for (ptrdiff_t tap = 0; tap < size * size; tap++) {
        ptrdiff_t offset = start + (tap / size * width + tap % size) * channels;
        T *to = back + offset;
        if (largest) {
          const T *from = in + offset;
          VECTOR(LANES)
          for (ptrdiff_t c = 0; c < count; c++) to[c] = part[c] * (from[c] == y[c] ? (T)1 : (T)0);
        } else {
          memcpy(to, part, (size_t)count * sizeof(T));
        }
      }
    }
  }
}

// Of a line's windows the numbers that lie where the largest elements are, in equal parts.
static void JOIN(pool_chosen_line_, SUFFIX)(
    T *chosen, const T *numbers, const T *in, const T *out, ptrdiff_t size, ptrdiff_t width,
    ptrdiff_t channels) {
  for (ptrdiff_t x = 0; x < width / size; x++) {
    for (ptrdiff_t first = 0; first < channels; first += short_row) {
      ptrdiff_t count = channels - first < short_row ? channels - first : short_row;
      ptrdiff_t start = x * size * channels + first;
      const T *y = out + x * channels + first;
      T *to = chosen + x * channels + first;
      T ties[short_row];
      JOIN(count_ties_, SUFFIX)(ties, in + start, y, size, width, channels, count);
      for (ptrdiff_t c = 0; c < count; c++) to[c] = 0;
      for (ptrdiff_t tap = 0; tap < size * size; tap++) {
        ptrdiff_t offset = start + (tap / size * width + tap % size) * channels;
        const T *from = in + offset, *number = numbers + offset;
        VECTOR(LANES)
        for (ptrdiff_t c = 0; c < count; c++) to[c] += from[c] == y[c] ? number[c] : (T)0;
      }
      VECTOR(LANES)
      for (ptrdiff_t c = 0; c < count; c++) to[c] /= ties[c];
    }
  }
}
