#include "groups.h"
#include "kernels.h"
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

// How much memory can still be had: the least of what the machine has left, what each control
// group around the process leaves it (version 1 and 2), and the process's own limits (`ulimit -v`,
// `ulimit -d`). Nothing here allocates: it is asked when memory is about to run out.

/// The number after a word that begins a line; 0 where there is none.
static size_t field(const char *text, const char *word) {
  size_t length = strlen(word);
  for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
    if (*line == '\n') line++;
    if (strncmp(line, word, length) == 0) return (size_t)strtoull(line + length, NULL, 10);
  }
  return 0;
}

/// What one control group leaves. Pages of files that it has read count as used, but are given
/// back when they are wanted.
static size_t rest_of_group(const char *folder, int is_version_2) {
  size_t limit = nnsh_read_number(folder, is_version_2 ? "memory.max" : "memory.limit_in_bytes");
  size_t usage =
      nnsh_read_number(folder, is_version_2 ? "memory.current" : "memory.usage_in_bytes");
  if (limit == nnsh_unlimited || usage == nnsh_unlimited) return nnsh_unlimited;
  char text[4096];
  size_t cached = 0;
  if (nnsh_read_text_in(folder, "memory.stat", text, sizeof text)) {
    cached = field(text, is_version_2 ? "inactive_file " : "total_inactive_file ");
    cached += field(text, is_version_2 ? "active_file " : "total_active_file ");
  }
  usage = usage > cached ? usage - cached : 0;
  return limit > usage ? limit - usage : 0;
}

size_t nnsh_group_rest(const char *root, const char *membership) {
  return nnsh_least_of_groups(root, membership, "memory", rest_of_group);
}

/// What one of the process's own limits leaves; `used` in pages.
static size_t rest_of_limit(int limit, unsigned long long used) {
  struct rlimit bound;
  if (getrlimit((__rlimit_resource_t)limit, &bound) != 0 || bound.rlim_cur == RLIM_INFINITY) {
    return nnsh_unlimited;
  }
  unsigned long long bytes = used * (unsigned long long)sysconf(_SC_PAGESIZE);
  return bound.rlim_cur > bytes ? (size_t)(bound.rlim_cur - bytes) : 0;
}

static size_t rest_of_process(void) {
  char text[256];
  unsigned long long size = 0, data = 0;
  if (!nnsh_read_text("/proc/self/statm", text, sizeof text)) return nnsh_unlimited;
  if (sscanf(text, "%llu %*u %*u %*u %*u %llu", &size, &data) != 2) return nnsh_unlimited;
  size_t space = rest_of_limit(RLIMIT_AS, size);
  size_t rest = rest_of_limit(RLIMIT_DATA, data);
  if (space < rest) rest = space;
  // What malloc holds free counts as used, but is there for the next allocations; small pieces of
  // it are of little use for large ones, hence half.
  return rest == nnsh_unlimited ? rest : rest + mallinfo2().fordblks / 2;
}

static size_t rest_of_machine(void) {
  char text[4096];
  if (nnsh_read_text("/proc/meminfo", text, sizeof text)) {
    size_t kilobytes = field(text, "MemAvailable:");
    if (kilobytes > 0) return kilobytes * 1024;
  }
  long pages = sysconf(_SC_AVPHYS_PAGES);
  return pages > 0 ? (size_t)pages * (size_t)sysconf(_SC_PAGESIZE) : nnsh_unlimited;
}

size_t nnsh_memory_limit(void) {
  size_t least = (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
  const int limits[] = {RLIMIT_AS, RLIMIT_DATA};
  for (int i = 0; i < 2; i++) {
    struct rlimit bound;
    if (getrlimit((__rlimit_resource_t)limits[i], &bound) == 0 && bound.rlim_cur < least) {
      least = (size_t)bound.rlim_cur;
    }
  }
  return least;
}

size_t nnsh_available_memory(void) {
  size_t least = rest_of_machine();
  size_t group = nnsh_group_rest("/sys/fs/cgroup", "/proc/self/cgroup");
  if (group < least) least = group;
  size_t own = rest_of_process();
  return own < least ? own : least;
}
