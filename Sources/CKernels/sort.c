#include <math.h>
#include <string.h>

#include "kernels.h"

// Radix sort, least significant byte first: stable, and linear in the number of elements. Keys are
// the bit patterns, made to order as the numbers do; every NaN is the greatest key. Long loops look
// for an interruption every `chunk` elements.

enum { chunk = 1 << 18 };

static int stops_at(ptrdiff_t i) { return i % chunk == chunk - 1 && nnsh_interrupt_is_requested(); }

static uint32_t key_of_f32(float value) {
  if (value != value) return UINT32_MAX;
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return bits >> 31 ? ~bits : bits | 0x80000000u;
}

static float f32_of_key(uint32_t key) {
  uint32_t bits = key >> 31 ? key ^ 0x80000000u : ~key;
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

static uint64_t key_of_f64(double value) {
  if (value != value) return UINT64_MAX;
  uint64_t bits;
  memcpy(&bits, &value, 8);
  return bits >> 63 ? ~bits : bits | ((uint64_t)1 << 63);
}

static double f64_of_key(uint64_t key) {
  uint64_t bits = key >> 63 ? key ^ ((uint64_t)1 << 63) : ~key;
  double value;
  memcpy(&value, &bits, 8);
  return value;
}

// Sorts entries of one type by the bits of their keys from `first` to `last`. Gives whichever of
// the two arrays holds the result, or NULL when interrupted.
#define RADIX_SORT(NAME, ENTRY, KEY)                                                   \
  static void insert_##NAME(ENTRY *entries, ptrdiff_t count, int first) {              \
    for (ptrdiff_t i = 1; i < count; i++) {                                            \
      ENTRY moving = entries[i];                                                       \
      ptrdiff_t j = i;                                                                 \
      for (; j > 0 && KEY(moving) >> first < KEY(entries[j - 1]) >> first; j--) {      \
        entries[j] = entries[j - 1];                                                   \
      }                                                                                \
      entries[j] = moving;                                                             \
    }                                                                                  \
  }                                                                                    \
                                                                                       \
  static ENTRY *NAME(ENTRY *from, ENTRY *to, ptrdiff_t count, int first, int last) {   \
    if (count <= 48) {                                                                 \
      insert_##NAME(from, count, first);                                               \
      return from;                                                                     \
    }                                                                                  \
    for (int shift = first; shift < last; shift += 8) {                                \
      ptrdiff_t starts[256] = {0}, sum = 0;                                            \
      for (ptrdiff_t i = 0; i < count; i++) {                                          \
        starts[KEY(from[i]) >> shift & 255]++;                                         \
        if (stops_at(i)) return NULL;                                                  \
      }                                                                                \
      /* A byte that is the same everywhere orders nothing. */                         \
      if (starts[KEY(from[0]) >> shift & 255] == count) continue;                      \
      for (int digit = 0; digit < 256; digit++) {                                      \
        ptrdiff_t here = starts[digit];                                                \
        starts[digit] = sum;                                                           \
        sum += here;                                                                   \
      }                                                                                \
      for (ptrdiff_t i = 0; i < count; i++) {                                          \
        to[starts[KEY(from[i]) >> shift & 255]++] = from[i];                           \
        if (stops_at(i)) return NULL;                                                  \
      }                                                                                \
      ENTRY *swapped = from;                                                           \
      from = to;                                                                       \
      to = swapped;                                                                    \
    }                                                                                  \
    return from;                                                                       \
  }

typedef struct {
  uint64_t key, place;
} placed;

#define WHOLE(entry) (entry)
#define KEY_OF_PLACED(entry) ((entry).key)
RADIX_SORT(sort_keys32, uint32_t, WHOLE)
RADIX_SORT(sort_keys64, uint64_t, WHOLE)
RADIX_SORT(sort_placed, placed, KEY_OF_PLACED)

#define SORT_ROW(NUMBER, KEY, KEY_OF, NUMBER_OF, SORT)                                 \
  {                                                                                    \
    const NUMBER *row = in;                                                            \
    KEY *keys = room;                                                                  \
    for (ptrdiff_t i = 0; i < length; i++) {                                           \
      keys[i] = KEY_OF(row[i]);                                                        \
      if (stops_at(i)) return nnsh_interrupted;                                        \
    }                                                                                  \
    KEY *sorted = SORT(keys, keys + length, length, 0, 8 * (int)sizeof(KEY));          \
    if (sorted == NULL) return nnsh_interrupted;                                       \
    for (ptrdiff_t i = 0; i < length; i++) {                                           \
      ((NUMBER *)out)[i] = NUMBER_OF(sorted[i]);                                       \
      if (stops_at(i)) return nnsh_interrupted;                                        \
    }                                                                                  \
  }

static int sort_row(
    int type, const void *in, ptrdiff_t length, void *room, int out_type, void *out) {
  (void)out_type;
  if (type == nnsh_f64) {
    SORT_ROW(double, uint64_t, key_of_f64, f64_of_key, sort_keys64)
  } else {
    SORT_ROW(float, uint32_t, key_of_f32, f32_of_key, sort_keys32)
  }
  return nnsh_done;
}

#define WRITE_ORDER(PLACE)                                                             \
  for (ptrdiff_t i = 0; i < length; i++) {                                             \
    if (out_type == nnsh_f64) ((double *)out)[i] = (double)(PLACE);                    \
    else ((float *)out)[i] = (float)(PLACE);                                           \
    if (stops_at(i)) return nnsh_interrupted;                                          \
  }

/// Adding 0 makes −0 and 0 equal, which keep their order then.
static int order_row(
    int type, const void *in, ptrdiff_t length, void *room, int out_type, void *out) {
  if (type == nnsh_f32 && (uint64_t)length <= UINT32_MAX) {
    // The place fits under the key.
    uint64_t *entries = room;
    for (ptrdiff_t i = 0; i < length; i++) {
      entries[i] = (uint64_t)key_of_f32(((const float *)in)[i] + 0) << 32 | (uint64_t)i;
      if (stops_at(i)) return nnsh_interrupted;
    }
    uint64_t *sorted = sort_keys64(entries, entries + length, length, 32, 64);
    if (sorted == NULL) return nnsh_interrupted;
    WRITE_ORDER(sorted[i] & UINT32_MAX)
    return nnsh_done;
  }
  placed *entries = room;
  for (ptrdiff_t i = 0; i < length; i++) {
    entries[i].key = type == nnsh_f64 ? key_of_f64(((const double *)in)[i] + 0)
                                      : key_of_f32(((const float *)in)[i] + 0);
    entries[i].place = (uint64_t)i;
    if (stops_at(i)) return nnsh_interrupted;
  }
  placed *sorted = sort_placed(entries, entries + length, length, 0, type == nnsh_f64 ? 64 : 32);
  if (sorted == NULL) return nnsh_interrupted;
  WRITE_ORDER(sorted[i].place)
  return nnsh_done;
}

static int for_each_row(
    int (*body)(int, const void *, ptrdiff_t, void *, int, void *), size_t entry_size, int type,
    const void *in, ptrdiff_t rows, ptrdiff_t length, int out_type, void *out) {
  if (rows == 0 || length == 0) return nnsh_done;
  size_t bytes = (size_t)length * 2 * entry_size;
  void *room = nnsh_allocate(bytes);
  if (room == NULL) return nnsh_no_memory;
  ptrdiff_t in_step = length * (ptrdiff_t)nnsh_size_of(type);
  ptrdiff_t out_step = length * (ptrdiff_t)nnsh_size_of(out_type);
  int status = nnsh_done;
  for (ptrdiff_t row = 0; row < rows && status == nnsh_done; row++) {
    status = body(type, (const char *)in + row * in_step, length, room, out_type,
                  (char *)out + row * out_step);
    if (rows * length > 100000 && nnsh_interrupt_is_requested()) status = nnsh_interrupted;
  }
  nnsh_release(room, bytes);
  return status;
}

int nnsh_sort(int type, const void *in, ptrdiff_t rows, ptrdiff_t length, void *out) {
  return for_each_row(sort_row, nnsh_size_of(type), type, in, rows, length, type, out);
}

int nnsh_argsort(
    int type, const void *in, ptrdiff_t rows, ptrdiff_t length, int order_type, void *order) {
  int is_packed = type == nnsh_f32 && (uint64_t)length <= UINT32_MAX;
  size_t entry_size = is_packed ? sizeof(uint64_t) : sizeof(placed);
  return for_each_row(order_row, entry_size, type, in, rows, length, order_type, order);
}

#define DROP_REPEATED(NUMBER)                                                          \
  {                                                                                    \
    NUMBER *values = sorted;                                                           \
    for (ptrdiff_t i = 1; i < count; i++) {                                            \
      NUMBER last = values[kept - 1], next = values[i];                                \
      if (next != last && !(next != next && last != last)) values[kept++] = next;      \
      if (stops_at(i)) return nnsh_interrupted;                                        \
    }                                                                                  \
  }

int nnsh_drop_repeated(int type, void *sorted, ptrdiff_t count, ptrdiff_t *kept_count) {
  ptrdiff_t kept = count > 0;
  if (type == nnsh_f64) DROP_REPEATED(double) else DROP_REPEATED(float)
  *kept_count = kept;
  return nnsh_done;
}

#define COUNT_VALUES(NUMBER)                                                           \
  {                                                                                    \
    const NUMBER *values = in;                                                         \
    for (ptrdiff_t i = 0; i < count; i++) {                                            \
      counts[(ptrdiff_t)values[i]]++;                                                  \
      if (stops_at(i)) return nnsh_interrupted;                                        \
    }                                                                                  \
  }

int nnsh_count_values(int type, const void *in, ptrdiff_t count, double *counts) {
  if (type == nnsh_f64) COUNT_VALUES(double) else COUNT_VALUES(float)
  return nnsh_done;
}

#define LARGEST(NUMBER)                                                                \
  {                                                                                    \
    const NUMBER *values = in;                                                         \
    for (ptrdiff_t i = 0; i < count; i++) {                                            \
      double value = values[i];                                                        \
      int fits = value >= 0 && value < 2147483648.0 && value == floor(value);          \
      if (!fits || value > *largest) *largest = value;                                 \
      if (!fits) return nnsh_malformed;                                                \
      if (stops_at(i)) return nnsh_interrupted;                                        \
    }                                                                                  \
  }

int nnsh_largest_count(int type, const void *in, ptrdiff_t count, double *largest) {
  *largest = -1;
  if (type == nnsh_f64) LARGEST(double) else LARGEST(float)
  return nnsh_done;
}
