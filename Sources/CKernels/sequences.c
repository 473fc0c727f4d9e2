#include <string.h>

#include "kernels.h"

// One step of recurrent layers, forward and back, for some of the rows; products with a packed
// matrix; a head of attention. All on the calling thread.

static ptrdiff_t gates_of(int kind) {
  return kind == nnsh_lstm ? 4 : kind == nnsh_gru ? 3 : 1;
}

ptrdiff_t nnsh_recurrent_kept(int kind) {
  return kind == nnsh_lstm ? 6 : kind == nnsh_gru ? 4 : 0;
}

typedef struct {
  ptrdiff_t place, gates, kept;
  const float *before, *cell;
} row_of_step;

/// Where a row stands in a step, and its state and cell before it.
static row_of_step row_of(
    const nnsh_recurrence *r, ptrdiff_t row, ptrdiff_t step, const float *zeros) {
  ptrdiff_t h = r->hidden, place = row * r->steps + step;
  row_of_step at = {place, place * gates_of(r->kind) * h, place * nnsh_recurrent_kept(r->kind) * h,
                    zeros, zeros};
  if (step == 0) return at;
  at.before = r->states + (place - 1) * h;
  if (r->kind == nnsh_lstm) at.cell = r->kept + at.kept - 6 * h + 4 * h;
  return at;
}

void nnsh_recurrent_step(
    const nnsh_recurrence *r, ptrdiff_t first, ptrdiff_t rows, ptrdiff_t step,
    const float *recurrent, const float *zeros) {
  const nnsh_kernel_table *kernels = nnsh_kernels();
  ptrdiff_t h = r->hidden, wide = gates_of(r->kind) * h;
  for (ptrdiff_t row = first; row < first + rows; row++, recurrent += wide) {
    row_of_step at = row_of(r, row, step, zeros);
    float *state = r->states + at.place * h, *kept = r->kept + at.kept;
    const float *inside = r->inside + at.gates;
    if (r->real != NULL && r->real[at.place] == 0) {
      memcpy(state, at.before, (size_t)h * sizeof(float));
      if (r->kind == nnsh_lstm) memcpy(kept + 4 * h, at.cell, (size_t)h * sizeof(float));
    } else if (r->kind == nnsh_rnn) {
      kernels->rnn_row(state, inside, recurrent, h);
    } else if (r->kind == nnsh_lstm) {
      kernels->lstm_row(state, kept, at.cell, inside, recurrent, h);
    } else {
      kernels->gru_row(state, kept, at.before, inside, recurrent, r->own, h);
    }
  }
}

void nnsh_recurrent_step_back(
    const nnsh_recurrence *r, ptrdiff_t first, ptrdiff_t rows, ptrdiff_t step,
    const float *states_gradient, float *state_gradient, float *cell_gradient,
    float *inside_back, float *recurrent_back, const float *zeros) {
  const nnsh_kernel_table *kernels = nnsh_kernels();
  ptrdiff_t h = r->hidden, wide = gates_of(r->kind) * h;
  for (ptrdiff_t i = 0; i < rows; i++) {
    row_of_step at = row_of(r, first + i, step, zeros);
    float *back = inside_back + at.gates, *past = recurrent_back + at.gates;
    float *gradient = state_gradient + i * h;
    const float *own = states_gradient + at.place * h;
    const float *kept = r->kept + at.kept;
    if (r->real != NULL && r->real[at.place] == 0) {
      for (ptrdiff_t j = 0; j < h; j++) gradient[j] += own[j];
      memset(back, 0, (size_t)wide * sizeof(float));
      memset(past, 0, (size_t)wide * sizeof(float));
    } else if (r->kind == nnsh_rnn) {
      kernels->rnn_row_back(back, gradient, own, r->states + at.place * h, h);
    } else if (r->kind == nnsh_lstm) {
      kernels->lstm_row_back(back, gradient, own, cell_gradient + i * h, kept, at.cell, h);
    } else {
      kernels->gru_row_back(back, past, gradient, own, kept, at.before, h);
    }
  }
}

ptrdiff_t nnsh_packed_size(ptrdiff_t inner, ptrdiff_t columns) {
  return nnsh_kernels()->packed_size(inner, columns);
}

void nnsh_pack_matrix(
    const float *in, ptrdiff_t in_row, ptrdiff_t in_column, ptrdiff_t inner, ptrdiff_t columns,
    float *packed) {
  nnsh_kernels()->pack_matrix(packed, in, in_row, in_column, inner, columns);
}

void nnsh_packed_product(
    const float *a, ptrdiff_t a_row, ptrdiff_t rows, const float *packed, ptrdiff_t inner,
    ptrdiff_t columns, int adds, float *c, ptrdiff_t c_row) {
  nnsh_kernels()->packed_product(
      c, c_row, a, a_row, 1, rows, packed, inner, 0, inner, columns, adds);
}

ptrdiff_t nnsh_attention_scratch(ptrdiff_t steps, ptrdiff_t width) {
  return nnsh_kernels()->attention_scratch(steps, width);
}

void nnsh_attention_forward(const nnsh_attention_head *head, float *seen) {
  nnsh_kernels()->attention_forward(head, seen);
}

void nnsh_attention_back(
    const nnsh_attention_head *head, const float *seen, float *queries_back, float *keys_back,
    float *values_back) {
  nnsh_kernels()->attention_back(head, seen, queries_back, keys_back, values_back);
}
