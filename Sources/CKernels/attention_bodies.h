// One head of attention in Float32: its products in blocks of rows, which stay in the first-level
// cache. Where a step sees only those before it, blocks end where the last of their rows does.

// Rows are short: more than one vector at a time would leave most of a row to the loop's remainder.
#define SHORT_VECTOR \
  PRAGMA(clang loop vectorize(assume_safety) vectorize_width(WIDTH) interleave_count(1))

// How many numbers of a row vectors run over, of those that it sees: whole vectors where there is
// room.
static inline ptrdiff_t whole_lanes(ptrdiff_t seen, ptrdiff_t steps) {
  ptrdiff_t whole = (seen + 15) / 16 * 16;
  return whole < steps ? whole : steps;
}

// A row's scores become weights: scaled, those of steps that are not to be seen left out, and a
// softmax of the others. Where it sees none, all count alike.
static void attention_row(
    float *scores, ptrdiff_t row, ptrdiff_t steps, float scale, int is_causal,
    const float *real) {
  ptrdiff_t seen = is_causal ? row + 1 : steps, length = whole_lanes(seen, steps);
  if (real == NULL) {
    SHORT_VECTOR
    for (ptrdiff_t j = 0; j < length; j++) scores[j] *= scale;
  } else {
    SHORT_VECTOR
    for (ptrdiff_t j = 0; j < length; j++) {
      scores[j] = real[j] != 0 ? scores[j] * scale : -INFINITY;
    }
  }
  for (ptrdiff_t j = seen; j < length; j++) scores[j] = -INFINITY;
  float largest = row_max_f32(scores, length);
  if (largest == -INFINITY) {
    int is_hidden = 1;
    for (ptrdiff_t j = 0; j < seen; j++) is_hidden &= scores[j] == -INFINITY;
    if (is_hidden) {
      for (ptrdiff_t j = 0; j < steps; j++) scores[j] = 1.0f / (float)steps;
      return;
    }
  }
  SHORT_VECTOR
  for (ptrdiff_t j = 0; j < length; j++) scores[j] = exp_f32(scores[j] - largest);
  float share = (float)(1.0 / row_sum_f32(scores, length));
  SHORT_VECTOR
  for (ptrdiff_t j = 0; j < length; j++) scores[j] *= share;
  for (ptrdiff_t j = seen; j < steps; j++) scores[j] = 0;
}

// The gradient of a row's weights becomes that of the scores before scaling. Of a row that saw no
// step there is none.
static void attention_row_back(
    float *gradient, const float *weights, ptrdiff_t row, ptrdiff_t steps, float scale,
    int is_causal, const float *real) {
  ptrdiff_t seen = is_causal ? row + 1 : steps, length = whole_lanes(seen, steps);
  int sees = real == NULL;
  for (ptrdiff_t j = 0; j < seen && !sees; j++) sees = real[j] != 0;
  if (!sees) {
    for (ptrdiff_t j = 0; j < steps; j++) gradient[j] = 0;
    return;
  }
  for (ptrdiff_t j = seen; j < steps; j++) gradient[j] = 0;
  SHORT_VECTOR
  for (ptrdiff_t j = 0; j < length; j++) gradient[j] *= weights[j];
  float sum = (float)row_sum_f32(gradient, length);
  SHORT_VECTOR
  for (ptrdiff_t j = 0; j < length; j++) gradient[j] = (gradient[j] - weights[j] * sum) * scale;
}

// Whether what a step does not see need not be computed. A row that sees none has weights for all.
static int skips_future(const nnsh_attention_head *h) { return h->is_causal && h->real == NULL; }

static ptrdiff_t attention_scratch(ptrdiff_t steps, ptrdiff_t width) {
  return packed_size(width, steps) + 3 * packed_size(steps, width) + steps * steps;
}

static void attention_forward(const nnsh_attention_head *h, float *seen) {
  ptrdiff_t steps = h->steps, width = h->width, in = h->inside_row;
  float *keys = h->scratch, *values = keys + packed_size(width, steps);
  pack_matrix(keys, h->keys, 1, in, width, steps);
  pack_matrix(values, h->values, in, 1, steps, width);
  for (ptrdiff_t row = 0; row < steps; row += tile_rows) {
    ptrdiff_t rows = steps - row < tile_rows ? steps - row : tile_rows;
    ptrdiff_t end = skips_future(h) ? row + rows : steps;
    float *weights = h->weights + row * steps;
    packed_product(weights, steps, h->queries + row * in, in, 1, rows, keys, width, 0, width, end, 0);
    for (ptrdiff_t i = 0; i < rows; i++) {
      attention_row(weights + i * steps, row + i, steps, h->scale, h->is_causal, h->real);
    }
    packed_product(seen + row * h->seen_row, h->seen_row, weights, steps, 1, rows, values, steps, 0,
                   end, width, 0);
  }
}

static void attention_back(
    const nnsh_attention_head *h, const float *seen, float *queries_back, float *keys_back,
    float *values_back) {
  ptrdiff_t steps = h->steps, width = h->width, in = h->inside_row;
  float *values = h->scratch, *keys = values + packed_size(width, steps);
  float *queries = keys + packed_size(steps, width), *gradient = queries + packed_size(steps, width);
  float *scores = gradient + packed_size(steps, width);
  pack_matrix(values, h->values, 1, in, width, steps);
  pack_matrix(keys, h->keys, in, 1, steps, width);
  pack_matrix(queries, h->queries, in, 1, steps, width);
  pack_matrix(gradient, seen, h->seen_row, 1, steps, width);
  for (ptrdiff_t row = 0; row < steps; row += tile_rows) {
    ptrdiff_t rows = steps - row < tile_rows ? steps - row : tile_rows;
    ptrdiff_t end = skips_future(h) ? row + rows : steps;
    float *part = scores + row * steps;
    packed_product(part, steps, seen + row * h->seen_row, h->seen_row, 1, rows, values, width, 0,
                   width, end, 0);
    for (ptrdiff_t i = 0; i < rows; i++) {
      attention_row_back(part + i * steps, h->weights + (row + i) * steps, row + i, steps,
                         h->scale, h->is_causal, h->real);
    }
    packed_product(queries_back + row * in, in, part, steps, 1, rows, keys, steps, 0, end, width, 0);
  }
  // The same products with the weights and the scores' gradient transposed.
  for (ptrdiff_t row = 0; row < steps; row += tile_rows) {
    ptrdiff_t rows = steps - row < tile_rows ? steps - row : tile_rows;
    ptrdiff_t start = skips_future(h) ? row : 0;
    packed_product(values_back + row * in, in, h->weights + row, 1, steps, rows, gradient, steps,
                   start, steps, width, 0);
    packed_product(keys_back + row * in, in, scores + row, 1, steps, rows, queries, steps, start,
                   steps, width, 0);
  }
}
#undef SHORT_VECTOR
