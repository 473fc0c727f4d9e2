import Language
import Operations
import Tensors

/// Medians, quantiles, histograms and what else is found in sorted values.
extension Builtin {
  static let statisticsGroup: [Builtin] = [
    median, quantile, percentile, histogram, searchsorted, topk, cumprod, logsumexp, logSoftmax,
    allclose,
  ]

  private static let operand = Parameter("x", .tensor, "of any shape")
  private static let axis = Parameter(
    "axis", .integer, default: Parameter.Default.none, "none for all elements")
  private static let keepdims = Parameter(
    "keepdims", .bool, default: .bool(false), "keeps the reduced axes, with length 1")

  static let median = Builtin(
    Declaration(
      "median", group: .reduce, "the middle value; of an even number, the mean of the two",
      parameters: [operand, axis, keepdims], result: "a number, or a tensor without the axis",
      examples: [.init("median([3, 1, 10, 2])", "2.5")], seeAlso: ["quantile", "mean", "sort"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let sorted = try SortedAxis(arguments.variable(0), arguments.optionalInteger(1))
    return Value(try sorted.quantile(0.5, keepsDimensions: arguments.bool(2)))
  }

  static let quantile = quantiles("quantile", "0 to 1", 1, "quantile([1, 2, 3, 4], 0.25)")
  static let percentile = quantiles("percentile", "0 to 100", 100, "percentile([1, 2, 3, 4], 25)")

  private static func quantiles(
    _ name: String, _ range: String, _ whole: Double, _ example: String
  ) -> Builtin {
    Builtin(
      Declaration(
        name, group: .reduce, "the value below which a part of the elements lies",
        details: "Between two elements it is interpolated linearly, as in NumPy.",
        parameters: [
          operand, Parameter("q", .tensor, "which part, \(range); or several"), axis, keepdims,
        ],
        result: "a number, or a tensor", examples: [.init(example, "1.75")],
        seeAlso: ["median", name == "quantile" ? "percentile" : "quantile"]),
      differentiation: .differentiable
    ) { arguments, _ in
      let sorted = try SortedAxis(arguments.variable(0), arguments.optionalInteger(2))
      let keepsDimensions = try arguments.bool(3)
      let parts = try arguments.tensor(1)
      let values = try parts.mapElements { part in
        guard part >= 0, part <= whole else {
          throw RuntimeError.other("\(name): q is from \(range), not \(part.displayed)", hint: nil)
        }
        return try sorted.quantile(part / whole, keepsDimensions: keepsDimensions)
      }
      return Value(parts.rank == 0 && values.count == 1 ? values[0] : try .stack(values, axis: 0))
    }
  }

  static let histogram = Builtin(
    Declaration(
      "histogram", group: .reduce, "how many elements lie in each of some intervals",
      details: """
        bins is their number, between the least and the greatest element or the two numbers of \
        range, or a vector of their edges. The last interval holds its right edge.
        """,
      parameters: [
        operand, Parameter("bins", .any, default: .number(10), "a number, or the edges"),
        Parameter("range", .any, default: Parameter.Default.none, "[lowest, highest]"),
      ],
      result: "a list of two vectors: counts and edges",
      examples: [
        .init("n, edges = histogram([1, 2, 2, 4], bins=3)\nn", "3 tensor f32\n  1  2  1")
      ],
      seeAlso: ["bincount", "searchsorted"]),
    differentiation: .stepwise("its result is a count, which jumps")
  ) { arguments, _ in
    let values = try arguments.tensor(0)
    let edges = try arguments.edges(of: values)
    var counts = [Double](repeating: 0, count: Swift.max(edges.count - 1, 0))
    _ = try values.flattened().allBlocks { block in
      for value in block {
        guard let first = edges.first, let last = edges.last, value >= first, value <= last else {
          continue
        }
        let place = Self.place(of: value, in: edges, after: true)
        counts[Swift.min(place, edges.count - 1) - 1] += 1
      }
      return true
    }
    return .items([
      Value(try Tensor(doubles: counts, elementType: .f32)),
      Value(try Tensor(doubles: edges, elementType: arguments.tensor(0).elementType.arithmetic)),
    ])
  }

  /// Where a value is to be inserted into ascending ones.
  ///
  /// - Parameter isAfter: after equal ones rather than before them.
  static func place(of value: Double, in sorted: [Double], after isAfter: Bool) -> Int {
    var low = 0
    var high = sorted.count
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle] < value || isAfter && sorted[middle] == value {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }

  static let searchsorted = Builtin(
    Declaration(
      "searchsorted", group: .reduce, "where values are to be inserted into ascending ones",
      parameters: [
        Parameter("a", .tensor, "an ascending vector"), Parameter("v", .tensor, "the values"),
        Parameter(
          "side", .choice(["left", "right"]), default: .string("left"),
          "before or after equal ones"),
      ],
      result: "positions, of v's shape",
      examples: [.init("searchsorted([1, 3, 5], [3, 4])", "2 tensor f32\n  1  2")],
      seeAlso: ["sort", "histogram"]),
    differentiation: .stepwise("its result is a position, which jumps")
  ) { arguments, _ in
    let sorted = try arguments.tensor(0)
    guard sorted.rank == 1 else { throw arguments.mismatch(0, expected: "a vector") }
    let numbers = try sorted.guardedDoubles()
    let isAfter = try arguments.string(2) == "right"
    let values = try arguments.tensor(1)
    let places = try values.mapElements {
      Double(Self.place(of: $0, in: numbers, after: isAfter))
    }
    return Value(try Tensor(doubles: places, values.shape, elementType: .f32))
  }

  static let topk = Builtin(
    Declaration(
      "topk", group: .reduce, "the greatest elements along the last axis, and where they stand",
      parameters: [operand, Parameter("k", .integer, "how many")],
      result: "a list of two tensors: values and places",
      examples: [.init("topk([3, 9, 5], 2)", "[[9, 5], [1, 2]]")],
      seeAlso: ["sort", "argsort", "argmax"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let x = try arguments.variable(0)
    guard x.rank > 0 else { throw arguments.mismatch(0, expected: "a tensor of one axis or more") }
    let count = try arguments.size(1)
    guard count <= x.shape[x.rank - 1] else {
      throw RuntimeError.other(
        "topk: the last axis is of length \(x.shape[x.rank - 1]), and \(count) are asked for",
        hint: nil)
    }
    let first =
      [Index](repeating: .all, count: x.rank - 1) + [
        .slice(start: 0, stop: count, step: 1)
      ]
    let places = try x.tensor.argsorted(axis: -1, isDescending: true).subscripted(first)
    return .items([
      Value(try .subscripted(.sorted(x, axis: -1, isDescending: true), first)), Value(places),
    ])
  }

  static let cumprod = Builtin(
    Declaration(
      "cumprod", group: .reduce, "running products along an axis",
      parameters: [operand, axis], result: "a tensor of x's shape; a vector without an axis",
      examples: [.init("cumprod([1, 2, 3, 4])", "4 tensor f32\n  1  2  6  24")],
      seeAlso: ["cumsum", "prod"]),
    differentiation: .differentiable
  ) { arguments, _ in
    var x = try arguments.variable(0)
    let given = try arguments.optionalInteger(1)
    if given == nil { x = try .flatten(x) }
    let axis = try x.shape.normalized(axis: given ?? 0)
    if x.count == 0 { return Value(x) }
    let before = [Index](repeating: .all, count: axis)
    var parts: [Variable] = []
    for place in 0..<x.shape[axis] {
      try Interrupt.check()
      let part = try Variable.subscripted(x, before + [.at(place)])
      parts.append(try parts.last.map { try .multiply($0, part) } ?? part)
    }
    return Value(parts.isEmpty ? x : try .stack(parts, axis: axis))
  }

  static let logsumexp = Builtin(
    Declaration(
      "logsumexp", group: .reduce, "log(Σ exp(x)), which overflows nowhere",
      parameters: [
        operand, Parameter("axis", .axes, default: Parameter.Default.none, "none for all"),
        Parameter("keepdims", .bool, default: .bool(false), "keeps the axes, with length 1"),
      ],
      result: "a number, or a tensor of the axes that are left",
      examples: [.init("logsumexp([1000, 1000])", "1000.69")],
      seeAlso: ["log_softmax", "softmax", "exp"]),
    differentiation: .differentiable
  ) { arguments, _ in
    Value(
      try .logSumExp(
        arguments.variable(0), axes: arguments.axes(1), keepDimensions: arguments.bool(2)))
  }

  static let logSoftmax = Builtin(
    Declaration(
      "log_softmax", group: .losses,
      "log(softmax(x)) along an axis, without rounding to log 0",
      parameters: [operand, softmaxAxis], result: "a tensor of x's shape",
      examples: [.init("log_softmax([0, 0])", "2 tensor f32\n  -0.6931  -0.6931")],
      seeAlso: ["softmax", "logsumexp", "cross_entropy"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let x = try arguments.variable(0)
    guard x.rank > 0 else { throw arguments.mismatch(0, expected: "a tensor of rows") }
    return Value(try alongAxis(1, of: x, arguments) { try .logSoftmax($0) })
  }

  static let allclose = Builtin(
    Declaration(
      "allclose", group: .reduce, "whether all elements are equal within a tolerance",
      details: "|a − b| ≤ atol + rtol · |b|; shapes broadcast; NaN equals nothing.",
      parameters: [
        Parameter("a", .tensor, "of any shape"), Parameter("b", .tensor, "of any shape"),
        Parameter("rtol", .number, default: .number(1e-5), "relative to b"),
        Parameter("atol", .number, default: .number(1e-8), "absolute"),
      ],
      result: "true or false", examples: [.init("allclose(0.1 + 0.2, 0.3)", "true")],
      seeAlso: ["all", "abs"]),
    differentiation: .stepwise("its result is true or false")
  ) { arguments, _ in
    let (a, b) = (try arguments.tensor(0), try arguments.tensor(1))
    let shape = try a.shape.broadcast(b.shape)
    let left = try a.broadcast(to: shape).guardedDoubles()
    let right = try b.broadcast(to: shape).guardedDoubles()
    let (relative, absolute) = (try arguments.number(2), try arguments.number(3))
    return .bool(
      Swift.zip(left, right).allSatisfy {
        $0 == $1 || Swift.abs($0 - $1) <= absolute + relative * Swift.abs($1) && $1.isFinite
      })
  }
}

extension Arguments {
  /// The edges of a histogram's intervals.
  fileprivate func edges(of values: Tensor) throws -> [Double] {
    if case .number = self[1] {
      let count = try integer(1)
      guard count > 0, count < 1 << 28 else {
        throw mismatch(1, expected: "a whole number from 1")
      }
      var (low, high) = (0.0, 1.0)
      if values.count > 0 {
        (low, high) = try (values.reduce(.min).item ?? 0, values.reduce(.max).item ?? 1)
      }
      if isGiven(2), let range = try self[2].asNumbers(), range.count == 2 {
        (low, high) = (range[0], range[1])
      }
      guard low.isFinite, high.isFinite, low <= high else {
        throw RuntimeError.other(
          "histogram: the range from \(low.displayed) to \(high.displayed) is no interval",
          hint: "write range=[lowest, highest]")
      }
      if low == high { (low, high) = (low - 0.5, high + 0.5) }
      return try interruptibleList(count: count + 1) {
        $0 == count ? high : low + (high - low) * Double($0) / Double(count)
      }
    }
    guard let edges = try self[1].asNumbers(), edges.count > 1,
      Swift.zip(edges, edges.dropFirst()).allSatisfy({ $0 <= $1 })
    else { throw mismatch(1, expected: "a number of intervals, or ascending edges") }
    return edges
  }
}

/// A tensor in ascending order along an axis, sorted once for all the quantiles that are asked for.
private struct SortedAxis {
  private let sorted: Variable
  private let axis: Int
  /// The shape of a result in which the reduced axes are kept.
  private let keptShape: Shape

  /// - Parameter axis: none for all elements.
  /// - Throws: where there is no element to be found.
  init(_ x: Variable, _ axis: Int?) throws {
    var sizes = [Int](repeating: 1, count: x.rank)
    if let axis {
      sizes = x.shape.dimensions
      sizes[try x.shape.normalized(axis: axis)] = 1
    }
    keptShape = try Shape(checking: sizes)
    let operand = try axis == nil ? Variable.flatten(x) : x
    self.axis = try axis.map { try x.shape.normalized(axis: $0) } ?? 0
    guard operand.shape[self.axis] > 0 else {
      throw RuntimeError.other("a quantile of no elements does not exist", hint: nil)
    }
    sorted = try .sorted(operand, axis: self.axis)
  }

  /// The value below which a part, from 0 to 1, of the elements lies.
  func quantile(_ part: Double, keepsDimensions: Bool) throws -> Variable {
    let value = try value(part)
    return keepsDimensions ? try .reshape(value, to: keptShape) : value
  }

  private func value(_ part: Double) throws -> Variable {
    let last = sorted.shape[axis] - 1
    let place = part * Double(last)
    let below = Int(place.rounded(.down))
    let before = [Index](repeating: .all, count: axis)
    let low = try Variable.subscripted(sorted, before + [.at(below)])
    let share = place - Double(below)
    guard share > 0 else { return low }
    let high = try Variable.subscripted(sorted, before + [.at(min(below + 1, last))])
    let type = sorted.tensor.elementType.arithmetic
    return try .add(
      low, .multiply(.subtract(high, low), Variable(try .scalar(share, type))))
  }
}
