#include <math.h>
#include <string.h>

#include "kernels.h"

// Group normalization: an example's channels in groups, each with its own mean and variance over all
// places. What is summed is summed a channel, in Float64, so that the kernels of columns serve; a
// task is an example. No bit depends on the number of threads.

typedef struct {
  nnsh_grouping shape;
  const float *in, *gamma, *beta;
  float *out, *means, *scales;
  double *sums;
  float epsilon;
} grouping;

/// The parts of an example's scratch: as many Float64 numbers as are summed, then Float32.
static double *scratch_of(const grouping *work, ptrdiff_t example) {
  return work->sums + example * nnsh_group_scratch * work->shape.channels;
}

/// Gives each channel the mean of its group's totals.
static void spread_means(const nnsh_grouping *shape, double *totals) {
  ptrdiff_t part = shape->channels / shape->groups;
  for (ptrdiff_t first = 0; first < shape->channels; first += part) {
    double sum = 0;
    for (ptrdiff_t c = first; c < first + part; c++) sum += totals[c];
    for (ptrdiff_t c = first; c < first + part; c++) {
      totals[c] = sum / (double)(shape->places * part);
    }
  }
}

static void standardize_example(void *context, ptrdiff_t example) {
  const grouping *work = context;
  const nnsh_kernel_table *kernels = nnsh_kernels();
  ptrdiff_t channels = work->shape.channels, places = work->shape.places;
  ptrdiff_t offset = example * places * channels;
  const float *in = work->in + offset;
  double *centres = scratch_of(work, example), *variances = centres + channels;
  float *means = work->means + example * channels, *scales = work->scales + example * channels;
  memset(centres, 0, (size_t)(2 * channels) * sizeof(double));
  kernels->columns_f32(nnsh_sum, centres, in, channels, places, channels, NULL);
  spread_means(&work->shape, centres);
  kernels->columns_f32(
      nnsh_squared_deviations, variances, in, channels, places, channels, centres);
  spread_means(&work->shape, variances);
  for (ptrdiff_t c = 0; c < channels; c++) {
    means[c] = (float)centres[c];
    scales[c] = (float)(1 / sqrt(variances[c] + (double)work->epsilon));
  }
  kernels->standardize_columns(
      work->out + offset, in, places, channels, means, scales, work->gamma, work->beta, 0);
}

void nnsh_standardize_groups(
    const nnsh_grouping *shape, const float *in, const float *gamma, const float *beta,
    float epsilon, double *scratch, float *means, float *scales, float *out) {
  grouping work = {.shape = *shape, .in = in, .gamma = gamma, .beta = beta, .epsilon = epsilon,
                   .out = out, .means = means, .scales = scales, .sums = scratch};
  nnsh_parallel_whole(
      shape->rows, shape->rows * shape->places * shape->channels, standardize_example, &work);
}

static void standardize_example_back(void *context, ptrdiff_t example) {
  const grouping *work = context;
  const nnsh_kernel_table *kernels = nnsh_kernels();
  ptrdiff_t channels = work->shape.channels, places = work->shape.places;
  ptrdiff_t part = channels / work->shape.groups, offset = example * places * channels;
  float *gradient = work->out + offset;
  const float *in = work->in + offset, *means = work->means + example * channels;
  const float *scales = work->scales + example * channels;
  double *sums = scratch_of(work, example), *products = sums + channels;
  float *factors = (float *)(products + channels), *shifts = factors + channels;
  float *slopes = shifts + channels;
  memset(sums, 0, (size_t)(2 * channels) * sizeof(double));
  kernels->column_products(
      sums, products, gradient, in, NULL, places, channels, means, scales);
  for (ptrdiff_t first = 0; first < channels; first += part) {
    double sum = 0, product = 0;
    for (ptrdiff_t c = first; c < first + part; c++) {
      sum += (double)work->gamma[c] * sums[c];
      product += (double)work->gamma[c] * products[c];
    }
    double share = (double)scales[first] / (double)(places * part);
    for (ptrdiff_t c = first; c < first + part; c++) {
      factors[c] = work->gamma[c] * scales[c];
      shifts[c] = (float)(sum * share);
      slopes[c] = (float)(product * share);
    }
  }
  kernels->standardize_columns_back(
      gradient, in, places, channels, means, scales, factors, shifts, slopes);
}

void nnsh_standardize_groups_back(
    const nnsh_grouping *shape, const float *in, const float *means, const float *scales,
    const float *gamma, double *scratch, float *gradient, double *sums) {
  grouping work = {.shape = *shape, .in = in, .gamma = gamma, .out = gradient,
                   .means = (float *)means, .scales = (float *)scales, .sums = scratch};
  nnsh_parallel_whole(
      shape->rows, shape->rows * shape->places * shape->channels, standardize_example_back, &work);
  for (ptrdiff_t c = 0; c < 2 * shape->channels; c++) sums[c] = 0;
  for (ptrdiff_t example = 0; example < shape->rows; example++) {
    const double *own = scratch_of(&work, example);
    for (ptrdiff_t c = 0; c < 2 * shape->channels; c++) sums[c] += own[c];
  }
}
