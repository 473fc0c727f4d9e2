#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "kernels.h"

// The team: threads that are made when work is first shared, and kept. Who waits, a worker for
// work or the caller for the workers, first looks again and again, for the next piece of a training
// step comes within microseconds and waking a sleeping thread takes some fifty; then it sleeps.
// It soon offers the processor to others between looks, so a busy machine loses little by it.

enum { most_threads = 1024, looks_between_clocks = 32 };
enum { quiet_nanoseconds = 20000, looking_nanoseconds = 200000, active_nanoseconds = 5000000 };

// How long to look, by OMP_WAIT_POLICY; not at all where threads share processors.
static int64_t looking_time;
static int processors;

static void choose_looking_time(void) {
  const char *policy = getenv("OMP_WAIT_POLICY");
  processors = nnsh_processor_count();
  looking_time = policy == NULL                   ? looking_nanoseconds
      : strcasecmp(policy, "passive") == 0 ? 0
      : strcasecmp(policy, "active") == 0  ? active_nanoseconds
                                           : looking_nanoseconds;
}

static int64_t nanoseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static inline void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// The number of a job, which one thread raises and one other waits for.
typedef struct {
  unsigned job;
  int sleeps;
  pthread_mutex_t mutex;
  pthread_cond_t raised;
} gate;

static void gate_raise(gate *g, unsigned job) {
  // Either the waiter sees the new number before it sleeps, or this sees that it means to sleep.
  __atomic_store_n(&g->job, job, __ATOMIC_SEQ_CST);
  if (!__atomic_load_n(&g->sleeps, __ATOMIC_SEQ_CST)) return;
  pthread_mutex_lock(&g->mutex);
  pthread_cond_signal(&g->raised);
  pthread_mutex_unlock(&g->mutex);
}

// Waits for another number than the one that is known, and returns it.
static unsigned gate_await(gate *g, unsigned known, int64_t patience) {
  unsigned job = __atomic_load_n(&g->job, __ATOMIC_SEQ_CST);
  if (job != known) return job;
  int64_t start = patience > 0 ? nanoseconds() : 0, waited = 0;
  while (waited < patience) {
    for (int look = 0; look < looks_between_clocks; look++) {
      job = __atomic_load_n(&g->job, __ATOMIC_SEQ_CST);
      if (job != known) return job;
      pause_briefly();
    }
    waited = nanoseconds() - start;
    if (waited > quiet_nanoseconds) sched_yield();
  }
  pthread_mutex_lock(&g->mutex);
  __atomic_store_n(&g->sleeps, 1, __ATOMIC_SEQ_CST);
  while ((job = __atomic_load_n(&g->job, __ATOMIC_SEQ_CST)) == known) {
    pthread_cond_wait(&g->raised, &g->mutex);
  }
  __atomic_store_n(&g->sleeps, 0, __ATOMIC_SEQ_CST);
  pthread_mutex_unlock(&g->mutex);
  return job;
}

typedef struct {
  // What the caller raises and the worker waits for, and the other way round: on lines of their own.
  _Alignas(64) gate given;
  _Alignas(64) gate done;
  // The last job that somebody has taken, the worker or, where it is late, the caller.
  _Alignas(64) unsigned taken;
  void (*body)(void *, int);
  void *context;
  int index;
  // Whether the caller did the last job in its place; the caller's alone.
  int was_late;
} worker;

// Whether this thread is the one that does the job. The next job is given only after this one was
// taken and done, so what it is stays in place until then.
static int worker_take(worker *w, unsigned job) {
  unsigned before = job - 1;
  return __atomic_compare_exchange_n(
      &w->taken, &before, job, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static worker *workers[most_threads];
static int worker_count;
// Whoever has the team; a second caller at the same time works alone.
static pthread_mutex_t team_mutex = PTHREAD_MUTEX_INITIALIZER;
// Whether this thread is at work for the team, so that work within work is not shared again.
static _Thread_local int is_at_work;

static int64_t patience(void) {
  return __atomic_load_n(&worker_count, __ATOMIC_RELAXED) < processors ? looking_time : 0;
}

static void worker_await(worker *w) {
  unsigned done;
  while ((done = __atomic_load_n(&w->done.job, __ATOMIC_SEQ_CST)) != w->given.job) {
    gate_await(&w->done, done, patience());
  }
}

// oneDNN's kernels keep data far below the stack's pointer, where a handler would overwrite it.
static void use_own_signal_stack(void) {
  stack_t stack = {.ss_size = 1 << 16};
  stack.ss_sp = malloc(stack.ss_size);
  if (stack.ss_sp != NULL) sigaltstack(&stack, NULL);
}

static void *work(void *argument) {
  worker *self = argument;
  use_own_signal_stack();
  is_at_work = 1;
  for (unsigned job = 0;;) {
    job = gate_await(&self->given, job, patience());
    if (!worker_take(self, job)) continue;
    self->body(self->context, self->index);
    gate_raise(&self->done, job);
  }
  return NULL;
}

static int add_worker(void) {
  void *memory = NULL;
  if (posix_memalign(&memory, 64, sizeof(worker)) != 0) return 0;
  worker *added = memory;
  memset(added, 0, sizeof *added);
  pthread_mutex_init(&added->given.mutex, NULL);
  pthread_cond_init(&added->given.raised, NULL);
  pthread_mutex_init(&added->done.mutex, NULL);
  pthread_cond_init(&added->done.raised, NULL);
  added->index = worker_count + 1;
  // Signals are for the threads that there were before, but for those that a file used as memory
  // raises in whoever reads it.
  sigset_t others, before;
  sigfillset(&others);
  sigdelset(&others, SIGBUS);
  sigdelset(&others, SIGSEGV);
  pthread_sigmask(SIG_SETMASK, &others, &before);
  pthread_t thread;
  int failed = pthread_create(&thread, NULL, work, added);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (failed) {
    free(added);
    return 0;
  }
  pthread_detach(thread);
  workers[worker_count] = added;
  __atomic_store_n(&worker_count, worker_count + 1, __ATOMIC_RELAXED);
  return 1;
}

static void run_alone(int shares, void (*body)(void *, int), void *context) {
  for (int share = 0; share < shares; share++) body(context, share);
}

void nnsh_team_run(int shares, void (*body)(void *, int), void *context) {
  if (shares < 2 || is_at_work || pthread_mutex_trylock(&team_mutex) != 0) {
    run_alone(shares, body, context);
    return;
  }
  static int is_chosen;
  if (!is_chosen) choose_looking_time();
  is_chosen = 1;
  is_at_work = 1;
  while (worker_count < shares - 1 && worker_count < most_threads && add_worker()) {}
  int helpers = worker_count < shares - 1 ? worker_count : shares - 1;
  for (int i = 0; i < helpers; i++) {
    workers[i]->body = body;
    workers[i]->context = context;
    gate_raise(&workers[i]->given, workers[i]->given.job + 1);
  }
  body(context, 0);
  for (int share = helpers + 1; share < shares; share++) body(context, share);
  for (int i = 0; i < helpers; i++) {
    worker *helper = workers[i];
    // On a busy machine a worker may not have begun: waiting for it would take a turn of the
    // scheduler, longer than most shares.
    helper->was_late = worker_take(helper, helper->given.job);
    if (helper->was_late) body(context, helper->index);
  }
  for (int i = 0; i < helpers; i++) {
    if (!workers[i]->was_late) worker_await(workers[i]);
  }
  is_at_work = 0;
  pthread_mutex_unlock(&team_mutex);
}

int nnsh_team_is_at_work(void) { return is_at_work; }

static int thread_count;

int nnsh_thread_count(void) {
  int count = __atomic_load_n(&thread_count, __ATOMIC_RELAXED);
  if (count == 0) {
    const char *wish = getenv("OMP_NUM_THREADS");
    count = wish == NULL ? 0 : atoi(wish);
    nnsh_set_thread_count(count > 0 ? count : nnsh_processor_count());
    count = __atomic_load_n(&thread_count, __ATOMIC_RELAXED);
  }
  return count;
}

void nnsh_set_thread_count(int count) {
  int bounded = count < 1 ? 1 : count > most_threads ? most_threads : count;
  __atomic_store_n(&thread_count, bounded, __ATOMIC_RELAXED);
}
