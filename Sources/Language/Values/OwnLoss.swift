import Networks
import Operations
import Tensors

extension Loss {
  /// The loss that a function of targets and predictions computes: a known one of its name, or a
  /// person's own.
  ///
  /// - Throws: where the function does not take just these two.
  package init(_ function: Function, _ interpreter: any Interpreter) throws {
    if let builtin = function.builtin, let known = Loss(rawValue: builtin.name) {
      self = known
      return
    }
    let name = function.name ?? function.displayName
    if let parameters = function.ownParameters {
      let required = parameters.filter { !$0.hasDefault }.count
      guard parameters.count >= 2, required <= 2 else {
        throw RuntimeError.other(
          "\(name) is no loss: it takes "
            + (parameters.isEmpty ? "nothing" : parameters.map(\.name).joined(separator: ", ")),
          hint: "a loss is a function of target and prediction: (target, p) -> …")
      }
    }
    let caller = FunctionCaller(interpreter)
    self = .recorded(
      RecordedLoss(own: name, code: function.code, of: function) { target, prediction in
        let value = try caller.call(function, [Value(target), Value(prediction)])
        return try Self.number(value, name)
      })
  }

  private static func number(_ value: Value, _ name: String) throws -> Variable {
    switch value {
    case .number, .tensor, .traced:
      if let variable = try value.asVariable() { return variable }
    default: break
    }
    throw RuntimeError.other(
      "a loss is a number, and \(name) gives \(value.kindPhrase)",
      hint: "its value is that of its last expression, or of return")
  }
}

extension Function {
  /// The parameters of a function that is a person's own or a builtin; nil of a composition.
  fileprivate var ownParameters: [(name: String, hasDefault: Bool)]? {
    switch origin {
    case .user: parameters
    case .builtin(let builtin):
      builtin.declaration.parameters.map { ($0.name, $0.defaultValue != nil) }
    case .composed: nil
    }
  }
}
