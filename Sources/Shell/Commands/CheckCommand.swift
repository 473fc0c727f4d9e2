import Checking
import Console
import Derivation
import Language
import Syntax

extension Command {
  /// Gradients under test.
  static let checking: [Command] = [check]

  static let check = Command(
    "check", "tests a gradient that was written by hand, and says what is wrong with it",
    details: """
      Compares G with autodiff's gradient and with central differences in Float64. The diagnosis is \
      one of none, transposed, sign, factor, axis, mask, logits, term, stale, regularizer, unknown. \
      Of a record or a network each part is tested, against the same part of G. \
      check all in FILE runs a script and tests every gradient that it computes.
      """,
    arguments: [
      .slot("gradient", .any, words: ["all"], "the gradient to test; all for a whole script"),
      .slot("loss", after: "against", .any, default: .some(.none), "a number, as L()"),
      .slot(
        "variable", after: "wrt", .place, default: .some(.none),
        "a variable, net.W1, a record or a network"),
      .slot("file", after: "in", .path, default: .some(.none), "a script, for check all"),
    ],
    result:
      "a record {ok, error, diagnosis, detail, measured, skipped}; for check all a list of them",
    examples: [
      .init("W = [1, 2, 3]; x = [1, 1, 2]\ncheck -x against sum(x * W) wrt W", nil)
    ],
    seeAlso: ["derive", "grad", "explain"]
  ) { context in
    guard case .thunk(let gradient) = context.command.first("gradient") else {
      return try checkAll(context)
    }
    guard !context.has("file") else {
      throw RuntimeError.other("in FILE goes with check all", hint: "check all in report.nns")
    }
    guard case .thunk(let loss) = context.command.first("loss"), context.has("variable") else {
      throw RuntimeError.other(
        "check needs a loss and a variable", hint: "check G against L wrt W")
    }
    let place = try context.place("variable")
    try place.requireParameters()
    let subject = CheckSubject(
      gradient: .init(gradient), loss: .init(loss), variable: .init(place))
    let dependsOnSome = context.depends(loss, on: place)
    if let parts = try subject.parts(someLackInfluence: dependsOnSome) {
      let reports = try parts.map { try GradientCheck($0, on: context.machine).run() }
      context.print(reports.flatMap(\.lines))
      return CheckReport.value(of: reports)
    }
    var report = try GradientCheck(subject, on: context.machine).run()
    if report.verdict == .wrong,
      let derivation = try? Deriver.derive(loss, withRespectTo: place, on: context.machine),
      derivation.isRight
    {
      report.correction = derivation.expression
    }
    context.print(report.lines)
    return report.value
  }

  /// Runs the script in a silent session and checks every gradient that it computes.
  private static func checkAll(_ context: CommandContext) throws -> Value {
    guard context.has("file"), !context.has("loss"), !context.has("variable") else {
      throw RuntimeError.other("check all takes a script", hint: "check all in report.nns")
    }
    let path = try context.requiredWord("file")
    let source: SourceText
    do {
      source = try ScriptFile.read(path)
    } catch {
      throw RuntimeError.other(error.message, hint: nil)
    }
    let session = context.silentSession()
    let machine = session.machine
    machine.globals["args"] = .items([.text(path)])
    let program = try machine.compile(source)
    try machine.run(program)
    let result = try ScriptCheck(program, on: machine).run()
    context.print(
      ScriptCheck.lines(
        result.entries, unmatched: result.unmatched, loss: result.loss, script: path))
    return ScriptCheck.value(result.entries)
  }
}

extension CommandContext {
  /// Whether the gradient of a loss is other than 0 somewhere in a record or a network.
  fileprivate func depends(_ loss: Thunk, on place: Place) -> Bool {
    let saved = machine.random.generator
    defer { machine.random.generator = saved }
    guard let parts = try? place.parts(), parts.count > 1,
      let gradients = try? machine.gradient(of: loss, at: parts)
    else { return false }
    return gradients.contains { ((try? $0.asTensor()?.greatestMagnitude()) ?? 0) != 0 }
  }

  /// A session without variables whose output nobody sees.
  func silentSession() -> Session {
    let quiet = Session(
      session.commandLine, terminal: session.terminal, output: .nowhere, errors: .nowhere)
    quiet.settings.showsProgress = false
    quiet.settings.keepsHistory = false
    return quiet
  }
}
