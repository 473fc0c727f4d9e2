// Softmax, cross-entropy and the gradient with respect to the logits in one pass over blocks of
// rows, as `softmax_bodies.h` takes them.

/// Where the largest number of a row stands, the first of equal ones.
static inline ptrdiff_t place_of_largest(const float *row, ptrdiff_t columns) {
  ptrdiff_t place = 0;
  float largest = row[0];
  for (ptrdiff_t j = 1; j < columns; j++) {
    place = row[j] > largest ? j : place;
    largest = row[j] > largest ? row[j] : largest;
  }
  return place;
}

/// The same for long rows, a piece of which is looked at again only where it holds a larger number.
static inline ptrdiff_t place_in_long_row(const float *row, ptrdiff_t columns) {
  ptrdiff_t place = 0;
  float largest = row[0];
  for (ptrdiff_t start = 0; start < columns; start += 64) {
    ptrdiff_t length = columns - start < 64 ? columns - start : 64;
    if (!(row_max_f32(row + start, length) > largest)) continue;
    place = start + place_of_largest(row + start, length);
    largest = row[place];
  }
  return place;
}

/// target · (logit − largest). A logit of −∞ that is not the target's must not turn 0·∞ into NaN.
static inline float weighed(float logit, float largest, float target) {
  float term = target * (logit - largest);
  return target != 0 ? term : 0.0f;
}

static ptrdiff_t cross_entropy_row(
    const float *logits, const float *target, ptrdiff_t columns, float scale, float *gradient,
    float *loss) {
  float largest = row_max_f32(logits, columns);
  double sum = 0, weight = 0, inner = 0;
  float powers[256], terms[256];
  for (ptrdiff_t start = 0; start < columns; start += 256) {
    ptrdiff_t length = columns - start < 256 ? columns - start : 256;
    VECTOR(WIDTH)
    for (ptrdiff_t i = 0; i < length; i++) powers[i] = exp_f32(logits[start + i] - largest);
    VECTOR(WIDTH)
    for (ptrdiff_t i = 0; i < length; i++) {
      terms[i] = weighed(logits[start + i], largest, target[start + i]);
    }
    sum += row_sum_f32(powers, length);
    inner += row_sum_f32(terms, length);
    weight += row_sum_f32(target + start, length);
  }
  ptrdiff_t hit = place_in_long_row(logits, columns) == place_in_long_row(target, columns);
  if (loss != NULL) *loss = (float)(weight * log(sum) - inner);
  if (gradient != NULL) {
    float factor = (float)(weight / sum);
    VECTOR(WIDTH)
    for (ptrdiff_t i = 0; i < columns; i++) {
      gradient[i] = (exp_f32(logits[i] - largest) * factor - target[i]) * scale;
    }
  }
  return hit;
}

static ptrdiff_t cross_entropy_block(
    const float *logits, const float *targets, ptrdiff_t rows, ptrdiff_t columns, float scale,
    float *gradient, float *losses) {
  float numbers[block_numbers], spread[block_numbers + WIDTH];
  float powers[block_numbers], terms[block_numbers];
  double sums[block_numbers], weights[block_numbers], inner[block_numbers];
  ptrdiff_t count = rows * columns, hits = 0;
  short_maxima_f32(numbers, logits, rows, columns);
  spread_f32(spread, numbers, rows, columns);
  VECTOR(WIDTH)
  for (ptrdiff_t i = 0; i < count; i++) powers[i] = exp_f32(logits[i] - spread[i]);
  VECTOR(WIDTH)
  for (ptrdiff_t i = 0; i < count; i++) terms[i] = weighed(logits[i], spread[i], targets[i]);
  short_sums_f32(sums, powers, rows, columns);
  short_sums_f32(inner, terms, rows, columns);
  short_sums_f32(weights, targets, rows, columns);
  for (ptrdiff_t row = 0; row < rows; row++) {
    hits += place_of_largest(logits + row * columns, columns)
        == place_of_largest(targets + row * columns, columns);
  }
  if (losses != NULL) {
    VECTOR(WIDTH / 2)
    for (ptrdiff_t row = 0; row < rows; row++) {
      losses[row] = (float)(weights[row] * log_f64(sums[row]) - inner[row]);
    }
  }
  if (gradient == NULL) return hits;
  for (ptrdiff_t row = 0; row < rows; row++) numbers[row] = (float)(weights[row] / sums[row]);
  spread_f32(spread, numbers, rows, columns);
  VECTOR(WIDTH)
  for (ptrdiff_t i = 0; i < count; i++) {
    gradient[i] = (powers[i] * spread[i] - targets[i]) * scale;
  }
  return hits;
}

static ptrdiff_t cross_entropy_f32(
    const float *logits, const float *targets, ptrdiff_t rows, ptrdiff_t columns, float scale,
    float *gradient, float *losses) {
  int is_short = columns <= short_row;
  ptrdiff_t hits = 0, step = is_short ? block_numbers / columns : 1;
  for (ptrdiff_t row = 0; row < rows; row += step) {
    ptrdiff_t count = rows - row < step ? rows - row : step, offset = row * columns;
    float *slope = gradient == NULL ? NULL : gradient + offset;
    float *loss = losses == NULL ? NULL : losses + row;
    hits += is_short
        ? cross_entropy_block(
              logits + offset, targets + offset, count, columns, scale, slope, loss)
        : cross_entropy_row(logits + offset, targets + offset, columns, scale, slope, loss);
  }
  return hits;
}
