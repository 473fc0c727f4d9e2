// Sequences in Float32: the gates of recurrent layers.

static inline float sigmoid_f32(float x) {
  float power = exp_f32(-__builtin_fabsf(x));
  return (x < 0 ? power : 1.0f) / (1.0f + power);
}

// A row of one step. `a` is what comes from the input, `r` from the state before; both hold the
// gates one after the other, as `kept` does.
static void rnn_row(float *state, const float *a, const float *r, ptrdiff_t hidden) {
  VECTOR(WIDTH)
  for (ptrdiff_t j = 0; j < hidden; j++) state[j] = tanh_f32(a[j] + r[j]);
}

// Backward `own` is the gradient of the state itself, `gradient` what comes from the steps after.
static void rnn_row_back(
    float *back, float *gradient, const float *own, const float *state, ptrdiff_t hidden) {
  VECTOR(WIDTH)
  for (ptrdiff_t j = 0; j < hidden; j++) {
    back[j] = (gradient[j] + own[j]) * (1.0f - state[j] * state[j]);
    gradient[j] = 0;
  }
}

static void lstm_row(
    float *state, float *kept, const float *cell, const float *a, const float *r,
    ptrdiff_t hidden) {
  ptrdiff_t h = hidden;
  VECTOR(WIDTH)
  for (ptrdiff_t j = 0; j < h; j++) {
    float in = sigmoid_f32(a[j] + r[j]), forget = sigmoid_f32(a[h + j] + r[h + j]);
    float new = tanh_f32(a[2 * h + j] + r[2 * h + j]);
    float out = sigmoid_f32(a[3 * h + j] + r[3 * h + j]);
    float value = forget * cell[j] + in * new, squashed = tanh_f32(value);
    kept[j] = in;
    kept[h + j] = forget;
    kept[2 * h + j] = new;
    kept[3 * h + j] = out;
    kept[4 * h + j] = value;
    kept[5 * h + j] = squashed;
    state[j] = out * squashed;
  }
}

static void lstm_row_back(
    float *back, float *gradient, const float *own, float *cell_gradient, const float *kept,
    const float *cell, ptrdiff_t hidden) {
  ptrdiff_t h = hidden;
  VECTOR(WIDTH)
  for (ptrdiff_t j = 0; j < h; j++) {
    float in = kept[j], forget = kept[h + j], new = kept[2 * h + j], out = kept[3 * h + j];
    float squashed = kept[5 * h + j], g = gradient[j] + own[j];
    float c = cell_gradient[j] + g * out * (1.0f - squashed * squashed);
    back[j] = c * new * in * (1.0f - in);
    back[h + j] = c * cell[j] * forget * (1.0f - forget);
    back[2 * h + j] = c * in * (1.0f - new * new);
    back[3 * h + j] = g * squashed * out * (1.0f - out);
    cell_gradient[j] = c * forget;
    gradient[j] = 0;
  }
}

// `own` is the candidate's recurrent bias.
static void gru_row(
    float *state, float *kept, const float *before, const float *a, const float *r,
    const float *own, ptrdiff_t hidden) {
  ptrdiff_t h = hidden;
  VECTOR(WIDTH)
  for (ptrdiff_t j = 0; j < h; j++) {
    float reset = sigmoid_f32(a[j] + r[j]), keep = sigmoid_f32(a[h + j] + r[h + j]);
    float past = r[2 * h + j] + own[j], new = tanh_f32(a[2 * h + j] + reset * past);
    kept[j] = reset;
    kept[h + j] = keep;
    kept[2 * h + j] = new;
    kept[3 * h + j] = past;
    state[j] = new + keep * (before[j] - new);
  }
}

// The gradient of what comes from the state before is that of the input but for the candidate.
static void gru_row_back(
    float *back, float *recurrent_back, float *gradient, const float *own, const float *kept,
    const float *before, ptrdiff_t hidden) {
  ptrdiff_t h = hidden;
  VECTOR(WIDTH)
  for (ptrdiff_t j = 0; j < h; j++) {
    float reset = kept[j], keep = kept[h + j], new = kept[2 * h + j], past = kept[3 * h + j];
    float g = gradient[j] + own[j], candidate = g * (1.0f - keep) * (1.0f - new * new);
    float first = candidate * past * reset * (1.0f - reset);
    float second = g * (before[j] - new) * keep * (1.0f - keep);
    back[j] = recurrent_back[j] = first;
    back[h + j] = recurrent_back[h + j] = second;
    back[2 * h + j] = candidate;
    recurrent_back[2 * h + j] = candidate * reset;
    gradient[j] = g * keep;
  }
}
