import Language
import Networks
import Tensors

/// How training changes the weights: a builtin for each update rule.
extension Builtin {
  static let optimizerGroup: [Builtin] = UpdateRule.all.map(optimizer(by:)) + [update]

  private static func optimizer(by rule: UpdateRule) -> Builtin {
    let rate = Parameter(
      "rate", .schedule, default: rule.rate.map { .number($0) },
      misnomers: UpdateRule.rateMisnomers, "the learning rate, or a schedule of it")
    return Builtin(
      Declaration(
        rule.name, group: .optimizers, rule.summary, details: rule.details,
        parameters: [rate] + rule.settings.map(Parameter.init(setting:)), result: "an optimizer",
        examples: [.init(rule.example.code, rule.example.output)], seeAlso: rule.seeAlso)
    ) { arguments, interpreter in
      var settings: [String: Double] = [:]
      for (index, setting) in rule.settings.enumerated() {
        settings[setting.name] =
          setting.range == .flag
          ? try arguments.bool(index + 1) ? 1 : 0 : try arguments.number(index + 1)
      }
      let optimizer = Optimizer(rule, rate: try arguments.schedule(0, interpreter), settings)
      try optimizer.check()
      return .optimizer(Box(optimizer))
    }
  }
}

extension Parameter {
  /// The parameter of a rule's builtin that gives one of its settings.
  fileprivate convenience init(setting: UpdateRule.Setting) {
    let value = setting.defaultValue
    if setting.range == .flag {
      self.init(
        setting.name, .bool, default: .bool(value == 1), misnomers: setting.misnomers,
        setting.summary)
    } else {
      self.init(
        setting.name, .number, default: .number(value), misnomers: setting.misnomers,
        setting.summary)
    }
  }
}
