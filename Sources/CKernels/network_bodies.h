// The trainer's kernels over one block.
static void column_sums_f32(
    float *sums, const float *in, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t columns) {
  ptrdiff_t i = 0;
  for (; i + 4 <= rows; i += 4, in += 4 * stride) {
    VECTOR(WIDTH)
    for (ptrdiff_t j = 0; j < columns; j++) {
      sums[j] += (in[j] + in[stride + j]) + (in[2 * stride + j] + in[3 * stride + j]);
    }
  }
  for (; i < rows; i++, in += stride) {
    VECTOR(WIDTH)
    for (ptrdiff_t j = 0; j < columns; j++) sums[j] += in[j];
  }
}

static void relu_mask_f32(float *gradient, const float *activation, ptrdiff_t count) {
  VECTOR(WIDTH)
  for (ptrdiff_t i = 0; i < count; i++) gradient[i] = activation[i] <= 0 ? 0.0f : gradient[i];
}

static void momentum_f32(
    float *weights, float *velocity, const float *gradient, ptrdiff_t count, float rate,
    float momentum, float l2, int nesterov) {
  if (nesterov) {
    VECTOR(WIDTH)
    for (ptrdiff_t i = 0; i < count; i++) {
      float g = rate * (gradient[i] + l2 * weights[i]);
      float v = momentum * velocity[i] + g;
      velocity[i] = v;
      weights[i] -= momentum * v + g;
    }
    return;
  }
  VECTOR(WIDTH)
  for (ptrdiff_t i = 0; i < count; i++) {
    float v = momentum * velocity[i] + rate * (gradient[i] + l2 * weights[i]);
    velocity[i] = v;
    weights[i] -= v;
  }
}

static void adam_f32(
    float *weights, float *first, float *second, const float *gradient, ptrdiff_t count, float rate,
    float beta1, float beta2, float epsilon, float decay, float keep, float correction) {
  VECTOR(WIDTH)
  for (ptrdiff_t i = 0; i < count; i++) {
    float w = weights[i];
    float g = gradient[i] + decay * w;
    float m = beta1 * first[i] + (1 - beta1) * g;
    float v = beta2 * second[i] + (1 - beta2) * g * g;
    first[i] = m;
    second[i] = v;
    weights[i] = w * keep - rate * m / (__builtin_sqrtf(v) * correction + epsilon);
  }
}

static void rmsprop_f32(
    float *weights, float *squares, const float *gradient, ptrdiff_t count, float rate, float rho,
    float epsilon, float l2) {
  VECTOR(WIDTH)
  for (ptrdiff_t i = 0; i < count; i++) {
    float g = gradient[i] + l2 * weights[i];
    float s = rho * squares[i] + (1 - rho) * g * g;
    squares[i] = s;
    weights[i] -= rate * g / (__builtin_sqrtf(s) + epsilon);
  }
}

static void to_bf16(const float *in, uint16_t *out, ptrdiff_t count) {
  VECTOR(WIDTH)
  for (ptrdiff_t i = 0; i < count; i++) {
    uint32_t bits = (uint32_t)bits_of_float(in[i]);
    uint32_t rounded = bits + 0x7fff + ((bits >> 16) & 1);
    // A NaN stays one: rounding could carry it into infinity.
    out[i] = (uint16_t)((bits & 0x7fffffff) > 0x7f800000 ? (bits >> 16) | 0x40 : rounded >> 16);
  }
}

// Enough independent chains to hide a multiply-add's latency, few enough for the registers.
enum { peak_chains = 12 };

static float multiply_adds(ptrdiff_t rounds) {
  typedef float lanes __attribute__((vector_size(4 * WIDTH)));
  lanes sum[peak_chains], factor, term;
  for (int i = 0; i < WIDTH; i++) {
    factor[i] = 0.999f;
    term[i] = 0.001f;
    for (int j = 0; j < peak_chains; j++) sum[j][i] = (float)j;
  }
  for (ptrdiff_t round = 0; round < rounds; round++) {
    PRAGMA(clang loop unroll(full))
    for (int j = 0; j < peak_chains; j++) sum[j] = sum[j] * factor + term;
  }
  float total = 0;
  for (int j = 0; j < peak_chains; j++) total += sum[j][0];
  return total;
}
