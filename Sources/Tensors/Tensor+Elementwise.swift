extension Tensor {
  /// An operation on each element.
  package static func apply(
    _ operation: UnaryOperation, _ operand: Tensor
  ) throws(TensorError) -> Tensor {
    if let result = try short(operation, operand) { return result }
    return try ElementwiseProgram.of(operation).run([.tensor(operand)])
  }

  /// An operation on the elements of two tensors, broadcast.
  ///
  /// f32 with f64 gives f64; an operand without axes takes the other one's type.
  package static func apply(
    _ operation: BinaryOperation, _ left: Tensor, _ right: Tensor
  ) throws(TensorError) -> Tensor {
    if let result = try short(operation, left, right) { return result }
    return try ElementwiseProgram.of(operation).run([
      .tensor(left), .tensor(right),
    ])
  }

  /// An operation with a number on the right.
  package static func apply(
    _ operation: BinaryOperation, _ left: Tensor, _ right: Double
  ) throws(TensorError) -> Tensor {
    if let result = try short(operation, left, right) { return result }
    return try ElementwiseProgram.of(operation).run([
      .tensor(left), .scalar(right),
    ])
  }

  /// An operation with a number on the left.
  package static func apply(
    _ operation: BinaryOperation, _ left: Double, _ right: Tensor
  ) throws(TensorError) -> Tensor {
    if let result = try short(operation, left, right) { return result }
    return try ElementwiseProgram.of(operation).run([
      .scalar(left), .tensor(right),
    ])
  }

  /// As `apply`, writing into the operand's memory where nobody else refers to it.
  package static func apply(
    _ operation: UnaryOperation, consuming operand: consuming Tensor
  ) throws(TensorError) -> Tensor {
    var inputs = [ElementwiseProgram.Input.tensor(operand)]
    return try ElementwiseProgram.of(operation).run(consuming: &inputs)
  }

  /// As `apply`, writing into an operand's memory where nobody else refers to it and shape and type
  /// allow.
  package static func apply(
    _ operation: BinaryOperation, consuming left: consuming Tensor, _ right: consuming Tensor
  ) throws(TensorError) -> Tensor {
    var inputs = [ElementwiseProgram.Input.tensor(left), .tensor(right)]
    return try ElementwiseProgram.of(operation)
      .run(consuming: &inputs)
  }

  /// `self = self ∘ right`, in place where this tensor's memory is its own; unchanged on an error.
  package mutating func apply(
    _ operation: BinaryOperation, with right: Tensor
  ) throws(TensorError) {
    try ElementwiseProgram.of(operation)
      .run(updating: &self, with: [.tensor(right)])
  }

  /// Elements of `value` where the mask is not 0, otherwise of `otherwise`; all three broadcast.
  package static func `where`(
    _ mask: Tensor, _ value: Tensor, _ otherwise: Tensor
  ) throws(TensorError) -> Tensor {
    // The mask's own type must not decide the result's.
    let truth = try mask.elementType == .f64 ? mask.cast(to: .bool) : mask
    return try ElementwiseProgram([.load(0), .load(1), .load(2), .select]).run([
      .tensor(truth), .tensor(value), .tensor(otherwise),
    ])
  }

  /// Elements held between two bounds; a NaN stays. The bound is the first operand: an element equal
  /// to it stays as it is, so that −0 keeps its sign beside a bound of 0.
  package func clip(_ low: Double?, _ high: Double?) throws(TensorError) -> Tensor {
    var instructions: [ElementwiseProgram.Instruction] = []
    var inputs: [ElementwiseProgram.Input] = [.tensor(self)]
    for bound in [high, low].compactMap(\.self) {
      instructions.append(.load(inputs.count))
      inputs.append(.scalar(bound))
    }
    instructions.append(.load(0))
    if low != nil { instructions.append(.binary(.maximum)) }
    if high != nil { instructions.append(.binary(.minimum)) }
    return try ElementwiseProgram(instructions).run(inputs)
  }
}
