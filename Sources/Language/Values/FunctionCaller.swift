import Syntax
import Tensors

/// Calls a function of a person's own from within a network or a training.
final class FunctionCaller: @unchecked Sendable {
  // Unchecked: used by the one machine thread.
  private weak var interpreter: (any Interpreter)?

  init(_ interpreter: any Interpreter) { self.interpreter = interpreter }

  /// The session, where it is one.
  var machine: Machine? { interpreter as? Machine }

  /// Where the code that it calls stands.
  var position: (source: SourceText, span: Span)? { interpreter?.position }

  /// - Parameters:
  ///   - generator: the random numbers that the function draws; nil for the session's, which a
  ///     silent call leaves as they were.
  ///   - silently: whether what it prints is dropped.
  /// - Throws: `TensorError.interrupted` where a stop is asked for, so that whoever trains takes the
  ///   step back.
  func call(
    _ function: Function, _ arguments: [Value], generator: RandomGenerator? = nil,
    silently: Bool = false
  ) throws -> Value {
    guard let interpreter else {
      throw RuntimeError.other(
        "the session that \(function.name ?? function.displayName) belongs to is over", hint: nil)
    }
    let saved = interpreter.random.generator
    if let generator { interpreter.random.generator = generator }
    defer { if generator != nil || silently { interpreter.random.generator = saved } }
    do {
      return try interpreter.callApart(.function(function), arguments, silently: silently)
    } catch let failure as Failure where failure.error.isInterruption {
      throw TensorError.interrupted
    }
  }
}
