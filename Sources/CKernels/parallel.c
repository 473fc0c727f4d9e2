#include "kernels.h"
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

// libgomp's own entry points: the same pool of threads that oneDNN uses.
extern void GOMP_parallel(void (*)(void *), void *, unsigned, unsigned);
extern int omp_get_thread_num(void);
extern int omp_get_num_threads(void);
extern int omp_get_max_threads(void);
extern int omp_in_parallel(void);
extern void omp_set_num_threads(int);
extern int omp_get_num_procs(void);

// The thread sanitizer sees nothing of libgomp, not even that a region's threads begin after its
// caller and end before it goes on: that is told to it here.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
extern void __tsan_acquire(void *);
extern void __tsan_release(void *);
#define after_others(region) __tsan_acquire(region)
#define before_others(region) __tsan_release(region)
#endif
#endif
#ifndef after_others
#define after_others(region) ((void)(region))
#define before_others(region) ((void)(region))
#endif

static int attention;
enum { interrupted = 1 };

void nnsh_interrupt_request(void) { __atomic_fetch_or(&attention, interrupted, __ATOMIC_RELAXED); }
void nnsh_interrupt_clear(void) { __atomic_fetch_and(&attention, ~interrupted, __ATOMIC_RELAXED); }
int nnsh_interrupt_is_requested(void) {
  return __atomic_load_n(&attention, __ATOMIC_RELAXED) & interrupted;
}

// What the machine asks at every turn of a loop is one number.
enum { memo_filled = 2, memo_on = 4, profile_on = 8 };

static void set_flag(int bit, int value) {
  if (value) {
    __atomic_fetch_or(&attention, bit, __ATOMIC_RELAXED);
  } else {
    __atomic_fetch_and(&attention, ~bit, __ATOMIC_RELAXED);
  }
}

static int has_flag(int bit) { return (__atomic_load_n(&attention, __ATOMIC_RELAXED) & bit) != 0; }

int nnsh_needs_attention(void) { return has_flag(interrupted | memo_filled); }
int nnsh_memo_is_on(void) { return has_flag(memo_on); }
void nnsh_memo_set_on(int on) { set_flag(memo_on, on); }
int nnsh_memo_is_empty(void) { return !has_flag(memo_filled); }
void nnsh_memo_set_empty(int empty) { set_flag(memo_filled, !empty); }
int nnsh_profile_is_on(void) { return has_flag(profile_on); }
void nnsh_profile_set_on(int on) { set_flag(profile_on, on); }

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

static void do_nothing(void *unused) { (void)unused; }

static void *hold_threads(void *count) {
  GOMP_parallel(do_nothing, NULL, (unsigned)(uintptr_t)count, 0);
  for (;;) pause();
}

// libgomp's threads wait for each other by spinning, milliseconds long while it manages no more
// threads than there are processors, some ten microseconds when it manages more. The long wait
// wins nothing, and where other programs want the processors it costs several times the work. So
// a few threads that sleep for good are made once, beside the pool that works: just enough to be
// one more than there are processors.
static void bound_spinning(int count) {
  static int done;
  if (count < 2 || __atomic_exchange_n(&done, 1, __ATOMIC_RELAXED)) return;
  enum { most_idle = 8 };
  int missing = omp_get_num_procs() + 1 - count;
  if (missing < 1) return;
  if (missing >= most_idle) return;
  // The pool that works comes first, for spinning is long until the sleeping one is complete.
  GOMP_parallel(do_nothing, NULL, (unsigned)count, 0);
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, 256 << 10);
  // Signals are for the threads that there were before.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  pthread_create(&thread, &attributes, hold_threads, (void *)(uintptr_t)(missing + 1));
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
}

void nnsh_use_threads(int count) {
  bound_spinning(count);
  if (omp_get_max_threads() != count) omp_set_num_threads(count);
}

typedef struct {
  ptrdiff_t blocks;
  void (*body)(void *, ptrdiff_t);
  void *context;
  int whole;
} job;

static void run_blocks(const job *work) {
  ptrdiff_t threads = omp_get_num_threads(), thread = omp_get_thread_num();
  ptrdiff_t first = work->blocks * thread / threads, last = work->blocks * (thread + 1) / threads;
  for (ptrdiff_t block = first; block < last; block++) {
    if (!work->whole && nnsh_interrupt_is_requested()) return;
    work->body(work->context, block);
  }
}

static void run_share(void *work) {
  after_others(work);
  run_blocks(work);
  before_others(work);
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
  bound_spinning((int)threads);
  before_others(&shared);
  GOMP_parallel(run_share, &shared, (unsigned)threads, 0);
  after_others(&shared);
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

static void reach_peak(void *sums, ptrdiff_t thread) {
  ((float *)sums)[16 * thread] = nnsh_kernels()->multiply_adds(peak_rounds);
}

double nnsh_peak_flops(void) {
  enum { most = 64 };
  static float sums[16 * most];
  ptrdiff_t threads = nnsh_thread_count() < most ? nnsh_thread_count() : most;
  double best = 0;
  for (int run = 0; run < peak_runs; run++) {
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    nnsh_parallel_whole(threads, (ptrdiff_t)1 << 30, reach_peak, sums);
    clock_gettime(CLOCK_MONOTONIC, &end);
    double seconds = (double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec);
    double rate = 2.0 * nnsh_kernels()->multiply_add_lanes * peak_rounds * (double)threads / seconds;
    if (rate > best) best = rate;
  }
  return best;
}
