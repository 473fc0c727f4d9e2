import CKernels

extension Tensor {
  /// e^x over its sum along the last axis; finite for any finite input.
  package func softmax() throws(TensorError) -> Tensor {
    let result = try softened(logarithm: false)
    return result.remembering(self, through: .softmax, losesLogarithms: try result.hasVanishing())
  }

  /// 1 / (1 + e⁻ˣ) of each element, which remembers x for losses.
  package func sigmoid() throws(TensorError) -> Tensor {
    let result = try Tensor.apply(.sigmoid, self)
    return elementType == .bool ? result : result.remembering(self, through: .sigmoid)
  }

  /// Whether `logarithm` knows more than the elements do: one has become too small to have one.
  package func hasLostLogarithms() throws(TensorError) -> Bool {
    guard let origin = storage.origin else { return false }
    switch origin.function {
    case .softmax: return origin.losesLogarithms && self.origin(of: .softmax) != nil
    case .sigmoid: return self.origin(of: .sigmoid) == nil ? false : try hasVanishing()
    case .complement:
      // Near 1 numbers lie as far apart as the rounding of 1.
      return self.origin(of: .complement) == nil
        ? false : try hasLess(than: elementType == .f64 ? 1e-14 : 1e-6)
    }
  }

  /// The natural logarithm; of a softmax or sigmoid also where that lost it.
  package func logarithm() throws(TensorError) -> Tensor {
    guard try hasLostLogarithms() else { return try Tensor.apply(.log, self) }
    if let logits = origin(of: .softmax) { return try logits.logSoftmax().cast(to: elementType) }
    if let logits = origin(of: .sigmoid) {
      // log σ(z) = −log(1 + e^−z)
      return try ElementwiseProgram([
        .load(0), .unary(.negate), .unary(.softplus), .unary(.negate),
      ]).run([.tensor(logits)]).cast(to: elementType)
    }
    guard let logits = origin(of: .complement) else { return try Tensor.apply(.log, self) }
    // log(1 − σ(z)) = −log(1 + e^z)
    return try ElementwiseProgram([.load(0), .unary(.softplus), .unary(.negate)])
      .run([.tensor(logits)]).cast(to: elementType)
  }

  /// 1 − p of what a sigmoid gave, which remembers what that was given; nil of anything else.
  package func complement() throws(TensorError) -> Tensor? {
    guard let logits = origin(of: .sigmoid) else { return nil }
    return try Tensor.apply(.subtract, .scalar(1, elementType), self)
      .remembering(logits, through: .complement)
  }

  /// Whether an element is smaller than the smallest normal number.
  private func hasVanishing() throws(TensorError) -> Bool {
    try hasLess(
      than: elementType == .f64 ? .leastNormalMagnitude : Double(Float.leastNormalMagnitude))
  }

  private func hasLess(than limit: Double) throws(TensorError) -> Bool {
    count > 0 ? try reduce(.min).item ?? .infinity < limit : false
  }

  /// The logarithm of `softmax`, without taking the logarithm of numbers that vanish.
  package func logSoftmax() throws(TensorError) -> Tensor { try softened(logarithm: true) }

  /// −Σ target · log softmax(self) along the last axis: a loss for each row.
  ///
  /// Both tensors have one shape; targets of 0 contribute nothing even at a logit of −∞.
  package func crossEntropyFromLogits(_ target: Tensor) throws(TensorError) -> Tensor {
    if shape != target.shape {
      throw .sameShape(operation: "cross_entropy", target.shape, shape)
    }
    let logs = try logSoftmax()
    let terms = try ElementwiseProgram([
      // target == 0 ? 0 : −target · log
      .load(0), .load(2), .binary(.equal), .load(2), .load(0), .load(1), .binary(.multiply),
      .unary(.negate), .select,
    ]).run([.tensor(target), .tensor(logs), .scalar(0)])
    return try terms.reduce(.sum, axes: rank == 0 ? nil : [-1])
  }

  private func softened(logarithm: Bool) throws(TensorError) -> Tensor {
    let plain = try cast(to: elementType.arithmetic).contiguous()
    let result = try Tensor(uninitialized: shape, plain.elementType)
    let columns = rank == 0 ? 1 : shape[rank - 1]
    let rows = columns == 0 ? 0 : count / columns
    // SAFETY: both are contiguous with rows × columns elements of one stored type.
    try Profile.measure("softmax") { () throws(TensorError) in
      try Backends.current.softmax(
        RowOperand(plain.pointer, plain.elementType, rows: rows, columns: columns),
        logarithm: logarithm, whole: false, into: result.pointer)
    }
    withExtendedLifetime((plain, result)) {}
    return result
  }
}
