/// What must be known of a function before it is called.
extension Value {
  /// Whether a call with these arguments lacks one that has no default. A layer's constructor never
  /// does: `net |> dropout(0.5)` composes.
  ///
  /// - Parameters:
  ///   - count: how many arguments are given.
  ///   - names: of those that are given by name; empty where none is.
  func lacksArgument(count: Int, names: [String?]) -> Bool {
    guard case .function(let function) = self, let parameters = function.neededParameters else {
      return false
    }
    let named = Set(names.compactMap { $0 })
    let positional = count - named.count
    return parameters.enumerated().contains { place, parameter in
      (parameter.isNeeded || parameter.isAwaited && named.isEmpty)
        && place >= positional && !named.contains(parameter.name)
    }
  }

  /// Whether it can be called.
  package var isCallable: Bool {
    if case .schedule = self { return true }
    return isComposable
  }

  /// Whether a call takes two or more arguments that have no default.
  package var needsSeveralArguments: Bool {
    guard case .function(let function) = self, let parameters = function.neededParameters else {
      return false
    }
    return parameters.count { $0.isNeeded } > 1
  }
}

extension Function {
  /// The parameters in order, and whether each must be given; nil for a layer's constructor.
  fileprivate var neededParameters: [(name: String, isNeeded: Bool, isAwaited: Bool)]? {
    switch origin {
    case .builtin(let builtin):
      if builtin.declaration.group == .layers { return nil }
      return builtin.declaration.parameters.map {
        ($0.name, $0.defaultValue == nil, $0.isAwaited)
      }
    case .user(let code): return code.parameters.map { ($0.name, !$0.hasDefault, false) }
    case .composed(let steps):
      guard case .function(let first)? = steps.first else { return nil }
      return first.neededParameters
    }
  }
}

extension Interpreter {
  package func call(_ function: Value, element: Value) throws -> Value {
    try call(function, taking: element)
  }

  func call(_ function: Value, taking element: Value) throws -> Value {
    guard function.needsSeveralArguments else { return try call(function, [element]) }
    switch element {
    case .list(let box): return try call(function, box.content)
    case .tensor, .traced:
      // A row of `[[1, 2], [3, 4]]`, which looks like a list of lists.
      guard let count = element.elementCount else { return try call(function, [element]) }
      return try call(function, (0..<count).map { try element.walkingElement($0) })
    default: return try call(function, [element])
    }
  }
}
