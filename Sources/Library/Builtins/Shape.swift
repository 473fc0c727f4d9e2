import Language
import Networks
import Operations
import Tensors

/// Shapes: asking for them and changing them.
extension Builtin {
  static let shapeGroup: [Builtin] = [
    shape, ndim, size, reshape, transpose, concat, stack, squeeze, expandDims, flatten, repeating,
  ]

  static let shape = Builtin(
    Declaration(
      "shape", group: .shape, "the length of each axis", details: "The same as x.shape.",
      parameters: [Parameter("x", .tensor, "of any shape")], result: "a list of numbers",
      examples: [.init("shape(zeros(2, 3))", "[2, 3]")], seeAlso: ["ndim", "size", "reshape"])
  ) { arguments, _ in
    .items(try arguments.tensor(0).shape.dimensions.map { .number(Double($0)) })
  }

  static let ndim = Builtin(
    Declaration(
      "ndim", group: .shape, "how many axes there are",
      parameters: [Parameter("x", .tensor, "of any shape")], result: "a number",
      examples: [.init("ndim(zeros(2, 3))", "2")], seeAlso: ["shape"])
  ) { arguments, _ in
    .number(Double(try arguments.tensor(0).rank))
  }

  static let size = Builtin(
    Declaration(
      "size", group: .shape, "how many elements there are, or the length of one axis",
      parameters: [
        Parameter("x", .tensor, "of any shape"),
        Parameter("axis", .integer, default: Parameter.Default.none, "none for all"),
      ],
      result: "a number",
      examples: [.init("size(zeros(2, 3))", "6"), .init("size(zeros(2, 3), axis=0)", "2")],
      seeAlso: ["shape", "len"])
  ) { arguments, _ in
    let shape = try arguments.tensor(0).shape
    guard let axis = try arguments.optionalInteger(1) else { return .number(Double(shape.count)) }
    return .number(Double(shape[try shape.normalized(axis: axis)]))
  }

  static let reshape = Builtin(
    Declaration(
      "reshape", group: .shape, "the same elements in another shape",
      details: "One size may be −1: it becomes what is left over.",
      parameters: [
        Parameter("x", .tensor, "of any shape"),
        Parameter(
          "shape", .shape, isVariadic: true, "sizes, as reshape(x, 2, 3) or reshape(x, [2, 3])"),
      ],
      result: "a tensor of the shape",
      examples: [
        .init("reshape(arange(6), 2, 3)", "2×3 tensor f32\n  0  1  2\n  3  4  5"),
        .init("reshape(arange(6), [-1, 2])", "3×2 tensor f32\n  0  1\n  2  3\n  4  5"),
      ],
      seeAlso: ["flatten", "transpose", "shape"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let x = try arguments.variable(0)
    var sizes: [Int] = []
    for value in try arguments.list(1) {
      for number in try value.asNumbers() ?? [] {
        guard let size = Int(exactly: number), size >= -1 else {
          throw RuntimeError.other(
            "reshape: \(number.displayed) is no size: sizes are whole numbers from 0, or −1 once",
            hint: nil)
        }
        sizes.append(size)
      }
    }
    return Value(try .reshape(x, to: Shape(checking: completed(sizes, for: x.shape))))
  }

  /// The sizes with the one −1 among them worked out.
  private static func completed(_ sizes: [Int], for shape: Shape) throws -> [Int] {
    let unknown = sizes.indices.filter { sizes[$0] == -1 }
    guard let place = unknown.first else { return sizes }
    let rest = try Shape(checking: sizes.filter { $0 != -1 }).count
    guard unknown.count == 1, rest > 0, shape.count % rest == 0 else {
      throw TensorError.reshape(from: shape, to: sizes)
    }
    var completed = sizes
    completed[place] = shape.count / rest
    return completed
  }

  static let transpose = Builtin(
    Declaration(
      "transpose", aliases: ["permute"], group: .shape, "the axes in another order",
      details: "Reversed where no order is given, which for a matrix is x'.",
      parameters: [
        Parameter("x", .tensor, "of any shape"),
        Parameter("axes", .axes, default: Parameter.Default.none, "the order, as [1, 0, 2]"),
      ],
      result: "a tensor",
      examples: [.init("transpose([[1, 2], [3, 4]])", "2×2 tensor f32\n  1  3\n  2  4")],
      seeAlso: ["reshape", "expand_dims"]),
    differentiation: .differentiable
  ) { arguments, _ in
    Value(try .transpose(arguments.variable(0), axes: arguments.axes(1)))
  }

  static let concat = Builtin(
    Declaration(
      "concat", aliases: ["concatenate"], group: .shape,
      "tensors joined along an existing axis, or tables with the same columns",
      parameters: [
        Parameter("parts", .sequence, "a list of tensors, as [A, B]"),
        Parameter("axis", .integer, default: .number(0), "the axis to join along"),
      ],
      result: "a tensor; all sizes but that of the axis are the parts'",
      examples: [
        .init("a = [[1, 2]]; concat([a, a])", "2×2 tensor f32\n  1  2\n  1  2"),
        .init("a = [[1, 2]]; concat([a, a], axis=1)", "1×4 tensor f32\n  1  2  1  2"),
      ],
      seeAlso: ["stack", "repeat"]),
    differentiation: .differentiable
  ) { arguments, _ in
    if case .list(let box) = arguments[0], case .table? = box.content.first {
      return .table(Box(try joined(box.content, arguments)))
    }
    return Value(try .concatenate(arguments.variables(0), axis: arguments.integer(1)))
  }

  /// The rows of tables, one table's after another's.
  private static func joined(
    _ parts: [Value], _ arguments: borrowing Arguments
  ) throws -> DataTable {
    guard try arguments.integer(1) == 0 else {
      throw RuntimeError.other("concat: tables are joined by their rows, axis 0", hint: nil)
    }
    return try DataTable.joined(
      parts.map { part in
        guard case .table(let box) = part else {
          throw arguments.mismatch(0, expected: "a list of tables alone, or of tensors")
        }
        return box.content
      })
  }

  static let stack = Builtin(
    Declaration(
      "stack", group: .shape, "tensors of one shape joined along a new axis",
      parameters: [
        Parameter("parts", .sequence, "a list of tensors of one shape, as [A, B]"),
        Parameter("axis", .integer, default: .number(0), "where the new axis stands"),
      ],
      result: "a tensor of one axis more",
      examples: [.init("a = [1, 2]; stack([a, a])", "2×2 tensor f32\n  1  2\n  1  2")],
      seeAlso: ["concat", "expand_dims"]),
    differentiation: .differentiable
  ) { arguments, _ in
    Value(try .stack(arguments.variables(0), axis: arguments.integer(1)))
  }

  static let squeeze = Builtin(
    Declaration(
      "squeeze", group: .shape, "the tensor without its axes of length 1",
      parameters: [
        Parameter("x", .tensor, "of any shape"),
        Parameter(
          "axis", .integer, default: Parameter.Default.none, "this axis alone, none for all"),
      ],
      result: "a tensor",
      examples: [.init("squeeze([[1, 2]])", "2 tensor f32\n  1  2")],
      seeAlso: ["expand_dims", "reshape"]),
    differentiation: .differentiable
  ) { arguments, _ in
    Value(try .squeeze(arguments.variable(0), axis: arguments.optionalInteger(1)))
  }

  static let expandDims = Builtin(
    Declaration(
      "expand_dims", aliases: ["unsqueeze"], group: .shape,
      "the tensor with a new axis of length 1",
      parameters: [
        Parameter("x", .tensor, "of any shape"),
        Parameter("axis", .integer, "where the new axis stands"),
      ],
      result: "a tensor of one axis more",
      examples: [.init("expand_dims([1, 2], 1)", "2×1 tensor f32\n  1\n  2")],
      seeAlso: ["squeeze", "reshape"]),
    differentiation: .differentiable
  ) { arguments, _ in
    Value(try .expandDimensions(arguments.variable(0), axis: arguments.integer(1)))
  }

  static let flatten = Builtin(
    Declaration(
      "flatten", group: .shape, "all elements in one dimension, the last axis fastest",
      details: """
        As the bare name in a composition it is a layer that flattens each example: \
        conv2d(1, 8, 3) |> relu |> flatten |> dense(10).
        """,
      parameters: [Parameter("x", .tensor, "of any shape")], result: "a tensor of one dimension",
      examples: [.init("flatten([[1, 2], [3, 4]])", "4 tensor f32\n  1  2  3  4")],
      seeAlso: ["reshape"]),
    differentiation: .differentiable, layer: Flatten()
  ) { arguments, _ in
    Value(try .flatten(arguments.variable(0)))
  }

  static let repeating = Builtin(
    Declaration(
      "repeat", group: .shape, "each element several times in a row",
      parameters: [
        Parameter("x", .tensor, "of any shape"),
        Parameter("repeats", .any, "how many times; or a count for each"),
        Parameter(
          "axis", .integer, default: Parameter.Default.none, "none for the flattened elements"),
      ],
      result: "a tensor",
      examples: [.init("repeat([1, 2], 2)", "4 tensor f32\n  1  1  2  2")],
      seeAlso: ["concat", "stack"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let x = try arguments.variable(0)
    if case .tensor(let box) = arguments[1], box.content.rank == 1 {
      return Value(try repeated(x, arguments.integers(1), arguments.optionalInteger(2), arguments))
    }
    let repeats = try arguments.size(1)
    try MemoryGuard.check(elements: Double(x.count) * Double(repeats))
    return Value(try .repeated(x, repeats, axis: arguments.optionalInteger(2)))
  }

  /// Each part along an axis as often as its own count says.
  private static func repeated(
    _ x: Variable, _ counts: [Int], _ axis: Int?, _ arguments: borrowing Arguments
  ) throws -> Variable {
    let source = axis == nil ? try Variable.flatten(x) : x
    let axis = try source.shape.normalized(axis: axis ?? 0)
    guard counts.count == source.shape[axis], counts.allSatisfy({ $0 >= 0 }) else {
      throw RuntimeError.other(
        "repeat: \(source.shape[axis]) elements take as many counts from 0, and there are "
          + "\(counts.count)", hint: nil)
    }
    let total = counts.reduce(0.0) { $0 + Double($1) }
    try MemoryGuard.check(elements: total)
    let places = counts.enumerated().flatMap { [Double](repeating: Double($0), count: $1) }
    return try .subscripted(
      source,
      [Index](repeating: .all, count: axis)
        + [.gather(Tensor(doubles: places, elementType: .f64))])
  }
}

extension Arguments {
  /// The tensors of a list; a tensor's slices along its first axis.
  func variables(_ index: Int) throws -> [Variable] {
    let function = declaration.name
    return try sequence(index).enumerated().map { position, value in
      if case .traced(let box) = value { return box.content }
      if value.isTraced, case .list(let box) = value,
        let stacked = try Value.stackedVariables(box.content)
      {
        return stacked
      }
      guard let tensor = try value.asTensor() else {
        throw RuntimeError.other(
          "\(function): part \(position) is \(value.kindPhrase), not a tensor", hint: nil)
      }
      return Variable(tensor)
    }
  }
}
