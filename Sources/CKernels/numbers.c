// Elementwise operations on one number, and what else is known of each: see elementwise.def.

#include "kernels.h"
#include <float.h>
#include <math.h>
#include <string.h>

#include "math_bodies.h"

#define T double
#define EXP exp
#define LOG log
#define LOG1P log1p
#define TANH tanh
#define SQRT __builtin_sqrt
#define ABS __builtin_fabs
#define FLOOR __builtin_floor
#define CEIL __builtin_ceil
#define ROUND __builtin_rint

double nnsh_unary_number(nnsh_unary operation, double x) {
  switch (operation) {
#define UNARY(name, result, effort, formula) \
  case nnsh_##name: return (formula);
#include "elementwise.def"
  }
  return NAN;
}

double nnsh_binary_number(nnsh_binary operation, double x, double y) {
  switch (operation) {
#define BINARY(name, result, effort, formula) \
  case nnsh_##name: return (formula);
#include "elementwise.def"
  }
  return NAN;
}

typedef struct {
  const char *name;
  int is_logical, is_costly;
} facts;

enum { is_number = 0, is_truth = 1, is_cheap = 0, is_costly = 1 };

#define FACTS(name, result, effort, formula) [nnsh_##name] = {#name, is_##result, is_##effort},
static const facts unary[nnsh_unary_count] = {
#define UNARY FACTS
#include "elementwise.def"
};
static const facts binary[nnsh_binary_count] = {
#define BINARY FACTS
#include "elementwise.def"
};

const char *nnsh_unary_name(nnsh_unary operation) { return unary[operation].name; }
int nnsh_unary_is_logical(nnsh_unary operation) { return unary[operation].is_logical; }
int nnsh_unary_is_costly(nnsh_unary operation) { return unary[operation].is_costly; }
const char *nnsh_binary_name(nnsh_binary operation) { return binary[operation].name; }
int nnsh_binary_is_logical(nnsh_binary operation) { return binary[operation].is_logical; }
int nnsh_binary_is_costly(nnsh_binary operation) { return binary[operation].is_costly; }
