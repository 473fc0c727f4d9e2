#pragma once
#include <stddef.h>
#include <stdint.h>

/// The loops under the tensors, compiled for several instruction sets and chosen at run time.
///
/// Sizes and strides are counted in elements. Work is cut into fixed blocks, never by the number
/// of threads, so that every result is the same at any thread count. A function that returns
/// `int` gives `nnsh_done`, or says why it stopped early.

enum { nnsh_done = 0, nnsh_interrupted = 1, nnsh_no_memory = 2, nnsh_malformed = 3 };

/// How elements lie in memory.
enum { nnsh_f32 = 0, nnsh_f64 = 1, nnsh_bf16 = 2 };

enum { nnsh_max_rank = 32, nnsh_max_inputs = 8, nnsh_max_stack = 8 };

// MARK: - Threads, interruption, memory (team.c, parallel.c, interrupt.c,
// memory.c, available.c, allocations.c)

/// How many threads share large work: at first what OMP_NUM_THREADS says, otherwise as many as
/// there are processors for this process, by its affinity and its control group.
int nnsh_thread_count(void);
void nnsh_set_thread_count(int count);
/// Runs `body(context, share)` once for each share, on as many threads, and waits for all. Alone,
/// one share after the other, where the team is at work already, for this caller or another.
void nnsh_team_run(
    int shares, void (*_Nonnull body)(void *_Nullable, int), void *_Nullable context);
/// Whether the calling thread is running a share.
int nnsh_team_is_at_work(void);

/// Asks long-running kernels to stop. Safe in a signal handler.
void nnsh_interrupt_request(void);
void nnsh_interrupt_clear(void);
/// Bytes of an open file as memory, which need not fit into the machine's: null where refused. What
/// is written to it stays in the process.
void *_Nullable nnsh_map_file(int descriptor, size_t offset, size_t bytes);
void nnsh_unmap_file(void *_Nonnull memory, size_t bytes);
/// Whether a mapped file was found shorter than it was since this was last asked: zeros have taken
/// the place of what is gone.
int nnsh_mapped_file_was_cut(void);

/// Some bytes of a file.
typedef struct {
  const char *_Nonnull path;
  size_t offset, bytes;
} nnsh_file_part;

/// Parts of several files as one piece of memory, in which each follows the one before: read when they
/// are touched, and let go of again.
typedef struct nnsh_paging nnsh_paging;

/// The parts as memory, of which about `budget` bytes are held at a time, and besides what was written:
/// null where refused, and where the system cannot do it. What is written stays in the process.
///
/// Whoever touches the memory must not be in a call of the system, which would fail, and must have a
/// stack for signals where a product of oneDNN does.
nnsh_paging *_Nullable nnsh_page_files(
    const nnsh_file_part *_Nonnull parts, size_t count, size_t budget);
void *_Nonnull nnsh_paging_memory(nnsh_paging *_Nonnull paging);
/// How many bytes of it are in memory.
size_t nnsh_paging_held(nnsh_paging *_Nonnull paging);
void nnsh_paging_end(nnsh_paging *_Nonnull paging);

/// While it is on, requests to stop are noted and take effect when it goes off.
void nnsh_interrupt_hold(int on);
int nnsh_interrupt_is_held_back(void);
int nnsh_interrupt_is_requested(void);
/// Whether a loop must do more than go on: a stop was asked for, memory is short, matrix products
/// are being kept, or values wait to be released. One load for every turn: the bits below the limit.
extern int nnsh_attention;
enum { nnsh_attention_limit = 16 };
static inline int nnsh_needs_attention(void) {
  return (__atomic_load_n(&nnsh_attention, __ATOMIC_RELAXED) & (nnsh_attention_limit - 1)) != 0;
}
int nnsh_memo_is_on(void);
void nnsh_memo_set_on(int on);
int nnsh_memo_is_empty(void);
void nnsh_memo_set_empty(int empty);
/// Whether memory has run short since this was last set to 0.
int nnsh_memory_is_short(void);
void nnsh_memory_set_short(int is_short);
/// Whether long work must stop: an interrupt was requested, or memory is short.
int nnsh_must_stop(void);
/// Whether values wait to be released, because the stack had no room for it.
int nnsh_release_waits(void);
void nnsh_release_set_waiting(int waits);
int nnsh_profile_is_on(void);
void nnsh_profile_set_on(int on);
/// Float32 operations a second that all threads reach together, multiply-adds counted as two.
double nnsh_peak_flops(void);

/// Runs `body(context, block)` for every block, on several threads when `work` (elements, roughly)
/// is large. Blocks must be independent.
int nnsh_parallel(
    ptrdiff_t blocks, ptrdiff_t work, void (*_Nonnull body)(void *_Nullable, ptrdiff_t),
    void *_Nullable context);
/// As `nnsh_parallel`, but never cut short by an interruption.
void nnsh_parallel_whole(
    ptrdiff_t blocks, ptrdiff_t work, void (*_Nonnull body)(void *_Nullable, ptrdiff_t),
    void *_Nullable context);

/// 64-byte aligned memory, or NULL; large pieces come from a bounded pool of freed ones.
void *_Nullable nnsh_allocate(size_t bytes);
void nnsh_release(void *_Nullable pointer, size_t bytes);
/// Whether the pool has a piece for this size, so that no new memory is needed.
int nnsh_pool_has(size_t bytes);
/// Frees what the pool keeps.
void nnsh_pool_empty(void);
size_t nnsh_pool_bytes(void);
/// Bytes that can be had: the least of what the machine has left without swapping, the control
/// groups around the process leave it, and its own limits (`ulimit -v`, `ulimit -d`) allow.
size_t nnsh_available_memory(void);
/// All the memory that there is for the process, used or not.
size_t nnsh_memory_limit(void);
/// What the control groups named in a file such as /proc/self/cgroup leave; `root` is where they
/// are mounted. PTRDIFF_MAX where none has a limit.
size_t nnsh_group_rest(const char *_Nonnull root, const char *_Nonnull membership);
/// How many processors the same control groups give the process time for, at most 1024.
int nnsh_group_processors(const char *_Nonnull root, const char *_Nonnull membership);
/// How many processors there are for this process, by its affinity and its control groups.
int nnsh_processor_count(void);
/// Whether so many bytes can be had with something left over. What is only kept for speed is let
/// go of first. Less than 16 MB is always granted: it comes out of what is left over.
int nnsh_memory_suffices(size_t bytes);
/// Gives back what is only kept for speed.
void nnsh_memory_release_unused(void);
/// To be called once, before the first thread is made.
void nnsh_memory_prepare(void);
/// Address space of which a little may be used: its pages cost memory when they are first touched,
/// and it is not counted before. NULL where there is none; given back by nnsh_give_up.
void *_Nullable nnsh_reserve(size_t bytes);
void nnsh_give_up(void *_Nonnull space, size_t bytes);

/// Whether the calling thread's stack is nearly used up: walks over deep values must stop here.
int nnsh_stack_is_low(void);
/// Gives back the pages of this thread's stack that deep calls have touched and left.
void nnsh_stack_release_unused(void);

// MARK: - Elementwise programs (program.c)

/// The elementwise operations of one operand and of two: `UnaryOperation` and `BinaryOperation` in
/// Swift.
typedef enum __attribute__((enum_extensibility(closed))) nnsh_unary : int32_t {
#define UNARY(name, ...) nnsh_##name __attribute__((swift_name(#name))),
#include "../elementwise.def"
} nnsh_unary;
typedef enum __attribute__((enum_extensibility(closed))) nnsh_binary : int32_t {
#define BINARY(name, ...) nnsh_##name __attribute__((swift_name(#name))),
#include "../elementwise.def"
} nnsh_binary;

enum {
  nnsh_unary_count = 0
#define UNARY(...) +1
#include "../elementwise.def"
  , nnsh_binary_count = 0
#define BINARY(...) +1
#include "../elementwise.def"
};

/// What an operation gives for one number, exact to libm's last digit.
double nnsh_unary_number(nnsh_unary operation, double x);
double nnsh_binary_number(nnsh_binary operation, double x, double y);
const char *_Nonnull nnsh_unary_name(nnsh_unary operation);
const char *_Nonnull nnsh_binary_name(nnsh_binary operation);
/// Whether the result is a truth value, 1 or 0.
int nnsh_unary_is_logical(nnsh_unary operation);
int nnsh_binary_is_logical(nnsh_binary operation);
/// Whether an element takes long, compared with reading and writing it.
int nnsh_unary_is_costly(nnsh_unary operation);
int nnsh_binary_is_costly(nnsh_binary operation);

/// Instruction codes: a unary operation as it is, a binary one from 100, then these.
enum { nnsh_code_binary = 100, nnsh_code_select = 200, nnsh_code_load = 300 };

/// An input of a program: an array of a type, or, where `data` is NULL, a number.
typedef struct {
  const void *_Nullable data;
  double number;
  int32_t type;
} nnsh_operand;

/// Runs a postfix program over inputs broadcast to one shape, block by block.
///
/// `strides` holds `rank` strides for each input; those of numbers mean nothing. `out` is contiguous; it may be an input's memory
/// where that input has the same element type and is contiguous too; `in_place` says so, and such
/// a run is never cut short, for the input would be left half written.
int nnsh_program_run(
    const int32_t *_Nonnull code, int length, int inputs, const nnsh_operand *_Nonnull operands,
    const ptrdiff_t *_Nonnull strides, int compute_type, void *_Nonnull out, int out_type, int rank,
    const ptrdiff_t *_Nonnull dims, int in_place);

/// One operation on one or two operands of `count` numbers, from 1 to `nnsh_short_count`: contiguous
/// arrays of the type that it computes in, or numbers. `out` may be an operand's memory.
enum { nnsh_short_count = 1024 };
void nnsh_short_run(
    int32_t operation, nnsh_operand a, nnsh_operand b, int inputs, int type, void *_Nonnull out,
    ptrdiff_t count);

/// One operation on numbers that lie anywhere.
typedef struct {
  /// As in a program; below 0, the operand itself.
  int32_t code;
  /// In which type it computes, and that of the result.
  int32_t type;
  int32_t operands;
  int32_t types[3];
  /// The places of the operands and of the result.
  int32_t from[3];
  int32_t to;
} nnsh_scalar_instruction;

/// Runs operations on numbers one after the other; `places` are their addresses.
int nnsh_scalars_run(
    const nnsh_scalar_instruction *_Nonnull steps, ptrdiff_t count,
    const void *_Nullable const *_Nonnull places);

// MARK: - Copies (copy.c)

/// What a copy does to its target: it may be interrupted only where that is new.
enum { nnsh_copy_over = 0, nnsh_copy_add = 1, nnsh_copy_new = 2 };

/// Copies between strided arrays of one shape, converting.
int nnsh_copy(
    const void *_Nonnull source, int source_type, const ptrdiff_t *_Nonnull source_strides,
    void *_Nonnull target, int target_type, const ptrdiff_t *_Nonnull target_strides, int rank,
    const ptrdiff_t *_Nonnull dims, int mode);

enum { nnsh_gather = 0, nnsh_scatter = 1, nnsh_scatter_add = 2 };

/// Copies `count` sub-arrays between `view + offsets[i]` and `list + i * list_step`, in order.
/// Gathering, whose list is new, may be interrupted.
int nnsh_indexed_copy(
    int mode, int type, void *_Nonnull view, const ptrdiff_t *_Nonnull offsets, ptrdiff_t count,
    void *_Nonnull list, ptrdiff_t list_step, int rank, const ptrdiff_t *_Nonnull dims,
    const ptrdiff_t *_Nonnull view_strides, const ptrdiff_t *_Nonnull list_strides);

/// The offsets of a contiguous mask's nonzero elements in an array of these strides, and how many;
/// -1 when interrupted.
ptrdiff_t nnsh_mask_offsets(
    const float *_Nonnull mask, int rank, const ptrdiff_t *_Nonnull dims,
    const ptrdiff_t *_Nonnull strides, ptrdiff_t *_Nullable offsets);

/// Turns index values into offsets, negative ones counting from the end.
/// Returns -1, or the position of the first that is not a whole number in range; -2 when
/// interrupted.
ptrdiff_t nnsh_index_offsets(
    const void *_Nonnull values, int type, ptrdiff_t count, ptrdiff_t length, ptrdiff_t stride,
    ptrdiff_t *_Nonnull offsets);

// MARK: - Reductions and order (reduce.c, sort.c)

/// The order is that of Swift's `Reduction`; the last is internal.
enum {
  nnsh_sum, nnsh_mean, nnsh_min, nnsh_max, nnsh_prod, nnsh_any, nnsh_all, nnsh_norm,
  nnsh_squared_deviations
};

/// Reduces the middle axis of a contiguous outer × length × inner array into `out`
/// (outer × inner, same type). `means` is needed for squared deviations only.
int nnsh_reduce(
    int reduction, int type, const void *_Nonnull in, ptrdiff_t outer, ptrdiff_t length,
    ptrdiff_t inner, const double *_Nullable means, double *_Nonnull out);

/// The first position of the largest (or smallest) element; a NaN counts as either.
int nnsh_argument_extreme(
    int largest, int type, const void *_Nonnull in, ptrdiff_t outer, ptrdiff_t length,
    ptrdiff_t inner, double *_Nonnull out);

int nnsh_cumulative_sum(
    int type, const void *_Nonnull in, ptrdiff_t outer, ptrdiff_t length, ptrdiff_t inner,
    void *_Nonnull out);

/// Each row in ascending order, NaN last.
int nnsh_sort(
    int type, const void *_Nonnull in, ptrdiff_t rows, ptrdiff_t length, void *_Nonnull out);

/// The stable ascending order of each row, NaN last, as numbers of a type.
int nnsh_argsort(
    int type, const void *_Nonnull in, ptrdiff_t rows, ptrdiff_t length, int order_type,
    void *_Nonnull order);

/// Moves the first of each run of equal elements to the front; all NaN are equal here.
int nnsh_drop_repeated(
    int type, void *_Nonnull sorted, ptrdiff_t count, ptrdiff_t *_Nonnull kept_count);

/// The largest element, -1 where there is none. `nnsh_malformed`, and the element, for one that is
/// no whole number from 0 to 2³¹ − 1.
int nnsh_largest_count(
    int type, const void *_Nonnull in, ptrdiff_t count, double *_Nonnull largest);

/// counts[v] += 1 for every element v.
int nnsh_count_values(
    int type, const void *_Nonnull in, ptrdiff_t count, double *_Nonnull counts);

// MARK: - Rows (rows.c)

/// Row-wise softmax, or its logarithm; `out` may be `in`. A whole one is never cut short by an
/// interruption.
int nnsh_softmax(
    int logarithm, int type, const void *_Nonnull in, ptrdiff_t rows, ptrdiff_t columns,
    void *_Nonnull out, int whole);

/// Softmax and cross-entropy of rows in one pass.
///
/// `targets` holds rows of probabilities. `gradient` (may be NULL or `logits`) receives
/// (softmax · Σtarget − target) · scale, `losses` (may be NULL) −Σ target · log softmax per row;
/// returns in `correct` (may be NULL) the rows whose largest logit is where the largest target is.
int nnsh_softmax_cross_entropy_rows(
    const float *_Nonnull logits, const float *_Nonnull targets, ptrdiff_t rows, ptrdiff_t columns,
    float scale, float *_Nullable gradient, float *_Nullable losses, ptrdiff_t *_Nullable correct);

/// The errors of rows of numbers: `sums` receives of each row the sum of their squares and the sum of
/// their absolute values, `gradient` (may be NULL or `outputs`) 2 · scale · error.
void nnsh_squared_errors(
    const float *_Nonnull outputs, const float *_Nonnull targets, ptrdiff_t rows,
    ptrdiff_t columns, float scale, float *_Nullable gradient, double *_Nonnull sums);

// MARK: - The trainer's kernels (network.c)

/// out[j] = accumulate · out[j] + Σ_i in[i][j]: the gradient of a bias.
void nnsh_column_sums(
    const float *_Nonnull in, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t row_stride,
    float accumulate, float *_Nonnull out);
/// max(0, ·) of some columns of some rows, in place and on this thread; a NaN stays.
void nnsh_relu_rows(
    float *_Nonnull values, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t stride);
/// gradient[i] = activation[i] <= 0 ? 0 : gradient[i], so that it passes where there is a NaN.
void nnsh_relu_mask(float *_Nonnull gradient, const float *_Nonnull activation, ptrdiff_t count);
/// The rules by which a gradient changes the weights, in the order of update_rules.def.
enum {
#define UPDATE_RULE(name, states, ...) nnsh_rule_##name,
#include "../update_rules.def"
#undef UPDATE_RULE
  nnsh_rule_count
};
/// How many numbers a rule takes for a step.
enum { nnsh_rule_numbers = 8 };
/// Changes the weights, and what the rule remembers of them in `first` and `second`, by a gradient
/// (which may be `first` itself). `numbers` are those of the step.
void nnsh_update_f32(
    int rule, float *_Nonnull weights, float *_Nullable first, float *_Nullable second,
    const float *_Nonnull gradient, ptrdiff_t count, const float *_Nonnull numbers);
void nnsh_update_f64(
    int rule, double *_Nonnull weights, double *_Nullable first, double *_Nullable second,
    const double *_Nonnull gradient, ptrdiff_t count, const double *_Nonnull numbers);
/// out = a unary operation of in, contiguous.
void nnsh_unary_f32(int operation, float *_Nonnull out, const float *_Nonnull in, ptrdiff_t count);
/// Rows of `in` chosen by `order`: out[i] = in[order[i]].
void nnsh_gather_rows(
    const float *_Nonnull in, const ptrdiff_t *_Nonnull order, ptrdiff_t count, ptrdiff_t columns,
    float *_Nonnull out);
/// Rounds to bfloat16, to the nearest even.
void nnsh_f32_to_bf16(const float *_Nonnull in, uint16_t *_Nonnull out, ptrdiff_t count);
/// The position of the first element that is NaN or infinite, or -1.
ptrdiff_t nnsh_first_nonfinite_f64(const double *_Nonnull in, ptrdiff_t count);
ptrdiff_t nnsh_first_nonfinite_f32(const float *_Nonnull in, ptrdiff_t count);

#include "layers.h"

// MARK: - Products of our own (gemm32.c, gemm64.c)

/// Up to so many multiplications a product is small: preparing it would take longer than it does.
enum { nnsh_small_product = 1024 };

/// C = A·B + bias + accumulate · C on the calling thread, C m × n with rows `c_row` apart; A and B
/// strided.
void nnsh_gemm_f32(
    const float *_Nonnull a, ptrdiff_t a_row, ptrdiff_t a_column, const float *_Nonnull b,
    ptrdiff_t b_row, ptrdiff_t b_column, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k,
    const float *_Nullable bias, float accumulate, float *_Nonnull c, ptrdiff_t c_row);

/// C = A·B + bias, C contiguous m × n; A and B strided; then max(0, ·) where relu is not 0.
int nnsh_gemm_f64(
    const double *_Nonnull a, ptrdiff_t a_row, ptrdiff_t a_column, const double *_Nonnull b,
    ptrdiff_t b_row, ptrdiff_t b_column, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k,
    const double *_Nullable bias, int relu, double *_Nonnull c);

// MARK: - Random numbers (random.c)

/// One block of Philox 4×32-10 (Salmon, Moraes, Dror, Shaw 2011).
void nnsh_philox_block(uint64_t key, uint64_t stream, uint64_t counter, uint32_t *_Nonnull out);
/// `count` numbers from [low, high), from `counter` on; a block gives four (f32) or two (f64).
int nnsh_random_uniform(
    uint64_t key, uint64_t stream, uint64_t counter, int type, void *_Nonnull out, ptrdiff_t count,
    double low, double high);
/// Normal numbers by Box and Muller's transformation of each block.
int nnsh_random_normal(
    uint64_t key, uint64_t stream, uint64_t counter, int type, void *_Nonnull out, ptrdiff_t count,
    double mean, double deviation);

// MARK: - Decompositions by LAPACK (lapack.c)

typedef enum {
  nnsh_solving, nnsh_determinant, nnsh_cholesky, nnsh_eigenvalues, nnsh_singular_values,
  nnsh_orthogonal, nnsh_least_squares,
} nnsh_decomposition;

/// Whether Debian's liblapack3, or another of its name, is on this machine.
int nnsh_lapack_is_there(void);

/// Works in place on matrices stored column by column; what each of a, b and c holds afterwards
/// stands beside the functions of lapack.c. `condition` becomes the reciprocal condition number of
/// what is solved.
///
/// 0, LAPACK's own number above 0, -100 without LAPACK, -101 without memory, -102 when interrupted.
int nnsh_decompose(nnsh_decomposition kind, int m, int n, int columns,
                   double *_Nonnull a, ptrdiff_t a_count, double *_Nonnull b, ptrdiff_t b_count,
                   double *_Nonnull c, ptrdiff_t c_count, double *_Nonnull condition);
