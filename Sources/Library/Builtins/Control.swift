import Language
import Networks
import Tensors

/// Output, errors and the end of a script.
extension Builtin {
  static let controlGroup: [Builtin] = [print, assert, error, attempt, exit, clock]

  static let print = Builtin(
    Declaration(
      "print", group: .other, "writes values to standard output",
      details: """
        Strings bare, with the escape codes that they hold, all else as its echo. A tensor begins on a line of its own, unless sep is \
        given.
        """,
      parameters: [
        Parameter(
          "values", .any, default: Parameter.Default.none, isVariadic: true, "what to write"),
        Parameter("sep", .string, default: .string(" "), "between the values"),
        Parameter("end", .string, default: .string("\n"), "after the last one"),
      ],
      result: "none",
      examples: [
        .init("print(\"loss\", 0.25)", "loss 0.25"),
        .init("print(1, 2, sep=\", \", end=\".\\n\")", "1, 2."),
        .init("print(\"x\", [1, 2], \"y\")", "x [1, 2] y"),
      ],
      seeAlso: ["str"])
  ) { arguments, interpreter in
    let style = interpreter.printStyle
    let texts = try arguments.list(0).map { $0.printed(style) }
    let separator = try arguments.string(1)
    let text =
      arguments.isGiven(1) ? texts.joined(separator: separator) : joined(texts, separator)
    interpreter.write(text + (try arguments.string(2)))
    try Interrupt.check()
    return .none
  }

  /// The texts side by side; one of several lines, as a tensor's, has its lines to itself.
  private static func joined(_ texts: [String], _ separator: String) -> String {
    var result = ""
    for (index, text) in texts.enumerated() {
      if index > 0 {
        let isBlock = text.contains("\n") || texts[index - 1].contains("\n")
        result += isBlock ? "\n" : separator
      }
      result += text
    }
    return result
  }

  static let assert = Builtin(
    Declaration(
      "assert", group: .other, "an error unless a condition holds",
      parameters: [
        Parameter("condition", .any, "true or false, or a tensor whose elements must all be true"),
        Parameter(
          "message", .string, default: .string("the assertion does not hold"), "the error's text"),
      ],
      result: "none", examples: [.init("assert(1 + 1 == 2, \"arithmetic\")", "")],
      seeAlso: ["error", "try"])
  ) { arguments, _ in
    let holds: Bool
    switch arguments[0] {
    case .bool(let value): holds = value
    case .tensor(let box) where box.content.elementType == .bool:
      holds = try box.content.reduce(.all).item != 0
    default: throw arguments.mismatch(0, expected: "true or false")
    }
    guard holds else { throw RuntimeError.assertion(try arguments.string(1)) }
    return .none
  }

  static let error = Builtin(
    Declaration(
      "error", group: .other, "stops with an error",
      parameters: [Parameter("message", .string, "its text")], result: "nothing: it never returns",
      examples: [.init("try(() -> error(\"no\")).error", "\"no\"")], seeAlso: ["assert", "try"])
  ) { arguments, _ in
    throw RuntimeError.raised(try arguments.string(0))
  }

  static let attempt = Builtin(
    Declaration(
      "try", group: .other, "calls a function and turns an error into a value",
      details: """
        The function is called without arguments. The result is a record: ok is true or false, \
        value what the function gave (none after an error), error the message (none without one).
        """,
      parameters: [Parameter("f", .function, "of no arguments")],
      result: "a record {ok, value, error}",
      examples: [
        .init("try(() -> 1 + 1)", "{ok: true, value: 2, error: none}"),
        .init("try(() -> zeros(-1)).ok", "false"),
      ],
      seeAlso: ["error", "assert"]),
    differentiation: .differentiable
  ) { arguments, interpreter in
    do {
      let value = try interpreter.call(arguments[0], [])
      return .fields([("ok", .bool(true)), ("value", value), ("error", .none)])
    } catch {
      let failure = RuntimeError(error)
      switch failure {
      case .exit, .interrupted, .tensor(.interrupted): throw error
      default:
        return .fields([
          ("ok", .bool(false)), ("value", .none), ("error", .text(failure.message)),
        ])
      }
    }
  }

  static let exit = Builtin(
    Declaration(
      "exit", group: .other, "ends nnsh",
      parameters: [
        Parameter("code", .integer, default: .number(0), "the exit code, from 0 to 255")
      ],
      result: "nothing: it never returns", examples: [.init("exit(0)", "")],
      seeAlso: ["error"])
  ) { arguments, _ in
    let code = try arguments.integer(0)
    guard (0...255).contains(code) else {
      throw arguments.mismatch(0, expected: "a whole number from 0 to 255")
    }
    throw RuntimeError.exit(Int32(code))
  }

  static let clock = Builtin(
    Declaration(
      "clock", group: .other, "seconds since some moment in the past",
      details: "Never set back: the difference of two calls is the time that passed between them.",
      result: "number",
      examples: [.init("start = clock()\nclock() - start >= 0", "true")],
      seeAlso: ["print"])
  ) { _, _ in
    .number(MonotonicClock.now())
  }
}
