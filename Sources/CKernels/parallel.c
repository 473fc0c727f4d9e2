#include <time.h>

#include "kernels.h"

typedef struct {
  ptrdiff_t blocks;
  int shares;
  void (*body)(void *, ptrdiff_t);
  void *context;
  int whole;
} job;

static void run_share(void *argument, int share) {
  const job *work = argument;
  ptrdiff_t first = work->blocks * share / work->shares;
  ptrdiff_t last = work->blocks * (share + 1) / work->shares;
  for (ptrdiff_t block = first; block < last; block++) {
    if (!work->whole && nnsh_interrupt_is_requested()) return;
    work->body(work->context, block);
  }
}

static int run(
    ptrdiff_t blocks, ptrdiff_t work, void (*body)(void *, ptrdiff_t), void *context, int whole) {
  // Below this, handing work to the other threads costs more than they save (some microseconds).
  // Small work runs to its end: its result is always whole.
  const ptrdiff_t worth_while = 20000;
  if (work < worth_while) {
    for (ptrdiff_t block = 0; block < blocks; block++) body(context, block);
    return nnsh_done;
  }
  // Each thread more costs its waking: it must find more to do than that takes.
  const ptrdiff_t worth_waking = 32768;
  ptrdiff_t threads = nnsh_thread_count(), most = work < 3 * worth_waking ? 2 : work / worth_waking;
  if (threads > most) threads = most;
  job shared = {blocks, (int)(blocks < threads ? blocks : threads), body, context, whole};
  nnsh_team_run(shared.shares, run_share, &shared);
  return !whole && nnsh_interrupt_is_requested() ? nnsh_interrupted : nnsh_done;
}

int nnsh_parallel(
    ptrdiff_t blocks, ptrdiff_t work, void (*body)(void *, ptrdiff_t), void *context) {
  return run(blocks, work, body, context, 0);
}

void nnsh_parallel_whole(
    ptrdiff_t blocks, ptrdiff_t work, void (*body)(void *, ptrdiff_t), void *context) {
  run(blocks, work, body, context, 1);
}

enum { peak_rounds = 200000, peak_runs = 8 };

static void reach_peak(void *sums, int thread) {
  ((float *)sums)[16 * thread] = nnsh_kernels()->multiply_adds(peak_rounds);
}

double nnsh_peak_flops(void) {
  enum { most = 64 };
  static float sums[16 * most];
  int threads = nnsh_thread_count() < most ? nnsh_thread_count() : most;
  double best = 0;
  for (int run = 0; run < peak_runs; run++) {
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    nnsh_team_run(threads, reach_peak, sums);
    clock_gettime(CLOCK_MONOTONIC, &end);
    double seconds = (double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec);
    double rate = 2.0 * nnsh_kernels()->multiply_add_lanes * peak_rounds * (double)threads / seconds;
    if (rate > best) best = rate;
  }
  return best;
}
