// Running a program over segments in the type T.

#define NAMED(name) JOIN(JOIN(name, _), SUFFIX)
#ifndef JOIN
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#endif

/// Copies a strided run into T.
static void NAMED(load_run)(T *to, const char *data, int type, ptrdiff_t stride, ptrdiff_t count) {
  if (type == nnsh_f64) {
    const double *from = (const double *)data;
    for (ptrdiff_t i = 0; i < count; i++) to[i] = (T)from[i * stride];
  } else {
    const float *from = (const float *)data;
    if (stride == 1) {
      for (ptrdiff_t i = 0; i < count; i++) to[i] = (T)from[i];
    } else {
      for (ptrdiff_t i = 0; i < count; i++) to[i] = (T)from[i * stride];
    }
  }
}

/// Gathers `count` elements from a row-major position on.
static void NAMED(load_across)(
    T *to, const program *work, int input, ptrdiff_t position, ptrdiff_t count) {
  const layout *shape = &work->shape;
  int last = shape->rank - 1;
  size_t size = nnsh_size_of(work->types[input]);
  ptrdiff_t inner = shape->dims[last], stride = shape->strides[input][last];
  ptrdiff_t row = position / inner, column = position % inner;
  while (count > 0) {
    ptrdiff_t length = inner - column < count ? inner - column : count;
    ptrdiff_t offset = layout_offset(shape, input, last, row) + column * stride;
    NAMED(load_run)(to, work->data[input] + offset * (ptrdiff_t)size, work->types[input], stride,
                    length);
    to += length;
    count -= length;
    column = 0;
    row++;
  }
}

/// Copies a row again and again, so that from any place in its first copy a segment can be read.
static void NAMED(repeat_row)(T *to, const program *work, int input, ptrdiff_t inner) {
  ptrdiff_t stride = work->shape.strides[input][work->shape.rank - 1];
  NAMED(load_run)(to, work->data[input], work->types[input], stride, inner);
  for (ptrdiff_t i = inner; i < segment + inner; i++) to[i] = to[i - inner];
}

typedef struct {
  const T *values;
  int step;
} NAMED(operand);

/// Runs the instructions on operands of one segment; the last one writes `out`.
static void NAMED(interpret)(
    const int32_t *instructions, int instruction_count, const NAMED(operand) *inputs, T *out,
    ptrdiff_t count) {
  const nnsh_kernel_table *kernels = nnsh_kernels();
  NAMED(operand) stack[nnsh_max_stack];
  T scratch[nnsh_max_stack][segment];
  int depth = 0;
  for (int i = 0; i < instruction_count; i++) {
    int code = instructions[i];
    if (code >= nnsh_code_load) {
      stack[depth++] = inputs[code - nnsh_code_load];
      continue;
    }
    int taken = code == nnsh_code_select ? 3 : code >= nnsh_code_binary ? 2 : 1;
    NAMED(operand) *top = stack + depth - taken;
    int step = 0;
    for (int j = 0; j < taken; j++) step |= top[j].step;
    int is_last = i == instruction_count - 1;
    ptrdiff_t length = step || is_last ? count : 1;
    T *to = is_last ? out : scratch[depth - taken];
    if (taken == 1) {
      if (top->step) {
        kernels->NAMED(unary)[code](to, top->values, length);
      } else {
        T value;
        kernels->NAMED(unary)[code](&value, top->values, 1);
        for (ptrdiff_t j = 0; j < length; j++) to[j] = value;
      }
    } else if (taken == 2) {
      kernels->NAMED(binary)[code - nnsh_code_binary](
          to, top[0].values, top[0].step, top[1].values, top[1].step, length);
    } else {
      kernels->NAMED(select)(
          to, top[0].values, top[0].step, top[1].values, top[1].step, top[2].values, top[2].step,
          length);
    }
    top->values = to;
    top->step = step;
    depth -= taken - 1;
  }
  if (stack[0].values != out) {
    for (ptrdiff_t i = 0; i < count; i++) out[i] = stack[0].values[i * stack[0].step];
  }
}

/// Runs a program over rows that lie as the result does, one segment of them, without the
/// preparations that longer ones need; 0 where an operand lies otherwise.
static int NAMED(run_short)(
    const int32_t *code, int length, int inputs, const nnsh_operand *operands,
    const ptrdiff_t *strides, T *out, ptrdiff_t count) {
  NAMED(operand) rows[nnsh_max_inputs];
  T numbers[nnsh_max_inputs];
  for (int i = 0; i < inputs; i++) {
    rows[i].step = operands[i].data != NULL && strides[i] != 0 && count > 1;
    if (!rows[i].step) {
      numbers[i] = (T)scalar_of(&operands[i]);
      rows[i].values = &numbers[i];
    } else if (strides[i] == 1 && operands[i].type == TYPE) {
      rows[i].values = operands[i].data;
    } else {
      return 0;
    }
  }
  NAMED(interpret)(code, length, rows, out, count);
  return 1;
}

static void NAMED(run_segments)(const program *work, ptrdiff_t first, ptrdiff_t last_segment) {
  const layout *shape = &work->shape;
  int last = shape->rank - 1;
  ptrdiff_t inner = shape->dims[last];
  T loaded[nnsh_max_inputs][segment + longest_across];
  T result[segment];
  NAMED(operand) operands[nnsh_max_inputs];
  if (!work->by_rows) {
    for (int i = 0; i < work->inputs; i++) {
      if (work->repeats_row[i]) NAMED(repeat_row)(loaded[i], work, i, inner);
    }
  }
  for (ptrdiff_t s = first; s < last_segment; s++) {
    ptrdiff_t row = 0, column = 0, position, end;
    if (work->by_rows) {
      row = s / work->segments_a_row;
      column = s % work->segments_a_row * segment;
      position = row * inner + column;
      end = (row + 1) * inner;
    } else {
      position = s * segment;
      end = shape->count;
    }
    ptrdiff_t count = end - position < segment ? end - position : segment;
    for (int i = 0; i < work->inputs; i++) {
      operands[i].values = loaded[i];
      operands[i].step = 1;
      if (work->is_scalar[i]) {
        loaded[i][0] = (T)work->scalars[i];
        operands[i].step = 0;
        continue;
      }
      if (!work->by_rows) {
        if (work->is_plain[i] && work->types[i] == TYPE) {
          operands[i].values = (const T *)work->data[i] + position;
        } else if (work->repeats_row[i]) {
          operands[i].values = loaded[i] + position % inner;
        } else {
          NAMED(load_across)(loaded[i], work, i, position, count);
        }
        continue;
      }
      ptrdiff_t stride = shape->strides[i][last];
      ptrdiff_t offset = layout_offset(shape, i, last, row) + column * stride;
      const char *data = work->data[i] + offset * (ptrdiff_t)nnsh_size_of(work->types[i]);
      if (stride == 1 && work->types[i] == TYPE) {
        operands[i].values = (const T *)data;
      } else if (stride == 0) {
        NAMED(load_run)(loaded[i], data, work->types[i], 0, 1);
        operands[i].step = 0;
      } else {
        NAMED(load_run)(loaded[i], data, work->types[i], stride, count);
      }
    }
    if (work->out_type == TYPE) {
      NAMED(interpret)(work->code, work->length, operands, (T *)work->out + position, count);
      continue;
    }
    NAMED(interpret)(work->code, work->length, operands, result, count);
    if (work->out_type == nnsh_f64) {
      double *out = (double *)work->out + position;
      for (ptrdiff_t i = 0; i < count; i++) out[i] = (double)result[i];
    } else {
      float *out = (float *)work->out + position;
      for (ptrdiff_t i = 0; i < count; i++) out[i] = (float)result[i];
    }
  }
}
#undef NAMED
