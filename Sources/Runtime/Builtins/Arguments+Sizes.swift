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
    try MemoryGuard.check(elements: sizes.reduce(1, *))
    return try Shape(
      checking: sizes.map { size in
        guard let whole = Int(exactly: size), whole >= 0 else {
          throw RuntimeError.other(
            "\(function): \(size.displayed) is no size: sizes are whole numbers from 0", hint: nil)
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
    case .string(let box): return try box.content.characterValues()
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
      return try interruptibleList(count: count) {
        if $0 & 0xFF == 0 { try Interrupt.check() }
        return Value(try .subscripted(variable, [.at($0)]))
      }
    default: throw mismatch(index, expected: "a list, a range, a tensor or a string")
    }
  }
}

extension NumberRange {
  /// How many numbers it runs through, also where there are more than an `Int` could count.
  var exactCount: Double { step == 0 ? 0 : max(0, ((upper - lower) / step).rounded(.up)) }
}
