#include "groups.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int nnsh_read_text(const char *path, char *text, size_t capacity) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  ssize_t count = read(file, text, capacity - 1);
  close(file);
  if (count <= 0) return 0;
  text[count] = 0;
  return 1;
}

int nnsh_read_text_in(const char *folder, const char *name, char *text, size_t capacity) {
  char path[1024];
  int length = snprintf(path, sizeof path, "%s/%s", folder, name);
  return length > 0 && (size_t)length < sizeof path && nnsh_read_text(path, text, capacity);
}

size_t nnsh_read_number(const char *folder, const char *name) {
  char text[64];
  if (!nnsh_read_text_in(folder, name, text, sizeof text)) return nnsh_unlimited;
  return text[0] < '0' || text[0] > '9' ? nnsh_unlimited : (size_t)strtoull(text, NULL, 10);
}

/// The least that a group and those around it say; `path` is the group's, below `root`.
static size_t least_upward(
    const char *root, const char *path, int is_version_2,
    size_t (*limit)(const char *folder, int is_version_2)) {
  size_t least = nnsh_unlimited;
  char folder[1024];
  int length = snprintf(folder, sizeof folder, "%s%s", root, path);
  if (length < 0 || (size_t)length >= sizeof folder) return least;
  size_t shortest = strlen(root);
  while (1) {
    size_t own = limit(folder, is_version_2);
    if (own < least) least = own;
    char *slash = strrchr(folder, '/');
    if (slash == NULL || (size_t)(slash - folder) < shortest) return least;
    *slash = 0;
  }
}

size_t nnsh_least_of_groups(
    const char *root, const char *membership, const char *controller,
    size_t (*limit)(const char *folder, int is_version_2)) {
  char text[4096], folder[1024];
  if (!nnsh_read_text(membership, text, sizeof text)) return nnsh_unlimited;
  size_t least = nnsh_unlimited;
  // Lines as `0::/user.slice` (version 2) and `4:memory:/job` (version 1).
  for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL;) {
    char *controllers = strchr(line, ':');
    char *path = controllers == NULL ? NULL : strchr(controllers + 1, ':');
    if (path == NULL) continue;
    *path++ = 0;
    if (strcmp(path, "/") == 0) path = "";
    size_t found = nnsh_unlimited;
    if (controllers[1] == 0) {
      found = least_upward(root, path, 1, limit);
    } else if (strstr(controllers, controller) != NULL) {
      snprintf(folder, sizeof folder, "%s/%s", root, controller);
      found = least_upward(folder, path, 0, limit);
    }
    if (found < least) least = found;
  }
  return least;
}
