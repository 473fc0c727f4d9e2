import Platform
import Tensors

/// A pass's loss and the scores that fit the task; nan where the task has none, or nothing was
/// measured.
package struct Measures: Sendable {
  /// Averaged over rows, in the loss's own measure.
  package var loss = Double.nan
  /// The share of right answers.
  package var accuracy = Double.nan
  /// 1 − Σ(y − p)² / Σ(y − ȳ)², where numbers are predicted.
  package var determination = Double.nan
  /// The mean of |y − p|, where numbers are predicted.
  package var absoluteError = Double.nan
  /// e^loss, where each step of a sequence has a distribution of its own.
  package var perplexity = Double.nan

  /// Nothing measured.
  package init() {}

  /// One of them, by the name that people know it by.
  package struct Measure: Sendable {
    package let name: String
    package let path: WritableKeyPath<Measures, Double> & Sendable
    package let unit: Unit
    /// Whether it is shown while training goes on.
    package let isFollowed: Bool
  }

  /// How a measure is read.
  package enum Unit: Sendable {
    /// A number of any size.
    case number
    /// A share of 1, in percent.
    case share
    /// At most 1, to four decimals.
    case coefficient
  }

  /// All of them, in the order of the history.
  package static let all: [Measure] = [
    Measure(name: "loss", path: \.loss, unit: .number, isFollowed: true),
    Measure(name: "accuracy", path: \.accuracy, unit: .share, isFollowed: true),
    Measure(name: "r2", path: \.determination, unit: .coefficient, isFollowed: true),
    Measure(name: "mae", path: \.absoluteError, unit: .number, isFollowed: false),
    Measure(name: "perplexity", path: \.perplexity, unit: .number, isFollowed: true),
  ]
}

extension Measures: Hashable {
  /// Whether all numbers are the same, those that are missing among them.
  package static func == (a: Measures, b: Measures) -> Bool {
    all.allSatisfy { a[keyPath: $0.path].bitPattern == b[keyPath: $0.path].bitPattern }
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(loss.bitPattern) }
}

/// What forward passes add up, from which their measures follow.
struct PassSums: Sendable {
  /// Of the rows' losses, each times its weight.
  var loss = 0.0
  /// Right answers.
  var correct = 0
  var rows = 0
  /// Answers that could be right: rows of classes, of sequences all steps but those that fill up.
  var answers = 0
  /// What the rows count together: their number, unless they have weights.
  var weight = 0.0
  /// Of |y − p| and (y − p)², where numbers are predicted.
  var absoluteErrors = 0.0
  var squaredErrors = 0.0

}

extension PassSums {
  /// All of them, as ranks tell each other.
  var numbers: [Double] {
    [
      loss, Double(correct), Double(rows), Double(answers), weight, absoluteErrors, squaredErrors,
    ]
  }

  /// How many numbers these are.
  static let numberCount = PassSums().numbers.count

  init(numbers: ArraySlice<Double>) {
    let numbers = Array(numbers)
    self.init(
      loss: numbers[0], correct: Int(numbers[1]), rows: Int(numbers[2]), answers: Int(numbers[3]),
      weight: numbers[4], absoluteErrors: numbers[5], squaredErrors: numbers[6])
  }

  /// Of all of them.
  init(_ parts: [PassSums]) {
    self.init()
    for part in parts { self += part }
  }

  static func += (sums: inout PassSums, more: PassSums) {
    sums.loss += more.loss
    sums.correct += more.correct
    sums.rows += more.rows
    sums.answers += more.answers
    sums.weight += more.weight
    sums.absoluteErrors += more.absoluteErrors
    sums.squaredErrors += more.squaredErrors
  }
}

extension Tensor {
  /// Σ(y − ȳ)² over all columns, each with its own mean: how much numbers to predict vary.
  ///
  /// - Throws: `interrupted` where Ctrl-C is met.
  package func spread() throws -> Double {
    let columns = max(1, shape.dimensions.dropFirst().reduce(1, *))
    let rows = Double(count / columns)
    var means = [Double](repeating: 0, count: columns)
    try forEachElement(columns: columns) { means[$0] += $1 / rows }
    var total = 0.0
    try forEachElement(columns: columns) { total += ($1 - means[$0]) * ($1 - means[$0]) }
    return total
  }

  /// Calls `body` with each number and its column, without a list of all.
  ///
  /// - Parameter columns: the numbers of a row.
  /// - Throws: `interrupted` where Ctrl-C is met.
  func forEachElement(columns: Int, _ body: (_ column: Int, _ number: Double) -> Void) throws {
    var column = 0
    _ = try allBlocks { block in
      for number in block {
        body(column, number)
        column = column + 1 == columns ? 0 : column + 1
      }
      return true
    }
  }
}
