extension Expression {
  /// The expressions that it is made of, in their order; without those in the bodies of functions
  /// and in the branches of an `if`, which may not run.
  public var parts: [Expression] {
    switch kind {
    case .none, .bool, .number, .string, .name, .function: []
    case .interpolation(let parts):
      parts.compactMap { if case .value(let value, _) = $0 { value } else { nil } }
    case .bracket(let elements), .list(let elements): elements
    case .record(let fields): fields.map(\.value)
    case .range(let lower, let upper, _, let step): [lower, upper] + (step.map { [$0] } ?? [])
    case .unary(_, let operand), .transpose(let operand), .field(let operand, _): [operand]
    case .binary(_, let left, let right, _), .logical(_, let left, let right),
      .pipe(let left, let right):
      [left, right]
    case .call(let function, let arguments): [function] + arguments.map(\.value)
    case .index(let container, let subscripts): [container] + subscripts.flatMap(\.parts)
    case .conditional(let condition, _, _): [condition]
    case .gradient(let loss, let targets, _): [loss] + targets
    }
  }

  /// The same with other parts, as many and in the same order.
  public func replacingParts(_ parts: [Expression]) -> Expression {
    var rest = parts[...]
    func next(_ old: Expression) -> Expression { rest.popFirst() ?? old }
    let kind: Kind
    switch self.kind {
    case .bracket(let elements): kind = .bracket(elements.map(next))
    case .list(let elements): kind = .list(elements.map(next))
    case .record(let fields):
      kind = .record(fields.map { RecordField(name: $0.name, value: next($0.value)) })
    case .range(let lower, let upper, let inclusive, let step):
      kind = .range(
        lower: next(lower), upper: next(upper), inclusive: inclusive, step: step.map(next))
    case .unary(let operation, let operand): kind = .unary(operation, next(operand))
    case .transpose(let operand): kind = .transpose(next(operand))
    case .field(let operand, let name): kind = .field(next(operand), name)
    case .binary(let operation, let left, let right, let place):
      kind = .binary(operation, next(left), next(right), operatorSpan: place)
    case .logical(let operation, let left, let right):
      kind = .logical(operation, next(left), next(right))
    case .pipe(let left, let right): kind = .pipe(next(left), next(right))
    case .call(let function, let arguments):
      kind = .call(
        next(function), arguments.map { Argument(name: $0.name, value: next($0.value)) })
    case .index(let container, let subscripts):
      kind = .index(next(container), subscripts.map { $0.mapped(next) })
    default: kind = self.kind
    }
    return Expression(kind, span)
  }
}

extension Subscript {
  /// The expressions of one place between brackets.
  fileprivate var parts: [Expression] {
    switch self {
    case .index(let index): [index]
    case .ellipsis: []
    case .slice(let start, let stop, let step, _): [start, stop, step].compactMap { $0 }
    }
  }

  fileprivate func mapped(_ change: (Expression) -> Expression) -> Subscript {
    switch self {
    case .index(let index): .index(change(index))
    case .ellipsis: self
    case .slice(let start, let stop, let step, let span):
      .slice(
        start: start.map(change), stop: stop.map(change), step: step.map(change), span)
    }
  }
}
