#define _GNU_SOURCE
#include "kernels.h"

#if defined(__linux__)

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

// Several files as one piece of memory. The system maps a file at whole pages only, so that the
// numbers of one cannot follow those of another: here the pages are protected, and whoever touches
// one that is not there is stopped by SIGSEGV, reads it from its files and goes on. Chunks that were
// read and not written make room for others. Each chunk appears and disappears by one call of the
// system, so that other threads see all of it or nothing.

enum { least_chunk = 1 << 20, fewest_chunks = 64, most_chunks = 8192, most_pagings = 256 };
enum { absent, unchanged, changed };

typedef struct {
  // Where the part begins in the memory.
  size_t start, bytes, offset;
  char *path;
  // What the file was like when it was taken.
  dev_t device;
  ino_t inode;
  struct timespec changed;
} part;

struct nnsh_paging {
  char *memory;
  size_t bytes, chunk_bytes, chunks;
  part *parts;
  size_t part_count;
  unsigned char *states;
  // The unchanged chunks, as a queue: the oldest makes room.
  size_t *queue;
  size_t room, first, queued;
  char is_busy;
};

static nnsh_paging *pagings[most_pagings];
static struct sigaction before;

// MARK: reading, by the handler: only calls of the system

// Past the functions of C's library: MPI's libraries put their own in their place, which lock, and of
// which UCX's mremap forgets where to.

static void *map_at(void *place, size_t bytes, int protection, int kind) {
  return (void *)syscall(SYS_mmap, place, bytes, protection, kind, -1, 0);
}

static int move_to(void *place, void *from, size_t bytes) {
  int kind = MREMAP_MAYMOVE | MREMAP_FIXED;
  return (void *)syscall(SYS_mremap, from, bytes, bytes, kind, place) == place;
}

static int read_bytes(const part *p, size_t offset, char *target, size_t bytes) {
  int descriptor = open(p->path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return 0;
  struct stat status;
  // Another content is not the one whose shape is known, and would be taken for a part of this one.
  int is_same = fstat(descriptor, &status) == 0 && status.st_dev == p->device &&
      status.st_ino == p->inode && status.st_mtim.tv_sec == p->changed.tv_sec &&
      status.st_mtim.tv_nsec == p->changed.tv_nsec;
  while (is_same && bytes > 0) {
    ssize_t count = pread(descriptor, target, bytes, (off_t)(p->offset + offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    target += count;
    offset += (size_t)count;
    bytes -= (size_t)count;
  }
  close(descriptor);
  return is_same && bytes == 0;
}

static size_t part_at(const nnsh_paging *p, size_t place) {
  size_t low = 0, high = p->part_count;
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    if (p->parts[middle].start <= place) low = middle;
    else high = middle;
  }
  return low;
}

/// What cannot be read stays zero, and is told as of a file that was cut short.
static void read_chunk(const nnsh_paging *p, size_t start, char *target, size_t bytes) {
  for (size_t i = part_at(p, start); bytes > 0 && i < p->part_count; i++) {
    const part *from = &p->parts[i];
    size_t offset = start - from->start;
    size_t count = from->bytes - offset < bytes ? from->bytes - offset : bytes;
    if (!read_bytes(from, offset, target, count)) nnsh_mapped_file_note_cut();
    start += count;
    target += count;
    bytes -= count;
  }
}

static int protect_again(nnsh_paging *p, size_t chunk) {
  int kind = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
  void *place = p->memory + chunk * p->chunk_bytes;
  if (map_at(place, p->chunk_bytes, PROT_NONE, kind) == MAP_FAILED) return 0;
  p->states[chunk] = absent;
  return 1;
}

/// Makes room of the oldest unchanged chunk; 0 where there is none.
static int forget_oldest(nnsh_paging *p) {
  while (p->queued > 0) {
    size_t chunk = p->queue[p->first];
    p->first = (p->first + 1) % p->room;
    p->queued--;
    if (p->states[chunk] == unchanged) return protect_again(p, chunk);
  }
  return 0;
}

static void *map_fresh(nnsh_paging *p) {
  for (;;) {
    int kind = MAP_PRIVATE | MAP_ANONYMOUS;
    void *fresh = map_at(NULL, p->chunk_bytes, PROT_READ | PROT_WRITE, kind);
    if (fresh != MAP_FAILED) return fresh;
    if (!forget_oldest(p)) return NULL;
  }
}

static int bring(nnsh_paging *p, size_t chunk) {
  if (p->queued == p->room) forget_oldest(p);
  char *fresh = map_fresh(p);
  if (fresh == NULL) return 0;
  size_t start = chunk * p->chunk_bytes, rest = p->bytes - start;
  read_chunk(p, start, fresh, rest < p->chunk_bytes ? rest : p->chunk_bytes);
  syscall(SYS_mprotect, fresh, p->chunk_bytes, PROT_READ);
  if (!move_to(p->memory + start, fresh, p->chunk_bytes)) {
    syscall(SYS_munmap, fresh, p->chunk_bytes);
    return 0;
  }
  p->states[chunk] = unchanged;
  p->queue[(p->first + p->queued++) % p->room] = chunk;
  return 1;
}

/// Whether the fault was a write: 1 or 0, or -1 where the processor does not say.
static int is_write(void *context) {
#if defined(__x86_64__)
  return (((ucontext_t *)context)->uc_mcontext.gregs[REG_ERR] & 2) != 0;
#else
  (void)context;
  return -1;
#endif
}

static int serve(nnsh_paging *p, size_t chunk, void *context) {
  while (__atomic_test_and_set(&p->is_busy, __ATOMIC_ACQUIRE)) sched_yield();
  int is_served = 1;
  if (p->states[chunk] == absent) {
    is_served = bring(p, chunk);
  } else if (p->states[chunk] == unchanged && is_write(context) != 0) {
    // Another thread may have brought it for a reader meanwhile; to take that for a write costs
    // memory, and nothing else.
    void *place = p->memory + chunk * p->chunk_bytes;
    is_served = syscall(SYS_mprotect, place, p->chunk_bytes, PROT_READ | PROT_WRITE) == 0;
    if (is_served) p->states[chunk] = changed;
  }
  __atomic_clear(&p->is_busy, __ATOMIC_RELEASE);
  return is_served;
}

static void on_fault(int number, siginfo_t *info, void *context) {
  int code = errno;
  char *address = info->si_addr;
  for (int i = 0; i < most_pagings; i++) {
    nnsh_paging *p = __atomic_load_n(&pagings[i], __ATOMIC_ACQUIRE);
    if (p == NULL || address < p->memory || address >= p->memory + p->bytes) continue;
    if (!serve(p, (size_t)(address - p->memory) / p->chunk_bytes, context)) break;
    errno = code;
    return;
  }
  // Not ours: as it would have been.
  sigaction(number, &before, NULL);
}

// MARK: making and ending

static int add(nnsh_paging *p) {
  for (int i = 0; i < most_pagings; i++) {
    nnsh_paging *none = NULL;
    if (__atomic_compare_exchange_n(
            &pagings[i], &none, p, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
      return 1;
    }
  }
  return 0;
}

static void handle_faults(void) {
  static int is_ready;
  if (is_ready) return;
  struct sigaction action = {0};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigfillset(&action.sa_mask);
  sigaction(SIGSEGV, &action, &before);
  is_ready = 1;
}

static int take_part(part *p, const nnsh_file_part *given, size_t start) {
  struct stat status;
  // The folder at hand may be another when the part is read.
  char *path = realpath(given->path, NULL);
  if (path == NULL || stat(path, &status) != 0) {
    free(path);
    return 0;
  }
  *p = (part){
      .start = start,
      .bytes = given->bytes,
      .offset = given->offset,
      .path = path,
      .device = status.st_dev,
      .inode = status.st_ino,
      .changed = status.st_mtim,
  };
  return 1;
}

static void release(nnsh_paging *p) {
  if (p->memory != NULL) munmap(p->memory, p->chunks * p->chunk_bytes);
  for (size_t i = 0; i < p->part_count; i++) free(p->parts[i].path);
  free(p->parts);
  free(p->states);
  free(p->queue);
  free(p);
}

/// Chunks that are few enough for the system's count of mappings.
static void choose_chunks(nnsh_paging *p, size_t budget) {
  p->chunk_bytes = least_chunk;
  while (budget / p->chunk_bytes > most_chunks) p->chunk_bytes *= 2;
  p->chunks = (p->bytes + p->chunk_bytes - 1) / p->chunk_bytes;
  p->room = budget / p->chunk_bytes < fewest_chunks ? fewest_chunks : budget / p->chunk_bytes;
}

nnsh_paging *nnsh_page_files(const nnsh_file_part *parts, size_t count, size_t budget) {
  nnsh_paging *p = calloc(1, sizeof *p);
  if (p == NULL) return NULL;
  p->parts = calloc(count, sizeof *p->parts);
  for (size_t i = 0; i < count && p->parts != NULL; i++) {
    if (parts[i].bytes == 0) continue;
    if (!take_part(&p->parts[p->part_count], &parts[i], p->bytes)) break;
    p->part_count++;
    if (__builtin_add_overflow(p->bytes, parts[i].bytes, &p->bytes)) p->bytes = SIZE_MAX;
  }
  size_t wanted = 0;
  for (size_t i = 0; i < count; i++) wanted += parts[i].bytes;
  if (p->bytes == 0 || p->bytes != wanted || p->bytes > SIZE_MAX / 4) {
    release(p);
    return NULL;
  }
  choose_chunks(p, budget);
  p->states = calloc(p->chunks, 1);
  p->queue = calloc(p->room, sizeof *p->queue);
  int kind = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void *memory = mmap(NULL, p->chunks * p->chunk_bytes, PROT_NONE, kind, -1, 0);
  if (memory != MAP_FAILED) p->memory = memory;
  if (p->memory == NULL || p->states == NULL || p->queue == NULL || !add(p)) {
    release(p);
    return NULL;
  }
  handle_faults();
  return p;
}

void *nnsh_paging_memory(nnsh_paging *p) { return p->memory; }

size_t nnsh_paging_held(nnsh_paging *p) {
  size_t held = 0;
  for (size_t i = 0; i < p->chunks; i++) held += p->states[i] != absent;
  return held * p->chunk_bytes;
}

void nnsh_paging_end(nnsh_paging *p) {
  for (int i = 0; i < most_pagings; i++) {
    if (__atomic_load_n(&pagings[i], __ATOMIC_ACQUIRE) != p) continue;
    __atomic_store_n(&pagings[i], NULL, __ATOMIC_RELEASE);
    break;
  }
  release(p);
}

#else

// Without a call that moves pages, another thread could see a chunk that is half read.
nnsh_paging *nnsh_page_files(const nnsh_file_part *parts, size_t count, size_t budget) {
  (void)parts, (void)count, (void)budget;
  return NULL;
}
void *nnsh_paging_memory(nnsh_paging *p) { return (void *)p; }
size_t nnsh_paging_held(nnsh_paging *p) { return p == NULL ? 0 : 1; }
void nnsh_paging_end(nnsh_paging *p) { (void)p; }

#endif
