// The block kernels, compiled once for each instruction set: the includer sets TABLE and WIDTH
// (floats a vector). Loops are written for the auto-vectoriser.
#include <float.h>
#include <math.h>
#include <string.h>

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define PRAGMA(text) _Pragma(#text)
#define VECTOR(width) PRAGMA(clang loop vectorize(assume_safety) vectorize_width(width))

#include "math_bodies.h"

/// Up to so many columns a row is short; of short rows so many numbers are taken at a time.
enum { short_row = 64, block_numbers = 1024 };

#define T float
#define SUFFIX f32
#define LANES WIDTH
#define EXP exp_f32
#define LOG log_f32
#define TANH tanh_f32
#define SQRT __builtin_sqrtf
#define ABS __builtin_fabsf
#define FLOOR __builtin_floorf
#define CEIL __builtin_ceilf
#define ROUND __builtin_rintf
#include "elementwise_bodies.h"
#include "reduce_bodies.h"
#include "softmax_bodies.h"
#include "gemm_bodies.h"
#include "window_bodies.h"
#undef T
#undef SUFFIX
#undef LANES
#undef EXP
#undef LOG
#undef TANH
#undef SQRT
#undef ABS
#undef FLOOR
#undef CEIL
#undef ROUND

#define T double
#define SUFFIX f64
#define LANES (WIDTH / 2)
#define EXP exp_f64
#define LOG log_f64
#define TANH tanh_f64
#define SQRT __builtin_sqrt
#define ABS __builtin_fabs
#define FLOOR __builtin_floor
#define CEIL __builtin_ceil
#define ROUND __builtin_rint
#include "elementwise_bodies.h"
#include "reduce_bodies.h"
#include "softmax_bodies.h"
#include "gemm_bodies.h"
#include "window_bodies.h"
#undef T
#undef SUFFIX
#undef LANES
#undef EXP
#undef LOG
#undef TANH

#include "special_bodies.h"
#include "cross_entropy_bodies.h"
#include "squared_error_bodies.h"
#include "network_bodies.h"
#include "normalization_bodies.h"
#include "sequence_bodies.h"
#include "packed_bodies.h"
#include "attention_bodies.h"
#include "philox_bodies.h"
#include "table_body.h"
