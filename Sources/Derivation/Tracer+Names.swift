import Language
import Library
import Networks
import Syntax
import Tensors

extension Tracer {
  /// What a name stands for, by the compiler's rules: a variable of the running function, of the
  /// functions around it, a global, a builtin.
  func lookUp(_ name: String, at span: Span, _ scope: Scope) throws -> Traced {
    var current: Scope? = scope
    var outermost = scope
    while let here = current {
      if let found = here.variables[name] { return found }
      if here.own.contains(name) { throw RuntimeError.unknownName(name) }
      outermost = here
      current = here.parent
    }
    let globals = graph.machine.globals
    guard let function = outermost.function else {
      guard let value = thunk.lookUp(name) else { throw RuntimeError.unknownName(name) }
      return try traced(value, name, isLocal: thunk.isLocal(name), at: span)
    }
    if let value = function.captured(name) { return try captured(value, name, function, at: span) }
    // In the prelude the builtins' names mean the builtins, whatever the user's variables are.
    let isPrelude = function.definition?.source === Prelude.source
    let value = isPrelude ? globals.builtinValue(name) ?? globals[name] : globals[name]
    guard let value else { throw RuntimeError.unknownName(name) }
    return try traced(value, name, isLocal: false, at: span)
  }

  /// A variable that a function took along; the same node each time.
  private func captured(
    _ value: Value, _ name: String, _ function: Function, at span: Span
  ) throws -> Traced {
    // In a function that derives, the variable of the derivation may be one of these.
    if let place, function.captured(name, isAt: place) {
      return try traced(value, name, isLocal: true, at: span)
    }
    switch value {
    case .number, .tensor: break
    default: return .value(value, nil)
    }
    let key = "\(ObjectIdentifier(function).hashValue) \(name)"
    if let known = capturedNodes[key] { return .node(known) }
    guard let tensor = try value.asTensor() else { return .value(value, nil) }
    let node = try graph.leaf(name, tensor, at: span, in: source)
    node.isCaptured = true
    capturedNodes[key] = node
    return .node(node)
  }

  /// Whether the variable of the derivation is one of a function around the loss.
  private var isTargetLocal: Bool { place.map { !$0.isGlobal } ?? false }

  /// A variable's value, or a field's of it.
  ///
  /// - Parameter isLocal: whether the variable belongs to a function around the loss.
  func traced(_ value: Value, _ text: String, isLocal: Bool, at span: Span) throws -> Traced {
    let tensor: Tensor
    switch value {
    case .number(let number): tensor = try Tensor.scalar(number, .f64)
    case .tensor(let box): tensor = box.content
    case .traced(let box): tensor = box.content.tensor
    default: return .value(value, isLocal && !isTargetLocal ? nil : text)
    }
    let node = try graph.leaf(
      text, tensor, isTarget: text == target && isLocal == isTargetLocal,
      sharedAs: (isLocal ? "local " : "") + text, at: span, in: source)
    node.isLocal = isLocal
    return .node(node)
  }

  /// Sets a variable of the innermost function; outside all functions, a global.
  func set(_ name: String, _ value: Traced, _ scope: Scope) {
    scope.variables[name] = value
    guard scope.isOutermost, !isDeriving, let plain = try? plain(value, Span(0, 0)) else { return }
    graph.machine.globals[name] = plain
  }

  /// The values of the names that an expression uses, for the machine; globals are its own.
  func variables(
    usedBy names: Set<String>, _ scope: Scope, at span: Span
  ) throws -> [(name: String, value: Value)] {
    var found: [(name: String, value: Value)] = []
    for name in names.sorted() {
      var current: Scope? = scope
      var outermost = scope
      var value: Value?
      var isOwn = false
      while let here = current, value == nil, !isOwn {
        value = try here.variables[name].map { try plain($0, span) }
        isOwn = here.own.contains(name)
        outermost = here
        current = here.parent
      }
      if value == nil, !isOwn {
        value =
          outermost.function.map { $0.captured(name) }
          ?? (thunk.isLocal(name) ? thunk.lookUp(name) : nil)
      }
      if let value { found.append((name, value)) } else if isOwn { found.append((name, .none)) }
    }
    return found
  }
}
