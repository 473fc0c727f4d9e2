#define _GNU_SOURCE
#include "kernels.h"
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

// Every allocation of the process passes here, Swift's own included: Swift ends the process where
// an allocation fails, so shortage must be noticed before. After each few megabytes asked for, the
// memory that is left is looked at; where it runs short a flag is set, at which loops, calls and
// long work stop with an error. An allocation that fails all the same is served from a reserve.

/// How much may be asked for between two looks, and what is too small to be refused.
static const size_t quantum = (size_t)4 << 20;
static const size_t smallest_checked = (size_t)16 << 20;

/// What is kept back for the work after an error: a thirty-second of all there is.
static size_t margin(void) {
  static size_t bytes;
  size_t known = __atomic_load_n(&bytes, __ATOMIC_RELAXED);
  if (known != 0) return known;
  known = nnsh_memory_limit() / 32;
  if (known > (size_t)256 << 20) known = (size_t)256 << 20;
  if (known < (size_t)8 << 20) known = (size_t)8 << 20;
  __atomic_store_n(&bytes, known, __ATOMIC_RELAXED);
  return known;
}

/// Below this much the flag is set; 0 stands for the whole margin. It sinks with each report, so
/// that a session which holds nearly all memory can go on with the rest, and rises again when
/// memory is given back.
static size_t lowered_mark;

static size_t mark(void) {
  size_t lowered = __atomic_load_n(&lowered_mark, __ATOMIC_RELAXED);
  return lowered == 0 ? margin() : lowered;
}

/// Address space that nothing uses, given up where an allocation fails.
static void *reserve;
static const size_t reserve_bytes = (size_t)16 << 20;

static int space_is_limited(void) {
  struct rlimit bound;
  return getrlimit(RLIMIT_AS, &bound) == 0 && bound.rlim_cur != RLIM_INFINITY;
}

static void fill_reserve(void) {
  if (__atomic_load_n(&reserve, __ATOMIC_RELAXED) != NULL || !space_is_limited()) return;
  void *pages = mmap(
      NULL, reserve_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages != MAP_FAILED) __atomic_store_n(&reserve, pages, __ATOMIC_RELAXED);
}

void nnsh_memory_prepare(void) {
  // Each arena of malloc's takes 64 MB of address space at once.
  if (space_is_limited()) mallopt(M_ARENA_MAX, 1);
  fill_reserve();
}

/// What can be had after all that is only kept for speed has been let go.
static size_t available_after_release(void) {
  nnsh_pool_empty();
  nnsh_stack_release_unused();
  malloc_trim(0);
  return nnsh_available_memory();
}

void nnsh_memory_release_unused(void) { available_after_release(); }

int nnsh_memory_suffices(size_t bytes) {
  if (bytes < smallest_checked) return 1;
  size_t kept = mark();
  size_t available = nnsh_available_memory();
  if (available > kept && available - kept >= bytes) return 1;
  available = available_after_release();
  return available > kept && available - kept >= bytes;
}

// MARK: - Looking

static long long milliseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  return (long long)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/// Looks how much memory is left: while there is plenty, at most every few milliseconds.
static void look(void) {
  static long long next;
  static size_t seen;
  size_t limit = mark();
  long long now = milliseconds();
  int was_plenty = __atomic_load_n(&seen, __ATOMIC_RELAXED) / 8 > limit;
  if (was_plenty && now < __atomic_load_n(&next, __ATOMIC_RELAXED)) return;
  size_t available = nnsh_available_memory();
  if (available < limit) available = available_after_release();
  __atomic_store_n(&seen, available, __ATOMIC_RELAXED);
  __atomic_store_n(&next, now + 20, __ATOMIC_RELAXED);
  if (available < limit) {
    __atomic_store_n(&lowered_mark, available / 2 + 1, __ATOMIC_RELAXED);
    nnsh_memory_set_short(1);
  } else if (available > 2 * margin()) {
    __atomic_store_n(&lowered_mark, 0, __ATOMIC_RELAXED);
    fill_reserve();
  }
}

/// What this thread has asked for since it last looked; below 0 while it looks.
static _Thread_local ptrdiff_t asked;

static void look_now(void) {
  asked = PTRDIFF_MIN / 2;
  look();
  asked = 0;
}

static inline void count(size_t bytes) {
  asked += bytes < quantum ? (ptrdiff_t)bytes : (ptrdiff_t)quantum;
  if (__builtin_expect(asked >= (ptrdiff_t)quantum, 0)) look_now();
}

/// Whether an allocation that failed is worth another try.
static int made_room(void) {
  nnsh_memory_set_short(1);
  void *pages = __atomic_exchange_n(&reserve, NULL, __ATOMIC_RELAXED);
  if (pages != NULL && munmap(pages, reserve_bytes) == 0) return 1;
  size_t pooled = nnsh_pool_bytes();
  nnsh_pool_empty();
  return pooled > 0;
}

// MARK: - Address space

void *nnsh_reserve(size_t bytes) {
  const int protection = PROT_READ | PROT_WRITE;
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void *space = mmap(NULL, bytes, protection, flags, -1, 0);
  if (space == MAP_FAILED && made_room()) space = mmap(NULL, bytes, protection, flags, -1, 0);
  return space == MAP_FAILED ? NULL : space;
}

void nnsh_give_up(void *space, size_t bytes) { munmap(space, bytes); }

// MARK: - malloc

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define has_sanitizer 1
#endif
#endif

#if defined(has_sanitizer)

/// Called by the sanitizer's own malloc.
void __sanitizer_malloc_hook(const volatile void *pointer, size_t bytes);
void __sanitizer_malloc_hook(const volatile void *pointer, size_t bytes) {
  (void)pointer;
  // The sanitizer's own bookkeeping passes here before thread-local variables exist.
  if (bytes >= quantum) look();
}

#elif defined(__GLIBC__)

// glibc's own functions under their other names.
extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *pointer, size_t bytes);
extern void *__libc_memalign(size_t alignment, size_t bytes);

void *malloc(size_t bytes) {
  void *pointer = __libc_malloc(bytes);
  if (__builtin_expect(pointer == NULL, 0) && made_room()) pointer = __libc_malloc(bytes);
  count(bytes);
  return pointer;
}

void *calloc(size_t number, size_t size) {
  void *pointer = __libc_calloc(number, size);
  if (__builtin_expect(pointer == NULL, 0) && made_room()) pointer = __libc_calloc(number, size);
  size_t bytes;
  count(__builtin_mul_overflow(number, size, &bytes) ? quantum : bytes);
  return pointer;
}

void *realloc(void *old, size_t bytes) {
  void *pointer = __libc_realloc(old, bytes);
  if (__builtin_expect(pointer == NULL && bytes > 0, 0) && made_room()) {
    pointer = __libc_realloc(old, bytes);
  }
  count(bytes);
  return pointer;
}

void *memalign(size_t alignment, size_t bytes) {
  void *pointer = __libc_memalign(alignment, bytes);
  if (__builtin_expect(pointer == NULL, 0) && made_room()) {
    pointer = __libc_memalign(alignment, bytes);
  }
  count(bytes);
  return pointer;
}

void *aligned_alloc(size_t alignment, size_t bytes) { return memalign(alignment, bytes); }

int posix_memalign(void **place, size_t alignment, size_t bytes) {
  if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) {
    return EINVAL;
  }
  void *pointer = memalign(alignment, bytes);
  if (pointer == NULL) return ENOMEM;
  *place = pointer;
  return 0;
}

#endif

// MARK: - The stack

/// Below this address the calling thread's stack is nearly used up; 0 until it is known.
static _Thread_local uintptr_t low_address;

/// The lower quarter of a stack, or 32 MB of it, is for whoever must stop there.
static void find_low_address(void) {
  pthread_attr_t attributes;
  void *bottom = NULL;
  size_t size = 0;
  low_address = 1;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
  if (pthread_attr_getstack(&attributes, &bottom, &size) == 0) {
    size_t kept = size / 4 < ((size_t)32 << 20) ? size / 4 : (size_t)32 << 20;
    low_address = (uintptr_t)bottom + kept;
  }
  pthread_attr_destroy(&attributes);
}

void nnsh_stack_release_unused(void) {
  pthread_attr_t attributes;
  void *bottom = NULL;
  size_t size = 0;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
  int failure = pthread_attr_getstack(&attributes, &bottom, &size);
  pthread_attr_destroy(&attributes);
  if (failure != 0) return;
  // What the calls from here on may take stays.
  const uintptr_t page = 4096, near = (uintptr_t)256 << 10;
  uintptr_t start = ((uintptr_t)bottom + page - 1) / page * page;
  uintptr_t end = ((uintptr_t)__builtin_frame_address(0) - near) / page * page;
  if (end > start && end - start < size) madvise((void *)start, end - start, MADV_DONTNEED);
}

int nnsh_stack_is_low(void) {
  if (__builtin_expect(low_address == 0, 0)) find_low_address();
  return (uintptr_t)__builtin_frame_address(0) < low_address;
}
