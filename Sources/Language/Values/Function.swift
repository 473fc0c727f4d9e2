import Syntax

/// A function as a value: a builtin, one written in nns, or a composition made by `|>`.
package final class Function: @unchecked Sendable {
  // Unchecked: immutable, except that the cells it captures belong to the one machine thread.

  /// Where a function comes from.
  package enum Origin {
    /// Indirect, as many calls copy where their function comes from.
    indirect case builtin(Builtin)
    /// Written in nns, with the variables that it uses of the functions around it.
    case user(Code)
    /// One after the other, the first first.
    case composed([Value])
  }

  package let origin: Origin
  /// What a call of a user's function needs, without reference counting; it lives as long as the
  /// code, which the machine keeps to its end.
  let header: UnsafeMutablePointer<CodeHeader>?
  let captures: [Cell]
  /// What a builtin gives without binding its arguments.
  let direct: DirectCall?
  /// The names of its parameters, where it has such a way.
  let directParameters: [String]

  /// A builtin as a value.
  package init(_ builtin: Builtin) {
    origin = .builtin(builtin)
    header = nil
    direct = builtin.direct
    let declaration = builtin.declaration
    directParameters =
      direct == nil || declaration.isVariadic ? [] : declaration.parameters.map(\.name)
    captures = []
  }

  /// A composition.
  package init(composing steps: [Value]) {
    origin = .composed(steps)
    header = nil
    direct = nil
    directParameters = []
    captures = []
  }

  init(_ code: Code, captures: [Cell]) {
    origin = .user(code)
    header = code.header
    self.captures = captures
    direct = nil
    directParameters = []
  }

  deinit {
    DeferredRelease.keepWhereStackIsLow(origin)
    DeferredRelease.keepWhereStackIsLow(captures)
  }

  /// The name it was given, or nil for an anonymous one.
  package var name: String? {
    switch origin {
    case .builtin(let builtin): builtin.declaration.name
    case .user(let code): code.name
    case .composed: nil
    }
  }

  /// The builtin that this is, if it is one.
  package var builtin: Builtin? {
    if case .builtin(let builtin) = origin { return builtin }
    return nil
  }

  /// How a user's function was written, and where; nil for others.
  package var definition: (source: SourceText, span: Span)? {
    if case .user(let code) = origin { return (code.source, code.span) }
    return nil
  }

  /// The names of a user's function's parameters and whether each may be left out.
  package var parameters: [(name: String, hasDefault: Bool)] {
    if case .user(let code) = origin {
      return code.parameters.map { ($0.name, $0.hasDefault) }
    }
    return []
  }

  /// What variables hold that have no value yet; never seen by a program.
  static let unset = Function(composing: [])
}

/// A variable that functions share with the function around them.
final class Cell: @unchecked Sendable {
  // Unchecked: used by the one machine thread.
  var value: Value

  init(_ value: Value) { self.value = value }

  deinit { DeferredRelease.keepWhereStackIsLow(value) }
}

extension Value {
  /// What a variable holds before its first assignment.
  static var unset: Value { .function(.unset) }

  /// Whether this is what a variable holds before its first assignment.
  var isUnset: Bool {
    if case .function(let function) = self { return function === Function.unset }
    return false
  }

  /// Whether `|>` composes it with what follows rather than passing it on.
  package var isComposable: Bool {
    switch self {
    case .function, .network: true
    default: false
    }
  }
}
