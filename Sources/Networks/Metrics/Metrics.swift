import Tensors

/// Scores of predictions against targets, a row an example. The one place that decides what is
/// right: `accuracy`, `confusion`, `train`, `test` and `show mistakes` all come here.
package enum Metrics {
  /// The class of each row, of the targets and of the predictions.
  package typealias ClassPair = (truth: Int, guess: Int)

  /// The share of the answers that are right: of rows where each is of one class, of the single
  /// zeros and ones where a row of targets holds several; nan of no rows.
  ///
  /// Throws where the operands are no classes but numbers.
  package static func accuracy(targets: Tensor, predictions: Tensor) throws -> Double {
    if let pairs = try answers(targets, predictions) {
      return pairs.isEmpty
        ? .nan : Double(pairs.count { $0.0 == $0.1 }) / Double(pairs.count)
    }
    let pairs = try classPairs(targets, predictions)
    guard !pairs.isEmpty else { return .nan }
    return Double(pairs.count { $0.truth == $0.guess }) / Double(pairs.count)
  }

  /// K×K counts: a row for each true class, a column for each class it was taken for.
  package static func confusion(targets: Tensor, predictions: Tensor) throws -> Tensor {
    if try answers(targets, predictions) != nil { throw NetworkError.severalAnswers }
    let pairs = try classPairs(targets, predictions)
    // Far more classes than a matrix of them could have.
    var labels = 0
    for (place, pair) in pairs.enumerated() {
      if place & 0xFFFF == 0 { try Interrupt.check() }
      let label = (0..<1 << 24).contains(pair.truth) ? pair.guess : pair.truth
      guard (0..<1 << 24).contains(label) else {
        throw NetworkError.labelOutside(label: label, classes: nil)
      }
      labels = max(labels, pair.truth + 1, pair.guess + 1)
    }
    let columns = [targets, predictions].filter(isRows).map { $0.shape[1] }.max()
    let isBinary = try columns == nil && !(areWhole(targets) && areWhole(predictions))
    let classes = columns ?? max(labels, isBinary || pairs.isEmpty ? 2 : 0)
    let size = try Shape(checking: [classes, classes])
    var counts = try Tensor.zeros(size).doubles()
    for (place, pair) in pairs.enumerated() {
      if place & 0xFFFF == 0 { try Interrupt.check() }
      counts[pair.truth * classes + pair.guess] += 1
    }
    return try Tensor(doubles: counts, size, elementType: .holding(counts))
  }

  /// A row whose class was mistaken.
  package struct Mistake: Sendable, Hashable {
    /// Where the row is.
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

  /// The mistaken rows, those first that were taken for their wrong class with the most confidence.
  package static func mistakes(targets: Tensor, predictions: Tensor) throws -> [Mistake] {
    let pairs = try classPairs(targets, predictions)
    let values = try predictions.guardedDoubles()
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
    return mistakes.sorted { ($0.confidence, -$0.row) > ($1.confidence, -$1.row) }
  }

  // MARK: classes

  /// Rows of several numbers, as one-hot targets and a softmax's outputs are; otherwise labels.
  private static func isRows(_ tensor: Tensor) -> Bool { tensor.rank == 2 && tensor.shape[1] != 1 }

  private static func areWhole(_ tensor: Tensor) throws -> Bool {
    try tensor.guardedDoubles().allSatisfy { $0.rounded() == $0 }
  }

  /// The single answers where a row of targets holds several zeros and ones (multi-label); nil
  /// where rows are of one class.
  private static func answers(_ targets: Tensor, _ predictions: Tensor) throws
    -> [(Bool, Bool)]?
  {
    guard targets.shape == predictions.shape, isRows(targets),
      TargetKind(targets) == .bits, TargetKind(predictions) != .oneHot
    else { return nil }
    let guesses = try predictions.guardedDoubles()
    guard guesses.allSatisfy({ (0...1).contains($0) }) else { throw NetworkError.notClasses }
    return Array(zip(try targets.guardedDoubles().map { $0 > 0.5 }, guesses.map { $0 > 0.5 }))
  }

  /// The class of each row. Throws where shapes do not pair, where a number is NaN, where a label
  /// is not among the classes, and where both operands are numbers rather than classes.
  package static func classPairs(_ targets: Tensor, _ predictions: Tensor) throws -> [ClassPair] {
    guard (1...2).contains(targets.rank), (1...2).contains(predictions.rank),
      targets.shape[0] == predictions.shape[0],
      !(isRows(targets) && isRows(predictions)) || targets.shape == predictions.shape
    else {
      throw NetworkError.scoreShapes(target: targets.shape, prediction: predictions.shape)
    }
    for tensor in [targets, predictions] {
      try Interrupt.check()
      let bad = try tensor.guardedDoubles().count { $0.isNaN }
      if bad > 0 { throw NetworkError.scoreNotFinite(count: bad) }
    }
    let pair: ([Int], [Int]) =
      switch (isRows(targets), isRows(predictions)) {
      case (true, true): try rowClasses(targets, predictions)
      case (true, false): (try largest(targets), try labels(predictions, of: targets.shape[1]))
      case (false, true):
        (try labels(targets, of: predictions.shape[1]), try largest(predictions))
      case (false, false): try singleClasses(targets, predictions)
      }
    try Interrupt.check()
    return Array(zip(pair.0, pair.1))
  }

  private static func largest(_ rows: Tensor) throws -> [Int] {
    if rows.count == 0 { return [] }
    return try rows.argmax(axis: 1).guardedDoubles().map { Int($0) }
  }

  /// Two tables of rows: one of them tells classes apart, or both are distributions.
  private static func rowClasses(_ targets: Tensor, _ predictions: Tensor) throws -> ([Int], [Int])
  {
    let kinds = [TargetKind(targets), TargetKind(predictions)]
    let areClasses =
      targets.count == 0 || kinds.contains(.oneHot) || !kinds.contains { $0 != .distributions }
    guard areClasses else { throw NetworkError.notClasses }
    return (try largest(targets), try largest(predictions))
  }

  /// Labels beside rows of `classes` numbers.
  private static func labels(_ tensor: Tensor, of classes: Int) throws -> [Int] {
    try tensor.guardedDoubles().map { number in
      guard let label = Int(exactly: number) else { throw NetworkError.notClasses }
      guard (0..<classes).contains(label) else {
        throw NetworkError.labelOutside(label: label, classes: classes)
      }
      return label
    }
  }

  /// One number a row on both sides: labels, or on one side the probability of class 1.
  private static func singleClasses(_ targets: Tensor, _ predictions: Tensor) throws
    -> ([Int], [Int])
  {
    let numbers = try [targets.guardedDoubles(), predictions.guardedDoubles()]
    let whole = try numbers.map { side in
      try Interrupt.check()
      return side.compactMap { Int(exactly: $0) }
    }
    let areWhole = zip(numbers, whole).map { $0.count == $1.count }
    if areWhole[0], areWhole[1] { return (whole[0], whole[1]) }
    // Beside probabilities the labels can only be 0 and 1.
    for (probable, sure) in [(1, 0), (0, 1)] where areWhole[sure] && !areWhole[probable] {
      guard numbers[probable].allSatisfy({ (0...1).contains($0) }),
        whole[sure].allSatisfy({ $0 == 0 || $0 == 1 })
      else { break }
      let cut = numbers[probable].map { $0 > 0.5 ? 1 : 0 }
      return probable == 1 ? (whole[0], cut) : (cut, whole[1])
    }
    throw NetworkError.notClasses
  }
}
