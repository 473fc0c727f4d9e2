import Language
import Syntax

/// Takes the variables out of an expression, and computes its numbers.
struct VariableReader {
  private let machine: Machine
  /// What stands for each of the names that were put in.
  private(set) var values: [String: Value] = [:]

  init(_ machine: Machine) { self.machine = machine }

  /// The expression with a name for each variable or field of one; nil where it cannot be run
  /// without effects.
  mutating func replaced(_ expression: Expression) -> Expression? {
    let span = expression.span
    if let number = number(expression) { return Expression(.number(number), span) }
    switch expression.kind {
    case .none, .bool, .number, .string: return expression
    case .name(let name):
      guard machine.globals.isUserDefined(name) else { return expression }
      return variable(expression)
    case .field(let base, let name):
      if Self.value(at: expression, machine) != nil { return variable(expression) }
      return replaced(base).map { Expression(.field($0, name), span) }
    case .bracket(let elements):
      guard elements.count <= 256 else { return nil }
      return all(elements).map { Expression(.bracket($0), span) }
    case .range(let lower, let upper, let inclusive, let step):
      return replacedRange([lower, upper] + (step.map { [$0] } ?? []), inclusive, span)
    case .unary(let operation, let operand):
      return replaced(operand).map { Expression(.unary(operation, $0), span) }
    case .transpose(let operand): return replaced(operand).map { Expression(.transpose($0), span) }
    case .binary(let operation, let left, let right, let place):
      guard let sides = all([left, right]) else { return nil }
      // Any power is of the shape that the square has.
      let isPower = operation == .power && number(sides[1]) != nil
      let second = isPower ? Expression(.number(2), sides[1].span) : sides[1]
      return Expression(.binary(operation, sides[0], second, operatorSpan: place), span)
    case .logical(let operation, let left, let right):
      guard let sides = all([left, right]) else { return nil }
      return Expression(.logical(operation, sides[0], sides[1]), span)
    case .pipe(let left, let right):
      guard let sides = all([left, right]) else { return nil }
      return Expression(.pipe(sides[0], sides[1]), span)
    case .call(let callee, let arguments):
      guard let function = replaced(callee), let given = all(arguments.map(\.value)) else {
        return nil
      }
      return Expression(
        .call(function, zip(arguments, given).map { Argument(name: $0.name, value: $1) }), span)
    case .index(let base, let places): return replacedIndex(base, places, span)
    case .list, .record, .interpolation, .function, .conditional, .gradient: return nil
    }
  }

  /// - Parameter ends: the lower and the upper end, and the step where there is one.
  private mutating func replacedRange(
    _ ends: [Expression], _ isInclusive: Bool, _ span: Span
  ) -> Expression? {
    all(ends).map {
      Expression(
        .range(
          lower: $0[0], upper: $0[1], inclusive: isInclusive, step: $0.count > 2 ? $0[2] : nil),
        span)
    }
  }

  private mutating func replacedIndex(
    _ base: Expression, _ places: [Subscript], _ span: Span
  ) -> Expression? {
    guard let base = replaced(base) else { return nil }
    let taken = places.compactMap { replaced($0) }
    return taken.count == places.count ? Expression(.index(base, taken), span) : nil
  }

  private mutating func replaced(_ place: Subscript) -> Subscript? {
    switch place {
    case .ellipsis: return place
    case .index(let index): return replaced(index).map { .index($0) }
    case .slice(let start, let stop, let step, let span):
      let given = [start, stop, step].compactMap { $0 }
      guard let bounds = all(given) else { return nil }
      var rest = bounds[...]
      return .slice(
        start: start.flatMap { _ in rest.popFirst() }, stop: stop.flatMap { _ in rest.popFirst() },
        step: step.flatMap { _ in rest.popFirst() }, span)
    }
  }

  private mutating func all(_ expressions: [Expression]) -> [Expression]? {
    var result: [Expression] = []
    for expression in expressions {
      guard let expression = replaced(expression) else { return nil }
      result.append(expression)
    }
    return result
  }

  /// A name for what a variable or a field of one holds; functions of the user's are not run.
  private mutating func variable(_ expression: Expression) -> Expression? {
    guard let value = Self.value(at: expression, machine) else { return nil }
    switch value {
    case .function(let function) where function.builtin == nil: return nil
    case .list(let box) where box.content.count > 256: return nil
    case .number, .bool, .string, .tensor, .list, .range, .network, .none, .function: break
    default: return nil
    }
    let name = "hinted\(values.count)"
    values[name] = value
    return Expression(.name(name), expression.span)
  }

  /// What an expression of numbers alone gives.
  private func number(_ expression: Expression) -> Double? {
    switch expression.kind {
    case .number(let number): return number
    case .name, .field:
      if case .number(let number)? = Self.value(at: expression, machine) { return number }
      return nil
    case .unary(.negate, let operand): return number(operand).map { -$0 }
    case .binary(let operation, let left, let right, _):
      guard let a = number(left), let b = number(right) else { return nil }
      var (x, y) = (Value.number(a), Value.number(b))
      if case .number(let result)? = try? Value.binary(operation, &x, &y) { return result }
      return nil
    default: return nil
    }
  }

  /// A variable, or a field of one: reading these runs no code of the user's.
  static func value(at expression: Expression, _ machine: Machine) -> Value? {
    switch expression.kind {
    case .name(let name): return machine.globals[name]
    case .field(let base, let name):
      return value(at: base, machine).flatMap { try? $0.field(name.text) }
    default: return nil
    }
  }
}

/// Replaces the numbers that are written in an expression.
struct NumberMap {
  let replace: (Double) -> Double

  func visit(_ expression: Expression) { _ = mapped(expression) }

  func mapped(_ expression: Expression) -> Expression {
    if case .number(let number) = expression.kind {
      return Expression(.number(replace(number)), expression.span)
    }
    return expression.replacingParts(expression.parts.map(mapped))
  }
}
