#include <stdlib.h>
#include <string.h>

#include "kernels.h"

// Radix sort, least significant byte first: stable, and linear in the number of elements. Keys are
// the bit patterns, made to order as the numbers do; every NaN is the greatest key.

typedef struct {
  uint64_t key;
  ptrdiff_t index;
} entry;

static uint64_t key_of_f32(float value) {
  if (value != value) return 0xffffffff;
  if (value == 0) value = 0;
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return bits >> 31 ? (uint32_t)~bits : bits | 0x80000000u;
}

static uint64_t key_of_f64(double value) {
  if (value != value) return UINT64_MAX;
  if (value == 0) value = 0;
  uint64_t bits;
  memcpy(&bits, &value, 8);
  return bits >> 63 ? ~bits : bits | ((uint64_t)1 << 63);
}

static int before(const entry *a, const entry *b) { return a->key < b->key; }

static void insertion_sort(entry *entries, ptrdiff_t count) {
  for (ptrdiff_t i = 1; i < count; i++) {
    entry moving = entries[i];
    ptrdiff_t j = i;
    for (; j > 0 && before(&moving, &entries[j - 1]); j--) entries[j] = entries[j - 1];
    entries[j] = moving;
  }
}

/// Returns whichever of the two arrays holds the result, or NULL when interrupted.
static entry *radix_sort(entry *from, entry *to, ptrdiff_t count, int bytes) {
  for (int byte = 0; byte < bytes; byte++) {
    if (nnsh_interrupt_is_requested()) return NULL;
    ptrdiff_t starts[256] = {0}, sum = 0;
    int shift = 8 * byte;
    for (ptrdiff_t i = 0; i < count; i++) starts[from[i].key >> shift & 255]++;
    // A byte that is the same everywhere orders nothing.
    if (starts[from[0].key >> shift & 255] == count) continue;
    for (int digit = 0; digit < 256; digit++) {
      ptrdiff_t here = starts[digit];
      starts[digit] = sum;
      sum += here;
    }
    for (ptrdiff_t i = 0; i < count; i++) to[starts[from[i].key >> shift & 255]++] = from[i];
    entry *swapped = from;
    from = to;
    to = swapped;
  }
  return from;
}

int nnsh_argsort(
    int type, const void *in, ptrdiff_t rows, ptrdiff_t length, ptrdiff_t *order) {
  if (rows == 0 || length == 0) return nnsh_done;
  entry *entries = malloc((size_t)length * 2 * sizeof(entry));
  if (entries == NULL) return nnsh_no_memory;
  int status = nnsh_done;
  for (ptrdiff_t row = 0; row < rows; row++) {
    if (rows * length > 100000 && nnsh_interrupt_is_requested()) {
      status = nnsh_interrupted;
      break;
    }
    for (ptrdiff_t i = 0; i < length; i++) {
      ptrdiff_t place = row * length + i;
      entries[i].key = type == nnsh_f64 ? key_of_f64(((const double *)in)[place])
                                        : key_of_f32(((const float *)in)[place]);
      entries[i].index = i;
    }
    entry *sorted = entries;
    if (length <= 48) {
      insertion_sort(entries, length);
    } else {
      sorted = radix_sort(entries, entries + length, length, type == nnsh_f64 ? 8 : 4);
    }
    if (sorted == NULL) {
      status = nnsh_interrupted;
      break;
    }
    for (ptrdiff_t i = 0; i < length; i++) order[row * length + i] = sorted[i].index;
  }
  free(entries);
  return status;
}
