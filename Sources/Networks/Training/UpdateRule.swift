/// A rule by which gradients change the parameters, with all that is known of it: the builtin that
/// makes an optimizer of it, its help, `train`'s options and the trainer's memory follow from here.
///
/// Its formula stands in update_rules.def, where `Step.formula` finds it.
package struct UpdateRule: Sendable {
  /// A number that the rule takes.
  package struct Setting: Sendable {
    /// What it may be.
    package enum Range: Sendable {
      /// From 0 to below 1.
      case fraction
      /// From 0 up.
      case positive
      /// True, which is 1, or false, which is 0.
      case flag
    }

    package let name: String
    package let range: Range
    package let defaultValue: Double
    /// The value that `train` takes where it names the rule alone.
    package let valueInTraining: Double
    /// The setting of other rules in whose place it stands, for people who ask for that one.
    package let replaces: String?
    /// What it is called elsewhere.
    package let misnomers: [String]
    /// One line of help.
    package let summary: String

    init(
      _ name: String, _ range: Range, default defaultValue: Double, inTraining: Double? = nil,
      replaces: String? = nil, misnomers: [String] = [], _ summary: String
    ) {
      self.name = name
      self.range = range
      self.defaultValue = defaultValue
      valueInTraining = inTraining ?? defaultValue
      self.replaces = replaces
      self.misnomers = misnomers
      self.summary = summary
    }
  }

  /// The numbers that a rule has been given, by name.
  package struct Values: Sendable {
    let settings: [Setting]
    let values: [Double]

    subscript(_ name: String) -> Double {
      for (setting, value) in zip(settings, values) where setting.name == name { return value }
      return 0
    }
  }

  /// The rule with its settings, as the trainer runs it.
  struct Step: Sendable {
    /// Which formula of update_rules.def.
    let formula: Int
    /// Where the gradient carries the learning rate and accumulates straight onto the rule's one
    /// state: what remains of that state, first. The formula then finds the state in the gradient.
    let retained: Double?
    /// The same rule for a gradient in memory of its own; nil where it is in such memory anyway.
    let apart: (@Sendable () -> Step)?
    /// The formula's numbers for a learning rate and a step, counted from 1.
    let numbers: @Sendable (_ rate: Double, _ step: Int) -> SIMD8<Double>

    init(
      _ formula: Int, retained: Double? = nil, apart: (@Sendable () -> Step)? = nil,
      _ numbers: @escaping @Sendable (_ rate: Double, _ step: Int) -> SIMD8<Double>
    ) {
      self.formula = formula
      self.retained = retained
      self.apart = apart
      self.numbers = numbers
    }
  }

  /// As the language writes it.
  package let name: String
  /// One line of help.
  package let summary: String
  /// The formula, and what else there is to say; may be empty.
  package let details: String
  /// The learning rate; nil where one must be given.
  package let rate: Double?
  /// The rate that `train` takes where it names the rule alone.
  package let rateInTraining: Double
  /// In the order of the builtin's arguments, after the rate.
  package let settings: [Setting]
  /// What is kept of each parameter between steps, in order.
  package let states: [String]
  /// Code and what it prints.
  package let example: (code: String, output: String)
  package let seeAlso: [String]
  let step: @Sendable (Values) -> Step

  init(
    _ name: String, _ summary: String, details: String = "", rate: Double? = nil,
    inTraining: Double? = nil, settings: [Setting], states: [String],
    example: (code: String, output: String), seeAlso: [String],
    step: @escaping @Sendable (Values) -> Step
  ) {
    self.name = name
    self.summary = summary
    self.details = details
    self.rate = rate
    rateInTraining = inTraining ?? rate ?? 0.1
    self.settings = settings
    self.states = states
    self.example = example
    self.seeAlso = seeAlso
    self.step = step
  }

  /// What the learning rate is called elsewhere.
  package static let rateMisnomers = [
    "lr", "learning_rate", "learningrate", "eta", "alpha", "step_size",
  ]

  /// The rule of that name.
  package static func named(_ name: String) -> UpdateRule? { all.first { $0.name == name } }

  /// The rules that have a setting of that name.
  package static func having(_ setting: String) -> [UpdateRule] {
    all.filter { rule in rule.settings.contains { $0.name == setting } }
  }
}

extension UpdateRule: Hashable {
  package static func == (a: UpdateRule, b: UpdateRule) -> Bool { a.name == b.name }
  package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
