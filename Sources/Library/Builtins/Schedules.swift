import Language
import Networks
import Tensors

/// How the learning rate changes over the epochs.
extension Builtin {
  static let scheduleGroup: [Builtin] = [
    cosine, linear, exponential, oneCycle, stepDecay, plateau, warmup,
  ]

  static let cosine = Builtin(
    Declaration(
      "cosine", group: .optimizers, "a rate that falls along half a cosine",
      details: "From rate down to final over so many epochs, and final from then on.",
      parameters: [
        Parameter("rate", .number, "where it starts"),
        Parameter("epochs", .integer, "how long it falls"),
        Parameter("final", .number, default: .number(0), "where it ends"),
      ],
      result: "a schedule",
      examples: [
        .init("sgd(cosine(0.1, epochs=50))", "sgd(cosine(0.1, epochs=50, final=0))"),
        .init("cosine(0.1, epochs=50)(25)", "0.05"),
      ],
      seeAlso: ["step_decay", "warmup", "sgd"])
  ) { arguments, _ in
    try schedule(
      .cosine(
        rate: arguments.number(0), final: arguments.number(2), epochs: arguments.period(1)))
  }

  static let linear = Builtin(
    Declaration(
      "linear", group: .optimizers, "a rate that falls along a line",
      details: "From rate to final over so many epochs, and final from then on.",
      parameters: [
        Parameter("rate", .number, "where it starts"),
        Parameter("epochs", .integer, "how long it falls"),
        Parameter("final", .number, default: .number(0), "where it ends"),
      ],
      result: "a schedule",
      examples: [.init("linear(0.1, epochs=10)(5)", "0.05")], seeAlso: ["cosine", "one_cycle"])
  ) { arguments, _ in
    try schedule(
      .linear(
        rate: arguments.number(0), final: arguments.number(2), epochs: arguments.period(1)))
  }

  static let exponential = Builtin(
    Declaration(
      "exponential", group: .optimizers, "a rate multiplied by a factor after each epoch",
      parameters: [
        Parameter("rate", .number, "where it starts"),
        Parameter("factor", .number, default: .number(0.95), "what it is multiplied by"),
      ],
      result: "a schedule",
      examples: [.init("exponential(0.1, factor=0.5)(2)", "0.025")],
      seeAlso: ["step_decay", "linear"])
  ) { arguments, _ in
    try schedule(.exponential(rate: arguments.number(0), factor: arguments.number(1)))
  }

  static let oneCycle = Builtin(
    Declaration(
      "one_cycle", group: .optimizers, "a rate that rises first and then falls to almost nothing",
      details: """
        From rate/25 up to rate over the first three tenths of the epochs, then down to \
        rate/250000, both along half a cosine (Smith and Topin, 2018).
        """,
      parameters: [
        Parameter("rate", .number, "the highest rate"),
        Parameter("epochs", .integer, "how many there are in all"),
      ],
      result: "a schedule",
      examples: [.init("one_cycle(0.1, epochs=20)(5)", "0.1")], seeAlso: ["cosine", "warmup"])
  ) { arguments, _ in
    try schedule(.oneCycle(rate: arguments.number(0), epochs: arguments.period(1)))
  }

  static let plateau = Builtin(
    Declaration(
      "plateau", group: .optimizers, "a rate that falls where the loss stands still",
      details: """
        Multiplied by factor whenever val_loss (without validation data the loss) has not improved \
        for more than patience epochs. Called by itself it is the rate without any loss.
        """,
      parameters: [
        Parameter("rate", .number, "where it starts"),
        Parameter("factor", .number, default: .number(0.1), "what it is multiplied by"),
        Parameter("patience", .integer, default: .number(10), "epochs without improvement"),
      ],
      result: "a schedule",
      examples: [.init("plateau(0.1)", "plateau(0.1, factor=0.1, patience=10)")],
      seeAlso: ["step_decay", "cosine"])
  ) { arguments, _ in
    try schedule(
      .plateau(
        rate: arguments.number(0), factor: arguments.number(1), patience: arguments.size(2)))
  }

  static let stepDecay = Builtin(
    Declaration(
      "step_decay", group: .optimizers, "a rate multiplied by a factor after every so many epochs",
      parameters: [
        Parameter("rate", .number, "where it starts"),
        Parameter("factor", .number, default: .number(0.1), "what it is multiplied by"),
        Parameter("every", .integer, default: .number(30), "after how many epochs"),
      ],
      result: "a schedule",
      examples: [
        .init("step_decay(0.1, factor=0.5, every=10)", "step_decay(0.1, factor=0.5, every=10)")
      ],
      seeAlso: ["cosine", "warmup"])
  ) { arguments, _ in
    try schedule(
      .stepDecay(
        rate: arguments.number(0), factor: arguments.number(1), every: arguments.period(2)))
  }

  static let warmup = Builtin(
    Declaration(
      "warmup", group: .optimizers, "a rate that first rises over so many epochs",
      parameters: [
        Parameter("epochs", .integer, "how long it rises"),
        Parameter("then", .schedule, "the rate, or the schedule that follows"),
      ],
      result: "a schedule",
      examples: [
        .init(
          "warmup(5, cosine(0.1, epochs=50))", "warmup(5, cosine(0.1, epochs=50, final=0))")
      ],
      seeAlso: ["cosine", "step_decay"])
  ) { arguments, interpreter in
    try schedule(
      .warmup(epochs: arguments.size(0), then: arguments.schedule(1, interpreter)))
  }

  private static func schedule(_ schedule: Schedule) throws -> Value {
    try schedule.check()
    return .schedule(Box(schedule))
  }
}

extension Arguments {
  /// A schedule; a number is a constant one, a function one of the epoch.
  func schedule(_ index: Int, _ interpreter: any Interpreter) throws -> Schedule {
    if case .schedule(let box) = self[index] { return box.content }
    if case .function(let function) = self[index] { return Schedule(function, interpreter) }
    return .constant(try number(index))
  }

  /// A number of epochs: a whole number from 1.
  func period(_ index: Int) throws -> Int {
    let integer = try integer(index)
    guard integer >= 1 else { throw mismatch(index, expected: "a whole number from 1") }
    return integer
  }
}
