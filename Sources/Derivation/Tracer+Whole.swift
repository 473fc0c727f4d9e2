import Language
import Library
import Networks
import Syntax
import Tensors

// What cannot be followed step by step is given to the machine whole: for `explain` everything,
// for a derivation what the variable has no influence on.

extension Tracer {
  /// What the machine makes of an expression.
  func wholeValue(
    of expression: Expression, _ scope: Scope, otherwise error: Unsupported
  ) throws -> Traced {
    let names = NameCollector(thunk: expression).free
    if isDeriving {
      var seen: Set<ObjectIdentifier> = []
      guard !mayReachTarget(names, scope, &seen) else {
        var error = error
        error.isFinal = true
        throw error
      }
    }
    let value = try withoutRandomness(expression.span) {
      try graph.machine.evaluate(
        expression, in: source,
        variables: try variables(usedBy: names, scope, at: expression.span))
    }
    let text = source.text(in: expression.span)
    let isReadable = scope.isOutermost && source === thunk.source
    switch value {
    case .number where !isDeriving, .tensor:
      guard let tensor = try value.asTensor() else { return .value(value, nil) }
      return .node(try leaf(tensor, isReadable ? text : nil, at: expression.span))
    default: return try traced(constant: value, at: expression.span)
    }
  }

  /// Runs what must draw no random numbers where a derivation needs the same values again.
  func withoutRandomness<Result>(_ span: Span, _ body: () throws -> Result) throws -> Result {
    let random = graph.machine.random
    let before = random.generator
    let result = try body()
    guard isDeriving, random.generator != before else { return result }
    random.generator = before
    let name = source.text(in: span).prefix { $0 != "(" }
    throw unsupported("new random numbers", span, hint: "draw them before: r = \(name)(…)")
  }

  /// A function of the machine made of one that is written inside the loss, with the values that
  /// the names in it have now.
  func function(
    _ literal: FunctionLiteral, _ scope: Scope, _ text: SourceText, _ span: Span
  ) throws -> Function {
    var names = NameCollector(function: literal).free
    if let name = literal.name?.text { names.remove(name) }
    return try graph.machine.function(
      literal, in: text, variables: try variables(usedBy: names, scope, at: span))
  }

  /// Whether the names, or what the functions among them use, include the variable of the
  /// derivation or something computed from it.
  private func mayReachTarget(
    _ names: Set<String>, _ scope: Scope, _ seen: inout Set<ObjectIdentifier>
  ) -> Bool {
    names.contains { name in
      if let target, name == target.prefix(while: { $0 != "." }) { return true }
      var current: Scope? = scope
      while let here = current {
        if let found = here.variables[name] { return mayReachTarget(found, &seen) }
        current = here.parent
      }
      let value = scope.function?.captured(name) ?? thunk.lookUp(name)
      return value.map { mayReachTarget($0, &seen) } ?? false
    }
  }

  private func mayReachTarget(_ traced: Traced, _ seen: inout Set<ObjectIdentifier>) -> Bool {
    switch traced {
    case .node(let node): return node.isOnPath
    case .list(let items): return items.contains { mayReachTarget($0, &seen) }
    case .value(let value, _): return mayReachTarget(value, &seen)
    case .closure(let literal, let scope, _):
      guard seen.insert(ObjectIdentifier(scope)).inserted else { return false }
      return mayReachTarget(NameCollector(function: literal).free, scope, &seen)
    }
  }

  /// The same of a value.
  func mayReachTarget(_ value: Value) -> Bool {
    var seen: Set<ObjectIdentifier> = []
    return mayReachTarget(value, &seen)
  }

  private func mayReachTarget(_ value: Value, _ seen: inout Set<ObjectIdentifier>) -> Bool {
    switch value {
    case .list(let box): return box.content.contains { mayReachTarget($0, &seen) }
    case .record(let box): return box.content.values.contains { mayReachTarget($0, &seen) }
    case .function(let function):
      guard seen.insert(ObjectIdentifier(function)).inserted else { return false }
      switch function.origin {
      case .builtin: return false
      case .composed(let steps): return steps.contains { mayReachTarget($0, &seen) }
      case .user:
        guard function.definition?.source !== Prelude.source else { return false }
        guard let definition = try? definition(of: function, Span(0, 0)) else { return true }
        return mayReachTarget(
          NameCollector(function: definition.literal).free, Scope(function: function), &seen)
      }
    default: return false
    }
  }
}
