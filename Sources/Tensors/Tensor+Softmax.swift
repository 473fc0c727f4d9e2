import CKernels

extension Tensor {
  /// e^x over its sum along the last axis; finite for any finite input.
  package func softmax() throws(TensorError) -> Tensor {
    let result = try softened(logarithm: false)
    let leastHeld =
      result.elementType == .f64
      ? Double.leastNormalMagnitude : Double(Float.leastNormalMagnitude)
    let least = count > 0 ? try result.reduce(.min).item ?? 1 : 1
    return result.remembering(self, through: .softmax, losesLogarithms: least < leastHeld)
  }

  /// Whether `logarithm` knows more than the elements do.
  package var hasLostLogarithms: Bool {
    storage.origin?.losesLogarithms == true && origin(of: .softmax) != nil
  }

  /// The natural logarithm; of a softmax also where that lost it.
  package func logarithm() throws(TensorError) -> Tensor {
    guard hasLostLogarithms, let logits = origin(of: .softmax) else {
      return try Tensor.apply(.log, self)
    }
    return try logits.logSoftmax().cast(to: elementType)
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
