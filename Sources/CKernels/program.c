#include <string.h>

#include "layout.h"

// A program runs over segments that fit the first-level cache. Operands that are contiguous there
// are read where they are, single numbers are kept as such, all others are gathered first.
enum { segment = nnsh_short_count, task_elements = 32768 };
// Rows shorter than this one are put together in segments.
enum { longest_across = 256 };

typedef struct {
  const int32_t *code;
  int length, inputs, compute_type, out_type;
  const char *data[nnsh_max_inputs];
  int types[nnsh_max_inputs];
  int is_scalar[nnsh_max_inputs];
  // Whether it lies as the result does, and whether it is one row, the same for all rows.
  int is_plain[nnsh_max_inputs];
  int repeats_row[nnsh_max_inputs];
  double scalars[nnsh_max_inputs];
  char *out;
  layout shape;
  // Whether segments stay within rows of the innermost axis.
  int by_rows;
  ptrdiff_t segments, segments_a_row, segments_a_task;
} program;

static double scalar_of(const nnsh_operand *operand) {
  if (operand->data == NULL) return operand->number;
  return operand->type == nnsh_f64 ? *(const double *)operand->data
                                   : (double)*(const float *)operand->data;
}

#define T float
#define SUFFIX f32
#define TYPE nnsh_f32
#include "program_body.h"
#undef T
#undef SUFFIX
#undef TYPE
#define T double
#define SUFFIX f64
#define TYPE nnsh_f64
#include "program_body.h"

/// Checks that the stack never overflows and ends with one value.
static int is_valid(const int32_t *code, int length, int inputs) {
  int depth = 0;
  for (int i = 0; i < length; i++) {
    int taken = code[i] >= nnsh_code_load ? 0
        : code[i] == nnsh_code_select     ? 3
        : code[i] >= nnsh_code_binary     ? 2
                                          : 1;
    if (taken == 0 && code[i] - nnsh_code_load >= inputs) return 0;
    if (depth < taken) return 0;
    depth += 1 - taken;
    if (depth > nnsh_max_stack) return 0;
  }
  return depth == 1;
}

static void find_repetition(program *work, int input) {
  const ptrdiff_t *strides = work->shape.strides[input];
  ptrdiff_t expected = 1;
  work->is_plain[input] = work->repeats_row[input] = !work->is_scalar[input];
  for (int axis = work->shape.rank - 1; axis >= 0; axis--) {
    work->is_plain[input] &= strides[axis] == expected;
    if (axis < work->shape.rank - 1) work->repeats_row[input] &= strides[axis] == 0;
    expected *= work->shape.dims[axis];
  }
}

static void run_task(void *context, ptrdiff_t task) {
  const program *work = context;
  ptrdiff_t first = task * work->segments_a_task, last = first + work->segments_a_task;
  if (last > work->segments) last = work->segments;
  if (work->compute_type == nnsh_f64) {
    run_segments_f64(work, first, last);
  } else {
    run_segments_f32(work, first, last);
  }
}

int nnsh_program_run(
    const int32_t *code, int length, int inputs, const nnsh_operand *operands,
    const ptrdiff_t *strides, int compute_type, void *out, int out_type, int rank,
    const ptrdiff_t *dims, int in_place) {
  if (inputs > nnsh_max_inputs || rank > nnsh_max_rank || !is_valid(code, length, inputs)) {
    return nnsh_malformed;
  }
  if (rank == 1 && dims[0] > 0 && dims[0] <= segment && out_type == compute_type) {
    int is_done = compute_type == nnsh_f64
        ? run_short_f64(code, length, inputs, operands, strides, out, dims[0])
        : run_short_f32(code, length, inputs, operands, strides, out, dims[0]);
    if (is_done) return nnsh_done;
  }
  program work = {code, length, inputs, compute_type, out_type};
  const ptrdiff_t *each[nnsh_max_inputs];
  for (int i = 0; i < inputs; i++) each[i] = strides + i * rank;
  work.shape = layout_merged(rank, dims, inputs, each);
  if (work.shape.count == 0) return nnsh_done;
  for (int i = 0; i < inputs; i++) {
    work.data[i] = operands[i].data;
    work.types[i] = operands[i].type;
    work.is_scalar[i] = 1;
    for (int axis = 0; operands[i].data != NULL && axis < work.shape.rank; axis++) {
      work.is_scalar[i] &= work.shape.strides[i][axis] == 0;
    }
    if (work.is_scalar[i]) work.scalars[i] = scalar_of(&operands[i]);
  }
  work.out = out;
  for (int i = 0; i < inputs; i++) find_repetition(&work, i);
  ptrdiff_t inner = work.shape.dims[work.shape.rank - 1];
  work.by_rows = work.shape.rank == 1 || inner >= longest_across;
  work.segments_a_row = work.by_rows ? (inner + segment - 1) / segment : 0;
  work.segments = work.by_rows ? work.shape.count / inner * work.segments_a_row
                               : (work.shape.count + segment - 1) / segment;
  ptrdiff_t usual = work.by_rows && inner < segment ? inner : segment;
  work.segments_a_task = (task_elements + usual - 1) / usual;
  ptrdiff_t tasks = (work.segments + work.segments_a_task - 1) / work.segments_a_task;
  ptrdiff_t cost = work.shape.count * (length > 3 ? 2 : 1);
  if (!in_place) return nnsh_parallel(tasks, cost, run_task, &work);
  nnsh_parallel_whole(tasks, cost, run_task, &work);
  return nnsh_done;
}

void nnsh_short_run(
    int32_t operation, nnsh_operand a, nnsh_operand b, int inputs, int type, void *out,
    ptrdiff_t count) {
  const int32_t code[3] = {nnsh_code_load, inputs == 2 ? nnsh_code_load + 1 : operation, operation};
  const nnsh_operand operands[2] = {a, b};
  const ptrdiff_t strides[2] = {1, 1};
  if (type == nnsh_f64) {
    run_short_f64(code, inputs + 1, inputs, operands, strides, out, count);
  } else {
    run_short_f32(code, inputs + 1, inputs, operands, strides, out, count);
  }
}

void nnsh_unary_f32(int operation, float *out, const float *in, ptrdiff_t count) {
  int32_t code[2] = {nnsh_code_load, operation};
  nnsh_operand operand = {in, 0, nnsh_f32};
  ptrdiff_t stride = 1;
  nnsh_program_run(code, 2, 1, &operand, &stride, nnsh_f32, out, nnsh_f32, 1, &count, 1);
}
