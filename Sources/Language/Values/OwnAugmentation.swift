import Networks
import Tensors

extension Augmentation {
  /// What a function does to the inputs of a step.
  ///
  /// - Throws: where it is not callable with one argument.
  package init(_ function: Function, _ interpreter: any Interpreter) throws {
    let name = function.name ?? function.displayName
    let caller = FunctionCaller(interpreter)
    self.init(function.code ?? name) { inputs, generator in
      let value = try caller.call(function, [Value(inputs)], generator: generator)
      guard let changed = try value.asTensor() else {
        throw RuntimeError.other(
          "augment= takes a function that gives inputs, and \(name) gives \(value.kindPhrase)",
          hint: "write augment=(x -> shift(x, 2))")
      }
      return changed
    }
  }
}

extension Function {
  /// Its name, or the code of one without a name; nil of a composition.
  package var code: String? { name ?? definition.map { $0.source.text(in: $0.span) } }
}
