import Syntax

/// Finds which names a function's body assigns, and which of its names the functions and
/// unevaluated expressions inside it use: what scoping needs to know before compiling.
package struct NameCollector {
  /// Names that the body itself binds, in order: they are local to the whole function.
  package private(set) var assigned: [String] = []
  private var assignedSet: Set<String> = []
  /// Names that the body itself reads.
  private(set) var referenced: Set<String> = []
  /// Names that functions inside it need from outside themselves.
  private(set) var nested: Set<String> = []

  /// The names of a function: of its parameters and its body.
  package init(function: FunctionLiteral) {
    for parameter in function.parameters {
      bind(parameter.name.text)
      if let value = parameter.defaultValue { visit(value) }
    }
    visit(function.body)
  }

  /// The names of an expression that is evaluated later.
  package init(thunk: Expression) { visit(thunk) }

  /// What is needed from outside.
  package var free: Set<String> { referenced.union(nested).subtracting(assignedSet) }

  private mutating func bind(_ name: String) {
    if assignedSet.insert(name).inserted { assigned.append(name) }
  }

  private mutating func visit(_ block: Block) {
    for statement in block.statements { visit(statement) }
  }

  private mutating func visit(_ statement: Statement) {
    switch statement.kind {
    case .expression(let expression): visit(expression)
    case .assignment(let targets, let value):
      visit(value)
      for target in targets {
        if case .name(let name) = target.kind { bind(name) } else { visit(target) }
      }
    case .update(let target, _, let value):
      visit(target)
      visit(value)
    case .function(let literal):
      if let name = literal.name { bind(name.text) }
      visitNested(NameCollector(function: literal))
    case .whileLoop(let condition, let body):
      visit(condition)
      visit(body)
    case .forLoop(let names, let sequence, let body):
      visit(sequence)
      for name in names { bind(name.text) }
      visit(body)
    case .breakLoop, .continueLoop: break
    case .returnValue(let value): if let value { visit(value) }
    case .command(let command):
      referenced.insert(command.name.text)
      if let target = command.target { bind(target.text) }
      for argument in command.arguments {
        if case .expression(let expression) = argument.value {
          visitNested(NameCollector(thunk: expression))
        }
        if let reading = argument.reading { visitNested(NameCollector(thunk: reading)) }
      }
    }
  }

  private mutating func visitNested(_ inner: NameCollector) { nested.formUnion(inner.free) }

  private mutating func visit(_ expression: Expression) {
    switch expression.kind {
    case .none, .bool, .number, .string: break
    case .interpolation(let parts):
      for case .value(let value, _) in parts { visit(value) }
    case .name(let name): referenced.insert(name)
    case .bracket(let elements), .list(let elements):
      for element in elements { visit(element) }
    case .record(let fields): for field in fields { visit(field.value) }
    case .range(let lower, let upper, _, let step):
      visit(lower)
      visit(upper)
      if let step { visit(step) }
    case .unary(_, let operand), .transpose(let operand), .field(let operand, _): visit(operand)
    case .binary(_, let left, let right, _), .logical(_, let left, let right),
      .pipe(let left, let right):
      visit(left)
      visit(right)
    case .call(let function, let arguments):
      visit(function)
      for argument in arguments { visit(argument.value) }
    case .index(let container, let subscripts):
      visit(container)
      for part in subscripts { visit(part) }
    case .function(let literal):
      if let name = literal.name { bind(name.text) }
      visitNested(NameCollector(function: literal))
    case .conditional(let condition, let then, let otherwise):
      visit(condition)
      visit(then)
      if let otherwise { visit(otherwise) }
    case .gradient(let loss, let targets, _):
      visitNested(NameCollector(thunk: loss))
      for target in targets { visitNested(NameCollector(thunk: target)) }
    }
  }

  private mutating func visit(_ part: Subscript) {
    switch part {
    case .index(let index): visit(index)
    case .ellipsis: break
    case .slice(let start, let stop, let step, _):
      for case let bound? in [start, stop, step] { visit(bound) }
    }
  }
}
