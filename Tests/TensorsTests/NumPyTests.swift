import Testing

@testable import Tensors

/// Results beside NumPy's, in both element types.
@Suite struct NumPyTests {
  @Test(arguments: UnaryOperation.allCases.filter { Fixture.tensors["unary.\($0)"] != nil })
  func unary(_ operation: UnaryOperation) throws {
    let special = try Fixture.named("special")
    let expected = try Fixture.named("unary.\(operation)")
    expectEqual(try Tensor.apply(operation, special), expected, tolerance: 1e-14, "\(operation)")
    let narrow = try Tensor.apply(operation, special.cast(to: .f32))
    // e^88 is near Float32's end, e^−104 is its smallest subnormal number.
    expectEqual(
      narrow, try expected.cast(to: .f32), tolerance: 3e-7, "\(operation) f32")
    #expect(narrow.elementType == (operation.isLogical ? .bool : .f32))
  }

  @Test(arguments: BinaryOperation.allCases) func binary(_ operation: BinaryOperation) throws {
    let operands = try Fixture.named("operands")
    let expected = try Fixture.named("binary.\(operation)")
    for type in [ElementType.f64, .f32] {
      let values = try operands.cast(to: type)
      let column = try values.expandedDimensions(axis: 1)
      expectEqual(
        try Tensor.apply(operation, column, values), try expected.cast(to: type),
        tolerance: type == .f64 ? 1e-14 : 2e-7, "\(operation) \(type)")
      for (row, operand) in operands.doubles().enumerated() {
        let line = try expected.subscripted([.at(row)]).cast(to: type)
        expectEqual(
          try Tensor.apply(operation, operand, values), line, tolerance: 2e-7, "\(operation) left")
        let across = try expected.subscripted([.all, .at(row)]).cast(to: type)
        expectEqual(
          try Tensor.apply(operation, values, operand), across, tolerance: 2e-7,
          "\(operation) right")
      }
    }
  }

  static let axes: [(String, [Int]?)] = [
    ("all", nil), ("0", [0]), ("1", [1]), ("2", [-1]), ("01", [1, 0]), ("02", [0, 2]),
    ("12", [1, 2]),
  ]

  @Test(arguments: Reduction.allCases) func reductions(_ reduction: Reduction) throws {
    let x = try Fixture.named("x")
    for (label, axes) in Self.axes {
      let name = "reduce.\(reduction).\(label)"
      for tensor in [x, try x.cast(to: .f32)] {
        let tolerance = tensor.elementType == .f64 ? 1e-14 : 1e-6
        expectEqual(
          try tensor.reduce(reduction, axes: axes), try Fixture.named(name), tolerance: tolerance,
          name)
        expectEqual(
          try tensor.reduce(reduction, axes: axes, keepDimensions: true),
          try Fixture.named(name + ".keep"), tolerance: tolerance, name)
      }
    }
  }

  @Test func moments() throws {
    let x = try Fixture.named("x")
    for (label, axes) in Self.axes {
      expectEqual(
        try x.variance(axes: axes), try Fixture.named("variance.\(label)"), tolerance: 1e-13)
      expectEqual(
        try x.standardDeviation(axes: axes, ddof: 1), try Fixture.named("deviation.\(label)"),
        tolerance: 1e-13)
    }
  }

  @Test func orderAlongAxes() throws {
    for x in [try Fixture.named("x"), try Fixture.named("x").cast(to: .f32)] {
      for axis in 0..<3 {
        expectEqual(try x.argmin(axis: axis), try Fixture.named("argmin.\(axis)"))
        expectEqual(try x.argmax(axis: axis - 3), try Fixture.named("argmax.\(axis)"))
        expectEqual(
          try x.cumulativeSum(axis: axis), try Fixture.named("cumsum.\(axis)"), tolerance: 1e-6)
        expectEqual(try x.sorted(axis: axis), try Fixture.named("sort.\(axis)"))
        expectEqual(try x.argsorted(axis: axis), try Fixture.named("argsort.\(axis)"))
      }
      expectEqual(try x.cumulativeSum(), try Fixture.named("cumsum"), tolerance: 1e-6)
    }
  }

  @Test func joining() throws {
    let x = try Fixture.named("x")
    expectEqual(try x.repeated(2, axis: 1), try Fixture.named("repeat"))
    expectEqual(try x.repeated(3), try Fixture.named("repeat.flat"))
    expectEqual(try x.transposed([2, 0, 1]), try Fixture.named("transpose"))
    let first = try x.subscripted([.all, .slice(start: 0, stop: 1, step: 1)])
    expectEqual(
      try Tensor.concatenate([x, first], axis: 1), try Fixture.named("concatenate"))
    expectEqual(
      try Tensor.stack([x, Tensor.apply(.negate, x)], axis: -1), try Fixture.named("stack"))
    expectEqual(try x.clip(-1, 1.5), try Fixture.named("clip"))
    let positive = try Tensor.apply(.greater, x, 0)
    expectEqual(
      try Tensor.where(positive, x, Tensor.scalar(-100)), try Fixture.named("where"))
    let values = try Tensor([3.0, 1, 2, 3, 1, .nan, .nan] as [Double])
    expectEqual(try values.unique(), try Fixture.named("unique"))
    let counted = try Tensor([0, 3, 3, 1] as [Float])
    expectEqual(try counted.bincount(minimumLength: 6), try Fixture.named("bincount"))
  }

  @Test func products() throws {
    for type in [ElementType.f64, .f32] {
      let a = try Fixture.named("batched.a").cast(to: type)
      let b = try Fixture.named("batched.b").cast(to: type)
      let column = try b.subscripted([.at(0), .all, .at(0)])
      let tolerance = type == .f64 ? 1e-14 : 1e-6
      expectEqual(try Tensor.matmul(a, b), try Fixture.named("batched"), tolerance: tolerance)
      expectEqual(try Tensor.matmul(a, column), try Fixture.named("matvec"), tolerance: tolerance)
      expectEqual(try Tensor.matmul(column, b), try Fixture.named("vecmat"), tolerance: tolerance)
      let rows = try b.subscripted([.at(0)])
      let (p, q) = (try rows.subscripted([.at(0)]), try rows.subscripted([.at(1)]))
      expectEqual(try Tensor.dot(p, q), try Fixture.named("dot"), tolerance: tolerance)
      expectEqual(
        try Tensor.outer(p, a.subscripted([.at(0), .at(0)])), try Fixture.named("outer"),
        tolerance: tolerance)
      expectEqual(try rows.trace(), try Fixture.named("trace"), tolerance: tolerance)
      expectEqual(
        try Tensor([1, 2] as [Double]).cast(to: type).diagonal(), try Fixture.named("diag"))
    }
  }

  @Test func softmaxes() throws {
    for type in [ElementType.f64, .f32] {
      let logits = try Fixture.named("logits").cast(to: type)
      let tolerance = type == .f64 ? 1e-14 : 4e-7
      expectEqual(try logits.softmax(), try Fixture.named("softmax"), tolerance: tolerance)
      expectEqual(
        try logits.logSoftmax(), try Fixture.named("logSoftmax").cast(to: type),
        tolerance: tolerance)
    }
  }

  @Test func legacyShuffles() throws {
    for (seed, count) in [(UInt32(0), 10), (521, 50), (42, 1000), (4_294_967_295, 7), (521, 18720)]
    {
      var order = LegacyMersenneTwister.legacyShuffle(count, seed: seed)
      if count > 100 {
        let sum = order.enumerated().reduce(0) { $0 + $1.offset * $1.element }
        order = Array(order[..<20]) + Array(order[(count - 20)...]) + [sum]
      }
      let expected = try Fixture.named("shuffle.\(seed).\(count)").doubles()
      #expect(order.map(Double.init) == expected)
    }
  }
}
