import CKernels

/// Elementwise operations on few numbers, for which preparing a program would take longer than it
/// runs. All give nil where the operands are none of these; the general way computes the same then.
extension Tensor {
  /// An operation on each element.
  static func short(
    _ operation: UnaryOperation, _ operand: Tensor
  ) throws(TensorError) -> Tensor? {
    guard operand.isShort, !operation.isLogical else { return nil }
    return try operand.like(.unary(operation), operand.operand, nil)
  }

  /// An operation on the elements of two tensors of one shape and type.
  package static func short(
    _ operation: BinaryOperation, _ left: Tensor, _ right: Tensor
  ) throws(TensorError) -> Tensor? {
    guard left.isShort(with: right), !operation.isLogical else { return nil }
    let result = try left.like(.binary(operation), left.operand, right.operand)
    withExtendedLifetime(right) {}
    return result
  }

  /// An operation with a number on the right.
  package static func short(
    _ operation: BinaryOperation, _ left: Tensor, _ right: Double
  ) throws(TensorError) -> Tensor? {
    guard left.isShort, !operation.isLogical else { return nil }
    return try left.like(.binary(operation), left.operand, Self.operand(right))
  }

  /// An operation with a number on the left.
  package static func short(
    _ operation: BinaryOperation, _ left: Double, _ right: Tensor
  ) throws(TensorError) -> Tensor? {
    guard right.isShort, !operation.isLogical else { return nil }
    return try right.like(.binary(operation), Self.operand(left), right.operand)
  }

  /// `self = self ∘ right` where nobody else refers to this tensor's memory; false, with nothing
  /// done, in all other cases.
  package mutating func combineShort(
    _ operation: BinaryOperation, with right: Tensor
  ) throws(TensorError) -> Bool {
    guard isShort(with: right) else { return false }
    defer { withExtendedLifetime(right) {} }
    return try replace(by: operation, operand, right.operand)
  }

  /// The same with a number.
  package mutating func combineShort(
    _ operation: BinaryOperation, with right: Double
  ) throws(TensorError) -> Bool {
    guard isShort else { return false }
    return try replace(by: operation, operand, Self.operand(right))
  }

  /// `self = left ∘ self`.
  package mutating func combineShort(
    _ left: Tensor, _ operation: BinaryOperation
  ) throws(TensorError) -> Bool {
    guard isShort(with: left) else { return false }
    defer { withExtendedLifetime(left) {} }
    return try replace(by: operation, left.operand, operand)
  }

  /// The same with a number.
  package mutating func combineShort(
    _ left: Double, _ operation: BinaryOperation
  ) throws(TensorError) -> Bool {
    guard isShort else { return false }
    return try replace(by: operation, Self.operand(left), operand)
  }

  private mutating func replace(
    by operation: BinaryOperation, _ first: nnsh_operand, _ second: nnsh_operand
  ) throws(TensorError) -> Bool {
    guard !operation.isLogical, isKnownUniquelyReferenced(&storage) else { return false }
    storage.willChange()
    // SAFETY: the operands are contiguous tensors of this one's shape, and one may be itself.
    try Backends.current.run(
      ShortElementwiseCall(
        operation: .binary(operation), first: first, second: second, type: elementType,
        result: pointer, shape: shape))
    return true
  }

  /// Whether it has axes and few numbers that lie one after the other, in the type in which they are
  /// computed with.
  private var isShort: Bool {
    shape.count > 0 && shape.count <= ShortElementwiseCall.limit && shape.rank > 0
      && customStrides == nil && elementType == elementType.arithmetic && !Profile.isOn
  }

  /// Whether it is, and so is another tensor of its shape and type.
  private func isShort(with other: Tensor) -> Bool {
    isShort && other.isContiguous && elementType == other.elementType && shape == other.shape
  }

  private var operand: nnsh_operand {
    nnsh_operand(data: pointer, number: 0, type: elementType.code)
  }

  private static func operand(_ number: Double) -> nnsh_operand {
    nnsh_operand(data: nil, number: number, type: Int32(nnsh_f64))
  }

  /// What an operation gives, in the shape and type of this tensor.
  private func like(
    _ operation: ElementwiseProgram.Instruction, _ first: nnsh_operand, _ second: nnsh_operand?
  ) throws(TensorError) -> Tensor {
    let result = Tensor(
      storage: try Storage(byteCount: shape.count * elementType.size), shape: shape,
      elementType: elementType)
    // SAFETY: the operands are contiguous tensors of this one's shape, and the result is one.
    try Backends.current.run(
      ShortElementwiseCall(
        operation: operation, first: first, second: second, type: elementType,
        result: result.pointer, shape: shape))
    withExtendedLifetime(self) {}
    return result
  }
}
