// Elementwise operations over one block, for the element type T.

#define NAMED(name) JOIN(JOIN(name, _), SUFFIX)

#define UNARY(name, expression)                                                   \
  static void JOIN(name##_block_, SUFFIX)(T *out, const T *in, ptrdiff_t count) { \
    VECTOR(LANES)                                                                 \
    for (ptrdiff_t i = 0; i < count; i++) {                                       \
      T x = in[i];                                                                \
      out[i] = (expression);                                                      \
    }                                                                             \
  }

static inline T NAMED(sigmoid)(T x) {
  // Of the smaller exponential, which cannot overflow and keeps its digits.
  T e = EXP(-ABS(x));
  return (x < 0 ? e : (T)1) / ((T)1 + e);
}
static inline T NAMED(tanh_value)(T x) {
  // Beyond 20 the quotient is 1 in either type; without the bound it would be ∞/∞.
  T bounded = x > (T)20 ? (T)20 : x < (T)-20 ? (T)-20 : x;
  T e = EXPM1((T)2 * bounded);
  return e / (e + (T)2);
}

UNARY(negate, -x)
UNARY(exp, EXP(x))
UNARY(log, LOG(x))
UNARY(sqrt, SQRT(x))
UNARY(abs, ABS(x))
UNARY(sign, x > 0 ? (T)1 : x < 0 ? (T)-1 : x == 0 ? (T)0 : x)
UNARY(tanh, NAMED(tanh_value)(x))
UNARY(sigmoid, NAMED(sigmoid)(x))
UNARY(floor, FLOOR(x))
UNARY(ceil, CEIL(x))
UNARY(round, ROUND(x))
UNARY(relu, x > 0 || x != x ? x : (T)0)
UNARY(heaviside, x > 0 ? (T)1 : (T)0)
UNARY(reciprocal, (T)1 / x)
UNARY(square, x *x)
UNARY(isnan, x != x ? (T)1 : (T)0)
UNARY(isfinite, ABS(x) < INFINITY ? (T)1 : (T)0)
UNARY(not, x == 0 ? (T)1 : (T)0)
#undef UNARY

#define BINARY(name, expression)                                                        \
  static void JOIN(name##_block_, SUFFIX)(                                              \
      T *out, const T *a, int a_step, const T *b, int b_step, ptrdiff_t count) {        \
    if (a_step && b_step) {                                                             \
      VECTOR(LANES)                                                                     \
      for (ptrdiff_t i = 0; i < count; i++) {                                           \
        T x = a[i], y = b[i];                                                           \
        out[i] = (expression);                                                          \
      }                                                                                 \
    } else if (a_step) {                                                                \
      T y = *b;                                                                         \
      VECTOR(LANES)                                                                     \
      for (ptrdiff_t i = 0; i < count; i++) {                                           \
        T x = a[i];                                                                     \
        out[i] = (expression);                                                          \
      }                                                                                 \
    } else {                                                                            \
      T x = *a;                                                                         \
      ptrdiff_t step = b_step;                                                          \
      if (step == 0) {                                                                  \
        T y = *b;                                                                       \
        T value = (expression);                                                         \
        for (ptrdiff_t i = 0; i < count; i++) out[i] = value;                           \
        return;                                                                         \
      }                                                                                 \
      VECTOR(LANES)                                                                     \
      for (ptrdiff_t i = 0; i < count; i++) {                                           \
        T y = b[i];                                                                     \
        out[i] = (expression);                                                          \
      }                                                                                 \
    }                                                                                   \
  }

BINARY(add, x + y)
BINARY(subtract, x - y)
BINARY(multiply, x *y)
BINARY(divide, x / y)
BINARY(minimum, x < y || x != x ? x : y)
BINARY(maximum, x > y || x != x ? x : y)
BINARY(equal, x == y ? (T)1 : (T)0)
BINARY(not_equal, x != y ? (T)1 : (T)0)
BINARY(less, x < y ? (T)1 : (T)0)
BINARY(less_or_equal, x <= y ? (T)1 : (T)0)
BINARY(greater, x > y ? (T)1 : (T)0)
BINARY(greater_or_equal, x >= y ? (T)1 : (T)0)
BINARY(and, ((x != 0) & (y != 0)) ? (T)1 : (T)0)
BINARY(or, ((x != 0) | (y != 0)) ? (T)1 : (T)0)
#undef BINARY

static void NAMED(select_block)(
    T *out, const T *mask, int mask_step, const T *a, int a_step, const T *b, int b_step,
    ptrdiff_t count) {
  if (mask_step && a_step && b_step) {
    VECTOR(LANES)
    for (ptrdiff_t i = 0; i < count; i++) {
      T x = a[i], y = b[i];
      out[i] = mask[i] != 0 ? x : y;
    }
    return;
  }
  for (ptrdiff_t i = 0; i < count; i++) {
    T x = a[i * a_step], y = b[i * b_step];
    out[i] = mask[i * mask_step] != 0 ? x : y;
  }
}

/// Python's remainder: of the divisor's sign.
static inline T NAMED(floor_remainder)(T x, T y) {
  T r = (T)fmod(x, y);
  if (r != 0) return (r < 0) != (y < 0) ? r + y : r;
  return (T)copysign(0.0, y);
}

#undef NAMED
