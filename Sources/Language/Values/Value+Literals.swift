import Networks
import Tensors

/// How the brackets of a literal nest.
indirect enum LiteralPattern: Sendable {
  /// So many values between one pair of brackets.
  case values(Int)
  /// Brackets of which every element stands in brackets itself.
  case brackets([LiteralPattern])
}

extension Value {
  /// A bracket literal: numbers make a tensor of one dimension, bracket literals of tensors of one
  /// shape their stack, anything else a list.
  ///
  /// - Parameters:
  ///   - leaves: the values in the order written, those of all brackets.
  ///   - elementType: of what its numbers become; nil for Float32 where that holds all of them,
  ///     otherwise Float64.
  static func literal(
    _ pattern: LiteralPattern, _ leaves: [Value], elementType: ElementType? = nil
  ) throws -> Value {
    var rest = leaves[...]
    return try assembled(pattern, &rest, elementType ?? literalType(leaves))
  }

  /// The elements of a literal one by one: what `l + […]` appends to a list.
  static func literalElements(_ pattern: LiteralPattern, _ leaves: [Value]) throws -> [Value] {
    guard case .brackets(let parts) = pattern else { return leaves }
    var rest = leaves[...]
    let type = literalType(leaves)
    return try parts.map { try assembled($0, &rest, type) }
  }

  private static func literalType(_ leaves: [Value]) -> ElementType {
    .holding(leaves.lazy.compactMap { if case .number(let number) = $0 { number } else { nil } })
  }

  private static func assembled(
    _ pattern: LiteralPattern, _ rest: inout ArraySlice<Value>, _ elementType: ElementType
  ) throws -> Value {
    switch pattern {
    case .values(let count):
      let values = Array(rest.prefix(count))
      rest = rest.dropFirst(count)
      return try bracket(values, elementType)
    case .brackets(let parts):
      return try stack(of: parts.map { try assembled($0, &rest, elementType) })
    }
  }

  /// The values between one pair of brackets.
  private static func bracket(_ elements: [Value], _ elementType: ElementType) throws -> Value {
    guard !elements.isEmpty else { return .items([]) }
    var numbers: [Double] = []
    for element in elements {
      switch element {
      case .number(let number): numbers.append(number)
      case .traced(let box) where box.content.rank == 0: break
      default: return .items(elements)
      }
    }
    if numbers.count == elements.count {
      let shape = try Shape(checking: [numbers.count])
      return .tensor(Box(try Tensor(doubles: numbers, shape, elementType: elementType)))
    }
    return Value(try .stack(try elements.compactMap { try $0.asVariable() }))
  }

  /// Tensors of one shape as one with a new first axis; otherwise a list.
  private static func stack(of parts: [Value]) throws -> Value {
    var shapes: Set<Shape> = []
    for part in parts {
      switch part {
      case .tensor(let box): shapes.insert(box.content.shape)
      case .traced(let box): shapes.insert(box.content.shape)
      default: return .items(parts)
      }
    }
    guard shapes.count == 1 else { return .items(parts) }
    if parts.contains(where: { if case .traced = $0 { true } else { false } }) {
      return Value(try .stack(try parts.compactMap { try $0.asVariable() }))
    }
    return .tensor(Box(try Tensor.stack(try parts.compactMap { try $0.asTensor() })))
  }

  /// The error for a start or step that is being differentiated.
  package static let rangeOfDifferentiated = RuntimeError.other(
    "a range holds plain numbers, through which no derivative of its start or step passes",
    hint: "arange(start, stop, step) passes it")

  /// `a..<b`, `a...b`, `by step`.
  ///
  /// - Throws: where an end is no number, the start not finite, or the step 0 or not finite.
  package static func range(
    _ lower: Value, _ upper: Value, by step: Value?, isInclusive: Bool
  ) throws -> Value {
    guard let first = lower.asNumber(), let last = upper.asNumber() else {
      throw RuntimeError.other(
        "a range goes from number to number, not from \(lower.kindPhrase) to \(upper.kindPhrase)",
        hint: nil)
    }
    guard first.isFinite, !last.isNaN else {
      throw RuntimeError.other(
        first.isFinite
          ? "a range cannot end at nan" : "a range cannot begin at \(first.displayed)", hint: nil)
    }
    if lower.isDifferentiated || step?.isDifferentiated == true {
      throw rangeOfDifferentiated
    }
    upper.noteCut("a range", reason: "its end decides only how many numbers there are")
    var distance = 1.0
    if let step {
      guard let number = step.asNumber() else {
        throw RuntimeError.other(
          "the step of a range must be a number, not \(step.kindPhrase)", hint: nil)
      }
      guard number != 0, number.isFinite else {
        throw RuntimeError.other(
          number == 0
            ? "the step of a range must be a number other than 0"
            : "the step of a range must be finite", hint: nil)
      }
      distance = number
    }
    return .range(
      Box(NumberRange(lower: first, upper: last, step: distance, isInclusive: isInclusive)))
  }
}
