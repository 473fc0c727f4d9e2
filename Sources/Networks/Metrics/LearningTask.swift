import Tensors

/// What a table of targets holds, as far as its numbers tell.
package enum TargetKind: Sendable, Hashable {
  /// Rows of at least two numbers, one of them 1 and the others 0.
  case oneHot
  /// Other zeros and ones.
  case bits
  /// Rows of at least two numbers from 0 to 1 that sum to 1.
  case distributions
  /// Anything else.
  case numbers

  /// Reads the targets, N×K or N, as far as it must. Where Ctrl-C is met they are `numbers`; the
  /// request still stands, and whoever goes on to work with them is stopped by it.
  package init(_ targets: Tensor) {
    // Of sequences each step is a row.
    let columns = targets.rank < 2 ? 1 : targets.shape[targets.rank - 1]
    guard targets.count > 0, columns > 0 else {
      self = .numbers
      return
    }
    var (areBits, areOneHot, areDistributions) = (true, columns > 1, columns > 1)
    let isRead = try? targets.allBlocks { block in
      for start in stride(from: 0, to: block.count, by: columns) {
        let row = block[start..<start + columns]
        if areBits, !row.allSatisfy({ $0 == 0 || $0 == 1 }) {
          (areBits, areOneHot) = (false, false)
        }
        let sum = row.reduce(0, +)
        if sum != 1 { areOneHot = false }
        if areDistributions, abs(sum - 1) > 1e-3 || !row.allSatisfy({ (0...1).contains($0) }) {
          areDistributions = false
        }
        if !areBits, !areDistributions { return false }
      }
      return true
    }
    self =
      isRead != true
      ? .numbers
      : areOneHot ? .oneHot : areBits ? .bits : areDistributions ? .distributions : .numbers
  }

  /// Whether every number is 0 or 1.
  var isZeroOrOne: Bool { self == .oneHot || self == .bits }
}

/// What a network is to learn, which decides the scores there are. `train`, `test` and the history
/// all ask here, so that none shows a score that the others do not have.
package enum LearningTask: Sendable, Hashable {
  /// One class a row: where the largest number is.
  case classes
  /// One yes or no a row, from a single output: cut at one half.
  case binary
  /// Several yes or no a row, each scored by itself.
  case labels
  /// Numbers to come close to: no accuracy.
  case numbers

  /// The task of a network with this loss on these examples. What is to be given back as it came
  /// in is numbers, even where each row happens to hold one 1.
  package init(_ network: Network, loss: Loss, inputs: Tensor, targets: Tensor) {
    let columns = targets.rank < 2 ? 1 : targets.shape.dimensions.dropFirst().reduce(1, *)
    if Self.isReconstruction(inputs, targets) {
      self = .numbers
      return
    }
    switch TargetKind(targets) {
    case .oneHot: self = .classes
    case .distributions: self = loss.isCrossEntropy || network.endsInSoftmax ? .classes : .numbers
    case .bits where network.endsInSoftmax && targets.rank > 2 && Self.holdsClasses(targets):
      self = .classes
    case .bits where network.endsInSigmoid: self = columns == 1 ? .binary : .labels
    case .bits, .numbers: self = .numbers
    }
  }

  /// How many answers of a row are right: the row, or single zeros and ones where it holds several.
  ///
  /// - Parameter cut: above which output a yes is given.
  func rightAnswers<Number: BinaryFloatingPoint>(
    in outputs: UnsafeBufferPointer<Number>, _ targets: UnsafeBufferPointer<Number>, cut: Double
  ) -> Int {
    switch self {
    case .numbers: return 0
    case .classes:
      var (guess, truth) = (0, 0)
      for column in outputs.indices.dropFirst() {
        if outputs[column] > outputs[guess] { guess = column }
        if targets[column] > targets[truth] { truth = column }
      }
      return guess == truth ? 1 : 0
    case .binary, .labels:
      let cut = Number(cut)
      var count = 0
      for column in outputs.indices where (outputs[column] > cut) == (targets[column] > 0.5) {
        count += 1
      }
      return count
    }
  }

  /// The share of right answers among rows of so many columns; nan where the task has none.
  func accuracy(_ right: Int, rows: Int, columns: Int) -> Double {
    switch self {
    case .numbers: .nan
    case .classes, .binary: Double(right) / Double(max(1, rows))
    case .labels: Double(right) / Double(max(1, rows * columns))
    }
  }

  /// Whether each row of zeros and ones has at most a single 1: a class, or none where a sequence is
  /// filled up.
  private static func holdsClasses(_ targets: Tensor) -> Bool {
    let columns = max(1, targets.shape.dimensions.last ?? 1)
    var hasClass = false
    let haveAtMostOne = try? targets.allBlocks { block in
      stride(from: 0, to: block.count, by: columns).allSatisfy { start in
        let sum = block[start..<start + columns].reduce(0, +)
        if sum == 1 { hasClass = true }
        return sum <= 1
      }
    }
    return haveAtMostOne == true && hasClass
  }

  private static func isReconstruction(_ inputs: Tensor, _ targets: Tensor) -> Bool {
    guard inputs.count == targets.count else { return false }
    if inputs.sharesStorage(with: targets), inputs.shape == targets.shape { return true }
    return (try? inputs.hasSameElements(as: targets)) == true
  }
}
