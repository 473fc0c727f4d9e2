import Operations
import Tensors

/// A network's measures on some examples.
package struct Measurement: Sendable {
  /// The loss, in its own measure.
  package let loss: Double
  /// Which loss that is: the one the network was trained with, or the one that fits it.
  package let lossKind: Loss
  /// What the examples ask for.
  package let task: LearningTask
  /// The share of right answers; nil where the task is numbers.
  package let accuracy: Double?
  /// The targets that the network was measured against: one column for a single sigmoid.
  package let targets: Tensor
  /// What the network gives.
  package let predictions: Tensor

  /// 1 − Σ(y − p)² / Σ(y − ȳ)², summed over all columns, each with its own mean; nan where the
  /// targets do not vary.
  ///
  /// - Throws: `interrupted` where Ctrl-C is met.
  package func determination() throws -> Double {
    let total = try targets.spread()
    guard targets.count == predictions.count, total > 0 else { return .nan }
    return 1 - (try sum { ($0 - $1) * ($0 - $1) }) / total
  }

  /// The mean over all elements of |y − p|.
  ///
  /// - Throws: `interrupted` where Ctrl-C is met.
  package func meanAbsoluteError() throws -> Double {
    guard targets.count > 0, targets.count == predictions.count else { return .nan }
    return try sum { abs($0 - $1) } / Double(targets.count)
  }

  /// Over all elements, of what a function gives for a target and a prediction.
  private func sum(_ term: (_ target: Double, _ prediction: Double) -> Double) throws -> Double {
    var sum = 0.0
    _ = try targets.allBlocks(beside: predictions) { y, p in
      for (target, prediction) in zip(y, p) { sum += term(target, prediction) }
      return true
    }
    return sum
  }
}

extension Network {
  /// The targets as this network is to give them: for a network that ends in one sigmoid, the
  /// second column of two classes' one-hot rows, N×1.
  package func fitted(targets: Tensor, inputs: Tensor) -> Tensor {
    if let classes = stepClasses(targets, inputs), let rows = try? targets.oneHot(classes) {
      return rows
    }
    guard endsInSigmoid, targets.rank == 2, targets.shape[1] == 2,
      (try? outputShape(for: Array(inputs.shape.dimensions.dropFirst()))) == [1],
      TargetKind(targets) == .oneHot,
      let column = try? targets.subscripted([.all, .slice(start: 1, stop: 2, step: 1)])
    else { return targets }
    return column
  }

  /// How many classes each number of the targets is one of, where the network gives a distribution
  /// for each: N×T codes beside outputs N×T×K of a softmax.
  private func stepClasses(_ targets: Tensor, _ inputs: Tensor) -> Int? {
    guard endsInSoftmax, targets.rank >= 2,
      let output = try? outputShape(for: Array(inputs.shape.dimensions.dropFirst())),
      output.count == targets.rank, let classes = output.last,
      Array(output.dropLast()) == Array(targets.shape.dimensions.dropFirst())
    else { return nil }
    return classes
  }

  /// Measures the network on rows of examples (N×…) with their targets (N×K or N), by the loss it
  /// was trained with, or else the one that fits its last layer.
  ///
  /// - Parameter loss: another loss to measure by.
  package func measured(_ inputs: Tensor, _ targets: Tensor, loss requested: Loss? = nil) throws
    -> Measurement
  {
    guard inputs.rank >= 2 else { throw NetworkError.needsRows(got: inputs.shape) }
    // As training does, so that both say the same.
    let inputs = try inputs.cast(to: elementType)
    var targets = fitted(targets: targets, inputs: inputs)
    if targets.rank == 1 { targets = try targets.reshaped([targets.count, 1]) }
    let fitting = requested.flatMap { try? loss(requested: $0, for: targets) }
    let lossKind = try fitting ?? loss(requested: nil, for: targets)
    let form = form(of: lossKind)
    var body = self
    if form.includesLastLayer { body.layers.removeLast() }
    let outputs = body.layers.isEmpty ? inputs : try body.forward(inputs)
    if let own = lossKind.recorded {
      return try measured(outputs, targets, inputs: inputs, own, form)
    }
    guard outputs.shape == targets.shape else {
      throw NetworkError.scoreShapes(target: targets.shape, prediction: outputs.shape)
    }
    // What measures them reads both as Float64, and once more.
    try MemoryGuard.check(elements: Double(outputs.count), bytesEach: 48)
    let task = LearningTask(self, loss: lossKind, inputs: inputs, targets: targets)
    let score = try Score(form, task, outputs: outputs, targets: targets)
    return Measurement(
      loss: score.loss * lossKind.reportedShare(classes: targets.shape.dimensions.last ?? 1),
      lossKind: lossKind, task: task, accuracy: task == .numbers ? nil : score.accuracy,
      targets: targets,
      predictions: try predictions(of: outputs, form))
  }

  private func predictions(of outputs: Tensor, _ form: LossForm) throws -> Tensor {
    guard form.includesLastLayer else { return outputs }
    return try Array(layers.suffix(1)).apply(Variable(outputs), LayerPass(parameters: [])).tensor
  }

  /// The same by a loss that is recorded.
  private func measured(
    _ outputs: Tensor, _ targets: Tensor, inputs: Tensor, _ own: RecordedLoss, _ form: LossForm
  ) throws -> Measurement {
    let predictions = try predictions(of: outputs, form)
    let loss = try own.function(Variable(targets), Variable(predictions))
    guard loss.count == 1, let number = loss.tensor.item else {
      throw TrainingError.lossGivesNoNumber(loss: own.name, gives: loss.shape)
    }
    var task = LearningTask.numbers
    var accuracy: Double?
    if predictions.shape == targets.shape {
      task = LearningTask(self, loss: .recorded(own), inputs: inputs, targets: targets)
      if task != .numbers {
        accuracy = try Score(
          .meanSquaredError, task, outputs: predictions, targets: targets
        ).accuracy
      }
    }
    return Measurement(
      loss: number, lossKind: .recorded(own), task: task, accuracy: accuracy, targets: targets,
      predictions: predictions)
  }
}

/// The loss and the accuracy of what a network gives before the layer that the loss's form
/// includes, as training counts them.
private struct Score {
  /// Averaged over rows.
  let loss: Double
  /// Nan where an output is, or the task has none.
  let accuracy: Double

  init(_ form: LossForm, _ task: LearningTask, outputs: Tensor, targets: Tensor) throws {
    // Of sequences each step has a distribution of its own.
    let columns = max(
      1,
      form == .softmaxCrossEntropy || task == .classes
        ? targets.shape.dimensions.last ?? 1 : targets.shape.dimensions.dropFirst().reduce(1, *))
    let rows = targets.count / columns
    // Steps that fill up a sequence count nowhere.
    let padding = targets.rank > 2 && task == .classes ? targets.rowsOfZeros : []
    let counted = rows - padding.count { $0 }
    var losses = 0.0
    if form == .softmaxCrossEntropy {
      let all = try outputs.crossEntropyFromLogits(targets).doubles()
      for (row, loss) in all.enumerated() where padding.isEmpty || !padding[row] { losses += loss }
    }
    var right = 0
    var isKnown = true
    try outputs.withDoubles { outputs throws(TensorError) in
      try targets.withDoubles { targets throws(TensorError) in
        for start in stride(from: 0, to: rows * columns, by: columns) {
          let output = UnsafeBufferPointer(rebasing: outputs[start..<start + columns])
          let target = UnsafeBufferPointer(rebasing: targets[start..<start + columns])
          if !padding.isEmpty, padding[start / columns] { continue }
          if form != .softmaxCrossEntropy { losses += form.loss(of: output, target) }
          right += task.rightAnswers(in: output, target, cut: form.cut)
          if output.contains(where: \.isNaN) { isKnown = false }
        }
      }
    }
    loss = losses / Double(max(1, counted))
    accuracy = isKnown ? task.accuracy(right, rows: counted, columns: columns) : .nan
  }
}

extension Tensor {
  /// Whole numbers from 0 to `classes` − 1 as one-hot rows along a new last axis, Float32; −1, which
  /// stands where a sequence is filled up, becomes a row of zeros.
  ///
  /// - Throws: where a number is none of these.
  fileprivate func oneHot(_ classes: Int) throws -> Tensor {
    try MemoryGuard.check(elements: Double(count) * Double(classes))
    var numbers = [Float](repeating: 0, count: count * classes)
    for (index, code) in try guardedDoubles().enumerated() {
      if code == -1 { continue }
      guard let label = Int(exactly: code), (0..<classes).contains(label) else {
        throw NetworkError.labelOutside(label: Int(clamping: code), classes: classes)
      }
      numbers[index * classes + label] = 1
    }
    return try Tensor(numbers, Shape(checking: shape.dimensions + [classes]))
  }
}

extension Int {
  /// A number as the nearest whole one that an `Int` holds.
  fileprivate init(clamping number: Double) {
    self = Int(exactly: number.rounded()) ?? (number < 0 ? .min : .max)
  }
}
