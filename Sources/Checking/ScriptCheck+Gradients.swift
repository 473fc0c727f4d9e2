import Language
import Syntax

/// A gradient that a script writes down.
struct WrittenGradient {
  let name: String
  let variable: String
  let expression: Expression
  let item: ScriptOutline.Item
  /// Whether the script itself computes it, in the order of its statements.
  var isComputed = true
}

/// The gradients of a script, each once, and the names of those whose variable is not known.
struct WrittenGradients {
  private(set) var found: [WrittenGradient] = []
  private(set) var unmatched: [String] = []

  mutating func add(_ gradient: WrittenGradient) {
    unmatched.removeAll { $0 == gradient.name }
    let isKnown = found.contains {
      $0.name == gradient.name && $0.variable == gradient.variable
    }
    if !isKnown { found.append(gradient) }
  }

  mutating func addUnmatched(_ name: String) {
    if !unmatched.contains(name) { unmatched.append(name) }
  }

  /// `dW = dL_dW(y, p)` is one gradient, not two.
  mutating func removeAliases() {
    found = found.filter { gradient in
      !found.contains { other in
        other.name != gradient.name && other.expression.span == gradient.expression.span
          && other.name.contains("(")
      }
    }
  }
}

extension ScriptCheck {
  func writtenGradients() -> WrittenGradients {
    var gradients = WrittenGradients()
    for item in outline.items {
      switch item.statement.kind {
      case .assignment(let targets, let value) where targets.count == 1:
        if case .name(let name) = targets[0].kind { addAssigned(name, value, item, to: &gradients) }
      case .update(let target, .subtract, let value):
        if case .name(let name) = target.kind { addSubtracted(name, value, item, to: &gradients) }
      case .function(let literal): addUncalled(literal, item, to: &gradients)
      default: break
      }
      if !item.statement.kind.isDefinition { addCalls(in: item, to: &gradients) }
    }
    gradients.removeAliases()
    return gradients
  }

  /// `dW = …`: a parameter only where its name says for certain that it is a gradient.
  private func addAssigned(
    _ name: String, _ value: Expression, _ item: ScriptOutline.Item,
    to gradients: inout WrittenGradients
  ) {
    let isCertain = GradientNames.isCertain(name)
    guard !outline.parameters.contains(name) || isCertain else { return }
    if let variable = variable(of: name) {
      gradients.add(
        WrittenGradient(name: name, variable: variable, expression: value, item: item))
    } else if isCertain {
      gradients.addUnmatched(name)
    }
  }

  /// `W -= rate * G`.
  private func addSubtracted(
    _ name: String, _ value: Expression, _ item: ScriptOutline.Item,
    to gradients: inout WrittenGradients
  ) {
    guard outline.parameters.contains(name), let gradient = inlineGradient(value) else { return }
    gradients.add(
      WrittenGradient(
        name: source.text(in: gradient.span), variable: name, expression: gradient, item: item))
  }

  /// `fn dL_dW(…)` that nothing in the script calls.
  private func addUncalled(
    _ literal: FunctionLiteral, _ item: ScriptOutline.Item, to gradients: inout WrittenGradients
  ) {
    guard let name = literal.name?.text, let variable = variable(of: name), !isCalled(name),
      let call = callByNames(name, literal)
    else { return }
    gradients.add(
      WrittenGradient(
        name: name, variable: variable, expression: call, item: outline.items.last ?? item,
        isComputed: false))
  }

  /// Calls of functions that are named after gradients.
  private func addCalls(in item: ScriptOutline.Item, to gradients: inout WrittenGradients) {
    SyntaxWalk.own(item.statement) { expression in
      guard case .call(let callee, _) = expression.kind, case .name(let name) = callee.kind,
        let variable = variable(of: name), isFunction(name)
      else { return }
      gradients.add(
        WrittenGradient(
          name: source.text(in: expression.span), variable: variable, expression: expression,
          item: item))
    }
  }

  private func variable(of name: String) -> String? {
    GradientNames.variable(of: name, among: outline.parameters)
  }

  private func isFunction(_ name: String) -> Bool {
    if case .function? = machine.globals[name] { return true }
    return false
  }

  private func isCalled(_ name: String) -> Bool {
    outline.items.contains { item in
      guard !item.statement.kind.isDefinition else { return false }
      var isFound = false
      SyntaxWalk.own(item.statement) { expression in
        if case .call(let callee, _) = expression.kind, case .name(name) = callee.kind {
          isFound = true
        }
      }
      return isFound
    }
  }

  /// The gradient in `rate * G`, unless it has a name or is a call, which are found anyway.
  private func inlineGradient(_ value: Expression) -> Expression? {
    var gradient = value
    if case .binary(.multiply, let left, let right, _) = value.kind, isNumber(left) {
      gradient = right
    }
    switch gradient.kind {
    case .name, .call, .gradient, .field: return nil
    default: return gradient
    }
  }

  private func isNumber(_ expression: Expression) -> Bool {
    switch expression.kind {
    case .number: return true
    case .name(let name):
      if case .number? = machine.globals[name] { return true }
      return false
    default: return false
    }
  }

  /// A call of a function that the script never calls, its arguments the variables of the
  /// parameters' names.
  private func callByNames(_ name: String, _ literal: FunctionLiteral) -> Expression? {
    var arguments: [String] = []
    for parameter in literal.parameters {
      let choices = [parameter.name.text] + (GradientNames.aliases[parameter.name.text] ?? [])
      guard let choice = choices.first(where: { machine.globals.isUserDefined($0) }) else {
        return nil
      }
      arguments.append(choice)
    }
    let text = "\(name)(\(arguments.joined(separator: ", ")))"
    return try? Parser.parseExpression(SourceText(text, name: source.name))
  }
}

extension Statement.Kind {
  var isDefinition: Bool {
    if case .function = self { return true }
    return false
  }
}

extension SyntaxWalk {
  /// Visits the expressions of a statement, not those of the blocks inside it.
  static func own(_ statement: Statement, _ visit: (Expression) -> Void) {
    switch statement.kind {
    case .forLoop(_, let sequence, _): expressions(in: sequence, visit)
    case .whileLoop(let condition, _): expressions(in: condition, visit)
    case .expression(let expression):
      if case .conditional(let condition, _, _) = expression.kind {
        expressions(in: condition, visit)
      } else {
        expressions(in: expression, visit)
      }
    default: expressions(in: statement, visit)
    }
  }
}
