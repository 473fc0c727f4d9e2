// The table of this instruction set's kernels.

#define UNARY_TABLE(s)                                                                         \
  {                                                                                            \
    negate_block_##s, exp_block_##s, log_block_##s, log1p_block_##s, sqrt_block_##s,           \
        abs_block_##s, sign_block_##s, sin_block_##s, cos_block_##s, tanh_block_##s,           \
        sigmoid_block_##s, gelu_block_##s, softplus_block_##s, floor_block_##s, ceil_block_##s, \
        round_block_##s, relu_block_##s, heaviside_block_##s, reciprocal_block_##s,            \
        square_block_##s, isnan_block_##s, isfinite_block_##s, not_block_##s,                  \
        gelu_gradient_block_##s                                                                \
  }
#define BINARY_TABLE(s)                                                                      \
  {                                                                                          \
    add_block_##s, subtract_block_##s, multiply_block_##s, divide_block_##s,                 \
        remainder_block_##s, power_block_##s, minimum_block_##s, maximum_block_##s,          \
        equal_block_##s, not_equal_block_##s, less_block_##s, less_or_equal_block_##s,       \
        greater_block_##s, greater_or_equal_block_##s, and_block_##s, or_block_##s           \
  }

const nnsh_kernel_table TABLE = {
    .unary_f32 = UNARY_TABLE(f32),
    .unary_f64 = UNARY_TABLE(f64),
    .binary_f32 = BINARY_TABLE(f32),
    .binary_f64 = BINARY_TABLE(f64),
    .select_f32 = select_block_f32,
    .select_f64 = select_block_f64,
    .run_f32 = run_f32,
    .run_f64 = run_f64,
    .columns_f32 = columns_f32,
    .columns_f64 = columns_f64,
    .softmax_f32 = softmax_f32,
    .softmax_f64 = softmax_f64,
    .cross_entropy_f32 = cross_entropy_f32,
    .column_sums = column_sums_f32,
    .relu_mask = relu_mask_f32,
    .update =
        {
#define UPDATE_RULE(name, states, ...) update_##name,
#include "update_rules.def"
#undef UPDATE_RULE
        },
    .to_bf16 = to_bf16,
    .multiply_adds = multiply_adds,
    .multiply_add_lanes = peak_chains * WIDTH,
    .gemm_tile = gemm_tile,
    .philox = philox_blocks,
    .normal_pairs = normal_pairs,
};
