import Language
import Operations
import Platform
import Tensors

/// Arrays rearranged, by NumPy's names and rules.
extension Builtin {
  static let arrayGroup: [Builtin] = [
    zerosLike, onesLike, flip, roll, tile, pad, swapaxes, tril, triu, diff, meshgrid, splitAt,
    nonzero, einsum,
  ]

  private static let operand = Parameter("x", .tensor, "of any shape")

  static let zerosLike = filled("zeros_like", with: 0, "zeros")
  static let onesLike = filled("ones_like", with: 1, "ones")

  private static func filled(_ name: String, with value: Double, _ other: String) -> Builtin {
    Builtin(
      Declaration(
        name, group: .make, "a tensor of x's shape and type, filled with \(value.displayed)",
        parameters: [operand], result: "a tensor of x's shape",
        examples: [
          .init(
            "\(name)([[3, 4]])", "1×2 tensor f32\n  \(value.displayed)  \(value.displayed)")
        ],
        seeAlso: [other, "full"])
    ) { arguments, _ in
      let x = try arguments.tensor(0)
      return Value(try Tensor.full(x.shape, value, x.elementType.arithmetic))
    }
  }

  static let flip = Builtin(
    Declaration(
      "flip", group: .shape, "the elements in reverse order along one axis, or all",
      parameters: [
        operand,
        Parameter("axis", .axes, default: Parameter.Default.none, "none for all axes"),
      ],
      result: "a tensor of x's shape",
      examples: [
        .init("flip([1, 2, 3])", "3 tensor f32\n  3  2  1"),
        .init("flip([[1, 2], [3, 4]], axis=0)", "2×2 tensor f32\n  3  4\n  1  2"),
      ],
      seeAlso: ["roll", "transpose", "sort"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let x = try arguments.variable(0)
    let axes = try arguments.axes(1)?.map { try x.shape.normalized(axis: $0) }
    let indices = (0..<x.rank).map { axis in
      axes?.contains(axis) ?? true ? Index.slice(start: nil, stop: nil, step: -1) : .all
    }
    return Value(try .subscripted(x, indices))
  }

  static let roll = Builtin(
    Declaration(
      "roll", group: .shape,
      "the elements moved along, those that leave coming in at the other end",
      parameters: [
        operand, Parameter("shift", .integer, "by how many places; below 0 backwards"),
        Parameter(
          "axis", .integer, default: Parameter.Default.none, "none for the flattened elements"),
      ],
      result: "a tensor of x's shape",
      examples: [.init("roll([1, 2, 3, 4], 1)", "4 tensor f32\n  4  1  2  3")],
      seeAlso: ["flip", "diff"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let x = try arguments.variable(0)
    guard let axis = try arguments.optionalInteger(2) else {
      let flat = try rolled(.flatten(x), by: arguments.integer(1), axis: 0)
      return Value(try .reshape(flat, to: x.shape))
    }
    return Value(
      try rolled(x, by: arguments.integer(1), axis: x.shape.normalized(axis: axis)))
  }

  private static func rolled(_ x: Variable, by shift: Int, axis: Int) throws -> Variable {
    let length = x.shape[axis]
    guard length > 0 else { return x }
    let moved = shift % length
    guard moved != 0 else { return x }
    // What leaves at one end begins here.
    let cut = moved > 0 ? length - moved : -moved
    let parts = [Index.slice(start: cut, stop: nil, step: 1), .slice(start: 0, stop: cut, step: 1)]
    return try .concatenate(
      parts.map { try .subscripted(x, [Index](repeating: .all, count: axis) + [$0]) }, axis: axis)
  }

  /// Several times in a row along an axis, without a list of as many parts.
  private static func tiled(_ x: Variable, _ count: Int, axis: Int) throws -> Variable {
    var dimensions = x.shape.dimensions
    let length = dimensions[axis].multipliedSaturating(count)
    dimensions.insert(count, at: axis)
    let repeated = try Variable.broadcast(
      .expandDimensions(x, axis: axis), to: Shape(checking: dimensions))
    dimensions.remove(at: axis)
    dimensions[axis] = length
    return try .reshape(repeated, to: Shape(checking: dimensions))
  }

  static let tile = Builtin(
    Declaration(
      "tile", group: .shape, "the whole tensor repeated along its axes",
      details: "More counts than axes put axes of length 1 in front.",
      parameters: [operand, Parameter("reps", .shape, isVariadic: true, "how often, an axis")],
      result: "a tensor",
      examples: [.init("tile([1, 2], 2)", "4 tensor f32\n  1  2  1  2")],
      seeAlso: ["repeat", "concat"]),
    differentiation: .differentiable
  ) { arguments, _ in
    var x = try arguments.variable(0)
    var counts = try arguments.counts(1)
    while x.rank < counts.count { x = try .expandDimensions(x, axis: 0) }
    while counts.count < x.rank { counts.insert(1, at: 0) }
    let size = Swift.zip(counts, x.shape.dimensions).reduce(1.0) {
      $0 * Double($1.0) * Double($1.1)
    }
    try MemoryGuard.check(elements: size)
    for (axis, count) in counts.enumerated() where count != 1 {
      guard count > 0 else {
        var indices = [Index](repeating: .all, count: x.rank)
        indices[axis] = .slice(start: 0, stop: 0, step: 1)
        x = try .subscripted(x, indices)
        continue
      }
      x = try tiled(x, count, axis: axis)
    }
    return Value(x)
  }

  static let pad = Builtin(
    Declaration(
      "pad", group: .shape, "the tensor with a border around it",
      parameters: [
        operand,
        Parameter(
          "width", .any, "of every side; or [before, after]; or a list of those, one an axis"),
        Parameter("value", .number, default: .number(0), "what the border holds"),
      ],
      result: "a larger tensor",
      examples: [
        .init("pad([1, 2], 1)", "4 tensor f32\n  0  1  2  0"),
        .init("pad([1, 2], [0, 2], value=9)", "4 tensor f32\n  1  2  9  9"),
      ],
      seeAlso: ["concat", "tile"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let x = try arguments.variable(0)
    let widths = try arguments.borders(1, rank: x.rank)
    let sizes = Swift.zip(x.shape.dimensions, widths).map { $0 + $1.0 + $1.1 }
    try MemoryGuard.check(elements: sizes.reduce(1.0) { $0 * Double($1) })
    let border = try Tensor.full(Shape(checking: sizes), arguments.number(2), x.tensor.elementType)
    let inside = Swift.zip(x.shape.dimensions, widths).map { size, width in
      Index.slice(start: width.0, stop: width.0 + size, step: 1)
    }
    return Value(try .assigned(Variable(border), at: inside, x))
  }

  static let swapaxes = Builtin(
    Declaration(
      "swapaxes", group: .shape, "two axes in each other's place",
      parameters: [
        operand, Parameter("a", .integer, "an axis"), Parameter("b", .integer, "the other one"),
      ],
      result: "a tensor",
      examples: [.init("shape(swapaxes(zeros(2, 3, 4), 0, 2))", "[4, 3, 2]")],
      seeAlso: ["transpose", "reshape"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let x = try arguments.variable(0)
    var axes = Array(0..<x.rank)
    axes.swapAt(
      try x.shape.normalized(axis: arguments.integer(1)),
      try x.shape.normalized(axis: arguments.integer(2)))
    return Value(try .transpose(x, axes: axes))
  }

  static let tril = triangle("tril", "below", "2×2 tensor f32\n  1  0\n  3  4") { $0 >= $1 }
  static let triu = triangle("triu", "above", "2×2 tensor f32\n  1  2\n  0  4") { $0 <= $1 }

  private static func triangle(
    _ name: String, _ side: String, _ output: String,
    _ keeps: @escaping @Sendable (_ row: Int, _ column: Int) -> Bool
  ) -> Builtin {
    Builtin(
      Declaration(
        name, group: .shape, "a matrix with zeros but on and \(side) a diagonal",
        parameters: [
          Parameter("x", .tensor, "a matrix, or several, …×N×M"),
          Parameter(
            "k", .integer, default: .number(0), "which diagonal; above the main one from 1"),
        ],
        result: "a tensor of x's shape",
        examples: [.init("\(name)([[1, 2], [3, 4]])", output)],
        seeAlso: [name == "tril" ? "triu" : "tril", "diag", "eye"]),
      differentiation: .differentiable
    ) { arguments, _ in
      let x = try arguments.variable(0)
      guard x.rank >= 2 else { throw arguments.mismatch(0, expected: "a matrix") }
      let (rows, columns) = (x.shape[x.rank - 2], x.shape[x.rank - 1])
      let diagonal = try arguments.integer(1)
      let mask = try interruptibleList(count: rows * columns) { place in
        keeps(place / columns + diagonal, place % columns) ? 1.0 : 0.0
      }
      let kept = try Tensor(doubles: mask, Shape(checking: [rows, columns]), elementType: .f32)
      let zero = try Variable(Tensor.full(.scalar, 0, x.tensor.elementType))
      return Value(try .where(kept.cast(to: .bool).broadcast(to: x.shape), x, zero))
    }
  }

  static let diff = Builtin(
    Declaration(
      "diff", group: .reduce, "the differences between neighbours along an axis",
      parameters: [
        operand, Parameter("n", .integer, default: .number(1), "how often"),
        Parameter("axis", .integer, default: .number(-1), "the axis"),
      ],
      result: "a tensor shorter by n along the axis",
      examples: [.init("diff([1, 4, 9])", "2 tensor f32\n  3  5")], seeAlso: ["cumsum", "roll"]),
    differentiation: .differentiable
  ) { arguments, _ in
    var x = try arguments.variable(0)
    guard x.rank > 0 else { throw arguments.mismatch(0, expected: "a tensor of one axis or more") }
    let axis = try x.shape.normalized(axis: arguments.integer(2))
    let times = Swift.min(try arguments.size(1), x.shape[axis])
    let before = [Index](repeating: .all, count: axis)
    if x.count == 0 {
      return Value(
        try .subscripted(x, before + [.slice(start: times, stop: nil, step: 1)]))
    }
    for _ in 0..<times {
      try Interrupt.check()
      x = try .subtract(
        .subscripted(x, before + [.slice(start: 1, stop: nil, step: 1)]),
        .subscripted(x, before + [.slice(start: nil, stop: -1, step: 1)]))
    }
    return Value(x)
  }

  static let meshgrid = Builtin(
    Declaration(
      "meshgrid", group: .make, "the coordinates of a grid: x along its rows, y down its columns",
      details: """
        Of vectors of M and N two tensors N×M; of a third, of P, three of N×M×P. With \
        indexing="ij" the axes are in the order of the vectors: M×N×P.
        """,
      parameters: [
        Parameter("x", .tensor, isVariadic: true, "vectors, two or more"),
        Parameter(
          "indexing", .choice(["xy", "ij"]), default: .string("xy"), "which axis comes first"),
      ],
      result: "a list of tensors, one a vector",
      examples: [.init("X, Y = meshgrid([1, 2], [3, 4])\nX", "2×2 tensor f32\n  1  2\n  1  2")],
      seeAlso: ["linspace", "arange"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let vectors = try arguments.variables(0)
    // The axis of each vector.
    var axes = Array(vectors.indices)
    if try arguments.string(1) == "xy", vectors.count > 1 { axes.swapAt(0, 1) }
    var sizes = [Int](repeating: 1, count: vectors.count)
    for (vector, axis) in Swift.zip(vectors, axes) { sizes[axis] = vector.count }
    try MemoryGuard.check(elements: sizes.reduce(1) { $0 * Double($1) })
    let shape = try Shape(checking: sizes)
    return .items(
      try Swift.zip(vectors, axes).map { vector, axis in
        var line = [Int](repeating: 1, count: vectors.count)
        line[axis] = vector.count
        return Value(try .broadcast(.reshape(vector, to: Shape(checking: line)), to: shape))
      })
  }

  static let splitAt = Builtin(
    Declaration(
      "split_at", group: .shape, "the parts between positions along an axis",
      parameters: [
        operand, Parameter("positions", .tensor, "where each further part begins"),
        Parameter("axis", .integer, default: .number(0), "the axis"),
      ],
      result: "a list of tensors",
      examples: [.init("split_at(arange(5), [2, 4])", "[[0, 1], [2, 3], [4]]")],
      seeAlso: ["concat", "batches"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let x = try arguments.variable(0)
    guard x.rank > 0 else { throw arguments.mismatch(0, expected: "a tensor of one axis or more") }
    let axis = try x.shape.normalized(axis: arguments.integer(2))
    let places = try arguments.integers(1).map(Optional.some)
    let before = [Index](repeating: .all, count: axis)
    return .items(
      try Swift.zip([nil] + places, places + [nil]).map { start, stop in
        Value(try .subscripted(x, before + [.slice(start: start, stop: stop, step: 1)]))
      })
  }

  static let nonzero = Builtin(
    Declaration(
      "nonzero", group: .reduce, "where the elements are that are true, or not 0",
      parameters: [operand], result: "a list of vectors of positions, one an axis",
      examples: [.init("nonzero([0, 5, 6])", "[[1, 2]]")], seeAlso: ["where", "argmax"]),
    differentiation: .stepwise("its result is a position, which jumps")
  ) { arguments, _ in
    .items(try positions(in: arguments.tensor(0)).map { Value($0) })
  }

  /// Where a mask is true: the positions along each axis, in row-major order.
  static func positions(in mask: Tensor) throws -> [Tensor] {
    // Counted first: a list that grows is copied, for longer than Ctrl-C may wait.
    let count = try mask.countElements { $0 != 0 }
    try MemoryGuard.check(elements: Double(count) * Double(mask.rank), bytesEach: 16)
    var places: [[Double]] = (0..<mask.rank).map { _ in
      var list: [Double] = []
      list.reserveCapacity(count)
      return list
    }
    var flat = 0
    _ = try mask.allBlocks { block in
      for number in block {
        defer { flat += 1 }
        guard number != 0 else { continue }
        var rest = flat
        for axis in (0..<mask.rank).reversed() {
          places[axis].append(Double(rest % mask.shape[axis]))
          rest /= mask.shape[axis]
        }
      }
      return true
    }
    return try places.enumerated().map { axis, list in
      try Tensor(doubles: list, elementType: mask.shape[axis] > 1 << 24 ? .f64 : .f32)
    }
  }

  static let einsum = Builtin(
    Declaration(
      "einsum", group: .linearAlgebra, "sums of products named by letters, an axis a letter",
      details: """
        "ij,jk->ik" is the matrix product: letters that the result lacks are summed. Without -> the \
        result has the letters that stand once, in alphabetical order.
        """,
      parameters: [
        Parameter("letters", .string, "\"ij,jk->ik\""),
        Parameter("x", .tensor, isVariadic: true, "a tensor for each group of letters"),
      ],
      result: "a tensor",
      examples: [
        .init("einsum(\"ij,j->i\", [[1, 2], [3, 4]], [1, 1])", "2 tensor f32\n  3  7"),
        .init("einsum(\"ii\", [[1, 2], [3, 4]])", "5"),
      ],
      seeAlso: ["matmul", "sum", "outer"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let operands = try arguments.list(1).map { value in
      guard let operand = try value.asVariable() else {
        throw arguments.mismatch(1, expected: "tensors")
      }
      return operand
    }
    return Value(try EinsteinSum(arguments.string(0), of: operands).value())
  }
}

extension Arguments {
  /// The border before and after each axis.
  fileprivate func borders(_ index: Int, rank: Int) throws -> [(Int, Int)] {
    let expected = "a whole number from 0, [before, after], or a list of such pairs, one an axis"
    func pair(_ value: Value) throws -> (Int, Int) {
      let numbers = try (value.asNumbers() ?? []).compactMap { Int(exactly: $0) }
      guard let first = numbers.first, numbers.allSatisfy({ $0 >= 0 && $0 < 1 << 40 }),
        numbers.count <= 2
      else { throw mismatch(index, expected: expected) }
      return (first, numbers.last ?? first)
    }
    switch self[index] {
    case .list(let box):
      guard box.content.count == rank else { throw mismatch(index, expected: expected) }
      return try box.content.map(pair)
    case .tensor(let box) where box.content.rank == 2:
      guard box.content.shape[0] == rank else { throw mismatch(index, expected: expected) }
      return try (0..<rank).map { try pair(Value(box.content.subscripted([.at($0)]))) }
    default: return Array(repeating: try pair(self[index]), count: rank)
    }
  }
}
