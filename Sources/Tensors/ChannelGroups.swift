import CKernels

/// Examples of places × channels whose channels are normalized in groups.
package struct ChannelGroups: Sendable, Hashable {
  package let rows: Int
  package let places: Int
  package let channels: Int
  /// How many; they divide the channels.
  package let groups: Int

  package init(rows: Int, places: Int, channels: Int, groups: Int) {
    (self.rows, self.places, self.channels, self.groups) = (rows, places, channels, groups)
  }

  /// How many floats' room the kernels need beside what they give, an example.
  package var scratchWidth: Int { 2 * Int(nnsh_group_scratch) * channels }
  /// The numbers of all examples.
  package var count: Int { rows * places * channels }

  var grouping: nnsh_grouping {
    nnsh_grouping(rows: rows, places: places, channels: channels, groups: groups)
  }
}

extension Tensor {
  /// γ·(x − mean)/√(variance + ε) + β, where mean and variance are those of each group of channels of
  /// each row over all places.
  ///
  /// - Returns: also the mean and 1/√(variance + ε) of each row's channels.
  package static func groupsNormalized(
    _ groups: ChannelGroups, _ x: Tensor, gamma: Tensor, beta: Tensor, epsilon: Double
  ) throws(TensorError) -> (output: Tensor, means: Tensor, scales: Tensor) {
    let x = try x.cast(to: .f32).contiguous()
    let gamma = try gamma.cast(to: .f32).contiguous()
    let beta = try beta.cast(to: .f32).contiguous()
    let output = try Tensor(uninitialized: x.shape, .f32)
    let shape = try Shape(checking: [groups.rows, groups.channels])
    let means = try Tensor(uninitialized: shape, .f32)
    let scales = try Tensor(uninitialized: shape, .f32)
    let scratch = try FloatBuffer(count: groups.rows * groups.scratchWidth)
    // SAFETY: all are contiguous and of the sizes that the groups say, and live until the call
    // returns; so below. What is written is new.
    defer { withExtendedLifetime((x, gamma, beta, output, means, scales, scratch)) {} }
    Backends.current.standardizeGroups(
      groups, of: x.floats, gamma: gamma.floats, beta: beta.floats, epsilon: Float(epsilon),
      scratch: scratch.pointer,
      ColumnStatistics(means: means.floats, scales: scales.floats), into: output.floats)
    return (output, means, scales)
  }

  /// The gradients of x, γ and β.
  package static func groupsNormalizedGradient(
    _ groups: ChannelGroups, _ x: Tensor, means: Tensor, scales: Tensor, gamma: Tensor,
    of gradient: Tensor
  ) throws(TensorError) -> (x: Tensor, gamma: Tensor, beta: Tensor) {
    let x = try x.cast(to: .f32).contiguous()
    let gamma = try gamma.cast(to: .f32).contiguous()
    let gradient = try gradient.cast(to: .f32).contiguous()
    let back = try Tensor(uninitialized: gradient.shape, .f32)
    let scratch = try FloatBuffer(count: groups.rows * groups.scratchWidth)
    defer { withExtendedLifetime((x, means, scales, gamma, gradient, back, scratch)) {} }
    back.floats.update(from: gradient.floats, count: gradient.count)
    let sums = Backends.current.standardizeGroupsBack(
      groups, back.floats, of: x.floats,
      ColumnStatistics(means: means.floats, scales: scales.floats), gamma: gamma.floats,
      scratch: scratch.pointer)
    let shape = try Shape(checking: [groups.channels])
    return (
      back, try Tensor(doubles: sums.gamma, shape, elementType: .f32),
      try Tensor(doubles: sums.beta, shape, elementType: .f32)
    )
  }
}
