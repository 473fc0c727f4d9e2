import Language
import Tensors

/// Shapes, counts, axes and sequences out of arguments.
extension Arguments {
  /// A shape: sizes one by one (variadic), or one list of them.
  func sizes(_ index: Int) throws -> Shape {
    try Self.shape(try numbersOfSizes(index), for: declaration.name)
  }

  /// How often something is to be done along each axis, given as a shape is: whole numbers from 0,
  /// which say nothing about memory by themselves.
  func counts(_ index: Int) throws -> [Int] {
    try numbersOfSizes(index).map { Int(exactly: $0) ?? .max }
  }

  private func numbersOfSizes(_ index: Int) throws -> [Double] {
    var sizes: [Double] = []
    if case .list(let box) = self[index], declaration.parameters[index].isVariadic {
      for value in box.content {
        guard let numbers = try value.asNumbers() else {
          throw mismatch(index, expected: "sizes as numbers or a list of numbers")
        }
        sizes += numbers
      }
    } else {
      sizes = try self[index].asNumbers() ?? []
    }
    try Self.checkSizes(sizes, for: declaration.name)
    return sizes
  }

  /// Sizes checked: whole, not negative, together not more than memory could hold.
  static func shape(_ sizes: [Double], for function: String) throws -> Shape {
    try checkSizes(sizes, for: function)
    try MemoryGuard.check(elements: sizes.reduce(1, *))
    return try Shape(checking: sizes.map { Int(exactly: $0) ?? .max })
  }

  private static func checkSizes(_ sizes: [Double], for function: String) throws {
    for size in sizes where !(size.isFinite && size >= 0 && size.rounded() == size) {
      throw RuntimeError.other(
        "\(function): \(size.displayed) is no size", hint: "sizes are whole numbers from 0")
    }
    let count = sizes.reduce(1, *)
    guard count < 1e18 else {
      throw RuntimeError.other(
        "\(function): not enough memory: \(count.displayed) elements wanted", hint: nil)
    }
  }

  /// A count: a whole number from 0.
  func size(_ index: Int) throws -> Int {
    let integer = try integer(index)
    guard integer >= 0 else { throw mismatch(index, expected: "a whole number from 0") }
    return integer
  }

  /// A number that may be left out.
  func optionalNumber(_ index: Int) throws -> Double? {
    if case .none = self[index] { return nil }
    return try number(index)
  }

  /// A whole number that may be left out.
  func optionalInteger(_ index: Int) throws -> Int? {
    if case .none = self[index] { return nil }
    return try integer(index)
  }

  /// `f(stop)`, `f(start, stop)` or `f(start, stop, step)` as a range without its end.
  func span(exclusive function: String) throws -> NumberRange {
    let first = try number(0)
    let stop = try optionalNumber(1)
    let step = try number(2)
    let range = NumberRange(
      lower: stop == nil ? 0 : first, upper: stop ?? first, step: step, isInclusive: false)
    guard step != 0, range.lower.isFinite, range.upper.isFinite, step.isFinite else {
      throw RuntimeError.other(
        "\(function): the ends must be finite and the step not 0", hint: nil)
    }
    return range
  }

  /// The values that a sequence runs through: elements of a list, numbers of a range, slices of a
  /// tensor along its first axis, characters of a string.
  func sequence(_ index: Int) throws -> [Value] {
    switch self[index] {
    case .list(let box): return box.content
    case .string(let box): return try box.characterValues()
    case .table(let box):
      return try interruptibleList(count: box.content.count) { try box.content.row($0) }
    case .range(let box):
      let range = box.content
      let count = try range.countInMemory(bytesEach: 16)
      return try interruptibleList(count: count) { .number(range[$0]) }
    case .tensor(let box) where box.content.rank == 1:
      let numbers = try box.content.guardedDoubles()
      let areTruths = box.content.elementType == .bool
      return try interruptibleList(count: numbers.count) {
        areTruths ? .bool(numbers[$0] != 0) : .number(numbers[$0])
      }
    case .tensor, .traced:
      let variable = try variable(index)
      guard let count = variable.shape.dimensions.first else {
        throw mismatch(index, expected: "a list, a range, a tensor or a string")
      }
      return try interruptibleList(count: count) {
        if $0 & 0xFF == 0 { try Interrupt.check() }
        return Value(try .subscripted(variable, [.at($0)]))
      }
    default: throw mismatch(index, expected: "a list, a range, a tensor or a string")
    }
  }
}
