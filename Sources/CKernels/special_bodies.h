// Operations whose Float32 form works through Float64 or a fit, and whose Float64 form is libm's.

/// Loops that the compiler cannot vectorise, for they call libm.
#define UNARY_LIBM(name, result, effort, formula)                                \
  static void name##_block_f64(double *out, const double *in, ptrdiff_t count) { \
    for (ptrdiff_t i = 0; i < count; i++) {                                      \
      double x = in[i];                                                          \
      out[i] = (formula);                                                        \
    }                                                                            \
  }
#define T double
#define EXP exp
#define LOG1P log1p
#define UNARY(...)
#define UNARY_WIDE UNARY_LIBM
#define UNARY_FITTED(name, result, effort, narrow, formula) UNARY_LIBM(name, result, effort, formula)
#define UNARY_OWN UNARY_LIBM
#include "elementwise.def"
#undef EXP
#undef LOG1P

#define EXP exp_f64
#define LOG1P log1p_f64
#define UNARY(...)
#define UNARY_WIDE(name, result, effort, formula)                              \
  static void name##_block_f32(float *out, const float *in, ptrdiff_t count) { \
    VECTOR(WIDTH / 2)                                                          \
    for (ptrdiff_t i = 0; i < count; i++) {                                    \
      double x = in[i];                                                        \
      out[i] = (float)(formula);                                               \
    }                                                                          \
  }
#define UNARY_FITTED(name, result, effort, narrow, formula)                    \
  static void name##_block_f32(float *out, const float *in, ptrdiff_t count) { \
    VECTOR(WIDTH)                                                              \
    for (ptrdiff_t i = 0; i < count; i++) {                                    \
      float x = in[i];                                                         \
      out[i] = (narrow);                                                       \
    }                                                                          \
  }
#define UNARY_OWN(...)
#include "elementwise.def"
#undef T
#undef EXP
#undef LOG1P

static inline double sin_reduced(double r) {
  double u = r * r;
  double p = -1.0 / 39916800;
  p = p * u + 1.0 / 362880;
  p = p * u - 1.0 / 5040;
  p = p * u + 1.0 / 120;
  p = p * u - 1.0 / 6;
  return p * u * r + r;
}

static inline double cos_reduced(double r) {
  double u = r * r;
  double p = -1.0 / 3628800;
  p = p * u + 1.0 / 40320;
  p = p * u - 1.0 / 720;
  p = p * u + 1.0 / 24;
  p = p * u - 0.5;
  return p * u + 1.0;
}

/// sin(x + quarter·π/2) for moderate x, by reduction modulo π/2 in Float64.
static inline float sin_shifted(float x, int32_t quarter) {
  const double shift = 6755399441055744.0;
  double shifted = (double)x * 0.63661977236758134308 + shift;
  double n = shifted - shift;
  double r = ((double)x - n * 1.5707963267948966192) - n * 6.123233995736766e-17;
  int32_t q = (int32_t)bits_of_double(shifted) + quarter;
  double value = q & 1 ? cos_reduced(r) : sin_reduced(r);
  return (float)(q & 2 ? -value : value);
}

static int all_moderate(const float *in, ptrdiff_t count) {
  int32_t largest = 0;
  for (ptrdiff_t i = 0; i < count; i++) {
    int32_t bits = bits_of_float(in[i]) & 0x7fffffff;
    largest = bits > largest ? bits : largest;
  }
  return largest < 0x4a000000;
}

static void sin_block_f32(float *out, const float *in, ptrdiff_t count) {
  if (!all_moderate(in, count)) {
    for (ptrdiff_t i = 0; i < count; i++) out[i] = (float)sin((double)in[i]);
    return;
  }
  VECTOR(WIDTH / 2)
  for (ptrdiff_t i = 0; i < count; i++) out[i] = sin_shifted(in[i], 0);
}

static void cos_block_f32(float *out, const float *in, ptrdiff_t count) {
  if (!all_moderate(in, count)) {
    for (ptrdiff_t i = 0; i < count; i++) out[i] = (float)cos((double)in[i]);
    return;
  }
  VECTOR(WIDTH / 2)
  for (ptrdiff_t i = 0; i < count; i++) out[i] = sin_shifted(in[i], 1);
}

// Powers. Whole small exponents multiply; positive bases go through Float64's exp and log.

static void power_piece(float *out, const float *x, const float *y, ptrdiff_t count) {
  // The quick path must have bases above zero and finite, and finite exponents.
  int odd = 0;
  VECTOR(WIDTH)
  for (ptrdiff_t i = 0; i < count; i++) {
    odd |= !(x[i] > 0) | !(x[i] < INFINITY) | !(__builtin_fabsf(y[i]) < 1e30f);
  }
  if (odd) {
    for (ptrdiff_t i = 0; i < count; i++) out[i] = powf(x[i], y[i]);
    return;
  }
  VECTOR(WIDTH / 2)
  for (ptrdiff_t i = 0; i < count; i++) out[i] = (float)exp_f64((double)y[i] * log_f64(x[i]));
}

static void power_block_f32(
    float *out, const float *a, int a_step, const float *b, int b_step, ptrdiff_t count) {
  if (b_step == 0 && a_step == 1) {
    float y = *b;
    if (y == 2) { square_block_f32(out, a, count); return; }
    if (y == 1) { memmove(out, a, (size_t)count * sizeof(float)); return; }
    if (y == -1) { reciprocal_block_f32(out, a, count); return; }
    if (y == 3) {
      VECTOR(WIDTH)
      for (ptrdiff_t i = 0; i < count; i++) {
        double x = a[i];
        out[i] = (float)(x * x * x);
      }
      return;
    }
  }
  for (ptrdiff_t start = 0; start < count; start += 256) {
    ptrdiff_t length = count - start < 256 ? count - start : 256;
    float x[256], y[256];
    for (ptrdiff_t i = 0; i < length; i++) x[i] = a_step ? a[start + i] : *a;
    for (ptrdiff_t i = 0; i < length; i++) y[i] = b_step ? b[start + i] : *b;
    power_piece(out + start, x, y, length);
  }
}

static void power_block_f64(
    double *out, const double *a, int a_step, const double *b, int b_step, ptrdiff_t count) {
  if (b_step == 0 && a_step == 1 && *b == 2) {
    square_block_f64(out, a, count);
    return;
  }
  for (ptrdiff_t i = 0; i < count; i++) out[i] = pow(a[i * a_step], b[i * b_step]);
}

/// Python's remainder through Float64, where the quotient's whole part and its product with the
/// divisor are exact; other blocks go to the plain form.
static void remainder_block_f32(
    float *out, const float *a, int a_step, const float *b, int b_step, ptrdiff_t count) {
  for (ptrdiff_t start = 0; start < count; start += 256) {
    ptrdiff_t length = count - start < 256 ? count - start : 256;
    float x[256], y[256];
    for (ptrdiff_t i = 0; i < length; i++) x[i] = a_step ? a[start + i] : *a;
    for (ptrdiff_t i = 0; i < length; i++) y[i] = b_step ? b[start + i] : *b;
    int odd = 0;
    VECTOR(WIDTH)
    for (ptrdiff_t i = 0; i < length; i++) {
      odd |= !(__builtin_fabsf(x[i] / y[i]) < 1e8f) | !(__builtin_fabsf(y[i]) < INFINITY);
    }
    if (odd) {
      for (ptrdiff_t i = 0; i < length; i++) out[start + i] = floor_remainder_f32(x[i], y[i]);
      continue;
    }
    VECTOR(WIDTH / 2)
    for (ptrdiff_t i = 0; i < length; i++) {
      double divisor = y[i], size = __builtin_fabs(divisor);
      double r = x[i] - __builtin_floor(x[i] / divisor) * divisor;
      // The quotient may have been rounded up, or down, to a whole number.
      double outward = divisor < 0 ? -r : r;
      outward = outward < 0 ? outward + size : outward >= size ? outward - size : outward;
      out[start + i] = (float)(divisor < 0 ? -outward : outward);
    }
  }
}

/// Box and Muller (1958): two normal numbers in place of two uniform ones from [0, 1).
static void normal_pairs(double *first, double *second, ptrdiff_t count) {
  VECTOR(WIDTH / 2)
  for (ptrdiff_t i = 0; i < count; i++) {
    // 1 − u is above zero.
    double radius = __builtin_sqrt(-2 * log_f64(1 - first[i]));
    double turns = second[i] * 4, quarters = __builtin_rint(turns);
    double r = (turns - quarters) * 1.5707963267948966192, u = r * r;
    double s = -1.0 / 1307674368000;
    s = s * u + 1.0 / 6227020800;
    s = s * u - 1.0 / 39916800;
    s = s * u + 1.0 / 362880;
    s = s * u - 1.0 / 5040;
    s = s * u + 1.0 / 120;
    s = s * u - 1.0 / 6;
    s = s * u * r + r;
    double c = 1.0 / 20922789888000;
    c = c * u - 1.0 / 87178291200;
    c = c * u + 1.0 / 479001600;
    c = c * u - 1.0 / 3628800;
    c = c * u + 1.0 / 40320;
    c = c * u - 1.0 / 720;
    c = c * u + 1.0 / 24;
    c = c * u - 0.5;
    c = c * u + 1.0;
    int32_t q = (int32_t)quarters;
    double cosine = q & 1 ? s : c, sine = q & 1 ? c : s;
    first[i] = radius * ((q + 1) & 2 ? -cosine : cosine);
    second[i] = radius * (q & 2 ? -sine : sine);
  }
}

static void remainder_block_f64(
    double *out, const double *a, int a_step, const double *b, int b_step, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i++) {
    out[i] = floor_remainder_f64(a[i * a_step], b[i * b_step]);
  }
}
