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

/// The uniform numbers of a batch of blocks: those of even places in `first`, of odd in `second`.
static void fill_pairs(const drawing *work, const uint32_t *bits, double *first, double *second) {
  if (work->type == nnsh_f64) {
    for (ptrdiff_t i = 0; i < batch; i++) {
      first[i] = unit_f64(bits[4 * i], bits[4 * i + 1]);
      second[i] = unit_f64(bits[4 * i + 2], bits[4 * i + 3]);
    }
    return;
  }
  for (ptrdiff_t i = 0; i < 2 * batch; i++) {
    // All 32 bits of a radius's number count: they decide how far out the tail reaches.
    first[i] = work->normal ? bits[2 * i] * 0x1p-32 : unit_f32(bits[2 * i]);
    second[i] = unit_f32(bits[2 * i + 1]);
  }
}

static void draw(void *context, ptrdiff_t task) {
  const drawing *work = context;
  const nnsh_kernel_table *kernels = nnsh_kernels();
  ptrdiff_t pairs = work->type == nnsh_f64 ? batch : 2 * batch;
  uint32_t bits[4 * batch];
  double first[2 * batch], second[2 * batch];
  for (int b = 0; b < batches_a_task; b++) {
    ptrdiff_t block = (task * batches_a_task + b) * batch;
    ptrdiff_t start = block / batch * 2 * pairs;
    if (start >= work->count) return;
    kernels->philox(work->key, work->stream, work->counter + (uint64_t)block, batch, bits);
    fill_pairs(work, bits, first, second);
    if (work->normal) kernels->normal_pairs(first, second, pairs);
    ptrdiff_t count = work->count - start < 2 * pairs ? work->count - start : 2 * pairs;
    for (ptrdiff_t i = 0; i < count; i++) {
      double value = work->low + work->scale * (i & 1 ? second : first)[i / 2];
      if (work->type == nnsh_f64) {
        ((double *)work->out)[start + i] = value;
      } else {
        ((float *)work->out)[start + i] = (float)value;
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
