import Language
import Networks
import Tensors

/// The options of a `train` or `step` command, read and checked: each is used or refused.
struct TrainingSettings {
  private let context: CommandContext
  /// What holds where an option is not given.
  private let base: TrainingOptions

  init(_ context: CommandContext, over base: TrainingOptions = TrainingOptions()) {
    self.context = context
    self.base = base
  }

  func options() throws -> TrainingOptions {
    var options = base
    if let epochs = try context.integer("epochs") { options.epochs = epochs }
    if let batch = try batch() { options.batch = batch }
    options.optimizer = try optimizer()
    if let loss = try loss() { options.loss = loss }
    if let reduction = try choice("reduction", LossReduction.init(rawValue:)) {
      options.reduction = reduction
    }
    if let precision = try choice("precision", Precision.init(rawValue:)) {
      options.precision = precision
    }
    if let patience = try context.value("patience"), case .none = patience {
      options.patience = nil
    } else if let patience = try context.count("patience") {
      options.patience = patience
    }
    if let smoothing = try context.number("smooth") { options.smoothing = smoothing }
    if context.has("weights") { options.classWeights = try classWeights() }
    if context.has("augment") { options.augmentation = try augmentation() }
    if let shuffle = try context.bool("shuffle") { options.shuffle = shuffle }
    if let every = try context.count("every") { options.every = every }
    if let seed = try seed() { options.seed = seed }
    return options
  }

  private func classWeights() throws -> ClassWeights? {
    guard let value = try context.value("weights") else { return nil }
    switch value {
    case .none: return nil
    case .string(let box) where box.content == "balanced": return .balanced
    default:
      guard let numbers = try value.asNumbers() else {
        throw context.mismatch("weights", "balanced, or a number a class", value)
      }
      return .given(numbers)
    }
  }

  private func augmentation() throws -> Augmentation? {
    guard let value = try context.value("augment") else { return nil }
    switch value {
    case .none: return nil
    case .function(let function): return try Augmentation(function, context.machine)
    default:
      throw context.mismatch("augment", "a function of the inputs, (x -> shift(x, 2))", value)
    }
  }

  /// The numbers of the layers that `only=` and `freeze=` leave as they are.
  func frozen(of network: Network) throws -> Set<Int> {
    let count = network.layers.reduce(0) { $0 + $1.groupCount }
    func numbers(_ slot: String) throws -> Set<Int>? {
      guard let value = try context.value(slot) else { return nil }
      guard let numbers = try value.asNumbers() else {
        throw context.mismatch(slot, "the number of a layer or a list of them", value)
      }
      return Set(
        try numbers.map { number in
          guard let layer = Int(exactly: number), (1...max(1, count)).contains(layer) else {
            throw RuntimeError.other(
              "\(slot)= cannot be \(number.displayed): the network's layers with parameters are "
                + (count == 1 ? "1 alone" : "1 to \(count)"),
              hint: "n is the layer whose weights are W_n")
          }
          return layer
        })
    }
    let frozen = try numbers("freeze") ?? []
    guard let only = try numbers("only") else { return frozen }
    return frozen.union(Set(1...max(1, count)).subtracting(only))
  }

  private func choice<Choice>(_ slot: String, _ make: (String) -> Choice?) throws -> Choice? {
    guard let word = try context.word(slot) else { return nil }
    guard let choice = make(word) else {
      throw RuntimeError.other("\(slot) cannot be \(word)", hint: nil)
    }
    return choice
  }

  private func loss() throws -> Loss? {
    // `minimize` has a place of that name instead.
    guard context.hasOption("loss"), let value = try context.value("loss") else { return nil }
    switch value {
    case .none: return nil
    case .function(let function): return try Loss(function, context.machine)
    case .string(let box):
      if let loss = Loss(rawValue: box.content) { return loss }
      throw RuntimeError.other(
        "there is no loss \(box.content)",
        hint: "it is one of \(Loss.allCases.map(\.rawValue).joined(separator: ", ")), or a "
          + "function of target and prediction")
    default:
      throw context.mismatch("loss", "a loss's name or a function (target, p) -> …", value)
    }
  }

  private func batch() throws -> BatchSize? {
    guard let input = context.command.first("batch") else { return nil }
    if case .word = input { return .full }
    let value = try context.requiredValue("batch")
    if case .string(let box) = value, box.content == "full" { return .full }
    guard let number = value.asNumber(), let rows = Int(exactly: number), rows > 0 else {
      throw context.mismatch("batch", "a whole number from 1 up, or full", value)
    }
    return .rows(rows)
  }

  /// The network's own where it is not given.
  private func seed() throws -> UInt64? {
    guard context.has("seed") else { return nil }
    let value = try context.requiredValue("seed")
    guard let number = value.asNumber(), let seed = UInt64(exactly: number) else {
      throw context.mismatch("seed", "a whole number from 0 up", value)
    }
    return seed
  }

  // MARK: the optimizer

  private func optimizer() throws -> Optimizer {
    var optimizer = base.optimizer
    if let value = try context.value("optimizer") {
      switch value {
      case .none: break
      case .string(let box): optimizer = try named(box.content)
      case .function(let function): optimizer = try named(function.name ?? "")
      case .optimizer(let box):
        for option in ["rate", "momentum"] where context.has(option) {
          throw RuntimeError.other(
            "\(option)= is given twice: the optimizer \(box.content.description) has its own",
            hint: "write optimizer=\(box.content.name) \(option)=…")
        }
        optimizer = box.content
      default: throw context.mismatch("optimizer", "an optimizer", value)
      }
    }
    if let rate = try rate() { optimizer.rate = rate }
    try set("momentum", of: &optimizer)
    for option in ["l2", "clip"] {
      if context.has("optimizer"), optimizer[option] ?? 0 != 0, context.has(option) {
        throw RuntimeError.other(
          "\(option)= is given twice: the optimizer \(optimizer.description) has its own", hint: nil
        )
      }
      try set(option, of: &optimizer)
    }
    return optimizer
  }

  /// Gives the optimizer a setting that the command has as an option; 0 asks for nothing.
  private func set(_ setting: String, of optimizer: inout Optimizer) throws {
    guard let value = try context.number(setting) else { return }
    guard optimizer[setting] == nil else {
      optimizer[setting] = value
      return
    }
    guard value != 0 else { return }
    let owners = UpdateRule.having(setting)
    let own = optimizer.rule.settings.first { $0.replaces == setting }?.name
    throw RuntimeError.other(
      "\(optimizer.name) has no \(setting): the option belongs to \(owners.names)",
      hint: "leave \(setting)= out, or write optimizer="
        + (own.map { "\(optimizer.name)(\($0)=…)" } ?? owners.first?.name ?? ""))
  }

  private func named(_ name: String) throws -> Optimizer {
    guard let rule = UpdateRule.named(name) else {
      throw RuntimeError.other(
        "there is no optimizer \(name)",
        hint: "it is one of \(UpdateRule.all.map(\.name).joined(separator: ", "))")
    }
    return Optimizer(trainingBy: rule)
  }

  private func rate() throws -> Schedule? {
    guard let value = try context.value("rate") else { return nil }
    if case .schedule(let box) = value { return box.content }
    if case .function(let function) = value { return Schedule(function, context.machine) }
    guard let number = value.asNumber() else {
      throw context.mismatch("rate", "a number, a schedule or a function of the epoch", value)
    }
    return .constant(number)
  }
}

extension [UpdateRule] {
  /// `sgd, adam and adamw`
  var names: String {
    let first = dropLast().map(\.name).joined(separator: ", ")
    return (first.isEmpty ? "" : first + " and ") + (last?.name ?? "")
  }
}
