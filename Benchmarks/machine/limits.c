// Measures what the machine can do: fused multiply-adds a second and bytes a second.
//
//   clang -O3 -march=native -pthread limits.c -o limits && ./limits THREADS

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef float vector __attribute__((vector_size(64), aligned(64)));

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

enum { chains = 16, rounds = 20000000 };

// Sixteen independent chains hide the latency of a multiply-add.
static void *multiply_add(void *result) {
  vector sum[chains];
  for (int i = 0; i < chains; i++) sum[i] = (vector){0} + (float)i;
  vector factor = (vector){0} + 0.999f, term = (vector){0} + 0.001f;
  for (long r = 0; r < rounds; r++) {
    for (int i = 0; i < chains; i++) sum[i] = sum[i] * factor + term;
    __asm__ volatile("" : "+x"(factor), "+x"(term));
  }
  vector total = sum[0];
  for (int i = 1; i < chains; i++) total += sum[i];
  *(float *)result = total[0];
  return NULL;
}

typedef struct {
  float *data;
  size_t count;
} block;

static void *scale_and_shift(void *argument) {
  block *b = argument;
  for (size_t i = 0; i < b->count; i++) b->data[i] = b->data[i] * 0.9f + 0.1f;
  return NULL;
}

int main(int argc, char **argv) {
  int threads = argc > 1 ? atoi(argv[1]) : 2;
  if (threads < 1 || threads > 256) threads = 1;
  pthread_t pool[256];
  float sink[256];

  double best = 0;
  for (int repeat = 0; repeat < 3; repeat++) {
    double start = now();
    for (int i = 0; i < threads; i++) pthread_create(&pool[i], NULL, multiply_add, &sink[i]);
    for (int i = 0; i < threads; i++) pthread_join(pool[i], NULL);
    double rate = 2.0 * 16 * chains * (double)rounds * threads / (now() - start);
    if (rate > best) best = rate;
  }
  printf("flops %.4g\n", best);

  size_t count = (size_t)64 << 20;
  float *data = aligned_alloc(64, count * sizeof *data);
  if (data == NULL) return 1;
  memset(data, 0, count * sizeof *data);
  best = 0;
  for (int repeat = 0; repeat < 5; repeat++) {
    block blocks[256];
    size_t share = count / threads;
    double start = now();
    for (int i = 0; i < threads; i++) {
      blocks[i] = (block){data + i * share, share};
      pthread_create(&pool[i], NULL, scale_and_shift, &blocks[i]);
    }
    for (int i = 0; i < threads; i++) pthread_join(pool[i], NULL);
    double rate = 8.0 * share * threads / (now() - start);
    if (rate > best) best = rate;
  }
  printf("bandwidth %.4g\n", best);
  free(data);
  return 0;
}
