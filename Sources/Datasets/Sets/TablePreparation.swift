import Files
import Tensors

/// What is done to the inputs that a table gave, column by column, learnt from the rows of train
/// alone: missing numbers are filled, and numbers scaled to 0…1.
package struct TablePreparation: Sendable {
  /// What stands in for a missing number.
  package enum Filling: Hashable, Sendable {
    case mean, median
    case number(Double)
  }

  let filling: Filling?
  let isScaled: Bool
  /// The names of the inputs' columns.
  let columns: [String]

  /// What was learnt of one column.
  struct Measures {
    var filling = 0.0
    var offset = 0.0
    var scale = 1.0
  }

  /// What the rows of train tell.
  ///
  /// - Parameter x: N×F, with nan where a number is missing.
  /// - Throws: where numbers are missing and nothing fills them, or a column has none.
  func measured(_ x: Tensor) throws(DataError) -> [Measures] {
    try columns.indices.map { (column) throws(DataError) in
      let numbers = try tensorResult { () throws(TensorError) in
        try x.subscripted([.slice(start: nil, stop: nil, step: 1), .at(column)]).guardedDoubles()
      }
      return try measures(numbers, column)
    }
  }

  private func measures(_ numbers: [Double], _ column: Int) throws(DataError) -> Measures {
    var measures = Measures()
    var present = numbers.filter { !$0.isNaN }
    let missing = numbers.count - present.count
    switch filling {
    case nil: break
    case .number(let number): measures.filling = number
    case .mean, .median:
      guard !present.isEmpty || numbers.isEmpty else {
        throw .missingValues(column: columns[column], count: missing, isTarget: false)
      }
      measures.filling = filling == .mean ? Self.mean(present) : Self.median(present)
    }
    guard isScaled else { return measures }
    if missing > 0, filling != nil { present.append(measures.filling) }
    let finite = present.filter(\.isFinite)
    guard let least = finite.min(), let greatest = finite.max() else { return measures }
    measures.offset = least
    measures.scale = greatest > least ? greatest - least : 1
    return measures
  }

  private static func mean(_ numbers: [Double]) -> Double {
    numbers.reduce(0, +) / Double(max(1, numbers.count))
  }

  private static func median(_ numbers: [Double]) -> Double {
    let sorted = numbers.sorted()
    guard !sorted.isEmpty else { return 0 }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  /// The rows of a part as they are learnt from.
  func prepared(_ split: Split, by measures: [Measures]) throws(DataError) -> Split {
    guard !split.isEmpty, filling != nil || isScaled else { return split }
    let numbers = try tensorResult { () throws(TensorError) in try split.x.guardedDoubles() }
    var result = numbers
    for place in result.indices {
      let measure = measures[place % measures.count]
      if result[place].isNaN, filling != nil { result[place] = measure.filling }
      if isScaled { result[place] = (result[place] - measure.offset) / measure.scale }
    }
    let x = try tensorResult { () throws(TensorError) in
      try Tensor(doubles: result, split.x.shape, elementType: split.x.elementType)
    }
    return Split(
      x: x, y: split.y, labels: split.labels, imageDimensions: split.imageDimensions,
      weights: split.weights)
  }
}
