#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernels.h"

// LAPACK is looked for at the first decomposition, so that starting nnsh costs nothing for it:
// OpenBLAS's, which is some five times as fast, before the reference's. It heeds no interruption: it
// works on a thread of its own with copies of its own, which an interruption leaves to finish alone.

typedef struct {
  nnsh_decomposition kind;
  int m, n, columns;
  double *a, *b, *c;
  ptrdiff_t a_count, b_count, c_count;
  double condition;
  int status;
  // Who comes second frees it: the thread when it is done, or who waits for it.
  int is_done, is_left;
  pthread_mutex_t lock;
  pthread_cond_t done;
} job;

static void *library;

/// OpenBLAS makes its threads while it is opened, as many as this says. One, unless the user asks
/// for more: the order of its sums would follow their number, and they would wait in loops beside
/// the team's.
static const char thread_count[] = "OPENBLAS_NUM_THREADS";

static void open_library(void) {
  int is_given = getenv(thread_count) != NULL;
  if (!is_given) setenv(thread_count, "1", 0);
  library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (!library || !dlsym(library, "dgesv_")) library = dlopen("liblapack.so.3", RTLD_NOW | RTLD_LOCAL);
  if (!is_given) unsetenv(thread_count);
}

static void *routine(const char *name) {
  if (!library) open_library();
  return library ? dlsym(library, name) : NULL;
}

int nnsh_lapack_is_there(void) { return routine("dgesv_") != NULL; }

static int min_of(int a, int b) { return a < b ? a : b; }
static int max_of(int a, int b) { return a > b ? a : b; }

/// A workspace's length as LAPACK can count it; it refuses one that is too short.
static int length_of(double size) { return size < 1 ? 1 : size > INT_MAX ? INT_MAX : (int)size; }

static double norm_of_columns(const double *a, int n) {
  double norm = 0;
  for (int j = 0; j < n; j++) {
    double sum = 0;
    for (int i = 0; i < n; i++) sum += __builtin_fabs(a[(ptrdiff_t)j * n + i]);
    norm = sum > norm ? sum : norm;
  }
  return norm;
}

/// LU with partial pivoting, in place; the reciprocal condition number in the 1-norm. b: pivots.
static int factor(job *work) {
  void (*dgetrf)(int *, int *, double *, int *, int *, int *) = routine("dgetrf_");
  void (*dgecon)(const char *, int *, double *, int *, double *, double *, double *, int *, int *) =
      routine("dgecon_");
  if (!dgetrf || !dgecon) return -100;
  int n = work->n, info = 0, leading = max_of(1, n);
  double norm = norm_of_columns(work->a, n);
  int *pivots = malloc(sizeof(int) * (size_t)max_of(1, n));
  double *space = malloc(sizeof(double) * 4 * (size_t)max_of(1, n));
  int *whole = malloc(sizeof(int) * (size_t)max_of(1, n));
  if (!pivots || !space || !whole) info = -101;
  if (info == 0) dgetrf(&n, &n, work->a, &leading, pivots, &info);
  work->condition = 0;
  if (info == 0 && n > 0) {
    int status = 0;
    dgecon("1", &n, work->a, &leading, &norm, &work->condition, space, whole, &status);
  } else if (n == 0) {
    work->condition = 1;
  }
  if (info >= 0 && work->kind == nnsh_solving && work->condition > 0) {
    void (*dgetrs)(const char *, int *, int *, double *, int *, int *, double *, int *, int *) =
        routine("dgetrs_");
    int status = 0;
    if (dgetrs) dgetrs("N", &n, &work->columns, work->a, &leading, pivots, work->b, &leading, &status);
  }
  // The determinant's sign is that of the pivots.
  if (info >= 0 && work->kind == nnsh_determinant) {
    double product = 1;
    for (int i = 0; i < n; i++) {
      product *= work->a[(ptrdiff_t)i * n + i] * (pivots[i] == i + 1 ? 1 : -1);
    }
    work->c[0] = product;
  }
  free(pivots);
  free(space);
  free(whole);
  return info < 0 ? info : 0;
}

static int cholesky(job *work) {
  void (*dpotrf)(const char *, int *, double *, int *, int *) = routine("dpotrf_");
  if (!dpotrf) return -100;
  int n = work->n, info = 0, leading = max_of(1, n);
  dpotrf("L", &n, work->a, &leading, &info);
  for (int j = 0; j < n; j++) {
    for (int i = 0; i < j; i++) work->a[(ptrdiff_t)j * n + i] = 0;
  }
  return info;
}

/// Eigenvalues ascending into c, the vectors into the columns of a.
static int eigen(job *work) {
  void (*dsyevd)(const char *, const char *, int *, double *, int *, double *, double *, int *,
                 int *, int *, int *) = routine("dsyevd_");
  if (!dsyevd) return -100;
  int n = work->n, info = 0, leading = max_of(1, n), query = -1, whole_size = 0;
  double size = 0;
  dsyevd("V", "L", &n, work->a, &leading, work->c, &size, &query, &whole_size, &query, &info);
  int length = length_of(size);
  double *space = malloc(sizeof(double) * (size_t)length);
  int *whole = malloc(sizeof(int) * (size_t)max_of(1, whole_size));
  if (space && whole) {
    dsyevd("V", "L", &n, work->a, &leading, work->c, space, &length, whole, &whole_size, &info);
  } else {
    info = -101;
  }
  free(space);
  free(whole);
  return info;
}

/// Reduced: u (m×k) into b, the values into the first k of c, vᵀ (k×n) after them.
static int singular(job *work) {
  void (*dgesdd)(const char *, int *, int *, double *, int *, double *, double *, int *, double *,
                 int *, double *, int *, int *, int *) = routine("dgesdd_");
  if (!dgesdd) return -100;
  int m = work->m, n = work->n, k = min_of(m, n), info = 0, query = -1;
  int leading = max_of(1, m), rows = max_of(1, k);
  int *whole = malloc(sizeof(int) * 8 * (size_t)max_of(1, k));
  double size = 0;
  if (!whole) return -101;
  dgesdd("S", &m, &n, work->a, &leading, work->c, work->b, &leading, work->c + k, &rows, &size,
         &query, whole, &info);
  int length = length_of(size);
  double *space = malloc(sizeof(double) * (size_t)length);
  if (space) {
    dgesdd("S", &m, &n, work->a, &leading, work->c, work->b, &leading, work->c + k, &rows, space,
           &length, whole, &info);
  } else {
    info = -101;
  }
  free(space);
  free(whole);
  return info;
}

/// Reduced: r (k×n) into c, q (m×k) into the first columns of a.
static int orthogonal(job *work) {
  void (*dgeqrf)(int *, int *, double *, int *, double *, double *, int *, int *) =
      routine("dgeqrf_");
  void (*dorgqr)(int *, int *, int *, double *, int *, double *, double *, int *, int *) =
      routine("dorgqr_");
  if (!dgeqrf || !dorgqr) return -100;
  int m = work->m, n = work->n, k = min_of(m, n), info = 0, leading = max_of(1, m);
  int length = length_of(64.0 * n);
  double *scales = malloc(sizeof(double) * (size_t)max_of(1, k));
  double *space = malloc(sizeof(double) * (size_t)length);
  if (scales && space) {
    dgeqrf(&m, &n, work->a, &leading, scales, space, &length, &info);
    for (int j = 0; j < n; j++) {
      for (int i = 0; i < k; i++) {
        work->c[(ptrdiff_t)j * k + i] = i <= j ? work->a[(ptrdiff_t)j * m + i] : 0;
      }
    }
    if (info == 0) dorgqr(&m, &k, &k, work->a, &leading, scales, space, &length, &info);
  } else {
    info = -101;
  }
  free(scales);
  free(space);
  return info;
}

/// Least squares by singular values: b is max(m, n)×columns; its first n rows are the solution.
static int least_squares(job *work) {
  void (*dgelsd)(int *, int *, int *, double *, int *, double *, int *, double *, double *, int *,
                 double *, int *, int *, int *) = routine("dgelsd_");
  if (!dgelsd) return -100;
  int m = work->m, n = work->n, k = min_of(m, n), info = 0, query = -1, rank = 0, whole_size = 0;
  int leading = max_of(1, m), rows = max_of(1, max_of(m, n));
  double size = 0, smallest = 2.220446049250313e-16 * max_of(m, n);
  double *values = malloc(sizeof(double) * (size_t)max_of(1, k));
  if (!values) return -101;
  dgelsd(&m, &n, &work->columns, work->a, &leading, work->b, &rows, values, &smallest, &rank, &size,
         &query, &whole_size, &info);
  int length = length_of(size);
  double *space = malloc(sizeof(double) * (size_t)length);
  int *whole = malloc(sizeof(int) * (size_t)max_of(1, whole_size));
  if (space && whole) {
    dgelsd(&m, &n, &work->columns, work->a, &leading, work->b, &rows, values, &smallest, &rank,
           space, &length, whole, &info);
  } else {
    info = -101;
  }
  free(space);
  free(whole);
  free(values);
  return info;
}

static int run(job *work) {
  switch (work->kind) {
    case nnsh_solving:
    case nnsh_determinant: return factor(work);
    case nnsh_cholesky: return cholesky(work);
    case nnsh_eigenvalues: return eigen(work);
    case nnsh_singular_values: return singular(work);
    case nnsh_orthogonal: return orthogonal(work);
    case nnsh_least_squares: return least_squares(work);
  }
  return -100;
}

static void release(job *work) {
  pthread_mutex_destroy(&work->lock);
  pthread_cond_destroy(&work->done);
  free(work->a);
  free(work->b);
  free(work->c);
  free(work);
}

static void *work_alone(void *context) {
  job *work = context;
  int status = run(work);
  pthread_mutex_lock(&work->lock);
  work->status = status;
  work->is_done = 1;
  int is_left = work->is_left;
  pthread_cond_signal(&work->done);
  pthread_mutex_unlock(&work->lock);
  if (is_left) release(work);
  return NULL;
}

/// Waits for the thread, looking for an interruption every few milliseconds; whether it was heeded.
static int wait_for(job *work) {
  pthread_mutex_lock(&work->lock);
  while (!work->is_done) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 5000000;
    if (until.tv_nsec >= 1000000000) {
      until.tv_nsec -= 1000000000;
      until.tv_sec += 1;
    }
    pthread_cond_timedwait(&work->done, &work->lock, &until);
    if (!work->is_done && nnsh_interrupt_is_requested()) {
      work->is_left = 1;
      pthread_mutex_unlock(&work->lock);
      return 1;
    }
  }
  pthread_mutex_unlock(&work->lock);
  return 0;
}

/// Copies in pieces, and stops at an interruption; whether there was none.
static int copy(double *to, const double *from, ptrdiff_t count) {
  const ptrdiff_t piece = 1 << 18;
  for (ptrdiff_t start = 0; start < count; start += piece) {
    if (count > piece && nnsh_interrupt_is_requested()) return 0;
    ptrdiff_t rest = count - start;
    memcpy(to + start, from + start, sizeof(double) * (size_t)(rest < piece ? rest : piece));
  }
  return 1;
}

static double *room_for(ptrdiff_t count) {
  return malloc(sizeof(double) * (size_t)(count > 0 ? count : 1));
}

int nnsh_decompose(nnsh_decomposition kind, int m, int n, int columns, double *a,
                   ptrdiff_t a_count, double *b, ptrdiff_t b_count, double *c, ptrdiff_t c_count,
                   double *condition) {
  // Here, where no other thread reads the environment meanwhile.
  if (!nnsh_lapack_is_there()) return -100;
  job *work = calloc(1, sizeof(job));
  if (!work) return -101;
  *work = (job){.kind = kind, .m = m, .n = n, .columns = columns, .a = room_for(a_count),
                .b = room_for(b_count), .c = room_for(c_count), .a_count = a_count,
                .b_count = b_count, .c_count = c_count};
  pthread_mutex_init(&work->lock, NULL);
  pthread_cond_init(&work->done, NULL);
  if (!work->a || !work->b || !work->c) {
    release(work);
    return -101;
  }
  if (!copy(work->a, a, a_count) || !copy(work->b, b, b_count)) {
    release(work);
    return -102;
  }
  pthread_t thread;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, 8 << 20);
  // A small one is done before anybody could want to stop it.
  int is_small = (double)m * n * max_of(1, min_of(m, n)) < 1e6;
  if (is_small || pthread_create(&thread, &attributes, work_alone, work) != 0) {
    work->status = run(work);
  } else if (wait_for(work)) {
    pthread_attr_destroy(&attributes);
    return -102;
  }
  pthread_attr_destroy(&attributes);
  int status = work->status;
  if (!copy(a, work->a, a_count) || !copy(b, work->b, b_count) || !copy(c, work->c, c_count)) {
    status = -102;
  }
  *condition = work->condition;
  release(work);
  return status;
}
