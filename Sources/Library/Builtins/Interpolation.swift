import Language
import Operations
import Tensors

/// Values between given ones.
extension Builtin {
  static let interpolationGroup: [Builtin] = [interp]

  static let interp = Builtin(
    Declaration(
      "interp", group: .reduce,
      "the values of a function given at some points, linearly in between",
      details: "Before the first point and after the last one it is as there, as in NumPy.",
      parameters: [
        Parameter("x", .tensor, "where it is wanted"),
        Parameter("xp", .tensor, "the points, ascending"),
        Parameter("fp", .tensor, "its values at them"),
      ],
      result: "a tensor of x's shape",
      examples: [.init("interp([0, 1.5, 9], [1, 2, 3], [10, 20, 0])", "3 tensor f32\n  10  15  0")],
      seeAlso: ["searchsorted", "linspace"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let (x, points, values) = (
      try arguments.variable(0), try arguments.tensor(1), try arguments.variable(2)
    )
    guard points.rank == 1, points.count > 0 else {
      throw arguments.mismatch(1, expected: "a vector of one point or more")
    }
    guard values.shape == points.shape else {
      throw arguments.mismatch(2, expected: "a vector as long as xp")
    }
    let numbers = try points.guardedDoubles()
    guard Swift.zip(numbers, numbers.dropFirst()).allSatisfy({ $0 <= $1 }) else {
      throw RuntimeError.other(
        "interp: the points xp must ascend", hint: "o = argsort(xp) brings xp[o] and fp[o] in order"
      )
    }
    return Value(try interpolated(x, numbers, points, values))
  }

  private static func interpolated(
    _ x: Variable, _ numbers: [Double], _ points: Tensor, _ values: Variable
  ) throws -> Variable {
    let last = numbers.count - 1
    let below = try x.tensor.guardedDoubles().map { number in
      Double(Swift.min(Swift.max(place(of: number, in: numbers, after: true) - 1, 0), last))
    }
    let above = below.map { Swift.min($0 + 1, Double(last)) }
    let (low, high) = (
      Index.gather(try Tensor(doubles: below, x.shape, elementType: .f64)),
      Index.gather(try Tensor(doubles: above, x.shape, elementType: .f64))
    )
    let start = Variable(try points.subscripted([low]))
    // Between equal points, and after the last, there is no distance to divide by.
    let gaps = Swift.zip(below, above).map { low, high in
      let gap = numbers[Int(high)] - numbers[Int(low)]
      return gap > 0 ? gap : 1
    }
    let width = Variable(
      try Tensor(doubles: gaps, x.shape, elementType: points.elementType.arithmetic))
    let share = try Variable.maximum(
      .minimum(.divide(.subtract(x, start), width), Variable(1)), Variable(0))
    let first = try Variable.subscripted(values, [low])
    return try .add(first, .multiply(share, .subtract(.subscripted(values, [high]), first)))
  }
}
