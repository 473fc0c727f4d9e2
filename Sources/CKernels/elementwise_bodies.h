// Elementwise operations over one block, for the element type T.

#define NAMED(name) JOIN(JOIN(name, _), SUFFIX)

#define UNARY(name, result, effort, formula)                                      \
  static void JOIN(name##_block_, SUFFIX)(T *out, const T *in, ptrdiff_t count) { \
    VECTOR(LANES)                                                                 \
    for (ptrdiff_t i = 0; i < count; i++) {                                       \
      T x = in[i];                                                                \
      out[i] = (formula);                                                         \
    }                                                                             \
  }
// Loops of their own: special_bodies.h.
#define UNARY_WIDE(...)
#define UNARY_FITTED(...)
#define UNARY_OWN(...)
#define BINARY_OWN(...)

#define BINARY(name, result, effort, formula)                                           \
  static void JOIN(name##_block_, SUFFIX)(                                              \
      T *out, const T *a, int a_step, const T *b, int b_step, ptrdiff_t count) {        \
    if (a_step && b_step) {                                                             \
      VECTOR(LANES)                                                                     \
      for (ptrdiff_t i = 0; i < count; i++) {                                           \
        T x = a[i], y = b[i];                                                           \
        out[i] = (formula);                                                             \
      }                                                                                 \
    } else if (a_step) {                                                                \
      T y = *b;                                                                         \
      VECTOR(LANES)                                                                     \
      for (ptrdiff_t i = 0; i < count; i++) {                                           \
        T x = a[i];                                                                     \
        out[i] = (formula);                                                             \
      }                                                                                 \
    } else {                                                                            \
      T x = *a;                                                                         \
      ptrdiff_t step = b_step;                                                          \
      if (step == 0) {                                                                  \
        T y = *b;                                                                       \
        T value = (formula);                                                            \
        for (ptrdiff_t i = 0; i < count; i++) out[i] = value;                           \
        return;                                                                         \
      }                                                                                 \
      VECTOR(LANES)                                                                     \
      for (ptrdiff_t i = 0; i < count; i++) {                                           \
        T y = b[i];                                                                     \
        out[i] = (formula);                                                             \
      }                                                                                 \
    }                                                                                   \
  }

#include "elementwise.def"

static void NAMED(select_block)(
    T *out, const T *mask, int mask_step, const T *a, int a_step, const T *b, int b_step,
    ptrdiff_t count) {
  if (!mask_step) {
    // The mask may lie where the result will.
    const T *chosen = *mask != 0 ? a : b;
    ptrdiff_t step = *mask != 0 ? a_step : b_step;
    for (ptrdiff_t i = 0; i < count; i++) out[i] = chosen[i * step];
  } else if (a_step && b_step) {
    VECTOR(LANES)
    for (ptrdiff_t i = 0; i < count; i++) {
      T x = a[i], y = b[i];
      out[i] = mask[i] != 0 ? x : y;
    }
  } else if (b_step) {
    T x = *a;
    VECTOR(LANES)
    for (ptrdiff_t i = 0; i < count; i++) {
      T y = b[i];
      out[i] = mask[i] != 0 ? x : y;
    }
  } else if (a_step) {
    T y = *b;
    VECTOR(LANES)
    for (ptrdiff_t i = 0; i < count; i++) {
      T x = a[i];
      out[i] = mask[i] != 0 ? x : y;
    }
  } else {
    T x = *a, y = *b;
    VECTOR(LANES)
    for (ptrdiff_t i = 0; i < count; i++) out[i] = mask[i] != 0 ? x : y;
  }
}

#undef NAMED
