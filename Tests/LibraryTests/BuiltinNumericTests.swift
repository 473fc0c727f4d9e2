import Tensors
import Testing
import ValueElements

@testable import Language

/// Values beside NumPy's; the expected ones are what NumPy 2 prints for the same calls.
@Suite struct BuiltinNumericTests {
  package let bench = BuiltinBench()

  private func expect(
    _ value: Value, _ numbers: [Double], _ dimensions: [Int]? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let found = value.elements
    #expect(found.count == numbers.count, sourceLocation: sourceLocation)
    for (left, right) in zip(found, numbers) {
      let agrees =
        left == right || abs(left - right) < 1e-6 * (1 + abs(right))
        || (left.isNaN && right.isNaN)
      #expect(agrees, "\(found) is not \(numbers)", sourceLocation: sourceLocation)
    }
    if let dimensions {
      #expect(value.dimensions == dimensions, sourceLocation: sourceLocation)
    }
  }

  @Test func making() throws {
    expect(try bench.run("zeros", .number(2), .number(0)), [], [2, 0])
    expect(try bench.run("ones", .items([.number(2), .number(1)])), [1, 1], [2, 1])
    expect(try bench.run("arange", .number(1), .number(0), .number(-0.25)), [1, 0.75, 0.5, 0.25])
    expect(try bench.run("arange", .number(0), .number(1), .number(0.3)), [0, 0.3, 0.6, 0.9])
    expect(try bench.run("arange", .number(5), .number(1)), [], [0])
    expect(try bench.run("linspace", .number(2), .number(3), .number(1)), [2])
    expect(try bench.run("linspace", .number(0), .number(1), .number(0)), [], [0])
    expect(try bench.run("linspace", .number(0), .number(0.3), .number(3)), [0, 0.15, 0.3])
    expect(try bench.run("one_hot", .vector([1, 0])), [0, 1, 1, 0], [2, 2])
    expect(try bench.run("tensor", .bool(true)), [1])
    #expect(try bench.run("rand").dimensions == [])
    #expect(try bench.run("rand").kindName == "number")
    #expect(try bench.run("randn", .number(3), .number(2)).dimensions == [3, 2])
  }

  @Test func sameSeedSameNumbers() throws {
    _ = try bench.run("seed", .number(-3))
    let first = try bench.run("randn", .number(100)).elements
    _ = try bench.run("seed", .number(-3))
    #expect(try bench.run("randn", .number(100)).elements == first)
    #expect(try bench.run("randn", .number(100)).elements != first)
    let mean = first.reduce(0, +) / 100
    #expect(abs(mean) < 0.5)
    let weights = try bench.run("xavier", .number(300), .number(100)).elements
    let variance = weights.reduce(0) { $0 + $1 * $1 } / 30_000
    #expect(abs(variance - 2 / 400) < 2e-4)
  }

  /// Pairs that are drawn one after the other come as often as their probabilities say.
  @Test func weightedDrawsWithoutReplacement() throws {
    _ = try bench.run("seed", .number(7))
    let weights = [0.1, 0, 0.2, 0.3, 0.4]
    let draws = 5_000
    var counts: [[Double]: Int] = [:]
    for _ in 0..<draws {
      let pair = try bench.run(
        "choice", .number(5), .number(2),
        named: [("replace", .bool(false)), ("p", .vector(weights))])
      counts[pair.elements, default: 0] += 1
    }
    for first in 0..<5 {
      for second in 0..<5 {
        let expected =
          first == second ? 0 : weights[first] * weights[second] / (1 - weights[first])
        let found = Double(counts[[Double(first), Double(second)]] ?? 0) / Double(draws)
        #expect(abs(found - expected) < 0.02, "\(first), \(second): \(found), not \(expected)")
      }
    }
  }

  @Test func shapes() throws {
    let matrix = try Value.matrix([[1, 2], [3, 4]])
    expect(
      try bench.run("reshape", matrix, .items([.number(4), .number(-1)])), [1, 2, 3, 4], [4, 1])
    #expect(
      bench.failure("reshape", matrix, .number(3), .number(-1))
        == "cannot reshape 2×2 (4 elements) to 3×-1")
    #expect(bench.failure("reshape", matrix, .number(-2)) != nil)
    expect(try bench.run("transpose", matrix), [1, 3, 2, 4])
    expect(
      try bench.run("concat", .items([matrix, matrix]), named: [("axis", .number(1))]),
      [1, 2, 1, 2, 3, 4, 3, 4], [2, 4])
    expect(
      try bench.run("stack", matrix, named: [("axis", .number(1))]), [1, 3, 2, 4], [2, 2])
    expect(
      try bench.run("repeat", matrix, .number(2), named: [("axis", .number(1))]),
      [1, 1, 2, 2, 3, 3, 4, 4], [2, 4])
    expect(try bench.run("squeeze", .matrix([[1, 2]])), [1, 2], [2])
    #expect(try bench.run("shape", .number(1)).display() == "[]")
    #expect(try bench.run("size", matrix, .number(-1)).elements == [2])
  }

  @Test func elementwise() throws {
    expect(
      try bench.run("round", .vector([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])), [-2, -2, 0, 0, 2, 2])
    expect(try bench.run("round", .number(1234.5678), .number(-2)), [1200])
    expect(try bench.run("round", .number(2.675), .number(2)), [2.68])
    expect(try bench.run("clip", .vector([-2, 0.5, 9]), .none, .number(1)), [-2, 0.5, 1])
    expect(try bench.run("sign", .vector([-0.0, .nan])), [0, .nan])
    expect(try bench.run("maximum", .vector([1, .nan]), .vector([.nan, 2])), [.nan, .nan])
    expect(try bench.run("maximum", .number(.nan), .number(1)), [.nan])
    expect(try bench.run("maximum", .number(-3), .number(-2)), [-2])
    expect(try bench.run("clip", .number(7), .number(0), .number(1)), [1])
    expect(try bench.run("gelu", .number(-1)), [-0.15865525393145707])
    expect(try bench.run("softplus", .vector([-3, 800])), [0.04858735157374196, 800])
    expect(try bench.run("sigmoid", .vector([-800, 800])), [0, 1])
    expect(try bench.run("log", .vector([0, -1])), [-.infinity, .nan])
    expect(try bench.run("where", .bool(true), .number(1), .number(2)), [1])
    #expect(try bench.run("isnan", .number(.nan)).display() == "true")
    for name in Builtin.elementwiseGroup.map(\.name) {
      // The function of a number and the one of a tensor are two implementations.
      let one = try bench.run(name, .number(0.7)).elements[0]
      let other = try bench.run(name, .tensor(Box(Tensor.full([1], 0.7, .f64)))).elements[0]
      #expect(abs(one - other) < 1e-12, "\(name)")
    }
  }

  @Test func reductions() throws {
    let matrix = try Value.matrix([[1, 2], [3, 5]])
    expect(try bench.run("var", .vector([1, 2, 4]), named: [("ddof", .number(1))]), [7.0 / 3])
    expect(try bench.run("std", matrix, .number(0)), [1, 1.5], [2])
    expect(try bench.run("sum", matrix, .items([.number(0), .number(-1)])), [11])
    expect(try bench.run("sum", matrix, .number(-1), .bool(true)), [3, 8], [2, 1])
    expect(try bench.run("sum", .items([.number(1), .number(2)])), [3])
    let range = NumberRange(lower: 1, upper: 100_000, isInclusive: true)
    #expect(try bench.run("sum", .range(Box(range))).elements == [5_000_050_000])
    #expect(try bench.run("max", .items([.number(0.1), .number(0)])).elements == [0.1])
    expect(try bench.run("prod", .vector([])), [1])
    expect(try bench.run("mean", .vector([])), [.nan])
    expect(try bench.run("max", .vector([1, .nan])), [.nan])
    expect(try bench.run("max", .number(2), .number(5)), [5])
    expect(
      try bench.run("cumsum", .matrix([[1, 2], [3, 4]]), .number(1)), [1, 3, 3, 7], [2, 2])
    expect(try bench.run("argmax", .matrix([[1, 3], [4, 2]]), .number(0)), [1, 0], [2])
    #expect(bench.failure("max", try .vector([]))?.isEmpty == false)
    #expect(
      bench.failure("sum", matrix, .number(2)) == "axis 2 does not exist in a tensor of 2 axes")
    #expect(try bench.run("any", .vector([0, 0])).display() == "false")
    #expect(try bench.run("all", .vector([])).display() == "true")
  }

  @Test func ordering() throws {
    expect(try bench.run("argsort", .vector([2, 1, 2, 1])), [1, 3, 0, 2])
    expect(try bench.run("sort", .vector([3, .nan, 1])), [1, 3, .nan])
    expect(
      try bench.run("sort", .matrix([[1, 3], [2, 0]]), named: [("descending", .bool(true))]),
      [3, 1, 2, 0])
    expect(
      try bench.run("sort", .matrix([[1, 3], [2, 0]]), .number(0), .bool(true)), [2, 3, 1, 0])
    #expect(
      try bench.run("sort", .items([.number(2), .number(1)])).display() == "[1, 2]")
    expect(
      try bench.run("bincount", .vector([1, 1]), named: [("minlength", .number(4))]), [0, 2, 0, 0])
    expect(try bench.run("unique", .vector([2, 1, 2])), [1, 2])
  }

  @Test func products() throws {
    expect(
      try bench.run("matmul", .vector([0, 1, 2]), .matrix([[0, 1], [2, 3], [4, 5]])), [10, 13], [2])
    expect(try bench.run("dot", .matrix([[1, 2], [3, 4]]), .vector([5, 6])), [17, 39], [2])
    expect(try bench.run("trace", .matrix([[1, 2, 3], [4, 5, 6]])), [6])
    expect(try bench.run("outer", .vector([1, 2]), .vector([3, 4])), [3, 4, 6, 8], [2, 2])
    let (x, weights) = (try Value.matrix([[1, 2]]), try Value.matrix([[1, 0], [0, 1]]))
    for bias in [try Value.vector([10, 20]), try .matrix([[10, 20]])] {
      expect(try bench.run("compute", x, weights, bias), [11, 22], [1, 2])
    }
    expect(try bench.run("compute", x, weights, .number(1)), [2, 3], [1, 2])
    #expect(
      bench.failure("matmul", x, x)
        == "cannot multiply 1×2 by 1×2: inner sizes 2 and 1 differ")
  }

  @Test func losses() throws {
    let target = try Value.matrix([[1, 0], [0, 1]])
    let prediction = try Value.matrix([[0.5, 0.5], [0.25, 0.75]])
    expect(try bench.run("cross_entropy", target, prediction), [0.4904146265058631])
    expect(try bench.run("averageCE", target, prediction), [0.2452073132529316])
    let certain = try bench.run("softmax", .matrix([[1e4, -1e4], [1e4, -1e4]]))
    #expect(try bench.run("cross_entropy", target, certain).elements[0].isFinite)
    for loss in ["cross_entropy", "averageCE", "mse", "gradCE"] {
      #expect(bench.failure(loss, target, try .vector([1, 2]))?.contains("2×2") == true)
      #expect(bench.failure(loss, target, .number(1)) != nil)
    }
    expect(try bench.run("accuracy", target, .vector([0, 0])), [0.5])
    expect(try bench.run("accuracy", .vector([0, 1]), prediction), [1])
    expect(try bench.run("accuracy", .vector([0, 1]), .matrix([[0.2], [0.4]])), [0.5])
    expect(try bench.run("confusion", target, .vector([1, 1])), [0, 1, 0, 1], [2, 2])
    #expect(bench.failure("accuracy", target, try .vector([1, 2, 3])) != nil)
    #expect(bench.failure("confusion", try .vector([-1]), try .vector([0])) != nil)
  }

  @Test func shufflesAsNumPy() throws {
    let numbers = try bench.run("arange", .number(10))
    expect(
      try bench.run("shuffle", numbers, named: [("seed", .number(521))]),
      [3, 5, 8, 6, 1, 4, 0, 9, 7, 2])
    #expect(try bench.run("shuffle", numbers).elements.sorted() == numbers.elements)
    let set = try bench.run("dataset", .matrix([[1], [2], [3]]), .vector([0, 1, 2]))
    guard case .dataSet(let box) = try bench.run("shuffle", set) else {
      Issue.record("no data set")
      return
    }
    let (x, labels) = (box.content.train.x.doubles(), box.content.train.labels?.doubles() ?? [])
    #expect(x.map { $0 - 1 } == labels)
  }

  @Test func otherBuiltins() throws {
    #expect(try bench.run("len", .text("äö")).elements == [2])
    #expect(bench.failure("len", .number(1)) != nil)
    #expect(try bench.run("number", .text(" -1_000.5 ")).elements == [-1000.5])
    #expect(try bench.run("number", .text("inf")).elements == [.infinity])
    for text in ["", "abc", "0x10", "1 2", "--1", "1e"] {
      #expect(bench.failure("number", .text(text))?.contains("is no number") == true, "\(text)")
    }
    _ = try bench.run(
      "print", .number(1), .text("a"), named: [("sep", .text("-")), ("end", .text("!"))])
    _ = try bench.run("print")
    #expect(bench.output == "1-a!\n")
    #expect(bench.failure("error", .text("no")) == "no")
    #expect(bench.failure("assert", .bool(false)) == "the assertion does not hold")
    #expect(bench.failure("assert", .number(1)) != nil)
    #expect(throws: RuntimeError.self) { try bench.run("exit", .number(256)) }
    let function = try Value.builtin("relu")
    #expect(
      try bench.run("map", function, .vector([-1, 2])).display() == "[0, 2]")
    #expect(
      try bench.run("try", function).display()
        == "{ok: false, value: none, error: \"relu needs the argument x\"}")
    #expect(throws: RuntimeError.self) { try bench.run("try", .builtin("exit")) }
  }
}
