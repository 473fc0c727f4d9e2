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
    let type = weights.elementType
    let gradient = try gradient.cast(to: type).contiguous()
    var (first, second) = (states.first, states.dropFirst().first)
    states = []
    func run<Number>(
      _ body: (
        UnsafeMutablePointer<Number>, UnsafeMutablePointer<Number>?,
        UnsafeMutablePointer<Number>?, UnsafePointer<Number>
      ) -> Void
    ) throws(TensorError) {
      func base(_ bytes: UnsafeMutableRawBufferPointer) -> UnsafeMutablePointer<Number>? {
        bytes.baseAddress?.assumingMemoryBound(to: Number.self)
      }
      // SAFETY: all are contiguous, of one element type and count, and each alone refers to its
      // memory, which stays where it is while they are held here.
      let memory = try weights.withMutableBytes { (bytes) throws(TensorError) in base(bytes) }
      let one = try first?.withMutableBytes { (bytes) throws(TensorError) in base(bytes) }
      let two = try second?.withMutableBytes { (bytes) throws(TensorError) in base(bytes) }
      if let memory {
        body(
          memory, one ?? nil, two ?? nil,
          UnsafePointer(gradient.pointer.assumingMemoryBound(to: Number.self)))
      }
    }
    let count = weights.count
    if type == .f64 {
      try run { (w: UnsafeMutablePointer<Double>, a, b, g) in
        withUnsafeBytes(of: numbers) { numbers in
          guard let numbers = numbers.bindMemory(to: Double.self).baseAddress else { return }
          nnsh_update_f64(Int32(rule), w, a, b, g, count, numbers)
        }
      }
    } else {
      try run { (w: UnsafeMutablePointer<Float>, a, b, g) in
        withUnsafeBytes(of: SIMD8<Float>(numbers)) { numbers in
          guard let numbers = numbers.bindMemory(to: Float.self).baseAddress else { return }
          nnsh_update_f32(Int32(rule), w, a, b, g, count, numbers)
        }
      }
    }
    withExtendedLifetime(gradient) {}
    states = [first, second].compactMap { $0 }
  }
}
