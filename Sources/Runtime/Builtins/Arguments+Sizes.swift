import Tensors

/// Shapes, counts, axes and sequences out of arguments.
extension Arguments {
  /// A shape: sizes one by one (variadic), or one list of them.
  func sizes(_ index: Int) throws -> Shape {
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
    return try Self.shape(sizes, for: declaration.name)
  }

  /// Sizes checked: whole, not negative, together not more than memory could hold.
  static func shape(_ sizes: [Double], for function: String) throws -> Shape {
    for size in sizes where !(size >= 0 && size.isFinite && size.rounded() == size) {
      throw RuntimeError.other(
        "\(function): \(size.displayed) is no size: sizes are whole numbers from 0", hint: nil)
    }
    try MemoryGuard.check(elements: sizes.reduce(1, *))
    return try Shape(
      checking: sizes.map { size in
        guard let whole = Int(exactly: size) else {
          throw RuntimeError.other(
            "\(function): \(size.displayed) is more than any size can be", hint: nil)
        }
        return whole
      })
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
    case .string(let box): return box.content.map { .text(String($0)) }
    case .range(let box):
      try MemoryGuard.check(elements: box.content.exactCount, bytesEach: 16)
      let range = box.content
      return try interruptibleList(count: range.count) { .number(range[$0]) }
    case .tensor(let box) where box.content.rank == 1:
      let numbers = box.content.doubles()
      return try interruptibleList(count: numbers.count) { .number(numbers[$0]) }
    case .tensor, .traced:
      let variable = try variable(index)
      guard let count = variable.shape.dimensions.first else {
        throw mismatch(index, expected: "a list, a range, a tensor or a string")
      }
      return try (0..<count).map { Value(try .subscripted(variable, [.at($0)])) }
    default: throw mismatch(index, expected: "a list, a range, a tensor or a string")
    }
  }
}

extension NumberRange {
  /// Float64 where Float32 would not tell its numbers apart, or cannot hold them.
  var elementType: ElementType {
    let last = lower + step * Double(max(0, count - 1))
    let isWhole = lower.rounded() == lower && step.rounded() == step
    if isWhole, max(abs(lower), abs(last)) > 0x1p24 { return .f64 }
    return .holding([lower, last])
  }

  /// How many numbers it runs through, also where there are more than an `Int` could count.
  var exactCount: Double { step == 0 ? 0 : max(0, ((upper - lower) / step).rounded(.up)) }
}
