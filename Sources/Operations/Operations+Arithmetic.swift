import Tensors

// Elementwise operations of two operands, with NumPy's broadcasting.

extension Operation {
  static let add = Operation(
    "add", saves: .shapes, forward: { try Tensor.apply(.add, $0[0], $0[1]) },
    pullback: { p in [try p.part(0) { p.cotangent }, try p.part(1) { p.cotangent }] })

  static let subtract = Operation(
    "subtract", saves: .shapes, forward: { try Tensor.apply(.subtract, $0[0], $0[1]) },
    pullback: { p in
      [try p.part(0) { p.cotangent }, try p.part(1) { try .negate(p.cotangent) }]
    })

  static let multiply = Operation(
    "multiply", saves: .inputs, forward: { try Tensor.apply(.multiply, $0[0], $0[1]) },
    pullback: { p in
      [
        try p.part(0) { try p.cotangent * p.inputs[1] },
        try p.part(1) { try p.cotangent * p.inputs[0] },
      ]
    })

  static let divide = Operation(
    "divide", forward: { try Tensor.apply(.divide, $0[0], $0[1]) },
    pullback: { p in
      [
        try p.part(0) { try p.cotangent / p.inputs[1] },
        try p.part(1) { try .negate(p.cotangent * p.output / p.inputs[1]) },
      ]
    })

  /// d(aᵇ) = b·aᵇ⁻¹ da + aᵇ·ln a db; the first part is 0 for b = 0 and the second for a ≤ 0,
  /// where the limits are 0 or there is no derivative.
  static let power = Operation(
    "power", forward: { try Tensor.apply(.power, $0[0], $0[1]) },
    pullback: { p in
      let (base, exponent) = (p.inputs[0], p.inputs[1])
      return [
        try p.part(0) {
          let slope = try exponent * .power(base, exponent - 1)
          return try p.cotangent * .keep(slope, where: .notEqual, exponent, 0)
        },
        try p.part(1) {
          let positive = try Variable.choose(
            .greater, base, 0, then: base, otherwise: Variable(1))
          return try p.cotangent * p.output * .log(positive)
        },
      ]
    })

  /// a % b = a − b·⌊a/b⌋, so its derivatives are 1 and −⌊a/b⌋ between the jumps.
  static let remainder = Operation(
    "remainder", saves: .inputs, forward: { try Tensor.apply(.remainder, $0[0], $0[1]) },
    pullback: { p in
      [
        try p.part(0) { p.cotangent },
        try p.part(1) {
          let whole = try Tensor.apply(
            .floor, Tensor.apply(.divide, p.inputs[0].tensor, p.inputs[1].tensor))
          return try .negate(p.cotangent * Variable(whole))
        },
      ]
    })

  /// Equal operands share the derivative in halves, as in PyTorch.
  static let minimum = extremum("minimum", .minimum, wins: .less)
  /// Equal operands share the derivative in halves, as in PyTorch.
  static let maximum = extremum("maximum", .maximum, wins: .greater)

  private static func extremum(
    _ name: String, _ operation: BinaryOperation, wins: BinaryOperation
  ) -> Operation {
    Operation(
      name, saves: .inputs, forward: { try Tensor.apply(operation, $0[0], $0[1]) },
      pullback: { p in
        func share(_ a: Variable, _ b: Variable) throws -> Variable {
          let ties = try Variable.choose(.equal, a, b, then: Variable(0.5), otherwise: Variable(0))
          return try p.cotangent * .choose(wins, a, b, then: Variable(1), otherwise: ties)
        }
        return [
          try p.part(0) { try share(p.inputs[0], p.inputs[1]) },
          try p.part(1) { try share(p.inputs[1], p.inputs[0]) },
        ]
      })
  }

  static func select(_ mask: Tensor) -> Operation {
    Operation(
      "where", saves: .shapes, forward: { try Tensor.where(mask, $0[0], $0[1]) },
      pullback: { p in
        [
          try p.part(0) { try .where(mask, p.cotangent, Variable(0)) },
          try p.part(1) { try .where(mask, Variable(0), p.cotangent) },
        ]
      })
  }
}

extension Variable {
  /// a + b with broadcasting.
  package static func add(_ a: Variable, _ b: Variable) throws -> Variable {
    try Operation.add(a, b)
  }
  /// a − b with broadcasting.
  package static func subtract(_ a: Variable, _ b: Variable) throws -> Variable {
    try Operation.subtract(a, b)
  }
  /// a · b elementwise with broadcasting.
  package static func multiply(_ a: Variable, _ b: Variable) throws -> Variable {
    try Operation.multiply(a, b)
  }
  /// a / b with broadcasting, IEEE.
  package static func divide(_ a: Variable, _ b: Variable) throws -> Variable {
    try Operation.divide(a, b)
  }
  /// a to the power b, elementwise with broadcasting.
  package static func power(_ a: Variable, _ b: Variable) throws -> Variable {
    try Operation.power(a, b)
  }
  /// The remainder with the divisor's sign, as Python's and NumPy's `%`.
  package static func remainder(_ a: Variable, _ b: Variable) throws -> Variable {
    try Operation.remainder(a, b)
  }
  /// The smaller of each pair.
  package static func minimum(_ a: Variable, _ b: Variable) throws -> Variable {
    try Operation.minimum(a, b)
  }
  /// The larger of each pair.
  package static func maximum(_ a: Variable, _ b: Variable) throws -> Variable {
    try Operation.maximum(a, b)
  }
  /// `a` where the mask is not zero and `b` elsewhere, all three broadcast together.
  package static func `where`(_ mask: Tensor, _ a: Variable, _ b: Variable) throws -> Variable {
    try Operation.select(mask)(a, b)
  }
  /// A comparison's mask: a constant, whatever the operands.
  package static func compare(_ operation: BinaryOperation, _ a: Variable, _ b: Variable) throws
    -> Variable
  {
    Variable(try Tensor.apply(operation, a.tensor, b.tensor))
  }

  package static func + (a: Variable, b: Variable) throws -> Variable { try .add(a, b) }
  package static func - (a: Variable, b: Variable) throws -> Variable { try .subtract(a, b) }
  package static func * (a: Variable, b: Variable) throws -> Variable { try .multiply(a, b) }
  package static func / (a: Variable, b: Variable) throws -> Variable { try .divide(a, b) }
  package static func + (a: Variable, b: Double) throws -> Variable { try .add(a, Variable(b)) }
  package static func - (a: Variable, b: Double) throws -> Variable {
    try .subtract(a, Variable(b))
  }
  package static func - (a: Double, b: Variable) throws -> Variable {
    try .subtract(Variable(a), b)
  }
  package static func * (a: Variable, b: Double) throws -> Variable {
    try .multiply(a, Variable(b))
  }
  package static func / (a: Variable, b: Double) throws -> Variable { try .divide(a, Variable(b)) }

  /// `then` where the comparison of `a` with `b` holds, `otherwise` elsewhere.
  static func choose(
    _ comparison: BinaryOperation, _ a: Variable, _ b: Variable, then: Variable,
    otherwise: Variable
  ) throws -> Variable {
    let mask = try Tensor.apply(comparison, a.tensor, b.tensor)
    func typed(_ number: Variable) throws -> Variable {
      number.rank == 0 ? try .cast(number, to: a.elementType.arithmetic) : number
    }
    return try .where(mask, typed(then), typed(otherwise))
  }

  /// The same comparison with a number.
  static func choose(
    _ comparison: BinaryOperation, _ a: Variable, _ b: Double, then: Variable, otherwise: Variable
  ) throws -> Variable {
    try .choose(comparison, a, Variable(b), then: then, otherwise: otherwise)
  }

  /// `value` where the comparison of `a` with a number holds, 0 elsewhere.
  static func keep(
    _ value: Variable, where comparison: BinaryOperation, _ a: Variable, _ b: Double
  ) throws -> Variable {
    try .keep(value, where: comparison, a, Variable(b))
  }

  /// `value` where the comparison of `a` with `b` holds, 0 elsewhere.
  static func keep(
    _ value: Variable, where comparison: BinaryOperation, _ a: Variable, _ b: Variable
  ) throws -> Variable {
    try .where(try Tensor.apply(comparison, a.tensor, b.tensor), value, Variable(0))
  }
}
