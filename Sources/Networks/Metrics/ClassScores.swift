import Tensors

/// What a confusion matrix says of each class, and of all together.
package struct ClassScores: Sendable {
  /// The share of the predictions of a class that are right; nan where it was never predicted.
  package let precision: [Double]
  /// The share of a class that was found; nan where there is none of it.
  package let recall: [Double]
  /// 2·TP / (2·TP + FP + FN); nan where a class neither is there nor was predicted.
  package let f1: [Double]

  /// - Parameter confusion: a row for each true class, a column for each it was taken for.
  package init(confusion: [Double], classes: Int) {
    func sum(_ places: (Int) -> Int) -> Double {
      (0..<classes).reduce(0) { $0 + confusion[places($1)] }
    }
    let right = (0..<classes).map { confusion[$0 * classes + $0] }
    let truths = (0..<classes).map { row in sum { row * classes + $0 } }
    let guesses = (0..<classes).map { column in sum { $0 * classes + column } }
    precision = zip(right, guesses).map { $1 > 0 ? $0 / $1 : .nan }
    recall = zip(right, truths).map { $1 > 0 ? $0 / $1 : .nan }
    f1 = (0..<classes).map { label in
      let both = truths[label] + guesses[label]
      return both > 0 ? 2 * right[label] / both : .nan
    }
  }

  /// The mean over the classes that are there or were predicted; a share of nothing counts as 0.
  package func macro(_ scores: [Double]) -> Double {
    let known = zip(scores, f1).filter { !$0.1.isNaN }.map { $0.0.isNaN ? 0 : $0.0 }
    return known.isEmpty ? .nan : known.reduce(0, +) / Double(known.count)
  }
}

/// How well numbers put examples in order.
package enum Ranking {
  /// The area under the receiver operating characteristic: the chance that an example of the class
  /// has a higher score than one of none, ties counted as half (Mann and Whitney, 1947); nan where
  /// there are no examples of one kind.
  package static func areaUnderCurve(_ scores: [Double], isPositive: [Bool]) -> Double {
    let order = scores.indices.sorted { scores[$0] < scores[$1] }
    let positives = isPositive.count { $0 }
    let negatives = isPositive.count - positives
    guard positives > 0, negatives > 0 else { return .nan }
    var (rankSum, start) = (0.0, 0)
    while start < order.count {
      var end = start
      while end < order.count, scores[order[end]] == scores[order[start]] { end += 1 }
      // Ranks count from 1; equal scores share the middle one.
      let rank = Double(start + 1 + end) / 2
      rankSum += rank * Double(order[start..<end].count { isPositive[$0] })
      start = end
    }
    let least = Double(positives) * Double(positives + 1) / 2
    return (rankSum - least) / (Double(positives) * Double(negatives))
  }

  /// The mean area over the columns, each against all others, of rows with one class each; nan
  /// where no class has examples of both kinds. Of two columns it is the area of the second.
  package static func meanArea(_ scores: [Double], labels: [Int], columns: Int) throws -> Double {
    var areas: [Double] = []
    for column in columns == 2 ? 1..<2 : 0..<columns {
      try Interrupt.check()
      let own = labels.indices.map { scores[$0 * columns + column] }
      areas.append(areaUnderCurve(own, isPositive: labels.map { $0 == column }))
    }
    let known = areas.filter { !$0.isNaN }
    return known.isEmpty ? .nan : known.reduce(0, +) / Double(known.count)
  }

  /// The share of rows whose class is among the `count` largest scores; equal ones go first in the
  /// order of the columns.
  package static func topShare(
    _ scores: [Double], labels: [Int], columns: Int, count: Int
  ) -> Double {
    let found = labels.indices.count { row in
      let (start, label) = (row * columns, labels[row])
      let own = scores[start + label]
      let before = (0..<columns).count { column in
        let score = scores[start + column]
        return score > own || score == own && column < label
      }
      return before < count
    }
    return labels.isEmpty ? .nan : Double(found) / Double(labels.count)
  }
}
