#include <string.h>

#include "kernels.h"

// Windows of images for convolutions as products, and for pooling. None is cut short: what calls
// them looks for an interruption between pieces.

typedef struct {
  const nnsh_windows *windows;
  int adds;
  size_t size;
  ptrdiff_t rows;
  char *images, *columns;
} unfolding;

/// The numbers of one image's windows, or into the image what is in them, added up.
static void unfold_image(void *context, ptrdiff_t image) {
  const unfolding *work = context;
  const nnsh_windows *w = work->windows;
  ptrdiff_t part = w->channels / w->groups, taps = w->kernel[0] * w->kernel[1];
  ptrdiff_t positions = w->output_size[0] * w->output_size[1];
  ptrdiff_t window = taps * part, group = work->rows * positions * window;
  ptrdiff_t pixels = w->size[0] * w->size[1] * w->channels;
  char *base = work->images + (size_t)(image * pixels) * work->size;
  for (ptrdiff_t y = 0; y < w->output_size[0]; y++) {
    for (ptrdiff_t x = 0; x < w->output_size[1]; x++) {
      ptrdiff_t place = (image * positions + y * w->output_size[1] + x) * window;
      for (ptrdiff_t tap = 0; tap < taps; tap++, place += part) {
        ptrdiff_t row = y * w->stride[0] + tap / w->kernel[1] * w->dilation[0] - w->before[0];
        ptrdiff_t column = x * w->stride[1] + tap % w->kernel[1] * w->dilation[1] - w->before[1];
        int inside = row >= 0 && row < w->size[0] && column >= 0 && column < w->size[1];
        if (!inside && work->adds) continue;
        ptrdiff_t pixel = (row * w->size[1] + column) * w->channels;
        for (ptrdiff_t g = 0; g < w->groups; g++) {
          char *to = work->columns + (size_t)(g * group + place) * work->size;
          if (!inside) {
            memset(to, 0, (size_t)part * work->size);
            continue;
          }
          char *from = base + (size_t)(pixel + g * part) * work->size;
          if (!work->adds) {
            memcpy(to, from, (size_t)part * work->size);
          } else if (work->size == sizeof(double)) {
            for (ptrdiff_t c = 0; c < part; c++) ((double *)from)[c] += ((double *)to)[c];
          } else {
            for (ptrdiff_t c = 0; c < part; c++) ((float *)from)[c] += ((float *)to)[c];
          }
        }
      }
    }
  }
}

static void unfold(
    const nnsh_windows *windows, int adds, int type, ptrdiff_t rows, char *images, char *columns) {
  unfolding work = {windows, adds, nnsh_size_of(type), rows, images, columns};
  ptrdiff_t numbers = rows * windows->output_size[0] * windows->output_size[1]
      * windows->kernel[0] * windows->kernel[1] * windows->channels;
  nnsh_parallel_whole(rows, numbers, unfold_image, &work);
}

void nnsh_unfold(
    const nnsh_windows *windows, int type, ptrdiff_t rows, const void *images, void *columns) {
  unfold(windows, 0, type, rows, (char *)images, columns);
}

void nnsh_fold(
    const nnsh_windows *windows, int type, ptrdiff_t rows, const void *columns, void *images) {
  unfold(windows, 1, type, rows, images, (char *)columns);
}

typedef struct {
  const nnsh_pools *pools;
  int kind, type, rectified;
  const char *in, *out, *other;
  char *result;
} pooling;

enum { pool_forward, pool_back, pool_chosen };

static void pool_line(const pooling *work, int step, ptrdiff_t task) {
  const nnsh_kernel_table *kernels = nnsh_kernels();
  const nnsh_pools *p = work->pools;
  ptrdiff_t lines = p->height / p->size, columns = p->width / p->size;
  ptrdiff_t row = task / lines, line = task % lines;
  size_t size = nnsh_size_of(work->type);
  size_t small = (size_t)(task * columns * p->channels) * size;
  size_t large = (size_t)((row * p->height + line * p->size) * p->width * p->channels) * size;
  int largest = work->kind == nnsh_pool_largest;
#define RUN(T, suffix)                                                                          \
  const T *in = (const T *)(work->in + large), *out = (const T *)(work->out + small);           \
  if (step == pool_forward) {                                                                   \
    kernels->pool_line_##suffix(largest, (T *)(work->result + small), in, p->size, p->width,    \
                                p->channels);                                                   \
  } else if (step == pool_back) {                                                               \
    kernels->unpool_line_##suffix(largest, work->rectified, (T *)(work->result + large),                         \
                                  (const T *)(work->other + small), in, out, p->size, p->width, \
                                  p->channels);                                                 \
  } else {                                                                                      \
    kernels->pool_chosen_line_##suffix((T *)(work->result + small),                             \
                                       (const T *)(work->other + large), in, out, p->size,      \
                                       p->width, p->channels);                                  \
  }
  if (work->type == nnsh_f64) {
    RUN(double, f64)
  } else {
    RUN(float, f32)
  }
#undef RUN
  ptrdiff_t rest = p->height - lines * p->size;
  if (step == pool_back && line == lines - 1 && rest > 0) {
    memset(work->result + large + (size_t)(p->size * p->width * p->channels) * size, 0,
           (size_t)(rest * p->width * p->channels) * size);
  }
}

static void pool(void *context, ptrdiff_t task) { pool_line(context, pool_forward, task); }
static void unpool(void *context, ptrdiff_t task) { pool_line(context, pool_back, task); }
static void choose(void *context, ptrdiff_t task) { pool_line(context, pool_chosen, task); }

static void run_pooling(pooling *work, void (*body)(void *, ptrdiff_t)) {
  const nnsh_pools *p = work->pools;
  nnsh_parallel_whole(
      p->rows * (p->height / p->size), p->rows * p->height * p->width * p->channels, body, work);
}

void nnsh_pool(const nnsh_pools *pools, int kind, int type, const void *in, void *out) {
  pooling work = {pools, kind, type, 0, in, out, NULL, out};
  run_pooling(&work, pool);
}

void nnsh_unpool(
    const nnsh_pools *pools, int kind, int type, int rectified, const void *in, const void *out,
    const void *gradient, void *back) {
  pooling work = {pools, kind, type, rectified, in, out, gradient, back};
  run_pooling(&work, unpool);
}

void nnsh_pool_chosen(
    const nnsh_pools *pools, int type, const void *in, const void *out, const void *numbers,
    void *chosen) {
  pooling work = {pools, nnsh_pool_largest, type, 0, in, out, numbers, chosen};
  run_pooling(&work, choose);
}
