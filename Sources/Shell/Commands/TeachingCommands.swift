import Checking
import Console
import Datasets
import Derivation
import Explaining
import Files
import Graph
import Language
import Syntax

extension Command {
  /// Gradients and evaluations, explained.
  static let teaching: [Command] = [derive, explain]

  static let derive = Command(
    "derive", "prints the derivation of a gradient, line by line",
    details: """
      Follows the loss as it runs, through its functions, loops and networks, names the \
      intermediates and applies one rule a line; of a long loop's turns it shows the first two and \
      the last. Each line has its shapes and is evaluated beside \
      autodiff (✓); the result is also given as nns code, evaluated beside grad. to PATH writes \
      Markdown with LaTeX. The value is a record {expression, latex, lines, ok}.
      """,
    arguments: [
      .slot("loss", .any, "a number, as L()"),
      .slot(
        "variables", after: "wrt", .place, isVariadic: true,
        "variables, or net.W1; of a record or a network each of its parts"),
      .slot("path", after: "to", .path, default: .some(.none), "a Markdown file"),
    ],
    result: "a record {expression, latex, lines, ok}; for several variables a list of them",
    examples: [
      .init("x = [[1, 2], [3, 4]]; t = [1, 0]; w = [0.5, -1]\nderive mse(t, x @ w) wrt w")
    ],
    seeAlso: ["grad", "check", "explain"]
  ) { context in
    guard case .thunk(let loss)? = context.command.first("loss") else {
      throw RuntimeError.other("derive needs a loss", hint: "derive L wrt W")
    }
    var derivations: [Derivation] = []
    for place in try context.derivationPlaces() {
      let derivation = try Deriver.derive(loss, withRespectTo: place, on: context.machine)
      if !derivations.isEmpty { context.print("") }
      let text = derivation.text(width: context.width).trimmingFinalNewline
      let form = RichForm(html: derivation.html, markdown: derivation.markdown)
      try context.show { [.form(lines: [text], form)] }
      derivations.append(derivation)
    }
    if let path = try context.word("path") {
      let text = derivations.map(\.markdown).joined(separator: "\n")
      try FileWriter.write(text: text, to: path)
      context.note("derivation written to \(path)")
    }
    return derivations.count == 1
      ? derivations[0].value : .items(derivations.map(\.value))
  }

  static let explain = Command(
    "explain", "shows how an expression is evaluated: parts, shapes, cost, broadcasts",
    details: """
      A tree of the parts with the shape of each, what they cost in multiply-adds and bytes, and \
      where an operand is broadcast. A function or a builtin is told about instead. explain nan \
      tells where the last NaN or infinity was born, in training or in a statement: the operation, \
      its operands, the step, and when it began to grow. explain plan L() wrt W shows how the \
      gradients of a loss are computed where they are taken in a loop: the passes, what is put \
      together in one, what they cost, and what share of the processor's speed they reach. \
      explain train net on d ranks=8 tells what a step of a training costs in arithmetic, memory \
      and exchange, and whether so many processes under mpirun pay. explain training net tells the \
      story of its last training: what limited it, the rate, the capacity, the data, the scale or \
      dead units, with what shows it; where two causes would look alike, short runs from the same \
      start decide: a tenth of the rate, wider layers, shuffled targets.
      """,
    arguments: [
      .slot(
        "expression", .any, default: .some(.none), words: ["nan", "training"],
        "what to evaluate, nan, or training for the last one"),
      .slot("loss", after: "plan", .any, default: .some(.none), "a number, as L()"),
      .slot(
        "variables", after: "wrt", .place, default: .some(.none), isVariadic: true,
        "what its gradients are taken for"),
      .slot("network", after: "train", .network, default: .some(.none), "a network"),
      .slot("data", after: "on", .dataSet, default: .some(.none), "what it is trained on"),
      .slot(
        "trained", after: "training", .network, default: .some(.none),
        "a network whose last training is told of"),
      .option(
        "ranks", .integer, default: .computed("those that run, or 2"),
        "with train: how many processes share each batch"),
    ] + stepOptions.filter { ["batch", "optimizer", "precision"].contains($0.parameter.name) },
    result: "of a training a record {ok, limit, cause, evidence, remedy}",
    examples: [.init("x = ones(2, 3); b = [1, 2, 3]\nexplain sum(x + b)")],
    seeAlso: ["derive", "describe", "time", "preflight"]
  ) { context in
    if case .thunk(let loss)? = context.command.first("loss") {
      try context.explainPlan(of: loss)
      return nil
    }
    if context.has("network") {
      try context.explainTraining()
      return nil
    }
    for option in ["data", "ranks", "batch", "optimizer", "precision"] where context.has(option) {
      throw RuntimeError.other(
        "\(option == "data" ? "on" : option + "=") belongs to explain train",
        hint: "write explain train net on data ranks=8")
    }
    if context.has("trained") { return try context.tellTraining() }
    if case .word(let word, _)? = context.command.first("expression") {
      if word == "training" { return try context.tellTraining() }
      var sessions: [Session] = []
      let explanation = try NonFiniteExplanation.of(context.machine) {
        let session = context.silentSession()
        sessions.append(session)
        return session.machine
      }
      for line in explanation.lines { context.say(line, hanging: 4) }
      withExtendedLifetime(sessions) {}
      return nil
    }
    guard case .thunk(let thunk)? = context.command.first("expression") else {
      throw RuntimeError.other("explain needs an expression", hint: "explain x @ W + b")
    }
    let explanation = try Explanation.of(thunk, on: context.machine)
    context.print(explanation.text(width: context.width).trimmingFinalNewline)
    if let failure = explanation.failure { throw failure }
    return nil
  }
}

extension CommandContext {
  /// The variables of a derivation: of a record or a network each part.
  fileprivate func derivationPlaces() throws -> [Place] {
    try command.all("variables").flatMap { input in
      let place = try place(
        of: input,
        otherwise: .other(
          "derive needs a variable after wrt, not \(sourceText(input))",
          hint: "a variable or a network's parameter: derive L wrt net.W1"))
      return try place.parts() ?? [place]
    }
  }
}

extension String {
  /// Without its last newline, as `print` adds one.
  fileprivate var trimmingFinalNewline: String { hasSuffix("\n") ? String(dropLast()) : self }
}
