import Language
import Networks
import Tensors

/// How training changes the weights: a builtin for each update rule.
extension Builtin {
  static let optimizerGroup: [Builtin] = UpdateRule.all.map(optimizer(by:))

  private static func optimizer(by rule: UpdateRule) -> Builtin {
    let rate = Parameter(
      "rate", .schedule, default: rule.rate.map { .number($0) },
      "the learning rate, or a schedule of it")
    return Builtin(
      Declaration(
        rule.name, group: .optimizers, rule.summary, details: rule.details,
        parameters: [rate] + rule.settings.map(Parameter.init(setting:)), result: "an optimizer",
        examples: [.init(rule.example.code, rule.example.output)], seeAlso: rule.seeAlso)
    ) { arguments, _ in
      var settings: [String: Double] = [:]
      for (index, setting) in rule.settings.enumerated() {
        settings[setting.name] =
          setting.range == .flag
          ? try arguments.bool(index + 1) ? 1 : 0 : try arguments.number(index + 1)
      }
      let optimizer = Optimizer(rule, rate: try arguments.schedule(0), settings)
      try optimizer.check()
      return .optimizer(Box(optimizer))
    }
  }
}

extension Parameter {
  /// The parameter of a rule's builtin that gives one of its settings.
  fileprivate init(setting: UpdateRule.Setting) {
    let value = setting.defaultValue
    if setting.range == .flag {
      self.init(setting.name, .bool, default: .bool(value == 1), setting.summary)
    } else {
      self.init(setting.name, .number, default: .number(value), setting.summary)
    }
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
    try schedule.check()
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
