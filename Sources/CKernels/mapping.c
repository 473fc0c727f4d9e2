#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernels.h"

// Files as memory. A file that another program cuts short while it is mapped would end the process
// with SIGBUS at the next look at what is gone: there zeros appear instead, and a flag is set.

enum { most_mappings = 4096 };

static struct {
  uintptr_t start;
  size_t bytes;
} mappings[most_mappings];
static int was_cut;
static struct sigaction before;

void nnsh_mapped_file_note_cut(void) { __atomic_store_n(&was_cut, 1, __ATOMIC_RELAXED); }

static void on_bus_error(int number, siginfo_t *info, void *context) {
  uintptr_t address = (uintptr_t)info->si_addr;
  for (int i = 0; i < most_mappings; i++) {
    uintptr_t start = __atomic_load_n(&mappings[i].start, __ATOMIC_ACQUIRE);
    if (start == 0 || address < start || address >= start + mappings[i].bytes) continue;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *place = (void *)(address / page * page);
    int kind = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    if (mmap(place, page, PROT_READ | PROT_WRITE, kind, -1, 0) != MAP_FAILED) {
      nnsh_mapped_file_note_cut();
      return;
    }
  }
  // Not ours: as it would have been.
  sigaction(number, &before, NULL);
  (void)context;
}

static int add(void *start, size_t bytes) {
  for (int i = 0; i < most_mappings; i++) {
    if (__atomic_load_n(&mappings[i].start, __ATOMIC_ACQUIRE) != 0) continue;
    mappings[i].bytes = bytes;
    uintptr_t none = 0;
    if (__atomic_compare_exchange_n(
            &mappings[i].start, &none, (uintptr_t)start, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
      return 1;
    }
  }
  return 0;
}

void *nnsh_map_file(int descriptor, size_t offset, size_t bytes) {
  static int is_ready;
  if (!is_ready) {
    struct sigaction action = {0};
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigaction(SIGBUS, &action, &before);
    is_ready = 1;
  }
  size_t page = (size_t)sysconf(_SC_PAGESIZE), shift = offset % page;
  // Private: what is written stays in this process, and the file as it is.
  void *start = mmap(
      NULL, bytes + shift, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, descriptor,
      (off_t)(offset - shift));
  if (start == MAP_FAILED) return NULL;
  if (!add(start, bytes + shift)) {
    munmap(start, bytes + shift);
    return NULL;
  }
  return (char *)start + shift;
}

void nnsh_unmap_file(void *memory, size_t bytes) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE), shift = (uintptr_t)memory % page;
  uintptr_t start = (uintptr_t)memory - shift;
  for (int i = 0; i < most_mappings; i++) {
    if (__atomic_load_n(&mappings[i].start, __ATOMIC_ACQUIRE) != start) continue;
    __atomic_store_n(&mappings[i].start, 0, __ATOMIC_RELEASE);
    break;
  }
  munmap((void *)start, bytes + shift);
}

int nnsh_mapped_file_was_cut(void) { return __atomic_exchange_n(&was_cut, 0, __ATOMIC_RELAXED); }
