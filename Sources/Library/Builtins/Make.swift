import Language
import Operations
import Tensors

/// Tensors from shapes and numbers.
extension Builtin {
  static let makeGroup: [Builtin] = [
    zeros, ones, full, eye, arange, linspace, oneHot, tensor, f32, f64,
  ]

  private static let sizes = Parameter(
    "shape", .shape, isVariadic: true, "sizes, as zeros(2, 3) or zeros([2, 3])")

  static let zeros = Builtin(
    Declaration(
      "zeros", group: .make, "a tensor of zeros", parameters: [sizes],
      result: "a tensor f32 of the shape",
      examples: [.init("zeros(2, 3)", "2×3 tensor f32\n  0  0  0\n  0  0  0")],
      seeAlso: ["ones", "full"])
  ) { arguments, _ in
    Value(try Tensor.zeros(arguments.sizes(0)))
  }

  static let ones = Builtin(
    Declaration(
      "ones", group: .make, "a tensor of ones", parameters: [sizes],
      result: "a tensor f32 of the shape",
      examples: [.init("ones([2])", "2 tensor f32\n  1  1")], seeAlso: ["zeros", "full"])
  ) { arguments, _ in
    Value(try Tensor.full(arguments.sizes(0), 1))
  }

  static let full = Builtin(
    Declaration(
      "full", group: .make, "a tensor with one number everywhere",
      parameters: [
        Parameter("shape", .shape, "a size or a list of sizes"),
        Parameter("value", .number, "the number"),
      ],
      result: "a tensor f32 of the shape",
      examples: [.init("full([2, 2], 7)", "2×2 tensor f32\n  7  7\n  7  7")],
      seeAlso: ["zeros", "ones"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let (shape, value) = (try arguments.sizes(0), try arguments.number(1))
    let type = ElementType.holding([value])
    if arguments[1].isTraced { return Value(try .full(shape, arguments.variable(1), type)) }
    return Value(try Tensor.full(shape, value, type))
  }

  static let eye = Builtin(
    Declaration(
      "eye", aliases: ["identity"], group: .make, "the identity matrix, or another of one diagonal",
      parameters: [
        Parameter("n", .integer, "rows"),
        Parameter("m", .integer, default: .computed("n"), "columns"),
        Parameter(
          "k", .integer, default: .number(0),
          "which diagonal: above the main one from 1, below from −1"),
      ],
      result: "a tensor f32 n×m",
      examples: [
        .init("eye(2)", "2×2 tensor f32\n  1  0\n  0  1"),
        .init("eye(2, 3, k=1)", "2×3 tensor f32\n  0  1  0\n  0  0  1"),
      ],
      seeAlso: ["diag", "one_hot"])
  ) { arguments, _ in
    let rows = try arguments.size(0)
    let columns = try arguments.isGiven(1) ? arguments.size(1) : rows
    return Value(try Tensor.identity(rows, columns: columns, diagonal: arguments.integer(2)))
  }

  static let arange = Builtin(
    Declaration(
      "arange", group: .make, "evenly spaced numbers from start up to, not including, stop",
      details: "arange(stop) starts at 0. A step below 0 counts down.",
      parameters: [
        Parameter("start", .number, "the first number; the stop where it stands alone"),
        Parameter("stop", .number, default: .computed("start, and start becomes 0"), "the end"),
        Parameter("step", .number, default: .number(1), "the distance"),
      ],
      result: "a tensor f32 of ⌈(stop − start) / step⌉ numbers",
      examples: [.init("arange(0, 1, 0.25)", "4 tensor f32\n  0  0.25  0.5  0.75")],
      seeAlso: ["linspace", "range"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let range = try arguments.span(exclusive: "arange")
    try MemoryGuard.check(elements: range.exactCount)
    let type = try range.heldType(count: range.count)
    let hasStart = arguments.isGiven(1)
    arguments[hasStart ? 1 : 0].noteCut(
      "arange", reason: "its stop decides only how many numbers there are")
    return Value(
      try .sequence(
        from: hasStart ? .reshape(arguments.variable(0), to: .scalar) : Variable(0),
        step: .reshape(arguments.variable(2), to: .scalar), count: range.count, type))
  }

  static let linspace = Builtin(
    Declaration(
      "linspace", group: .make, "count evenly spaced numbers from start to stop, both included",
      details: "With endpoint=false stop is left out, and the distance is (stop − start) / count.",
      parameters: [
        Parameter("start", .number, "the first number"),
        Parameter("stop", .number, "the last number"),
        Parameter("count", .integer, default: .number(50), "how many"),
        Parameter("endpoint", .bool, default: .bool(true), "whether stop is the last of them"),
      ],
      result: "a tensor f32 of count numbers",
      examples: [.init("linspace(0, 1, 5)", "5 tensor f32\n  0  0.25  0.5  0.75  1")],
      seeAlso: ["arange"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let type = ElementType.holding([try arguments.number(0), try arguments.number(1)])
    let count = try arguments.size(2)
    let isOpen = try !arguments.bool(3)
    let numbers = try Variable.linearSpace(
      from: .reshape(arguments.variable(0), to: .scalar),
      to: .reshape(arguments.variable(1), to: .scalar), count: isOpen ? count + 1 : count, type)
    guard isOpen else { return Value(numbers) }
    return Value(try .subscripted(numbers, [.slice(start: 0, stop: count, step: 1)]))
  }

  static let oneHot = Builtin(
    Declaration(
      "one_hot", group: .make, "labels as rows with a single 1",
      parameters: [
        Parameter("labels", .tensor, "whole numbers from 0 to classes − 1, N"),
        Parameter(
          "classes", .integer, default: .computed("the largest label + 1"), "the number of columns"),
      ],
      result: "a tensor f32 N×classes",
      examples: [.init("one_hot([0, 2], 3)", "2×3 tensor f32\n  1  0  0\n  0  0  1")],
      seeAlso: ["argmax", "eye"]),
    differentiation: .stepwise("the places of its ones jump")
  ) { arguments, _ in
    let labels = try arguments.tensor(0)
    let numbers = try labels.guardedDoubles()
    let classes =
      try arguments.isGiven(1)
      ? arguments.size(1) : Int(exactly: ((numbers.max() ?? -1) + 1).rounded(.down)) ?? 0
    try MemoryGuard.check(elements: Double(numbers.count) * Double(classes))
    var places = [Int](repeating: 0, count: numbers.count)
    for (row, number) in numbers.enumerated() {
      guard let label = Int(exactly: number), label >= 0, label < classes else {
        throw RuntimeError.other(
          "one_hot: row \(row) has the label \(number.displayed), which is outside "
            + (classes > 0 ? "0…\(classes - 1)" : "the 0 classes"), hint: nil)
      }
      places[row] = row * classes + label
      if row % 1_000_000 == 999_999 { try Interrupt.check() }
    }
    var rows = try Tensor.zeros(Shape(checking: labels.shape.dimensions + [classes]))
    try rows.withMutableFloats { values throws(TensorError) in
      for (row, place) in places.enumerated() {
        values[place] = 1
        if row % 1_000_000 == 999_999 { try Interrupt.check() }
      }
    }
    return Value(rows)
  }

  static let tensor = Builtin(
    Declaration(
      "tensor", aliases: ["array"], group: .make,
      "numbers, lists of numbers or a range as a tensor",
      details: """
        Lists nested in lists give a tensor of as many dimensions; all must be of one size. A table \
        gives the matrix of its columns. Without \
        dtype, Float64 where Float32 cannot hold a whole number or a magnitude.
        """,
      parameters: [
        Parameter("values", .any, "numbers, lists of numbers, a range or a tensor"),
        Parameter("dtype", .any, default: Parameter.Default.none, "f32 or f64"),
      ],
      result: "a tensor f32, or f64",
      examples: [
        .init("tensor([[1, 2], [3, 4]])", "2×2 tensor f32\n  1  2\n  3  4"),
        .init("tensor([0.1], dtype=f64)[0] == 0.1", "true"),
      ],
      seeAlso: ["f32", "f64", "arange"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let type = try elementType(arguments)
    if arguments[0].isTraced, let variable = try arguments[0].asVariable() {
      return Value(try type.map { try .cast(variable, to: $0) } ?? variable)
    }
    if case .table(let box) = arguments[0] {
      let matrix = try box.content.matrix()
      return .tensor(Box(try type.map { try matrix.cast(to: $0) } ?? matrix))
    }
    guard let tensor = try arguments[0].asTensor(type) else {
      throw arguments.mismatch(0, expected: Parameter.Kind.tensor.phrase)
    }
    return Value(try type.map { try tensor.cast(to: $0) } ?? tensor)
  }

  /// What `dtype=` names: the functions f32 and f64, or their names; nil where it is left out.
  private static func elementType(_ arguments: borrowing Arguments) throws -> ElementType? {
    switch arguments[1] {
    case .none: return nil
    case .function(let function) where function.builtin?.declaration.name == "f32": return .working
    case .function(let function) where function.builtin?.declaration.name == "f64": return .f64
    case .string(let box):
      if ["f32", "float32"].contains(box.content) { return .working }
      if ["f64", "float64"].contains(box.content) { return .f64 }
    default: break
    }
    throw arguments.mismatch(1, expected: "f32 or f64")
  }

  static let f32 = Builtin(
    Declaration(
      "f32", group: .make, "the tensor with elements of 32 bits (24 significant)",
      parameters: [Parameter("x", .tensor, "of any shape")],
      result: "a tensor f32 of x's shape; a number is rounded to the nearest Float32",
      examples: [.init("f32(f64([1, 2]))", "2 tensor f32\n  1  2")], seeAlso: ["f64"]),
    differentiation: .differentiable
  ) { arguments, _ in
    if case .number(let number) = arguments[0] {
      return .number(ElementType.working == .f32 ? Double(Float(number)) : number)
    }
    // Rounding is no part of what is measured: its derivative is 1.
    return Value(try .cast(arguments.variable(0), to: .working))
  }

  static let f64 = Builtin(
    Declaration(
      "f64", group: .make, "the tensor with elements of 64 bits (53 significant)",
      parameters: [Parameter("x", .tensor, isExact: true, "of any shape")],
      result: "a tensor f64 of x's shape",
      examples: [.init("f64([1, 2]) / 3", "2 tensor f64\n  0.3333  0.6667")], seeAlso: ["f32"]),
    differentiation: .differentiable
  ) { arguments, _ in
    if case .number = arguments[0] { return arguments[0] }
    return Value(try .cast(arguments.variable(0), to: .f64))
  }
}
