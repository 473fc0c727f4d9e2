#include <math.h>

#include "kernels.h"

enum { batch = 256, batches_a_task = 16 };

typedef struct {
  uint64_t key, stream, counter;
  int type, normal;
  void *out;
  ptrdiff_t count;
  double low, scale;
} drawing;

/// The 24 (or 53) high bits as a number in [0, 1).
static inline double unit_f32(uint32_t bits) { return (double)(bits >> 8) * 0x1p-24; }
static inline double unit_f64(uint32_t high, uint32_t low) {
  return (double)((((uint64_t)high << 32) | low) >> 11) * 0x1p-53;
}

/// Box and Muller (1958): two normal numbers of two uniform ones. 1 − u is above zero.
static inline void normal_pair(double u, double v, double *first, double *second) {
  double radius = sqrt(-2 * log(1 - u)), angle = 6.283185307179586476925 * v;
  *first = radius * cos(angle);
  *second = radius * sin(angle);
}

static void fill_block(const drawing *work, const uint32_t *bits, double *values) {
  if (work->type == nnsh_f64) {
    double u = unit_f64(bits[0], bits[1]), v = unit_f64(bits[2], bits[3]);
    values[0] = u;
    values[1] = v;
    if (work->normal) normal_pair(u, v, values, values + 1);
    return;
  }
  for (int j = 0; j < 4; j++) values[j] = unit_f32(bits[j]);
  if (work->normal) {
    // All 32 bits of the radius's number count: they decide how far out the tail reaches.
    normal_pair(bits[0] * 0x1p-32, values[1], values, values + 1);
    normal_pair(bits[2] * 0x1p-32, values[3], values + 2, values + 3);
  }
}

static void draw(void *context, ptrdiff_t task) {
  const drawing *work = context;
  ptrdiff_t each = work->type == nnsh_f64 ? 2 : 4;
  uint32_t bits[4 * batch];
  for (int b = 0; b < batches_a_task; b++) {
    ptrdiff_t block = (task * batches_a_task + b) * batch;
    if (block * each >= work->count) return;
    nnsh_kernels()->philox(work->key, work->stream, work->counter + (uint64_t)block, batch, bits);
    for (ptrdiff_t i = 0; i < batch; i++) {
      ptrdiff_t place = (block + i) * each;
      if (place >= work->count) return;
      double values[4];
      fill_block(work, bits + 4 * i, values);
      for (ptrdiff_t j = 0; j < each && place + j < work->count; j++) {
        double value = work->low + work->scale * values[j];
        if (work->type == nnsh_f64) {
          ((double *)work->out)[place + j] = value;
        } else {
          ((float *)work->out)[place + j] = (float)value;
        }
      }
    }
  }
}

static int draw_all(drawing *work) {
  ptrdiff_t a_task = (ptrdiff_t)batch * batches_a_task * (work->type == nnsh_f64 ? 2 : 4);
  return nnsh_parallel(
      (work->count + a_task - 1) / a_task, work->count * (work->normal ? 16 : 4), draw, work);
}

int nnsh_random_uniform(
    uint64_t key, uint64_t stream, uint64_t counter, int type, void *out, ptrdiff_t count,
    double low, double high) {
  drawing work = {key, stream, counter, type, 0, out, count, low, high - low};
  return draw_all(&work);
}

int nnsh_random_normal(
    uint64_t key, uint64_t stream, uint64_t counter, int type, void *out, ptrdiff_t count,
    double mean, double deviation) {
  drawing work = {key, stream, counter, type, 1, out, count, mean, deviation};
  return draw_all(&work);
}

void nnsh_philox_block(uint64_t key, uint64_t stream, uint64_t counter, uint32_t *out) {
  nnsh_kernels()->philox(key, stream, counter, 1, out);
}
