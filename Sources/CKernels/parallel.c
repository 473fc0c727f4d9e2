#include "kernels.h"
#include <stdlib.h>

// libgomp's own entry points: the same pool of threads that oneDNN uses.
extern void GOMP_parallel(void (*)(void *), void *, unsigned, unsigned);
extern int omp_get_thread_num(void);
extern int omp_get_num_threads(void);
extern int omp_get_max_threads(void);
extern int omp_in_parallel(void);
extern void omp_set_num_threads(int);

static int interrupt_flag;

void nnsh_interrupt_request(void) { __atomic_store_n(&interrupt_flag, 1, __ATOMIC_RELAXED); }
void nnsh_interrupt_clear(void) { __atomic_store_n(&interrupt_flag, 0, __ATOMIC_RELAXED); }
int nnsh_interrupt_is_requested(void) { return __atomic_load_n(&interrupt_flag, __ATOMIC_RELAXED); }

// libgomp keeps its number of threads for each calling thread; ours is one for the process.
static int thread_count;

int nnsh_thread_count(void) {
  int count = __atomic_load_n(&thread_count, __ATOMIC_RELAXED);
  if (count == 0) {
    count = omp_get_max_threads();
    nnsh_set_thread_count(count);
  }
  return count;
}

void nnsh_set_thread_count(int count) {
  __atomic_store_n(&thread_count, count < 1 ? 1 : count > 1024 ? 1024 : count, __ATOMIC_RELAXED);
}

void nnsh_use_threads(int count) {
  if (omp_get_max_threads() != count) omp_set_num_threads(count);
}

typedef struct {
  ptrdiff_t blocks;
  void (*body)(void *, ptrdiff_t);
  void *context;
  int whole;
} job;

static void run_share(void *argument) {
  const job *work = argument;
  ptrdiff_t threads = omp_get_num_threads(), thread = omp_get_thread_num();
  ptrdiff_t first = work->blocks * thread / threads, last = work->blocks * (thread + 1) / threads;
  for (ptrdiff_t block = first; block < last; block++) {
    if (!work->whole && nnsh_interrupt_is_requested()) return;
    work->body(work->context, block);
  }
}

static int run(
    ptrdiff_t blocks, ptrdiff_t work, void (*body)(void *, ptrdiff_t), void *context, int whole) {
  // Below this, waking the other threads costs more than they save (a few microseconds).
  // Small work runs to its end: its result is always whole.
  const ptrdiff_t worth_while = 40000;
  if (work < worth_while) {
    for (ptrdiff_t block = 0; block < blocks; block++) body(context, block);
    return nnsh_done;
  }
  ptrdiff_t threads = nnsh_thread_count();
  if (blocks < threads) threads = blocks;
  job shared = {blocks, body, context, whole};
  if (threads < 2 || omp_in_parallel()) {
    for (ptrdiff_t block = 0; block < blocks; block++) {
      if (!whole && nnsh_interrupt_is_requested()) return nnsh_interrupted;
      body(context, block);
    }
    return nnsh_done;
  }
  GOMP_parallel(run_share, &shared, (unsigned)threads, 0);
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
