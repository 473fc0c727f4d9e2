#pragma once
#include <stddef.h>
#include <stdint.h>

// The control groups around the process, of version 1 and 2. Nothing here allocates.

/// No limit: the largest size that the callers can count in.
static const size_t nnsh_unlimited = PTRDIFF_MAX;

/// Reads a small file whole; returns 0 where it cannot.
int nnsh_read_text(const char *path, char *text, size_t capacity);
/// The same of a file in a folder.
int nnsh_read_text_in(const char *folder, const char *name, char *text, size_t capacity);
/// The number that a file holds; unlimited where it says `max`, is negative, or cannot be read.
size_t nnsh_read_number(const char *folder, const char *name);

/// The least that the groups around the process say; `limit` is told a group's folder, and whether
/// it is of version 2. `membership` is a file such as /proc/self/cgroup, `root` where the groups
/// are mounted, and `controller` the one of version 1 that is meant, whose folder has its name.
size_t nnsh_least_of_groups(
    const char *root, const char *membership, const char *controller,
    size_t (*limit)(const char *folder, int is_version_2));
