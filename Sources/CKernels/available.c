#include "kernels.h"
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

// How much memory can still be had: the least of what the machine has left, what each control
// group around the process leaves it (version 1 and 2), and the process's own limits (`ulimit -v`,
// `ulimit -d`). Nothing here allocates: it is asked when memory is about to run out.

/// No limit: the largest size that the callers can count in.
static const size_t unlimited = PTRDIFF_MAX;

/// Reads a small file whole; returns 0 where it cannot.
static int read_text(const char *path, char *text, size_t capacity) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  ssize_t count = read(file, text, capacity - 1);
  close(file);
  if (count <= 0) return 0;
  text[count] = 0;
  return 1;
}

/// The number that a file holds; unlimited where it says `max`, or cannot be read.
static size_t read_number(const char *folder, const char *name) {
  char path[1024], text[64];
  int length = snprintf(path, sizeof path, "%s/%s", folder, name);
  if (length < 0 || (size_t)length >= sizeof path || !read_text(path, text, sizeof text)) {
    return unlimited;
  }
  return text[0] < '0' || text[0] > '9' ? unlimited : (size_t)strtoull(text, NULL, 10);
}

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
static size_t rest_of_group(
    const char *folder, const char *limit_name, const char *usage_name, const char *prefix) {
  size_t limit = read_number(folder, limit_name);
  size_t usage = read_number(folder, usage_name);
  if (limit == unlimited || usage == unlimited) return unlimited;
  char path[1024], text[4096], word[64];
  size_t cached = 0;
  int length = snprintf(path, sizeof path, "%s/memory.stat", folder);
  if (length > 0 && (size_t)length < sizeof path && read_text(path, text, sizeof text)) {
    snprintf(word, sizeof word, "%sinactive_file ", prefix);
    cached = field(text, word);
    snprintf(word, sizeof word, "%sactive_file ", prefix);
    cached += field(text, word);
  }
  usage = usage > cached ? usage - cached : 0;
  return limit > usage ? limit - usage : 0;
}

/// The least that a group and those around it leave; `path` is the group's, below `root`.
static size_t rest_of_groups(
    const char *root, const char *path, const char *limit_name, const char *usage_name,
    const char *prefix) {
  size_t least = unlimited;
  char folder[1024];
  int length = snprintf(folder, sizeof folder, "%s%s", root, path);
  if (length < 0 || (size_t)length >= sizeof folder) return unlimited;
  size_t shortest = strlen(root);
  while (1) {
    size_t rest = rest_of_group(folder, limit_name, usage_name, prefix);
    if (rest < least) least = rest;
    char *slash = strrchr(folder, '/');
    if (slash == NULL || (size_t)(slash - folder) < shortest) return least;
    *slash = 0;
  }
}

size_t nnsh_group_rest(const char *root, const char *membership) {
  char text[4096], path[1024], folder[1024];
  if (!read_text(membership, text, sizeof text)) return unlimited;
  size_t least = unlimited;
  // Lines as `0::/user.slice` (version 2) and `4:memory:/job` (version 1).
  for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL;) {
    char *controllers = strchr(line, ':');
    char *place = controllers == NULL ? NULL : strchr(controllers + 1, ':');
    if (place == NULL) continue;
    *place++ = 0;
    snprintf(path, sizeof path, "%s", strcmp(place, "/") == 0 ? "" : place);
    size_t found = unlimited;
    if (controllers[1] == 0) {
      found = rest_of_groups(root, path, "memory.max", "memory.current", "");
    } else if (strstr(controllers, "memory") != NULL) {
      snprintf(folder, sizeof folder, "%s/memory", root);
      found = rest_of_groups(
          folder, path, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_");
    }
    if (found < least) least = found;
  }
  return least;
}

/// What one of the process's own limits leaves; `used` in pages.
static size_t rest_of_limit(int limit, unsigned long long used) {
  struct rlimit bound;
  if (getrlimit((__rlimit_resource_t)limit, &bound) != 0 || bound.rlim_cur == RLIM_INFINITY) {
    return unlimited;
  }
  unsigned long long bytes = used * (unsigned long long)sysconf(_SC_PAGESIZE);
  return bound.rlim_cur > bytes ? (size_t)(bound.rlim_cur - bytes) : 0;
}

static size_t rest_of_process(void) {
  char text[256];
  unsigned long long size = 0, data = 0;
  if (!read_text("/proc/self/statm", text, sizeof text)) return unlimited;
  if (sscanf(text, "%llu %*u %*u %*u %*u %llu", &size, &data) != 2) return unlimited;
  size_t space = rest_of_limit(RLIMIT_AS, size);
  size_t rest = rest_of_limit(RLIMIT_DATA, data);
  if (space < rest) rest = space;
  // What malloc holds free counts as used, but is there for the next allocations; small pieces of
  // it are of little use for large ones, hence half.
  return rest == unlimited ? rest : rest + mallinfo2().fordblks / 2;
}

static size_t rest_of_machine(void) {
  char text[4096];
  if (read_text("/proc/meminfo", text, sizeof text)) {
    size_t kilobytes = field(text, "MemAvailable:");
    if (kilobytes > 0) return kilobytes * 1024;
  }
  long pages = sysconf(_SC_AVPHYS_PAGES);
  return pages > 0 ? (size_t)pages * (size_t)sysconf(_SC_PAGESIZE) : unlimited;
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
