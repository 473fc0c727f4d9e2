// The table of this instruction set's kernels.

const nnsh_kernel_table TABLE = {
    .unary_f32 = {
#define UNARY(name, ...) [nnsh_##name] = name##_block_f32,
#include "elementwise.def"
    },
    .unary_f64 = {
#define UNARY(name, ...) [nnsh_##name] = name##_block_f64,
#include "elementwise.def"
    },
    .binary_f32 = {
#define BINARY(name, ...) [nnsh_##name] = name##_block_f32,
#include "elementwise.def"
    },
    .binary_f64 = {
#define BINARY(name, ...) [nnsh_##name] = name##_block_f64,
#include "elementwise.def"
    },
    .select_f32 = select_block_f32,
    .select_f64 = select_block_f64,
    .run_f32 = run_f32,
    .run_f64 = run_f64,
    .columns_f32 = columns_f32,
    .columns_f64 = columns_f64,
    .softmax_f32 = softmax_f32,
    .softmax_f64 = softmax_f64,
    .cross_entropy_f32 = cross_entropy_f32,
    .squared_errors = squared_errors,
    .column_sums = column_sums_f32,
    .relu_mask = relu_mask_f32,
    .update_f32 =
        {
#define UPDATE_RULE(name, states, ...) update_##name##_f32,
#include "update_rules.def"
#undef UPDATE_RULE
        },
    .update_f64 =
        {
#define UPDATE_RULE(name, states, ...) update_##name##_f64,
#include "update_rules.def"
#undef UPDATE_RULE
        },
    .to_bf16 = to_bf16,
    .multiply_adds = multiply_adds,
    .multiply_add_lanes = peak_chains * WIDTH,
    .gemm_tile_f32 = gemm_tile_f32,
    .gemm_tile_f64 = gemm_tile_f64,
    .small_product_f32 = small_product_f32,
    .small_product_f64 = small_product_f64,
    .dot_f64 = dot_f64,
    .add_rows_f64 = add_rows_f64,
    .pool_line_f32 = pool_line_f32,
    .unpool_line_f32 = unpool_line_f32,
    .pool_chosen_line_f32 = pool_chosen_line_f32,
    .pool_line_f64 = pool_line_f64,
    .unpool_line_f64 = unpool_line_f64,
    .pool_chosen_line_f64 = pool_chosen_line_f64,
    .standardize_columns = standardize_columns,
    .column_products = column_products,
    .standardize_columns_back = standardize_columns_back,
    .standardize_rows = standardize_rows,
    .standardize_rows_back = standardize_rows_back,
    .rnn_row = rnn_row,
    .rnn_row_back = rnn_row_back,
    .lstm_row = lstm_row,
    .lstm_row_back = lstm_row_back,
    .gru_row = gru_row,
    .gru_row_back = gru_row_back,
    .packed_size = packed_size,
    .pack_matrix = pack_matrix,
    .packed_product = packed_product,
    .attention_scratch = attention_scratch,
    .attention_forward = attention_forward,
    .attention_back = attention_back,
    .philox = philox_blocks,
    .normal_pairs = normal_pairs,
};
