import Foundation
import Testing

@testable import Tensors

/// The largest error in units of Float32's last place, and where it is.
private func worstError(
  _ operation: UnaryOperation, _ values: [Float], _ exact: (Double) -> Double
) throws -> (units: Double, at: Float) {
  let results = try Tensor.apply(operation, try Tensor(values)).doubles()
  var worst = (units: 0.0, at: Float(0))
  for (value, result) in zip(values, results) {
    let expected = exact(Double(value))
    let unit = Double(max(Float(abs(expected)).ulp, Float.leastNonzeroMagnitude))
    if !Float(expected).isFinite { continue }
    let units = abs(result - expected) / unit
    if !(units <= worst.units) { worst = (units, value) }
  }
  return worst
}

/// How many units of the last place each operation may be off what the C library gives in Float64;
/// the others two.
private let limits: [UnaryOperation: Double] = [.tanh: 4, .sigmoid: 4, .gelu: 7, .erf: 4]

private func checkAccuracy() throws {
  var generator = RandomGenerator(seed: 11)
  var values: [Float] = [0, -0.0, .leastNonzeroMagnitude, 1e-30, 88.7, -87.3, -103, 1e30, 4.7e37]
  for scale in [1e-3, 0.3, 1.0, 4.0, 12.0, 80.0] {
    values += try generator.normal([4000], deviation: scale).doubles().map { Float($0) }
  }
  // Beside its zero at −0.75 the units of the result say nothing.
  for operation in UnaryOperation.allCases where operation != .geluGradient {
    // Below Φ(−10) the result of gelu is subnormal.
    let domain = values.filter {
      !operation(Double($0)).isNaN && (operation != .gelu || abs($0) < 10)
    }
    let worst = try worstError(operation, domain) { operation($0) }
    #expect(worst.units <= limits[operation, default: 2], "\(operation): \(worst)")
  }
  let slopes = try Tensor.apply(.geluGradient, Tensor(values)).doubles()
  for (x, slope) in zip(values, slopes) {
    #expect(abs(slope - UnaryOperation.geluGradient(Double(x))) < 3e-7, "geluGradient at \(x)")
  }
}

@Suite struct ElementwiseTests {
  @Test func accuracy() throws { try checkAccuracy() }

  @Test(arguments: ["baseline", "avx2"])
  func accuracyOfNarrowerInstructions(_ name: String) async {
    // The choice is made once a process, so each has its own.
    if name == "baseline" {
      await #expect(processExitsWith: .success) {
        setenv("NNSH_KERNELS", "baseline", 1)
        try checkAccuracy()
        try checkProductsAndSums()
      }
    } else {
      await #expect(processExitsWith: .success) {
        setenv("NNSH_KERNELS", "avx2", 1)
        try checkAccuracy()
        try checkProductsAndSums()
      }
    }
  }

  @Test func doublePrecision() throws {
    var generator = RandomGenerator(seed: 12)
    let values = try generator.normal([2000], deviation: 5, .f64)
    let plain = values.doubles()
    let exact: [(UnaryOperation, (Double) -> Double)] = [
      (.exp, { exp($0) }), (.tanh, { tanh($0) }), (.sigmoid, { 1 / (1 + exp(-$0)) }),
      (.sin, { sin($0) }), (.softplus, { max($0, 0) + log1p(exp(-abs($0))) }),
    ]
    for (operation, function) in exact {
      for (a, x) in zip(try Tensor.apply(operation, values).doubles(), plain) {
        #expect(abs(a - function(x)) <= 4 * function(x).ulp, "\(operation) at \(x)")
      }
    }
    let positive = try Tensor.apply(.abs, values)
    for (a, x) in zip(try Tensor.apply(.log, positive).doubles(), plain) {
      #expect(abs(a - log(abs(x))) <= 2 * max(log(abs(x)).ulp, 1e-17), "log at \(x)")
    }
  }

  @Test func powers() throws {
    var generator = RandomGenerator(seed: 13)
    let x = try generator.uniform([3000], low: 0.01, high: 20)
    let y = try generator.uniform([3000], low: -8, high: 8)
    for (a, (p, q)) in zip(
      try Tensor.apply(.power, x, y).doubles(), zip(x.doubles(), y.doubles()))
    {
      #expect(abs(a / pow(p, q) - 1) < 1e-7)
    }
    let negative = try Tensor([-2, -1.5, 0, 3] as [Float])
    #expect(try Tensor.apply(.power, negative, 3).doubles() == [-8, -3.375, 0, 27])
    #expect(try Tensor.apply(.power, negative, 2).doubles() == [4, 2.25, 0, 9])
    #expect(
      try Tensor.apply(.power, negative, -1).doubles()
        == [-0.5, -1 / 1.5, .infinity, 1.0 / 3]
        .map { Double(Float($0)) })
    #expect(try Tensor.apply(.power, 2, negative).doubles()[0] == 0.25)
  }

  @Test func remainders() throws {
    var generator = RandomGenerator(seed: 18)
    let x = try generator.uniform([4000], low: -50, high: 50)
    let y = try Tensor.apply(.divide, generator.integers(below: 80, [4000]), 8)
    let divisor = try Tensor.apply(.subtract, y, 4.0625)
    let results = try Tensor.apply(.remainder, x, divisor).doubles()
    for (r, (p, q)) in zip(results, zip(x.doubles(), divisor.doubles())) {
      let exact = fmod(p, q)
      let expected = exact != 0 && (exact < 0) != (q < 0) ? exact + q : exact
      #expect(abs(r - expected) <= abs(q) * 1e-7, "\(p) % \(q)")
    }
    let whole = try Tensor.sequence(from: -300, step: 0.75, count: 900)
    #expect(try Tensor.apply(.remainder, whole, 0.75).doubles().allSatisfy { $0 == 0 })
    let tenths = try Tensor([0.3, 0.6, 0.9, -0.3] as [Float])
    let tenth = Double(Float(0.1))
    for (r, p) in zip(try Tensor.apply(.remainder, tenths, 0.1).doubles(), tenths.doubles()) {
      let expected = Float(p - (p / tenth).rounded(.down) * tenth)
      #expect(abs(r - Double(expected)) < 1e-8 && r >= 0 && r < tenth)
    }
  }

  @Test func types() throws {
    let f32 = try Tensor.zeros([2])
    let f64 = try Tensor.zeros([2], .f64)
    let bool = try Tensor.zeros([2], .bool)
    #expect(try Tensor.apply(.add, f32, f64).elementType == .f64)
    #expect(try Tensor.apply(.add, f32, 0.1).elementType == .f32)
    #expect(try Tensor.apply(.add, f32, Tensor.scalar(0.1, .f64)).elementType == .f32)
    #expect(try Tensor.apply(.add, f64, Tensor.scalar(0.1)).elementType == .f64)
    #expect(try Tensor.apply(.add, bool, bool).elementType == .f32)
    #expect(try Tensor.apply(.less, f64, f64).elementType == .bool)
    #expect(try Tensor.apply(.and, bool, bool).elementType == .bool)
    #expect(try Tensor.apply(.not, bool).elementType == .bool)
    #expect(try Tensor.apply(.negate, bool).elementType == .f32)
    #expect(try Tensor.where(bool, f64, f32).elementType == .f64)
    #expect(try Tensor.where(bool.cast(to: .f64), f32, f32).elementType == .f32)
    #expect(
      try Tensor.apply(.add, Tensor.scalar(1), Tensor.scalar(1, .f64)).elementType == .f64)
    #expect(try f32.clip(0, 1).elementType == .f32)
  }

  @Test func broadcastingAgreesWithRepeating() throws {
    var generator = RandomGenerator(seed: 14)
    let shapes: [(Shape, Shape)] = [
      ([3, 1, 5], [4, 1]), ([300, 400], [400]), ([300, 400], [300, 1]), ([2, 700], [2, 1]),
      ([1, 3, 1], [5, 1, 2]), ([0, 3], [1, 3]), ([70, 3], [3]), ([1], [2000]),
    ]
    for (left, right) in shapes {
      let a = try generator.normal(left)
      let b = try generator.normal(right)
      let common = try left.broadcast(right)
      let whole = try Tensor.apply(
        .subtract, a.broadcast(to: common).contiguous(), b.broadcast(to: common).contiguous())
      expectEqual(try Tensor.apply(.subtract, a, b), whole, "\(left) \(right)")
      let turned = try a.transposed().contiguous().transposed()
      expectEqual(try Tensor.apply(.subtract, turned, b), whole, "turned \(left) \(right)")
    }
    #expect(
      error { () throws(TensorError) in
        try Tensor.apply(.add, Tensor.zeros([2]), Tensor.zeros([3]))
      } == .broadcast([2], [3]))
  }

  @Test func temporariesAreReused() throws {
    let a = try Tensor.full([1000], 2)
    let address = a.pointer
    let kept = a
    let other = try Tensor.apply(.exp, consuming: a)
    #expect(other.pointer != address)
    #expect(kept.doubles()[0] == 2)
    var temporary = try Tensor.full([1000], 2)
    let place = temporary.pointer
    temporary = try Tensor.apply(.square, consuming: temporary)
    try temporary.apply(.add, with: kept)
    #expect(temporary.doubles()[999] == 6)
    let sum = try Tensor.apply(.multiply, consuming: Tensor.full([1000], 3), kept)
    #expect(sum.doubles()[500] == 6)
    var broadcast = try Tensor.full([3], 1)
    try broadcast.apply(.add, with: Tensor.full([2, 1], 1))
    #expect(broadcast.shape == [2, 3])
    #expect(
      error { () throws(TensorError) in try broadcast.apply(.add, with: Tensor.zeros([7])) } != nil)
    #expect(broadcast.doubles() == [2, 2, 2, 2, 2, 2])
    var own = try Tensor.full([1000], 2)
    let home = own.pointer
    try own.apply(.add, with: kept)
    #expect(own.pointer == home)
    try own.apply(.add, with: own)
    #expect(own.doubles()[0] == 8)
    _ = place
  }

  @Test func programs() throws {
    var generator = RandomGenerator(seed: 15)
    for shape in [shape([50_000]), [120, 700], [7, 3], [0]] {
      let x = try generator.normal(shape)
      let b = try generator.normal(Shape(checking: [shape[shape.rank - 1]]))
      let program = ElementwiseProgram([
        .load(0), .load(1), .binary(.multiply), .load(2), .binary(.add), .unary(.relu), .load(0),
        .load(1), .binary(.greater), .load(3), .unary(.exp), .select,
      ])
      // relu(x·0.9 + b) as the mask's stand-in is never 0 or chosen by it.
      let inputs: [ElementwiseProgram.Input] = [
        .tensor(x), .scalar(0.9), .tensor(b), .scalar(0.5),
      ]
      let mask = try Tensor.apply(
        .relu, Tensor.apply(.add, Tensor.apply(.multiply, x, 0.9), b))
      let bigger = try Tensor.apply(.greater, x, 0.9)
      let expected = try Tensor.where(
        mask, bigger, Tensor.apply(.exp, Tensor.scalar(0.5)))
      expectEqual(try program.run(inputs), expected, "\(shape)")
      var taken = inputs
      expectEqual(try program.run(consuming: &taken), expected, "\(shape) reusing")
      #expect(taken.isEmpty)
    }
    #expect(
      error { () throws(TensorError) in try ElementwiseProgram([.unary(.exp)]).run([.scalar(1)]) }
        == .invalidProgram)
    #expect(
      error { () throws(TensorError) in
        try ElementwiseProgram([.load(0), .load(3), .binary(.add)]).run([.scalar(1)])
      } == .invalidProgram)
    #expect(try ElementwiseProgram([.load(0)]).run([.scalar(1)]).item == 1)
  }

  @Test func threadsDoNotChangeResults() throws {
    var results: [[Double]] = []
    for threads in [1, 2, 3] {
      Threads.count = threads
      var generator = RandomGenerator(seed: 16)
      let x = try generator.normal([500, 401])
      let column = try x.reduce(.sum, axes: [0])
      let row = try x.softmax().reduce(.norm, axes: [1])
      let total = try x.flattened().reduce(.sum)
      let mixed = try Tensor.apply(.add, Tensor.apply(.tanh, x), column)
      let wide = try Tensor.matmul(x.cast(to: .f64), x.transposed())
      results.append(
        column.doubles() + row.doubles() + total.doubles() + mixed.doubles() + wide.doubles()
          + (try generator.uniform([30_001]).doubles()))
    }
    Threads.count = 2
    #expect(results[0] == results[1] && results[1] == results[2])
  }
}

/// A few products and sums that the narrower kernels must get right too.
private func checkProductsAndSums() throws {
  var generator = RandomGenerator(seed: 17)
  let a = try generator.normal([37, 300], .f64)
  let b = try generator.normal([300, 29], .f64)
  let product = try Tensor.matmul(a, b)
  let (x, y) = (a.doubles(), b.doubles())
  var sum = 0.0
  for p in 0..<300 { sum += x[36 * 300 + p] * y[p * 29 + 28] }
  #expect(abs(try product.element(at: [36, 28]) - sum) < 1e-12)
  let floats = try a.cast(to: .f32)
  #expect(abs((try floats.reduce(.sum).item ?? .nan) - floats.doubles().reduce(0, +)) < 1e-3)
  let largest = floats.doubles().max()
  #expect(try floats.reduce(.max).item == largest)
  let order = try floats.reshaped([-1]).sorted().doubles()
  #expect(order == floats.doubles().sorted())
}
