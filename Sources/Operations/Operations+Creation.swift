import Tensors

// Tensors made of numbers that may be differentiated.

extension OperationKind {
  static let linearSpace = OperationKind("linspace", axes: .fresh)
  static let sequence = OperationKind("arange", axes: .fresh)
  static let creations = [linearSpace, sequence]
}

extension Operation {
  /// start, …, stop in `count` equal steps. An element in between is start·(1 − t) + stop·t.
  static func linearSpace(count: Int, _ elementType: ElementType) -> Operation {
    Operation(
      .linearSpace, saves: .shapes,
      forward: { inputs in
        let (start, stop) = try twoNumbers(inputs)
        return try .linearSpace(from: start, to: stop, count: count, elementType)
      },
      pullback: { p in
        let share = Variable(try Tensor.linearSpace(from: 0, to: 1, count: count, .f64))
        return [
          try p.part(0) { try .sum(p.cotangent * (1 - share)) },
          try p.part(1) { try .sum(p.cotangent * share) },
        ]
      })
  }

  /// start + step·i for i below `count`.
  static func sequence(count: Int, _ elementType: ElementType) -> Operation {
    Operation(
      .sequence, saves: .shapes,
      forward: { inputs in
        let (start, step) = try twoNumbers(inputs)
        return try .sequence(from: start, step: step, count: count, elementType)
      },
      pullback: { p in
        let places = Variable(try Tensor.sequence(from: 0, step: 1, count: count, .f64))
        return [
          try p.part(0) { try .sum(p.cotangent) },
          try p.part(1) { try .sum(p.cotangent * places) },
        ]
      })
  }

  /// The values of two operands that must be single numbers.
  private static func twoNumbers(_ inputs: [Tensor]) throws -> (Double, Double) {
    guard let first = inputs[0].item, let second = inputs[1].item else {
      throw TensorError.elementCount(given: inputs[0].count, shape: .scalar)
    }
    return (first, second)
  }
}

extension Variable {
  /// `count` evenly spaced numbers, both ends (single numbers) included.
  package static func linearSpace(
    from start: Variable, to stop: Variable, count: Int, _ elementType: ElementType
  ) throws -> Variable {
    try Operation.linearSpace(count: count, elementType)(start, stop)
  }

  /// `count` numbers from `start` on in steps of `step`, both single numbers.
  package static func sequence(
    from start: Variable, step: Variable, count: Int, _ elementType: ElementType
  ) throws -> Variable {
    try Operation.sequence(count: count, elementType)(start, step)
  }

  /// A tensor with one number, `value`, everywhere.
  package static func full(
    _ shape: Shape, _ value: Variable, _ elementType: ElementType
  ) throws -> Variable {
    try .broadcast(.cast(.reshape(value, to: .scalar), to: elementType), to: shape)
  }
}
