#include "kernels.h"
#if defined(__x86_64__)
#include <math.h>
#include <string.h>
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2"), \
                   min_vector_width(512))), \
    apply_to = function)
#define TABLE nnsh_table_avx512
#define WIDTH 16
#include "bodies.h"
#pragma clang attribute pop
#endif
