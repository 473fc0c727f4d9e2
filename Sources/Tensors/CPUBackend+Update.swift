import CKernels

extension CPUBackend {
  package func update(
    _ rule: Int, _ weights: FloatRows, states: (FloatRows?, FloatRows?), gradient: FloatRows,
    numbers: SIMD8<Double>
  ) {
    if weights.type == .f64 {
      withUnsafeBytes(of: numbers) { numbers in
        guard let numbers = numbers.bindMemory(to: Double.self).baseAddress else { return }
        nnsh_update_f64(
          Int32(rule), weights.doubles, states.0?.doubles, states.1?.doubles, gradient.doubles,
          weights.count, numbers)
      }
      return
    }
    withUnsafeBytes(of: SIMD8<Float>(numbers)) { numbers in
      guard let numbers = numbers.bindMemory(to: Float.self).baseAddress else { return }
      nnsh_update_f32(
        Int32(rule), weights.pointer, states.0?.pointer, states.1?.pointer, gradient.pointer,
        weights.count, numbers)
    }
  }

  package func update(
    _ rule: Int, _ weights: inout Tensor, states: inout [Tensor], gradient: Tensor,
    numbers: SIMD8<Double>
  ) throws(TensorError) {
    guard weights.count > 0 else { return }
    let gradient = try gradient.cast(to: weights.elementType).contiguous()
    var (first, second) = (states.first, states.dropFirst().first)
    states = []
    // SAFETY: all are contiguous, of one element type and count, and each alone refers to its
    // memory, which stays where it is while they are held here.
    try weights.makeUniqueContiguous()
    try first?.makeUniqueContiguous()
    try second?.makeUniqueContiguous()
    update(
      rule, weights.row, states: (first?.row, second?.row), gradient: gradient.row,
      numbers: numbers)
    withExtendedLifetime(gradient) {}
    states = [first, second].compactMap { $0 }
  }
}

extension Tensor {
  /// The numbers of a contiguous tensor, in a row.
  fileprivate var row: FloatRows {
    FloatRows(
      pointer.assumingMemoryBound(to: Float.self), rows: 1, columns: count, type: elementType)
  }
}
