#include "kernels.h"
#if defined(__x86_64__)
#include <math.h>
#include <string.h>
#pragma clang attribute push(__attribute__((target("avx2,fma,bmi2,f16c"))), apply_to = function)
#define TABLE nnsh_table_avx2
#define WIDTH 8
#include "bodies.h"
#pragma clang attribute pop
#endif
