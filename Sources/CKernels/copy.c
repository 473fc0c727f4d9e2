#include <math.h>
#include <string.h>

#include "layout.h"

// A copy may write into what a variable holds: only one into new memory may be interrupted.

typedef struct {
  const char *source;
  char *target;
  int source_type, target_type, add;
  layout shape;
  ptrdiff_t rows, rows_a_task, run, pieces;
} copying;

#define LOOP(S, D)                                                                         \
  {                                                                                        \
    const S *from = (const S *)source;                                                     \
    D *to = (D *)target;                                                                   \
    if (add) {                                                                             \
      for (ptrdiff_t i = 0; i < count; i++) to[i * to_step] += (D)from[i * from_step];     \
    } else if (from_step == 1 && to_step == 1) {                                           \
      for (ptrdiff_t i = 0; i < count; i++) to[i] = (D)from[i];                            \
    } else {                                                                               \
      for (ptrdiff_t i = 0; i < count; i++) to[i * to_step] = (D)from[i * from_step];      \
    }                                                                                      \
    return;                                                                                \
  }

static void copy_run(
    const char *source, int source_type, ptrdiff_t from_step, char *target, int target_type,
    ptrdiff_t to_step, ptrdiff_t count, int add) {
  if (source_type == target_type && from_step == 1 && to_step == 1 && !add) {
    memcpy(target, source, (size_t)count * nnsh_size_of(source_type));
    return;
  }
  if (source_type == nnsh_f64) {
    if (target_type == nnsh_f64) LOOP(double, double) else LOOP(double, float)
  } else {
    if (target_type == nnsh_f64) LOOP(float, double) else LOOP(float, float)
  }
}
#undef LOOP

static void copy_rows(void *context, ptrdiff_t task) {
  const copying *work = context;
  const layout *shape = &work->shape;
  int last = shape->rank - 1;
  ptrdiff_t from_size = (ptrdiff_t)nnsh_size_of(work->source_type);
  ptrdiff_t to_size = (ptrdiff_t)nnsh_size_of(work->target_type);
  ptrdiff_t from_step = shape->strides[0][last], to_step = shape->strides[1][last];
  if (work->pieces > 1) {
    // Few long rows: a task is a piece of one.
    ptrdiff_t row = task / work->pieces, start = task % work->pieces * work->run;
    ptrdiff_t count = shape->dims[last] - start;
    if (count > work->run) count = work->run;
    ptrdiff_t from = layout_offset(shape, 0, last, row) + start * from_step;
    ptrdiff_t to = layout_offset(shape, 1, last, row) + start * to_step;
    copy_run(work->source + from * from_size, work->source_type, from_step,
             work->target + to * to_size, work->target_type, to_step, count, work->add);
    return;
  }
  ptrdiff_t end = (task + 1) * work->rows_a_task;
  for (ptrdiff_t row = task * work->rows_a_task; row < end && row < work->rows; row++) {
    ptrdiff_t from = layout_offset(shape, 0, last, row);
    ptrdiff_t to = layout_offset(shape, 1, last, row);
    copy_run(work->source + from * from_size, work->source_type, from_step,
             work->target + to * to_size, work->target_type, to_step, shape->dims[last],
             work->add);
  }
}

// A transposed matrix is copied in square tiles, so that both sides use whole cache lines. A task
// is a row of tiles, or a part of one where it is long.
enum { tile = 32, tile_columns = 2048 };

#define TILE(S)                                                                               \
  {                                                                                           \
    const S *from = (const S *)work->source + layout_offset(shape, 0, shape->rank - 2, block) \
        + row0 * shape->strides[0][a];                                                        \
    S *to = (S *)work->target + layout_offset(shape, 1, shape->rank - 2, block)               \
        + row0 * shape->strides[1][a];                                                        \
    for (ptrdiff_t column0 = first; column0 < columns; column0 += tile) {                     \
      ptrdiff_t column1 = column0 + tile < columns ? column0 + tile : columns;                \
      for (ptrdiff_t i = 0; i < height; i++) {                                                \
        for (ptrdiff_t j = column0; j < column1; j++) {                                       \
          to[i * shape->strides[1][a] + j] = from[i + j * shape->strides[0][a + 1]];          \
        }                                                                                     \
      }                                                                                       \
    }                                                                                         \
  }

static void copy_tiles(void *context, ptrdiff_t task) {
  const copying *work = context;
  const layout *shape = &work->shape;
  int a = shape->rank - 2;
  ptrdiff_t first = task % work->run * tile_columns;
  ptrdiff_t columns = shape->dims[a + 1];
  if (columns > first + tile_columns) columns = first + tile_columns;
  ptrdiff_t row = task / work->run;
  ptrdiff_t block = row / work->pieces, row0 = row % work->pieces * tile;
  ptrdiff_t height = shape->dims[a] - row0;
  if (height > tile) height = tile;
  if (work->source_type == nnsh_f64) TILE(double) else TILE(float)
}
#undef TILE

static int run_copy(
    int mode, ptrdiff_t tasks, ptrdiff_t cost, void (*body)(void *, ptrdiff_t), copying *work) {
  if (mode == nnsh_copy_new) return nnsh_parallel(tasks, cost, body, work);
  nnsh_parallel_whole(tasks, cost, body, work);
  return nnsh_done;
}

int nnsh_copy(
    const void *source, int source_type, const ptrdiff_t *source_strides, void *target,
    int target_type, const ptrdiff_t *target_strides, int rank, const ptrdiff_t *dims, int mode) {
  const ptrdiff_t *each[2] = {source_strides, target_strides};
  int add = mode == nnsh_copy_add;
  copying work = {source, target, source_type, target_type, add};
  work.shape = layout_merged(rank, dims, 2, each);
  ptrdiff_t count = work.shape.count;
  if (count == 0) return nnsh_done;
  int last = work.shape.rank - 1;
  ptrdiff_t inner = work.shape.dims[last];
  work.rows = count / inner;
  if (last > 0 && !add && source_type == target_type && work.shape.strides[0][last - 1] == 1
      && work.shape.strides[1][last] == 1 && work.shape.dims[last - 1] > 7 && inner > 7) {
    work.pieces = (work.shape.dims[last - 1] + tile - 1) / tile;
    ptrdiff_t blocks = work.rows / work.shape.dims[last - 1];
    work.run = (inner + tile_columns - 1) / tile_columns;
    return run_copy(mode, blocks * work.pieces * work.run, count, copy_tiles, &work);
  }
  // Broadcasting into `add` targets must not race, so it stays on one thread.
  ptrdiff_t cost = add ? 0 : count;
  work.run = 65536;
  work.pieces = inner >= 2 * work.run ? (inner + work.run - 1) / work.run : 1;
  if (work.pieces > 1) {
    return run_copy(mode, work.rows * work.pieces, cost, copy_rows, &work);
  }
  work.rows_a_task = 32768 / inner + 1;
  ptrdiff_t tasks = (work.rows + work.rows_a_task - 1) / work.rows_a_task;
  return run_copy(mode, tasks, cost, copy_rows, &work);
}

typedef struct {
  int mode, type;
  char *view, *list;
  const ptrdiff_t *offsets;
  ptrdiff_t count, list_step, a_task, rest, pieces;
  layout shape;
} indexing;

// How much of what one index names is copied at a time.
enum { indexed_piece = 1 << 18 };

static void copy_indexed(void *context, ptrdiff_t task) {
  const indexing *work = context;
  const layout *shape = &work->shape;
  int last = shape->rank - 1;
  ptrdiff_t size = (ptrdiff_t)nnsh_size_of(work->type);
  ptrdiff_t length = shape->dims[last], rows = work->rest / length;
  ptrdiff_t start = task % work->pieces * indexed_piece;
  ptrdiff_t count = length - start;
  if (work->pieces > 1 && count > indexed_piece) count = indexed_piece;
  task /= work->pieces;
  ptrdiff_t end = (task + 1) * work->a_task;
  if (end > work->count) end = work->count;
  for (ptrdiff_t i = task * work->a_task; i < end; i++) {
    for (ptrdiff_t row = 0; row < rows; row++) {
      ptrdiff_t in_view = layout_offset(shape, 0, last, row) + start * shape->strides[0][last];
      ptrdiff_t in_list = layout_offset(shape, 1, last, row) + start * shape->strides[1][last];
      char *view = work->view + (work->offsets[i] + in_view) * size;
      char *list = work->list + (i * work->list_step + in_list) * size;
      int out = work->mode == nnsh_gather;
      if (out && row % 1024 == 1023 && nnsh_interrupt_is_requested()) return;
      copy_run(out ? view : list, work->type, shape->strides[out ? 0 : 1][last],
               out ? list : view, work->type, shape->strides[out ? 1 : 0][last], count,
               work->mode == nnsh_scatter_add);
    }
  }
}

int nnsh_indexed_copy(
    int mode, int type, void *view, const ptrdiff_t *offsets, ptrdiff_t count, void *list,
    ptrdiff_t list_step, int rank, const ptrdiff_t *dims, const ptrdiff_t *view_strides,
    const ptrdiff_t *list_strides) {
  const ptrdiff_t *each[2] = {view_strides, list_strides};
  indexing work = {mode, type, view, list, offsets, count, list_step};
  work.shape = layout_merged(rank, dims, 2, each);
  work.rest = work.shape.count;
  if (work.rest == 0 || count == 0) return nnsh_done;
  // Scattering stays in order on one thread: of repeated places the last wins.
  work.a_task = mode == nnsh_gather ? 16384 / work.rest + 1 : count;
  ptrdiff_t tasks = (count + work.a_task - 1) / work.a_task;
  ptrdiff_t length = work.shape.dims[work.shape.rank - 1];
  work.pieces = mode == nnsh_gather ? (length + indexed_piece - 1) / indexed_piece : 1;
  tasks *= work.pieces;
  if (mode == nnsh_gather) {
    int status = nnsh_parallel(tasks, count * work.rest, copy_indexed, &work);
    // A request that came in the last task may have cut it short.
    return work.rest > 1024 && nnsh_interrupt_is_requested() ? nnsh_interrupted : status;
  }
  nnsh_parallel_whole(tasks, 0, copy_indexed, &work);
  return nnsh_done;
}

// How many indices are turned into offsets between two looks for an interruption.
enum { chunk = 1 << 18 };

ptrdiff_t nnsh_mask_offsets(
    const float *mask, int rank, const ptrdiff_t *dims, const ptrdiff_t *strides,
    ptrdiff_t *offsets) {
  ptrdiff_t position[nnsh_max_rank] = {0}, count = 1, found = 0, offset = 0;
  for (int axis = 0; axis < rank; axis++) count *= dims[axis];
  for (ptrdiff_t i = 0; i < count; i++) {
    if (i % chunk == chunk - 1 && nnsh_interrupt_is_requested()) return -1;
    if (mask[i] != 0) {
      if (offsets != NULL) offsets[found] = offset;
      found++;
    }
    for (int axis = rank - 1; axis >= 0; axis--) {
      offset += strides[axis];
      if (++position[axis] < dims[axis]) break;
      offset -= strides[axis] * dims[axis];
      position[axis] = 0;
    }
  }
  return found;
}

ptrdiff_t nnsh_index_offsets(
    const void *values, int type, ptrdiff_t count, ptrdiff_t length, ptrdiff_t stride,
    ptrdiff_t *offsets) {
  for (ptrdiff_t i = 0; i < count; i++) {
    if (i % chunk == chunk - 1 && nnsh_interrupt_is_requested()) return -2;
    double value = type == nnsh_f64 ? ((const double *)values)[i] : ((const float *)values)[i];
    if (!(value >= -(double)length && value < (double)length) || value != floor(value)) return i;
    ptrdiff_t index = (ptrdiff_t)value;
    offsets[i] = (index < 0 ? index + length : index) * stride;
  }
  return -1;
}
