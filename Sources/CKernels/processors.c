#define _GNU_SOURCE
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "groups.h"
#include "kernels.h"

// How many processors there are for this process: those it may run on (`taskset`, batch systems),
// and no more than its control groups give it time for (containers).

/// The share of processor time that a group has, in whole processors, rounded up.
static size_t processors_of_group(const char *folder, int is_version_2) {
  char text[64];
  double quota = -1, period = 0;
  if (is_version_2) {
    // As `150000 100000`, or `max 100000`.
    if (!nnsh_read_text_in(folder, "cpu.max", text, sizeof text)) return nnsh_unlimited;
    char *rest = text;
    quota = text[0] == 'm' ? -1 : strtod(text, &rest);
    period = strtod(rest, NULL);
  } else {
    quota = (double)nnsh_read_number(folder, "cpu.cfs_quota_us");
    period = (double)nnsh_read_number(folder, "cpu.cfs_period_us");
    if (quota >= (double)nnsh_unlimited) return nnsh_unlimited;
  }
  if (quota <= 0 || period <= 0) return nnsh_unlimited;
  return (size_t)__builtin_ceil(quota / period);
}

int nnsh_group_processors(const char *root, const char *membership) {
  size_t count = nnsh_least_of_groups(root, membership, "cpu", processors_of_group);
  return count > 1024 ? 1024 : count < 1 ? 1 : (int)count;
}

int nnsh_processor_count(void) {
  int count = (int)sysconf(_SC_NPROCESSORS_ONLN);
#if defined(__linux__)
  cpu_set_t allowed;
  // Of more than 1024 processors the set is too small; then all count.
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) count = CPU_COUNT(&allowed);
#endif
  int granted = nnsh_group_processors("/sys/fs/cgroup", "/proc/self/cgroup");
  if (granted < count) count = granted;
  return count < 1 ? 1 : count;
}
