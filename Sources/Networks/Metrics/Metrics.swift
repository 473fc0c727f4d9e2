import Tensors

/// Scores of predictions against targets, both N×K with a row an example. A row's class is where
/// its largest number stands; of a single column, whether the number is above one half.
package enum Metrics {
  /// The share of rows whose classes agree; nan of no rows.
  package static func accuracy(targets: Tensor, predictions: Tensor) throws -> Double {
    let pairs = try classPairs(targets, predictions)
    guard !pairs.isEmpty else { return .nan }
    return Double(pairs.count { $0.truth == $0.guess }) / Double(pairs.count)
  }

  /// K×K counts: a row for each true class, a column for each class it was taken for.
  package static func confusion(targets: Tensor, predictions: Tensor) throws -> Tensor {
    let pairs = try classPairs(targets, predictions)
    let classes = classCount(targets)
    var counts = [Double](repeating: 0, count: classes * classes)
    for pair in pairs { counts[pair.truth * classes + pair.guess] += 1 }
    return try Tensor(
      doubles: counts, Shape(checking: [classes, classes]), elementType: .f32)
  }

  /// How one class fared.
  package struct ClassRow: Sendable, Hashable {
    /// Of the rows taken for the class, the share that are of it; nan if none were.
    package let precision: Double
    /// Of the rows of the class, the share taken for it; nan if there are none.
    package let recall: Double
    /// How many rows are of the class.
    package let count: Int
  }

  /// A row for each class.
  package static func classes(targets: Tensor, predictions: Tensor) throws -> [ClassRow] {
    let counts = try confusion(targets: targets, predictions: predictions).doubles()
    let classes = classCount(targets)
    return (0..<classes).map { label in
      let hits = counts[label * classes + label]
      let guessed = (0..<classes).reduce(0) { $0 + counts[$1 * classes + label] }
      let true_ = (0..<classes).reduce(0) { $0 + counts[label * classes + $1] }
      return ClassRow(precision: hits / guessed, recall: hits / true_, count: Int(true_))
    }
  }

  /// A row whose class was mistaken.
  package struct Mistake: Sendable, Hashable {
    /// Where the row stands.
    package let row: Int
    /// Its class.
    package let truth: Int
    /// What it was taken for.
    package let guess: Int
    /// The prediction for its class.
    package let probability: Double
    /// The prediction for what it was taken for.
    package let confidence: Double
  }

  /// The mistaken rows, those whose own class was given the least first.
  package static func mistakes(targets: Tensor, predictions: Tensor, limit: Int) throws
    -> [Mistake]
  {
    let pairs = try classPairs(targets, predictions)
    let values = predictions.doubles()
    let width = predictions.rank == 1 ? 1 : predictions.shape[1]
    let mistakes = pairs.enumerated().compactMap { row, pair -> Mistake? in
      guard pair.truth != pair.guess else { return nil }
      func value(_ label: Int) -> Double {
        width == 1
          ? (label == 1 ? values[row] : 1 - values[row]) : values[row * width + label]
      }
      return Mistake(
        row: row, truth: pair.truth, guess: pair.guess, probability: value(pair.truth),
        confidence: value(pair.guess))
    }
    return Array(
      mistakes.sorted { ($0.probability, $0.row) < ($1.probability, $1.row) }.prefix(max(0, limit)))
  }

  private static func classCount(_ targets: Tensor) -> Int {
    targets.rank == 1 || targets.shape[1] == 1 ? 2 : targets.shape[1]
  }

  private static func classPairs(_ targets: Tensor, _ predictions: Tensor) throws
    -> [(truth: Int, guess: Int)]
  {
    guard targets.shape == predictions.shape, targets.rank == 1 || targets.rank == 2,
      targets.rank == 1 || targets.shape[1] > 0
    else {
      throw NetworkError.scoreShapes(target: targets.shape, prediction: predictions.shape)
    }
    return Array(zip(try labels(targets), try labels(predictions)).map { ($0, $1) })
  }

  private static func labels(_ scores: Tensor) throws -> [Int] {
    if scores.rank == 1 || scores.shape[1] == 1 { return scores.doubles().map { $0 > 0.5 ? 1 : 0 } }
    if scores.count == 0 { return [] }
    return try scores.argmax(axis: 1).doubles().map { Int($0) }
  }
}

extension Network {
  /// Loss (in the loss's own measure, averaged over rows) and accuracy on these rows.
  package func measure(_ inputs: Tensor, _ targets: Tensor, loss: Loss) throws -> (
    loss: Double, accuracy: Double, predictions: Tensor
  ) {
    guard inputs.rank >= 2 else { throw NetworkError.needsRows(got: inputs.shape) }
    let endsInSoftmax = loss.isCrossEntropy && layers.last is Softmax
    var body = self
    if endsInSoftmax { body.layers.removeLast() }
    var parts: [Tensor] = []
    for start in stride(from: 0, to: inputs.shape[0], by: Self.measuringRows) {
      let end = min(inputs.shape[0], start + Self.measuringRows)
      let rows = try inputs.rows(start..<end)
      parts.append(try body.layers.isEmpty ? rows : body.forward(rows))
    }
    let outputs = parts.isEmpty ? try forward(inputs) : try Tensor.concatenate(parts)
    guard outputs.shape == targets.shape else {
      throw NetworkError.scoreShapes(target: targets.shape, prediction: outputs.shape)
    }
    let predictions = endsInSoftmax ? try outputs.softmax() : outputs
    let value: Double
    if endsInSoftmax {
      value = try outputs.crossEntropyFromLogits(targets).reduce(.mean).item ?? .nan
    } else if loss.isCrossEntropy {
      value =
        try Variable.crossEntropy(target: Variable(targets), prediction: Variable(outputs))
        .tensor.item ?? .nan
    } else {
      value =
        try Variable.meanSquaredError(target: Variable(targets), prediction: Variable(outputs))
        .tensor.item ?? .nan
    }
    let share = loss == .averageCrossEntropy ? 1 / Double(max(1, targets.shape[1])) : 1
    return (
      value * share, try Metrics.accuracy(targets: targets, predictions: predictions), predictions
    )
  }

  /// Rows at once, so that hidden layers of large data do not fill the memory.
  private static let measuringRows = 2048
}
