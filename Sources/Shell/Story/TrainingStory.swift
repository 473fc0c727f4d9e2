import Console
import Datasets
import Language
import Networks
import Tensors

/// The last training of a network, as it can be told afterwards: what it came to, and what it is
/// compared with.
struct TrainingStory {
  let context: CommandContext
  let advice: TrainingAdvice
  /// The network before the training and after it.
  let start: Network
  let final: Network
  let options: TrainingOptions
  let data: TrainingData
  /// Of this training alone.
  let history: History
  let diary: TrainingDiary
  let loss: Loss
  let ruler: Ruler
  /// On rows that were trained on, and on those that were validated on.
  let trained: Standing
  let held: Standing?
  /// What is known of data and network without training.
  let before: Preflight
  let after: Preflight

  init(_ context: CommandContext, _ network: Network, named name: String) throws {
    guard let past = network.past, let run = past.lastBeginning else {
      throw RuntimeError.other(
        network.history.count == 0
          ? "\(name) has not been trained yet"
          : "the last training of \(name) is not kept, so that nothing can be told of it",
        hint: network.history.count == 0
          ? "train \(name) on DATA, then explain training \(name)"
          : "it was in another session, or larger than set past allows")
    }
    guard run.history.count > 0 || network.diary?.ending == .notFinite else {
      throw RuntimeError.other(
        "the last training of \(name) has ended no epoch, so that there is nothing to tell",
        hint: nil)
    }
    self.context = context
    (options, data, history) = (run.options, run.data, run.history)
    start = run.network
    final = try network.at(epoch: run.network.history.count + run.history.count)
    diary = network.diary ?? TrainingDiary()
    let dataName = data.name.isEmpty ? "DATA" : data.name
    advice = TrainingAdvice(net: name, data: dataName, options: options)
    loss = try final.loss ?? start.loss(requested: options.loss, for: data.targets)
    ruler = try Ruler(loss, data.targets)
    (trained, held) = try ruler.standings(of: final, data)
    let (train, valid) = (try Split(of: data.inputs, data.targets), try data.heldSplit())
    before = try Preflight(
      context, start, netName: name, dataName: dataName, train: train, held: valid, loss: loss)
    after = try Preflight(
      context, final, netName: name, dataName: dataName, train: train, held: valid, loss: loss)
  }

  /// Whether it has learnt what there is to learn.
  var hasLearnt: Bool { trained.learnt >= 0.75 }
  /// Whether the rows that it has not seen are answered about as well.
  var generalizes: Bool {
    guard let held else { return true }
    let gap = trained.learnt - held.learnt
    return held.learnt >= 0.75 || gap < 0.25
  }
}

/// How good a network is on some rows.
struct Standing {
  let loss: Double
  let accuracy: Double?
  /// From 0, as good as the best constant answer, to 1; below 0 where it is worse than that.
  let learnt: Double
  /// The same by the loss alone; nil where the loss of a constant answer is not known.
  let fit: Double?
  let measured: Measurement

  /// Whether it is known how much there is to learn.
  var isMeasured: Bool { fit != nil || accuracy != nil }

  var words: String {
    "loss \(NumberForm.loss(loss))"
      + (accuracy.map { " and \(NumberForm.percent($0)) right" } ?? "")
  }
}

/// What standings are measured by.
struct Ruler {
  let loss: Loss
  /// The loss of the best constant answer; nil where it is not known.
  let ignorant: Double?
  /// The share of right answers of the best constant one.
  let majority: Double

  private static let mostRows = 1000

  init(_ loss: Loss, _ targets: Tensor) throws {
    self.loss = loss
    ignorant = try loss.ofConstantAnswer(targets)
    let columns = max(1, targets.shape.dimensions.last ?? 1)
    var sums = [Double](repeating: 0, count: columns)
    _ = try targets.allBlocks { block in
      for (place, number) in block.enumerated() { sums[place % columns] += number }
      return true
    }
    let rows = Double(max(1, targets.count / columns))
    majority =
      TargetKind(targets) == .bits
      ? sums.reduce(0) { $0 + max($1 / rows, 1 - $1 / rows) } / Double(columns)
      : (sums.max() ?? 0) / rows
  }

  /// Of the rows to train on, and of those to validate on where there are any.
  func standings(of network: Network, _ data: TrainingData) throws -> (Standing, Standing?) {
    (
      try standing(of: network, data.inputs, data.targets),
      try data.validation.flatMap {
        $0.inputs.shape[0] == 0 ? nil : try standing(of: network, $0.inputs, $0.targets)
      }
    )
  }

  private func standing(of network: Network, _ inputs: Tensor, _ targets: Tensor) throws -> Standing
  {
    let rows = inputs.shape[0]
    var (x, y) = (inputs, targets)
    if rows > Self.mostRows {
      let chosen = try Tensor(
        doubles: (0..<Self.mostRows).map { Double($0 * rows / Self.mostRows) }, elementType: .f64)
      x = try inputs.subscripted([.gather(chosen)])
      y = try targets.subscripted([.gather(chosen)])
    }
    let measured = try network.measured(x, y, loss: loss)
    return Standing(
      loss: measured.loss, accuracy: measured.accuracy, learnt: try learnt(measured),
      fit: try fit(measured), measured: measured)
  }

  private func fit(_ measured: Measurement) throws -> Double? {
    guard let ignorant, ignorant > 1e-12 else {
      // Of a loss of one's own that numbers are trained with, the share of their variance.
      let share = measured.task == .numbers ? try measured.determination() : .nan
      return share.isFinite ? max(-1, share) : nil
    }
    return measured.loss.isFinite ? max(-1, 1 - measured.loss / ignorant) : -1
  }

  private func learnt(_ measured: Measurement) throws -> Double {
    guard measured.loss.isFinite else { return -1 }
    let fit = try fit(measured)
    let right = measured.accuracy.map { ($0 - majority) / max(1e-9, 1 - majority) }
    guard let fit else { return max(-1, right ?? 0) }
    return max(-1, majority > 0.99 ? fit : max(fit, right ?? fit))
  }
}

extension Split {
  /// Rows as a training was given them.
  init(of inputs: Tensor, _ targets: Tensor) throws {
    let sizes = Array(inputs.shape.dimensions.dropFirst())
    let rows = inputs.shape[0]
    let isOneHot = targets.rank == 2 && TargetKind(targets) == .oneHot
    self.init(
      x: try inputs.reshaped([rows, sizes.reduce(1, *)]), y: targets,
      labels: isOneHot ? try targets.argmax(axis: 1).cast(to: .f64) : nil,
      imageDimensions: sizes.count > 1 ? sizes : [])
  }
}

extension TrainingData {
  fileprivate func heldSplit() throws -> Split? {
    try validation.flatMap {
      $0.inputs.shape[0] == 0 ? nil : try Split(of: $0.inputs, $0.targets)
    }
  }
}
