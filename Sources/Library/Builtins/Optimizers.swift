import Language
import Networks
import Tensors

/// How training changes the weights.
extension Builtin {
  static let optimizerGroup: [Builtin] = [sgd, adam, adamw, rmsprop]

  private static func rate(_ defaultValue: Parameter.Default? = nil) -> Parameter {
    Parameter("rate", .schedule, default: defaultValue, "the learning rate, or a schedule of it")
  }
  private static let l2 = Parameter(
    "l2", .number, default: .number(0), "l2·W is added to each gradient")
  private static let beta1 = Parameter(
    "beta1", .number, default: .number(0.9), "how much of the mean gradient is kept")
  private static let beta2 = Parameter(
    "beta2", .number, default: .number(0.999), "how much of the mean squared gradient is kept")

  static let sgd = Builtin(
    Declaration(
      "sgd", group: .optimizers, "gradient descent with momentum",
      details: """
        v ← momentum·v + rate·g, W ← W − v; with nesterov W ← W − (momentum·v + rate·g) after v's \
        update.
        """,
      parameters: [
        rate(), Parameter("momentum", .number, default: .number(0), "from 0 to below 1"),
        Parameter("nesterov", .bool, default: .bool(false), "looks one step ahead"), l2,
      ],
      result: "an optimizer",
      examples: [.init("sgd(0.1, momentum=0.9)", "sgd(0.1, momentum=0.9)")],
      seeAlso: ["adam", "cosine", "step_decay"])
  ) { arguments, _ in
    try optimizer(
      .sgd(momentum: arguments.number(1), nesterov: arguments.bool(2)), arguments.schedule(0),
      l2: arguments.number(3))
  }

  static let adam = Builtin(
    Declaration(
      "adam", group: .optimizers, "Adam (Kingma and Ba, 2015)",
      parameters: [rate(.number(1e-3)), beta1, beta2, l2], result: "an optimizer",
      examples: [.init("adam()", "adam(0.001)")], seeAlso: ["adamw", "sgd"])
  ) { arguments, _ in
    try optimizer(
      .adam(beta1: arguments.number(1), beta2: arguments.number(2), epsilon: 1e-8),
      arguments.schedule(0), l2: arguments.number(3))
  }

  static let adamw = Builtin(
    Declaration(
      "adamw", group: .optimizers,
      "Adam with decay of the weights themselves (Loshchilov and Hutter, 2019)",
      parameters: [
        rate(.number(1e-3)),
        Parameter("decay", .number, default: .number(1e-2), "W ← W − rate·decay·W in each step"),
        beta1, beta2,
      ],
      result: "an optimizer", examples: [.init("adamw(decay=0.1)", "adamw(0.001, decay=0.1)")],
      seeAlso: ["adam"])
  ) { arguments, _ in
    try optimizer(
      .adamW(
        beta1: arguments.number(2), beta2: arguments.number(3), epsilon: 1e-8,
        decay: arguments.number(1)),
      arguments.schedule(0))
  }

  static let rmsprop = Builtin(
    Declaration(
      "rmsprop", group: .optimizers,
      "gradients divided by their running root mean square (Tieleman and Hinton, 2012)",
      parameters: [
        rate(.number(1e-2)),
        Parameter("rho", .number, default: .number(0.99), "how much of the mean square is kept"),
        l2,
      ],
      result: "an optimizer", examples: [.init("rmsprop(0.01)", "rmsprop(0.01, rho=0.99)")],
      seeAlso: ["adam", "sgd"])
  ) { arguments, _ in
    try optimizer(
      .rmsprop(rho: arguments.number(1), epsilon: 1e-8), arguments.schedule(0),
      l2: arguments.number(2))
  }

  private static func optimizer(
    _ rule: Optimizer.Rule, _ rate: Schedule, l2: Double = 0
  ) throws -> Value {
    let optimizer = Optimizer(rule, rate: rate, l2: l2)
    try optimizer.check()
    return .optimizer(Box(optimizer))
  }
}

/// How the learning rate changes over the epochs.
extension Builtin {
  static let scheduleGroup: [Builtin] = [cosine, stepDecay, warmup]

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
        .init("sgd(cosine(0.1, epochs=50))", "sgd(cosine(0.1, epochs=50, final=0))")
      ],
      seeAlso: ["step_decay", "warmup", "sgd"])
  ) { arguments, _ in
    try schedule(
      .cosine(
        rate: arguments.number(0), final: arguments.number(2), epochs: arguments.period(1)))
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
  ) { arguments, _ in
    try schedule(.warmup(epochs: arguments.size(0), then: arguments.schedule(1)))
  }

  private static func schedule(_ schedule: Schedule) throws -> Value {
    try Optimizer(.sgd(momentum: 0, nesterov: false), rate: schedule).check()
    return .schedule(Box(schedule))
  }
}

extension Arguments {
  /// A schedule; a number is a constant one.
  func schedule(_ index: Int) throws -> Schedule {
    if case .schedule(let box) = self[index] { return box.content }
    return .constant(try number(index))
  }

  /// A number of epochs: a whole number from 1.
  func period(_ index: Int) throws -> Int {
    let integer = try integer(index)
    guard integer >= 1 else { throw mismatch(index, expected: "a whole number from 1") }
    return integer
  }
}
