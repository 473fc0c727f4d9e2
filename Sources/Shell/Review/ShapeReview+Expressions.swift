import Language
import Library
import Syntax

extension ShapeReview {
  /// How deep functions are followed into each other.
  private static let callLimit = 12

  /// What is known of an expression's value; what cannot succeed in it is noted.
  mutating func value(of expression: Expression) -> KnownValue {
    switch expression.kind {
    case .none: return .exact(.none)
    case .bool(let truth): return .exact(.bool(truth))
    case .number(let number): return .exact(.number(number))
    case .string(let text): return .exact(.text(text))
    case .interpolation:
      for part in expression.parts { _ = value(of: part) }
      return .unknown
    case .name(let name): return known(name)
    case .function(let literal): return .function(KnownFunction(literal, in: scope))
    case .list(let elements): return .list(elements.map { value(of: $0) })
    case .record(let fields): return .record(fields.map { ($0.name.text, value(of: $0.value)) })
    case .logical(let operation, let left, let right):
      return logical(operation, left, right, expression)
    case .conditional(let condition, let then, let otherwise):
      return conditional(condition, then, otherwise)
    case .gradient(let loss, let targets, _):
      _ = value(of: loss)
      let gradients = targets.map { elementsForgotten(value(of: $0)) }
      return gradients.count == 1 ? gradients[0] : .list(gradients)
    case .pipe(let left, let right): return pipe(left, right, expression)
    case .call(let function, let arguments): return call(function, arguments, expression)
    case .field(let operand, let name): return field(operand, name.text, expression)
    default: return probe(expression, expression.parts.map { operand($0) })
    }
  }

  /// A part of an operation: literals keep their form.
  private mutating func operand(_ part: Expression) -> ProbeOperand {
    if part.isConstant { return .asWritten }
    guard case .bracket(let elements) = part.kind else { return .known(value(of: part)) }
    return .literal(elements.map { operand($0) })
  }

  /// The value of a part that was looked at as an operand.
  private mutating func settled(_ operand: ProbeOperand, _ part: Expression) -> KnownValue {
    switch operand {
    case .asWritten: value(of: part)
    case .known(let value): value
    case .literal(let elements): probe(part, elements)
    }
  }

  private func elementsForgotten(_ value: KnownValue) -> KnownValue {
    if case .exact(let exact) = value { return KnownValue(shapeOf: exact) }
    return value
  }

  private mutating func field(
    _ operand: Expression, _ name: String, _ expression: Expression
  ) -> KnownValue {
    let owner = value(of: operand)
    if case .record(let fields) = owner {
      return fields.first { $0.name == name }?.value ?? .unknown
    }
    return probe(expression, [.known(owner)])
  }

  private mutating func logical(
    _ operation: LogicalOperator, _ left: Expression, _ right: Expression, _ whole: Expression
  ) -> KnownValue {
    let first = value(of: left)
    if case .exact(.bool(let truth)) = first {
      return truth == (operation == .or) ? first : value(of: right)
    }
    var second = KnownValue.unknown
    doubting { second = $0.value(of: right) }
    guard case .tensor = first else { return .unknown }
    return probe(whole, [.known(first), .known(second)])
  }

  private mutating func conditional(
    _ condition: Expression, _ then: Block, _ otherwise: Block?
  ) -> KnownValue {
    if case .exact(.bool(let truth)) = value(of: condition) {
      return truth ? blockValue(then) : otherwise.map { blockValue($0) } ?? .exact(.none)
    }
    var first = KnownValue.exact(.none)
    var second = KnownValue.exact(.none)
    followEither({ first = $0.blockValue(then) }) { review in
      if let otherwise { second = review.blockValue(otherwise) }
    }
    return first.joined(with: second)
  }

  /// The value of a block: that of its last statement, if it is an expression.
  mutating func blockValue(_ block: Block) -> KnownValue {
    for statement in block.statements.dropLast() where !scope.hasLeft { follow(statement) }
    guard !scope.hasLeft, let last = block.statements.last else { return .exact(.none) }
    if case .expression(let expression) = last.kind { return value(of: expression) }
    follow(last)
    return .exact(.none)
  }

  // MARK: calls

  private mutating func pipe(
    _ left: Expression, _ right: Expression, _ whole: Expression
  ) -> KnownValue {
    let input = operand(left)
    if case .call(let function, let arguments) = right.kind, let builtin = builtin(function),
      builtin.declaration.group != .layers
    {
      let given = arguments.map { operand($0.value) }
      return ShapeProbe.isPure(builtin)
        ? pipedCall(of: builtin, left, right, input, given, whole) : .unknown
    }
    let callee = value(of: right)
    switch callee {
    case .function(let function): return apply(function, [(nil, settled(input, left))], whole)
    case .exact(.function(let function)):
      guard let builtin = function.builtin, ShapeProbe.isPure(builtin) else { return .unknown }
      return probe(whole, [input, .known(callee)])
    default: return probe(whole, [input, .known(callee)])
    }
  }

  /// `x |> f(a)` as the call `f(x, a)` that it is where f needs one more argument.
  private mutating func pipedCall(
    of builtin: Builtin, _ left: Expression, _ right: Expression, _ input: ProbeOperand,
    _ given: [ProbeOperand], _ whole: Expression
  ) -> KnownValue {
    let needed = builtin.declaration.parameters.count { $0.defaultValue == nil }
    guard case .call(let function, let arguments) = right.kind, arguments.count < needed else {
      return .unknown
    }
    let call = Expression(
      .call(function, [Argument(name: nil, value: left)] + arguments), whole.span)
    return probe(call, [.asWritten, input] + given)
  }

  /// The builtin that a name means here.
  private func builtin(_ function: Expression) -> Builtin? {
    guard case .name(let name) = function.kind, case .exact(.function(let value)) = known(name)
    else { return nil }
    return value.builtin
  }

  private mutating func call(
    _ function: Expression, _ arguments: [Argument], _ whole: Expression
  ) -> KnownValue {
    // A network's call is one operation on it; a function of the script's is followed.
    let callee = value(of: function)
    let given = arguments.map { operand($0.value) }
    switch callee {
    case .function(let function):
      let values = zip(arguments, given).map { argument, operand in
        (name: argument.name?.text, value: settled(operand, argument.value))
      }
      return apply(function, values, whole)
    case .exact(.network): return probe(whole, [.known(callee)] + given)
    case .exact(.function(let value)):
      guard let builtin = value.builtin else { return .unknown }
      if ["exit", "error"].contains(builtin.declaration.name) { scope.hasLeft = true }
      guard ShapeProbe.isPure(builtin), case .name = function.kind else { return .unknown }
      return probe(whole, [.asWritten] + given)
    default: return .unknown
    }
  }

  /// Follows a call of a function of the script's.
  private mutating func apply(
    _ function: KnownFunction, _ arguments: [(name: String?, value: KnownValue)],
    _ call: Expression
  ) -> KnownValue {
    let literal = function.literal
    guard calls.count < Self.callLimit, arguments.count <= literal.parameters.count else {
      return .unknown
    }
    let inner = KnownScope(
      own: Set(NameCollector(function: literal).assigned), outer: function.scope)
    var free = literal.parameters.map(\.name.text)
    for argument in arguments {
      let name = argument.name ?? free.first ?? ""
      guard let place = free.firstIndex(of: name) else { return .unknown }
      free.remove(at: place)
      inner.variables[name] = argument.value
    }
    let (outer, doubtsBefore) = (scope, doubts)
    scope = inner
    calls.append(
      Diagnostic.Frame(
        function: literal.name?.text ?? "an anonymous function", source: source, span: call.span))
    defer {
      scope = outer
      doubts = doubtsBefore
      calls.removeLast()
    }
    for parameter in literal.parameters where free.contains(parameter.name.text) {
      guard let value = parameter.defaultValue else { return .unknown }
      inner.variables[parameter.name.text] = self.value(of: value)
    }
    let last = blockValue(literal.body)
    guard let result = inner.result else { return last }
    return inner.hasLeft ? result : result.joined(with: last)
  }
}
