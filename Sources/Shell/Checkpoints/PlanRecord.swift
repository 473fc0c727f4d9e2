import Files
import Language
import Networks
import Tensors

/// A training that has not come to its end, in a file: its options as code and numbers, where it
/// stands, and what its data was.
enum PlanRecord {
  /// Before the name of each tensor and note of it.
  private static let prefix = "plan."
  private static let position = prefix + "position"
  private static let best = prefix + "best."
  private static let statistics = prefix + "statistics"

  /// Whether a tensor of a file is one of these.
  static func holds(_ name: String) -> Bool { name.hasPrefix(prefix) }

  // MARK: writing

  static func tensors(of unfinished: UnfinishedTraining) throws -> [NamedTensor] {
    func row(_ name: String, _ numbers: [Double]) throws -> NamedTensor {
      NamedTensor(
        name: name,
        tensor: try Tensor(doubles: numbers, Shape(checking: [numbers.count]), elementType: .f64))
    }
    var tensors = [try row(position, unfinished.numbers)]
    for (index, tensor) in unfinished.bestParameters.enumerated() {
      tensors.append(NamedTensor(name: best + String(index), tensor: tensor))
    }
    if !unfinished.bestStatistics.isEmpty {
      tensors.append(try row(statistics, unfinished.bestStatistics))
    }
    return tensors
  }

  /// - Throws: where a function of it has no code that gives it again.
  static func notes(of unfinished: UnfinishedTraining) throws -> [String: String] {
    let options = unfinished.options
    var notes: [String: String] = [
      "epochs": String(options.epochs), "optimizer": options.optimizer.description,
      "reduction": options.reduction.rawValue, "shuffle": String(options.shuffle),
      "every": String(options.every), "precision": options.precision.rawValue,
      "smooth": String(options.smoothing), "data": unfinished.source.name,
      "rows": String(unfinished.source.rows),
      "fingerprint": String(unfinished.source.fingerprint, radix: 16),
    ]
    if case .rows(let rows) = options.batch { notes["batch"] = String(rows) }
    if options.isShared { notes["blocks"] = "shared" }
    if let patience = options.patience { notes["patience"] = String(patience) }
    if let seed = options.seed { notes["seed"] = String(seed) }
    if !options.frozen.isEmpty {
      notes["frozen"] = options.frozen.sorted().map(String.init).joined(separator: " ")
    }
    switch options.classWeights {
    case nil: break
    case .balanced: notes["weights"] = "balanced"
    case .given(let weights): notes["weights"] = weights.map { String($0) }.joined(separator: " ")
    }
    if let loss = options.loss {
      notes["loss"] = loss.recorded.flatMap { $0.code } ?? loss.rawValue
    }
    if let augmentation = options.augmentation { notes["augment"] = augmentation.name }
    if let path = options.savePath { notes["save"] = path }
    if let path = options.logPath { notes["log"] = path }
    return Dictionary(uniqueKeysWithValues: notes.map { (prefix + $0.key, $0.value) })
  }

  // MARK: reading

  /// What a file holds of a training that goes on; nil where it holds none.
  ///
  /// - Throws: where what it holds is no plan, or a function of it is not in this session.
  static func unfinished(
    from tensors: [NamedTensor], _ notes: [String: String], on machine: Machine
  ) throws -> UnfinishedTraining? {
    var found: [String: Tensor] = [:]
    for tensor in tensors where holds(tensor.name) { found[tensor.name] = tensor.tensor }
    guard let numbers = found[position]?.doubles() else { return nil }
    func note(_ name: String) -> String? { notes[prefix + name] }
    var parameters: [Tensor] = []
    while let tensor = found[best + String(parameters.count)] { parameters.append(tensor) }
    guard let name = note("data"), let rows = note("rows").flatMap({ Int($0) }),
      let fingerprint = note("fingerprint").flatMap({ UInt64($0, radix: 16) }),
      let unfinished = UnfinishedTraining(
        options: try options(note, machine), data: nil,
        source: DataSource(name: name, rows: rows, fingerprint: fingerprint), numbers: numbers,
        bestParameters: parameters, bestStatistics: found[statistics]?.doubles() ?? [])
    else { throw unreadable }
    return unfinished
  }

  private static func options(
    _ note: (String) -> String?, _ machine: Machine
  ) throws -> TrainingOptions {
    var options = TrainingOptions()
    guard let epochs = note("epochs").flatMap({ Int($0) }), let code = note("optimizer"),
      let every = note("every").flatMap({ Int($0) }),
      case .optimizer(let optimizer) = try CheckpointCode.value(of: code, on: machine)
    else { throw unreadable }
    (options.epochs, options.every, options.optimizer) = (epochs, every, optimizer.content)
    options.batch = note("batch").flatMap { Int($0) }.map { .rows($0) } ?? .full
    options.reduction = note("reduction").flatMap { LossReduction(rawValue: $0) } ?? .mean
    options.precision = note("precision").flatMap { Precision(rawValue: $0) } ?? .f32
    options.shuffle = note("shuffle") == "true"
    options.isShared = note("blocks") == "shared"
    options.patience = note("patience").flatMap { Int($0) }
    options.seed = note("seed").flatMap { UInt64($0) }
    options.smoothing = note("smooth").flatMap { Double($0) } ?? 0
    options.frozen = Set((note("frozen") ?? "").split(separator: " ").compactMap { Int($0) })
    options.savePath = note("save")
    options.logPath = note("log")
    if let weights = note("weights") {
      options.classWeights =
        weights == "balanced"
        ? .balanced : .given(weights.split(separator: " ").compactMap { Double($0) })
    }
    if let code = note("loss") {
      options.loss =
        try Loss(rawValue: code)
        ?? Loss(function(code, machine), machine)
    }
    if let code = note("augment") {
      options.augmentation = try Augmentation(function(code, machine), machine)
    }
    return options
  }

  private static func function(_ code: String, _ machine: Machine) throws -> Function {
    guard case .function(let function) = try CheckpointCode.value(of: code, on: machine) else {
      throw unreadable
    }
    return function
  }

  private static var unreadable: RuntimeError {
    .other(
      "the file's note of its training cannot be read: load its weights alone, from a copy that is "
        + "whole, or train anew", hint: nil)
  }
}
