import Runtime
import Syntax
import Teaching

extension Command {
  /// Gradients under test.
  static let checking: [Command] = [check]

  static let check = Command(
    "check", "tests a gradient that was written by hand, and says what is wrong with it",
    details: """
      Compares G with autodiff's gradient and with central differences in Float64. The diagnosis is \
      one of none, transposed, sign, factor, axis, mask, logits, term, stale, regularizer, unknown. \
      check all in FILE runs a script and tests every gradient that it computes.
      """,
    arguments: [
      .slot("gradient", .any, words: ["all"], "the gradient to test; all for a whole script"),
      .slot("loss", after: "against", .any, default: .some(.none), "a number, as L()"),
      .slot("variable", after: "wrt", .place, default: .some(.none), "a variable or net.W1"),
      .slot("file", after: "in", .path, default: .some(.none), "a script, for check all"),
    ],
    result: "a record {ok, error, diagnosis, detail}; for check all a list of them",
    examples: [
      .init("W = [1, 2, 3]; x = [1, 1, 2]\ncheck -x against sum(x * W) wrt W", nil)
    ],
    seeAlso: ["derive", "grad", "explain"]
  ) { context in
    guard case .thunk(let gradient) = context.command.first("gradient") else {
      throw RuntimeError.other("check all needs in FILE", hint: "check all in \"report.nns\"")
    }
    guard case .thunk(let loss) = context.command.first("loss"), context.has("variable") else {
      throw RuntimeError.other(
        "check needs a loss and a variable", hint: "check G against L wrt W")
    }
    let subject = CheckSubject(
      gradient: .init(gradient), loss: .init(loss),
      variable: .init(try context.place("variable")))
    let report = try GradientCheck(subject, on: context.machine).run()
    context.print(report.lines)
    return report.value
  }
}
