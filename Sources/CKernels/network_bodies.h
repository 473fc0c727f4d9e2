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

// A loop for each rule and type. The numbers are copied: they cannot change under a store to the
// weights.
#define STATES_0
#define STATES_1 REAL a = first[i];
#define STATES_2 STATES_1 REAL b = second[i];
#define KEPT_0
#define KEPT_1 first[i] = a;
#define KEPT_2 KEPT_1 second[i] = b;
#define UPDATE_LOOP(function, states, ...)                                                    \
  static void function(                                                                       \
      REAL *weights, REAL *first, REAL *second, const REAL *gradient, ptrdiff_t count,        \
      const REAL *numbers) {                                                                  \
    REAL n[nnsh_rule_numbers];                                                                \
    memcpy(n, numbers, sizeof n);                                                             \
    (void)first, (void)second;                                                                \
    VECTOR(WIDTH)                                                                             \
    for (ptrdiff_t i = 0; i < count; i++) {                                                   \
      REAL w = weights[i], g = gradient[i];                                                   \
      STATES_##states                                                                         \
      __VA_ARGS__                                                                             \
      weights[i] = w;                                                                         \
      KEPT_##states                                                                           \
    }                                                                                         \
  }
#define REAL float
#define ROOT __builtin_sqrtf
#define UPDATE_RULE(name, states, ...) UPDATE_LOOP(update_##name##_f32, states, __VA_ARGS__)
#include "update_rules.def"
#undef UPDATE_RULE
#undef REAL
#undef ROOT
#define REAL double
#define ROOT __builtin_sqrt
#define UPDATE_RULE(name, states, ...) UPDATE_LOOP(update_##name##_f64, states, __VA_ARGS__)
#include "update_rules.def"
#undef UPDATE_RULE
#undef REAL
#undef ROOT

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
