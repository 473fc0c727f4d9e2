import Tensors

/// An update rule with its numbers: how a gradient changes the parameters.
package struct Optimizer: Sendable {
  /// The rule.
  package let rule: UpdateRule
  /// The learning rate.
  package var rate: Schedule
  /// In the order of the rule's settings.
  private var values: [Double]
  /// What it remembers of the parameters that it has updated by itself, outside a training.
  package var state = OptimizerState()

  /// The rule with its own rate and settings, but for those given.
  package init(_ rule: UpdateRule, rate: Schedule? = nil, _ settings: [String: Double] = [:]) {
    self.rule = rule
    self.rate = rate ?? .constant(rule.rate ?? rule.rateInTraining)
    values = rule.settings.map { settings[$0.name] ?? $0.defaultValue }
  }

  /// The rule with the numbers that `train` takes where it names the rule alone.
  package init(trainingBy rule: UpdateRule) {
    self.rule = rule
    rate = .constant(rule.rateInTraining)
    values = rule.settings.map(\.valueInTraining)
  }

  /// The rule's name in the language.
  package var name: String { rule.name }

  /// The number that a setting has; nil where the rule has no such setting, which cannot be set.
  package subscript(_ setting: String) -> Double? {
    get { index(of: setting).map { values[$0] } }
    set {
      guard let newValue, let index = index(of: setting) else { return }
      values[index] = newValue
    }
  }

  private func index(of setting: String) -> Int? {
    rule.settings.firstIndex { $0.name == setting }
  }

  /// The rule as the trainer runs it.
  var step: UpdateRule.Step { rule.step(.init(settings: rule.settings, values: values)) }

  /// What gradients of that norm are multiplied by.
  func clipping(ofNorm norm: Double) -> Double {
    guard let limit = self["clip"], limit > 0, norm > limit else { return 1 }
    return limit / (norm + 1e-6)
  }

  /// How many states the rule keeps of each parameter.
  private var stateCount: Int { step.retained != nil ? 1 : rule.states.count }

  /// Changes parameters by their gradients, of the same shapes, and remembers what the next update
  /// needs. Each parameter keeps its element type, in which all is computed.
  ///
  /// - Parameter rate: of this update.
  /// - Throws: where the optimizer remembers parameters of other shapes.
  package mutating func update(
    _ parameters: inout [Tensor], by gradients: [Tensor], rate: Double,
    on backend: any Backend = Backends.current
  ) throws {
    let shapes = parameters.map(\.shape)
    if state.steps == 0 || state.rule != name {
      state = OptimizerState()
      state.rule = name
      state.buffers = try parameters.map { parameter in
        try (0..<stateCount).map { _ in
          try Tensor.zeros(parameter.shape, parameter.elementType.arithmetic)
        }
      }
    }
    guard state.buffers.map({ $0.first?.shape }) == shapes || stateCount == 0 else {
      throw TrainingError.otherParameters(optimizer: name)
    }
    state.steps += 1
    let step = step
    let numbers = step.numbers(rate, state.steps)
    var scale = 1.0
    if self["clip"] ?? 0 > 0 {
      let squares = try gradients.reduce(0.0) { sum, gradient in
        sum + (try Tensor.apply(.multiply, gradient, gradient).reduce(.sum).item ?? 0)
      }
      scale = clipping(ofNorm: squares.squareRoot())
    }
    for index in parameters.indices {
      var gradient = gradients[index]
      if scale != 1 { gradient = try Tensor.apply(.multiply, gradient, .scalar(scale, .f64)) }
      if let retained = step.retained {
        // A plain number of 64 bits yields to the type of what it is multiplied with.
        gradient = try Tensor.apply(
          .add, Tensor.apply(.multiply, state.buffers[index][0], .scalar(retained, .f64)),
          Tensor.apply(.multiply, gradient, .scalar(rate, .f64)))
        // The formula finds the velocity in the gradient's place, and leaves it in the state.
        state.buffers[index] = [gradient]
      }
      try backend.update(
        step.formula, &parameters[index], states: &state.buffers[index], gradient: gradient,
        numbers: numbers)
    }
  }

  /// As the language writes it: what differs from the rule's own numbers.
  package var description: String {
    var parts = [rate.description]
    for (setting, value) in zip(rule.settings, values) where value != setting.defaultValue {
      let word = setting.range == .flag ? String(value == 1) : NetworkFormat.number(value)
      parts.append("\(setting.name)=\(word)")
    }
    return "\(name)(\(parts.joined(separator: ", ")))"
  }

  /// Throws for numbers that no optimizer can have.
  package func check() throws(TrainingError) {
    try rate.check()
    for (setting, value) in zip(rule.settings, values) {
      guard let complaint = setting.range.complaint(about: value) else { continue }
      throw .invalidOption(name: setting.name, value: value, reason: complaint)
    }
  }
}

extension Optimizer: Hashable {
  /// Whether the rules and their numbers are the same, whatever each remembers.
  package static func == (a: Optimizer, b: Optimizer) -> Bool {
    a.rule == b.rule && a.rate == b.rate && a.values == b.values
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(rule)
    hasher.combine(values)
  }
}

extension UpdateRule.Setting.Range {
  /// What a number must be, where `value` is not; otherwise nil.
  func complaint(about value: Double) -> String? {
    switch self {
    case .fraction: value >= 0 && value < 1 ? nil : "it must be from 0 to below 1"
    case .positive: value >= 0 && value.isFinite ? nil : "it must be a number from 0 up"
    case .flag: value == 0 || value == 1 ? nil : "it must be true or false"
    }
  }
}

/// What an optimizer remembers between steps.
package struct OptimizerState: Sendable {
  /// The rule's name; another rule starts afresh.
  package var rule: String = ""
  /// For each parameter in order, the rule's states (velocity; mean and mean square).
  package var buffers: [[Tensor]] = []
  /// Steps taken with this rule.
  package var steps: Int = 0

  /// Nothing remembered.
  package init() {}
}
