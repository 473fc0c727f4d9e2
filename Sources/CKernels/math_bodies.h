// Exponential and logarithm by range reduction and Taylor polynomials (their remainders are below
// half a unit in the last place on the reduced range), branch-free so that loops vectorise.

static inline float float_of(int32_t bits) { float x; memcpy(&x, &bits, 4); return x; }
static inline int32_t bits_of_float(float x) { int32_t bits; memcpy(&bits, &x, 4); return bits; }
static inline double double_of(int64_t bits) { double x; memcpy(&x, &bits, 8); return x; }
static inline int64_t bits_of_double(double x) { int64_t bits; memcpy(&bits, &x, 8); return bits; }

/// x = n ln 2 + r with |r| ≤ ½ ln 2; e^x = 2^n e^r. 2^n is two factors, for subnormal results.
/// Adding 1.5·2^23 leaves the rounded n in the low bits.
static inline float exp_parts_f32(float x, float *low, float *high) {
  const float shift = 12582912.0f;
  x = x < -105.0f ? -105.0f : x;
  x = x > 89.5f ? 89.5f : x;
  float shifted = x * 1.44269504f + shift;
  float n = shifted - shift;
  float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  int32_t whole = bits_of_float(shifted) - bits_of_float(shift);
  int32_t half = whole >> 1;
  *low = float_of((int32_t)((uint32_t)(half + 127) << 23));
  *high = float_of((int32_t)((uint32_t)(whole - half + 127) << 23));
  return r;
}

/// e^r − 1 on |r| ≤ ½ ln 2.
static inline float small_expm1_f32(float r) {
  float p = 1.0f / 5040;
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  return p * (r * r) + r;
}

static inline float exp_f32(float x) {
  float low, high;
  float r = exp_parts_f32(x, &low, &high);
  return (small_expm1_f32(r) + 1.0f) * low * high;
}

static inline float expm1_f32(float x) {
  float low, high;
  float r = exp_parts_f32(x, &low, &high);
  float scale = low * high;
  return small_expm1_f32(r) * scale + (scale - 1.0f);
}

/// x = 2^e m with m in [√½, √2); log m = 2 artanh s with s = (m − 1)/(m + 1).
static inline float log_f32(float x) {
  int tiny = x < FLT_MIN;
  float scaled = tiny ? x * 8388608.0f : x;
  // Unsigned, because a negative x (whose result is nan) has bits that would overflow.
  int32_t bits = (int32_t)((uint32_t)bits_of_float(scaled) - 0x3f3504f3u);
  float e = (float)((bits >> 23) - (tiny ? 23 : 0));
  float m = float_of((bits & 0x7fffff) + 0x3f3504f3);
  float f = m - 1.0f;
  float s = f / (2.0f + f);
  float u = s * s;
  float p = 1.0f / 11;
  p = p * u + 1.0f / 9;
  p = p * u + 1.0f / 7;
  p = p * u + 1.0f / 5;
  p = p * u + 1.0f / 3;
  // 2s = f − s·f, exactly enough that the largest term carries no rounding.
  float result = (f - s * (f - 2.0f * u * p)) + e * -2.12194440e-4f + e * 0.693359375f;
  result = x == INFINITY ? INFINITY : result;
  result = x == 0.0f ? -INFINITY : result;
  return x >= 0.0f ? result : NAN;
}

static inline double exp_parts_f64(double x, double *low, double *high) {
  const double shift = 6755399441055744.0;
  x = x < -750.0 ? -750.0 : x;
  x = x > 711.0 ? 711.0 : x;
  double shifted = x * 1.4426950408889634 + shift;
  double n = shifted - shift;
  double r = (x - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10;
  int64_t whole = bits_of_double(shifted) - bits_of_double(shift);
  int32_t half = (int32_t)whole >> 1;
  *low = double_of((int64_t)((uint64_t)(uint32_t)(half + 1023) << 52));
  *high = double_of((int64_t)((uint64_t)(uint32_t)((int32_t)whole - half + 1023) << 52));
  return r;
}

static inline double small_expm1_f64(double r) {
  double p = 1.0 / 6227020800;
  p = p * r + 1.0 / 479001600;
  p = p * r + 1.0 / 39916800;
  p = p * r + 1.0 / 3628800;
  p = p * r + 1.0 / 362880;
  p = p * r + 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  return p * (r * r) + r;
}

static inline double exp_f64(double x) {
  double low, high;
  double r = exp_parts_f64(x, &low, &high);
  return (small_expm1_f64(r) + 1.0) * low * high;
}

static inline double expm1_f64(double x) {
  double low, high;
  double r = exp_parts_f64(x, &low, &high);
  double scale = low * high;
  return small_expm1_f64(r) * scale + (scale - 1.0);
}

static inline double log_f64(double x) {
  int tiny = x < DBL_MIN;
  double scaled = tiny ? x * 4503599627370496.0 : x;
  int64_t bits = (int64_t)((uint64_t)bits_of_double(scaled) - 0x3fe6a09e667f3bcd);
  double e = (double)((int32_t)(bits >> 52) - (tiny ? 52 : 0));
  double m = double_of((bits & 0xfffffffffffff) + 0x3fe6a09e667f3bcd);
  double f = m - 1.0;
  double s = f / (2.0 + f);
  double u = s * s;
  double p = 1.0 / 23;
  p = p * u + 1.0 / 21;
  p = p * u + 1.0 / 19;
  p = p * u + 1.0 / 17;
  p = p * u + 1.0 / 15;
  p = p * u + 1.0 / 13;
  p = p * u + 1.0 / 11;
  p = p * u + 1.0 / 9;
  p = p * u + 1.0 / 7;
  p = p * u + 1.0 / 5;
  p = p * u + 1.0 / 3;
  double result = (f - s * (f - 2.0 * u * p)) + e * 1.90821492927058770002e-10
      + e * 6.93147180369123816490e-01;
  result = x == INFINITY ? INFINITY : result;
  result = x == 0.0 ? -INFINITY : result;
  return x >= 0.0 ? result : NAN;
}

/// log(1 + x) with the rounding of 1 + x divided out (Kahan's device).
static inline double log1p_f64(double x) {
  double u = 1.0 + x;
  double d = u - 1.0;
  double quotient = log_f64(u) * (x / (d == 0 ? 1 : d));
  return d == 0 ? x : u == INFINITY ? INFINITY : quotient;
}
static inline float tanh_f32(float x) {
  // Beyond 20 the quotient is 1; without the bound it would be ∞/∞.
  float bounded = x > 20.0f ? 20.0f : x < -20.0f ? -20.0f : x;
  float e = expm1_f32(2.0f * bounded);
  return e / (e + 2.0f);
}

static inline double tanh_f64(double x) {
  double bounded = x > 20.0 ? 20.0 : x < -20.0 ? -20.0 : x;
  double e = expm1_f64(2.0 * bounded);
  return e / (e + 2.0);
}

/// Python's remainder: of the divisor's sign.
static inline double floor_remainder_f64(double x, double y) {
  double r;
  if (__builtin_fabs(x) < 0x1p31 && __builtin_fabs(y) < 0x1p31 && (int32_t)x == x
      && (int32_t)y == y && y != 0) {
    // Whole numbers, which most are, by the processor's own division.
    r = (int32_t)x % (int32_t)y;
  } else {
    r = fmod(x, y);
  }
  if (r != 0) return (r < 0) != (y < 0) ? r + y : r;
  return copysign(0.0, y);
}

static inline float floor_remainder_f32(float x, float y) {
  return (float)floor_remainder_f64(x, y);
}

/// e^(−x²/2) for 0 ≤ x ≤ 15, as `exp_f32`; 0 where that would be subnormal. x² is rounded; the rest
/// of it is added to the reduced exponent.
static inline __attribute__((always_inline)) float bell_f32(float x) {
  const float shift = 12582912.0f;
  float upper = float_of(bits_of_float(x) & (int32_t)0xfffff000);
  float rest = -0.5f * (x - upper) * (x + upper);
  float exponent = -0.5f * upper * upper;
  float shifted = exponent * 1.44269504f + shift;
  float n = shifted - shift;
  float r = (exponent - n * 0.693359375f) - n * -2.12194440e-4f + rest;
  int32_t biased = bits_of_float(shifted) - bits_of_float(shift) + 127;
  float scale = float_of((int32_t)((uint32_t)(biased > 0 ? biased : 0) << 23));
  return (small_expm1_f32(r) + 1.0f) * scale;
}

/// erf(y) / y of y² on [0, ¼].
static inline __attribute__((always_inline)) float small_erf_f32(float u) {
  float p = 7.882497117e-05f;
  p = p * u - 0.0008018854994f;
  p = p * u + 0.005189311943f;
  p = p * u - 0.0268543288f;
  p = p * u + 0.1128359746f;
  p = p * u - 0.376126269f;
  p = p * u + 1.128379166f;
  return p;
}

/// The normal distribution's share above 0 ≤ x ≤ 15, ½ erfc(x/√2), divided by `bell_f32(x)`: a polynomial
/// in 1/(1 + x/√8), fitted on [0, 15].
static inline __attribute__((always_inline)) float tail_quotient_f32(float x) {
  float t = 1.0f / (1.0f + x * 0.35355339f);
  float p = -0.0280572809f;
  p = p * t + 0.13471429f;
  p = p * t - 0.226919562f;
  p = p * t + 0.118385397f;
  p = p * t + 0.00246214867f;
  p = p * t + 0.0936578214f;
  p = p * t + 0.123931251f;
  p = p * t + 0.140737727f;
  p = p * t + 0.141090244f;
  p = p * t - 2.06927734e-06f;
  return p;
}

/// x·Φ(x), with Φ the normal distribution function, precise in the far tail too.
static inline __attribute__((always_inline)) float gelu_f32(float x) {
  float size = __builtin_fabsf(x);
  // Beyond 14.2 the share is below Float32's smallest number.
  size = size > 15.0f ? 15.0f : size;
  return (x > 0 ? x : 0.0f) - size * (bell_f32(size) * tail_quotient_f32(size));
}

/// Φ(x) + x·φ(x).
static inline __attribute__((always_inline)) float gelu_gradient_f32(float x) {
  float size = __builtin_fabsf(x);
  size = size > 15.0f ? 15.0f : size;
  float below = bell_f32(size) * (tail_quotient_f32(size) - 0.39894228f * size);
  return x < 0 ? below : 1.0f - below;
}
