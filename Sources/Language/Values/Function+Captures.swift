extension Function {
  /// Whether its code alone makes it: it uses no variable of a function around it.
  package var isWithoutCaptures: Bool { captures.isEmpty }

  /// What a variable of the functions around this one holds, where the function uses it.
  package func captured(_ name: String) -> Value? {
    guard case .user(let code) = origin, let index = code.captureNames.firstIndex(of: name),
      captures.indices.contains(index)
    else { return nil }
    let value = captures[index].value
    return value.isUnset ? nil : value
  }
}

extension Function {
  /// Whether the variable that it captured under a name is the one at a place.
  package func captured(_ name: String, isAt place: Place) -> Bool {
    guard case .user(let code) = origin, case .cell(let cell) = place.root,
      let index = code.captureNames.firstIndex(of: name), captures.indices.contains(index)
    else { return false }
    return captures[index] === cell
  }
}

extension Place {
  /// Whether it lies in a global variable, rather than in one of a function.
  package var isGlobal: Bool { if case .global = root { true } else { false } }
}

extension Thunk {
  /// The value of a name where the expression stands: a variable of the functions around it, a
  /// global, or a builtin.
  package func lookUp(_ name: String) -> Value? {
    function.captured(name) ?? machine.globals[name]
  }

  /// Whether a name is a variable of a function around the expression.
  package func isLocal(_ name: String) -> Bool { function.captured(name) != nil }
}
