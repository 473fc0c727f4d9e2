import Tensors

/// Scores of predictions against targets, a row an example. The one place that decides what is
/// right: `accuracy`, `confusion`, `train`, `test` and `show mistakes` all come here.
package enum Metrics {
  /// The class of each row, of the targets and of the predictions: as many of one as of the other.
  package typealias Classes = (truths: [Int], guesses: [Int])

  /// The share of the answers that are right: of rows where each is of one class, of the single
  /// zeros and ones where a row of targets holds several; nan of no rows.
  ///
  /// Throws where the operands are no classes but numbers.
  package static func accuracy(targets: Tensor, predictions: Tensor) throws -> Double {
    if try haveSeveralAnswers(targets, predictions) {
      let (truths, guesses) = try (
        targets.mapElements { $0 > 0.5 }, predictions.mapElements { $0 > 0.5 }
      )
      return try share(of: truths, equalTo: guesses)
    }
    let classes = try classes(targets, predictions)
    return try share(of: classes.truths, equalTo: classes.guesses)
  }

  /// K×K counts: a row for each true class, a column for each class it was taken for.
  package static func confusion(targets: Tensor, predictions: Tensor) throws -> Tensor {
    if try haveSeveralAnswers(targets, predictions) { throw NetworkError.severalAnswers }
    let pairs = try classes(targets, predictions)
    // Far more classes than a matrix of them could have.
    var labels = 0
    for (place, truth) in pairs.truths.enumerated() {
      if place & 0xFFFF == 0 { try Interrupt.check() }
      let guess = pairs.guesses[place]
      let label = (0..<1 << 24).contains(truth) ? guess : truth
      guard (0..<1 << 24).contains(label) else {
        throw NetworkError.labelOutside(label: label, classes: nil)
      }
      labels = max(labels, truth + 1, guess + 1)
    }
    let columns = [targets, predictions].filter(isRows).map { $0.shape[1] }.max()
    let isBinary = try columns == nil && !(areWhole(targets) && areWhole(predictions))
    let classes = columns ?? max(labels, isBinary || pairs.truths.isEmpty ? 2 : 0)
    let size = try Shape(checking: [classes, classes])
    var counts = try Tensor.zeros(size).doubles()
    for (place, truth) in pairs.truths.enumerated() {
      if place & 0xFFFF == 0 { try Interrupt.check() }
      counts[truth * classes + pairs.guesses[place]] += 1
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
    let pairs = try classes(targets, predictions)
    let values = try predictions.guardedDoubles()
    let width = predictions.rank == 1 ? 1 : predictions.shape[1]
    var mistakes: [Mistake] = []
    for (row, truth) in pairs.truths.enumerated() {
      if row & 0xFFFF == 0 { try Interrupt.check() }
      let guess = pairs.guesses[row]
      guard truth != guess else { continue }
      func value(_ label: Int) -> Double {
        width == 1
          ? (label == 1 ? values[row] : 1 - values[row]) : values[row * width + label]
      }
      mistakes.append(
        Mistake(
          row: row, truth: truth, guess: guess, probability: value(truth),
          confidence: value(guess)))
    }
    return mistakes.sorted { ($0.confidence, -$0.row) > ($1.confidence, -$1.row) }
  }

  // MARK: classes

  /// Rows of several numbers, as one-hot targets and a softmax's outputs are; otherwise labels.
  private static func isRows(_ tensor: Tensor) -> Bool { tensor.rank == 2 && tensor.shape[1] != 1 }

  private static func areWhole(_ tensor: Tensor) throws -> Bool {
    try tensor.allElements { $0.rounded() == $0 }
  }

  /// Whether a row of targets holds several zeros and ones, each an answer of its own (multi-label),
  /// where otherwise rows are of one class.
  private static func haveSeveralAnswers(_ targets: Tensor, _ predictions: Tensor) throws -> Bool {
    guard targets.shape == predictions.shape, isRows(targets),
      TargetKind(targets) == .bits, TargetKind(predictions) != .oneHot
    else { return false }
    guard try predictions.allElements(satisfy: (0...1).contains) else {
      throw NetworkError.notClasses
    }
    return true
  }

  /// The part of the answers that are the right ones; nan of none.
  private static func share<Answer: Equatable>(
    of truths: [Answer], equalTo guesses: [Answer]
  ) throws -> Double {
    guard !truths.isEmpty else { return .nan }
    var right = 0
    for place in truths.indices {
      if place & 0xFFFF == 0 { try Interrupt.check() }
      if truths[place] == guesses[place] { right += 1 }
    }
    return Double(right) / Double(truths.count)
  }

  /// The class of each row. Throws where shapes do not pair, where a number is NaN, where a label
  /// is not among the classes, and where both operands are numbers rather than classes.
  package static func classes(_ targets: Tensor, _ predictions: Tensor) throws -> Classes {
    guard (1...2).contains(targets.rank), (1...2).contains(predictions.rank),
      targets.shape[0] == predictions.shape[0],
      !(isRows(targets) && isRows(predictions)) || targets.shape == predictions.shape
    else {
      throw NetworkError.scoreShapes(target: targets.shape, prediction: predictions.shape)
    }
    for tensor in [targets, predictions] {
      let bad = try tensor.countElements(where: \.isNaN)
      if bad > 0 { throw NetworkError.scoreNotFinite(count: bad) }
    }
    return switch (isRows(targets), isRows(predictions)) {
    case (true, true): try rowClasses(targets, predictions)
    case (true, false): (try largest(targets), try labels(predictions, of: targets.shape[1]))
    case (false, true): (try labels(targets, of: predictions.shape[1]), try largest(predictions))
    case (false, false): try singleClasses(targets, predictions)
    }
  }

  private static func largest(_ rows: Tensor) throws -> [Int] {
    rows.count == 0 ? [] : try rows.argmax(axis: 1).mapElements { Int($0) }
  }

  /// Two tables of rows: one of them tells classes apart, or both are distributions.
  private static func rowClasses(_ targets: Tensor, _ predictions: Tensor) throws -> Classes {
    let kinds = [TargetKind(targets), TargetKind(predictions)]
    let areClasses =
      targets.count == 0 || kinds.contains(.oneHot) || !kinds.contains { $0 != .distributions }
    guard areClasses else { throw NetworkError.notClasses }
    return (try largest(targets), try largest(predictions))
  }

  /// Labels beside rows of `classes` numbers.
  private static func labels(_ tensor: Tensor, of classes: Int) throws -> [Int] {
    try tensor.mapElements { number in
      guard let label = Int(exactly: number) else { throw NetworkError.notClasses }
      guard (0..<classes).contains(label) else {
        throw NetworkError.labelOutside(label: label, classes: classes)
      }
      return label
    }
  }

  /// One number a row on both sides: labels, or on one side the probability of class 1.
  private static func singleClasses(_ targets: Tensor, _ predictions: Tensor) throws -> Classes {
    let sides = [targets, predictions]
    let areWhole = try sides.map { side in try side.allElements { Int(exactly: $0) != nil } }
    func whole(_ side: Int) throws -> [Int] {
      try sides[side].mapElements { Int(exactly: $0) ?? 0 }
    }
    if areWhole[0], areWhole[1] { return (try whole(0), try whole(1)) }
    // Beside probabilities the labels can only be 0 and 1.
    for (probable, sure) in [(1, 0), (0, 1)] where areWhole[sure] && !areWhole[probable] {
      guard try sides[probable].allElements(satisfy: (0...1).contains),
        try sides[sure].allElements(satisfy: { $0 == 0 || $0 == 1 })
      else { break }
      let cut = try sides[probable].mapElements { $0 > 0.5 ? 1 : 0 }
      return probable == 1 ? (try whole(0), cut) : (cut, try whole(1))
    }
    throw NetworkError.notClasses
  }
}
