import Syntax

extension Expression {
  /// Whether its blocks, at any depth, hold no commands, loops or assignments.
  var isOfExpressionsAlone: Bool {
    parts.allSatisfy(\.isOfExpressionsAlone)
      && blocks.allSatisfy { block in
        block.statements.allSatisfy { statement in
          guard case .expression(let expression) = statement.kind else { return false }
          return expression.isOfExpressionsAlone
        }
      }
  }

  /// The blocks that it holds itself.
  private var blocks: [Block] {
    switch kind {
    case .function(let function): [function.body]
    case .conditional(_, let then, let otherwise): [then] + (otherwise.map { [$0] } ?? [])
    default: []
    }
  }

  /// The expressions that it consists of, those in blocks left out.
  private var parts: [Expression] {
    switch kind {
    case .none, .bool, .number, .string, .name: []
    case .interpolation(let parts):
      parts.compactMap { part in if case .value(let value, _) = part { value } else { nil } }
    case .bracket(let elements), .list(let elements): elements
    case .record(let fields): fields.map(\.value)
    case .range(let lower, let upper, _, let step): [lower, upper] + (step.map { [$0] } ?? [])
    case .unary(_, let operand), .transpose(let operand), .field(let operand, _): [operand]
    case .binary(_, let left, let right, _), .logical(_, let left, let right),
      .pipe(let left, let right):
      [left, right]
    case .call(let function, let arguments): [function] + arguments.map(\.value)
    case .index(let container, let places): [container] + places.flatMap(\.expressions)
    case .function(let function): function.parameters.compactMap(\.defaultValue)
    case .conditional(let condition, _, _): [condition]
    case .gradient(let loss, let places, _): [loss] + places
    }
  }
}

extension Subscript {
  fileprivate var expressions: [Expression] {
    switch self {
    case .index(let index): [index]
    case .ellipsis: []
    case .slice(let start, let stop, let step, _): [start, stop, step].compactMap { $0 }
    }
  }
}
