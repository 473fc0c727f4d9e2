#include "kernels.h"
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

// Freed pieces from 64 kilobytes up are kept for the next allocation of their size class: fresh
// pages would be zeroed by the kernel and mapped one fault at a time.
enum { slots = 256 };
static const size_t large = (size_t)1 << 16;
static const size_t pool_limit = (size_t)512 << 20;
typedef struct {
  void *pointer;
  size_t bytes;
} piece;
static piece pool[slots];
static size_t pooled;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/// Sizes are rounded up to an eighth of their power of two, so that near sizes share pieces.
static size_t rounded(size_t bytes) {
  if (bytes < large) return (bytes + 63) / 64 * 64 + (bytes == 0 ? 64 : 0);
  size_t step = ((size_t)1 << (63 - __builtin_clzll(bytes))) / 8;
  return (bytes + step - 1) / step * step;
}

/// Pieces from two of them up lie on huge pages.
static const size_t huge_page = (size_t)2 << 20;

static size_t whole_pages(size_t size) {
  size_t page = size >= 2 * huge_page ? huge_page : 4096;
  return (size + page - 1) / page * page;
}

/// Gives a piece back to the heap, which has other uses for its place: small pieces that lie far
/// apart there would each keep a huge page.
static void give_back(void *pointer, size_t size) {
#if defined(MADV_NOHUGEPAGE)
  if (size >= 2 * huge_page) madvise(pointer, whole_pages(size), MADV_NOHUGEPAGE);
#endif
  free(pointer);
}

int nnsh_pool_has(size_t bytes) {
  size_t size = rounded(bytes);
  int found = 0;
  pthread_mutex_lock(&lock);
  for (int i = 0; i < slots; i++) found |= pool[i].bytes == size;
  pthread_mutex_unlock(&lock);
  return found;
}

static void *take(size_t size) {
  void *pointer = NULL;
  pthread_mutex_lock(&lock);
  for (int i = 0; i < slots && pointer == NULL; i++) {
    if (pool[i].bytes != size) continue;
    pointer = pool[i].pointer;
    pooled -= size;
    pool[i].bytes = 0;
  }
  pthread_mutex_unlock(&lock);
  return pointer;
}

void nnsh_pool_empty(void) {
  pthread_mutex_lock(&lock);
  for (int i = 0; i < slots; i++) {
    if (pool[i].bytes != 0) give_back(pool[i].pointer, pool[i].bytes);
    pool[i].bytes = 0;
  }
  pooled = 0;
  pthread_mutex_unlock(&lock);
}

size_t nnsh_pool_bytes(void) {
  pthread_mutex_lock(&lock);
  size_t bytes = pooled;
  pthread_mutex_unlock(&lock);
  return bytes;
}

void *nnsh_allocate(size_t bytes) {
  size_t size = rounded(bytes);
  if (size < bytes) return NULL;
  // Few numbers gain nothing from a cache line of their own, and malloc is quickest without.
  if (size <= 512) return malloc(size);
  if (size < large) return aligned_alloc(64, size);
  void *pointer = take(size);
  if (pointer != NULL) return pointer;
  size_t alignment = size >= 2 * huge_page ? huge_page : 4096, whole = whole_pages(size);
  pointer = aligned_alloc(alignment, whole);
  if (pointer == NULL) {
    nnsh_pool_empty();
    pointer = aligned_alloc(alignment, whole);
  }
#if defined(MADV_HUGEPAGE)
  if (pointer != NULL && alignment == huge_page) madvise(pointer, whole, MADV_HUGEPAGE);
#endif
  return pointer;
}

void nnsh_release(void *pointer, size_t bytes) {
  size_t size = rounded(bytes);
  if (size < large || size > pool_limit / 2) {
    give_back(pointer, size);
    return;
  }
  piece evicted[slots];
  int evictions = 0;
  pthread_mutex_lock(&lock);
  int place = -1;
  for (int i = 0; i < slots; i++) {
    // Whatever does not fit beside the newest goes; the newest is the likeliest to be wanted.
    if (pool[i].bytes != 0 && pooled + size > pool_limit) {
      evicted[evictions++] = pool[i];
      pooled -= pool[i].bytes;
      pool[i].bytes = 0;
    }
    if (pool[i].bytes == 0) place = i;
  }
  if (place < 0) {
    place = 0;
    evicted[evictions++] = pool[0];
    pooled -= pool[0].bytes;
  }
  pool[place].pointer = pointer;
  pool[place].bytes = size;
  pooled += size;
  pthread_mutex_unlock(&lock);
  for (int i = 0; i < evictions; i++) give_back(evicted[i].pointer, evicted[i].bytes);
}
