import Files
import Tensors

extension DataSet {
  package enum Part: String, CaseIterable, Sendable { case train, valid, test }

  package subscript(part part: Part) -> Split {
    switch part {
    case .train: train
    case .valid: valid
    case .test: test
    }
  }

  /// The same set with another part in the place of one; what a table gave is kept as it is now.
  package func replacing(_ part: Part, by split: Split) -> DataSet {
    DataSet(
      name: name, train: part == .train ? split : train, valid: part == .valid ? split : valid,
      test: part == .test ? split : test, names: names)
  }
}

extension Split {
  /// The same targets with other examples: N×F, N, or images N×H×W or N×H×W×C.
  package func replacing(x: Tensor) throws(DataError) -> Split {
    let shown = try Split.shaped(x)
    guard shown.x.shape[0] == y.shape[0] else {
      throw .rowCounts(place: "x", rows: shown.x.shape[0], labels: y.shape[0])
    }
    return Split(
      x: shown.x, y: y, labels: labels, imageDimensions: shown.imageDimensions, weights: weights)
  }

  /// The same examples with other targets: labels, one-hot rows or numbers to predict.
  package func replacing(y: Tensor, names: [String]) throws(DataError) -> Split {
    var names = names
    if names.isEmpty, labels != nil { names = (0..<self.y.shape[1]).map(String.init) }
    let targets = try TargetColumns(
      y, names: names, place: "y", isNumeric: labels == nil && !isEmpty)
    guard targets.rows == count else {
      throw .rowCounts(place: "y", rows: count, labels: targets.rows)
    }
    return Split(
      x: x, y: targets.y, labels: targets.labels, imageDimensions: imageDimensions,
      weights: weights)
  }

  /// The same examples, each with how much it counts in a training's loss.
  package func replacing(weights: Tensor) throws(DataError) -> Split {
    guard weights.rank == 1, weights.count == count else {
      throw .shape(
        place: "weights", expected: "\(count) numbers, one a row", found: "\(weights.shape)")
    }
    return Split(x: x, y: y, labels: labels, imageDimensions: imageDimensions, weights: weights)
  }

  /// Rows of numbers, and the shape of the images where they are those.
  static func shaped(_ x: Tensor) throws(DataError) -> (x: Tensor, imageDimensions: [Int]) {
    let sizes = x.shape.dimensions
    guard let rows = sizes.first, sizes.count <= 4 else {
      throw .shape(
        place: "x", expected: "rows of numbers (N×F) or images (N×H×W)", found: "\(x.shape)")
    }
    let columns = sizes.dropFirst().reduce(1, *)
    let matrix = try tensorResult { () throws(TensorError) in
      try x.cast(to: x.elementType.arithmetic).contiguous().reshaped([rows, columns])
    }
    return (matrix, sizes.count >= 3 ? Array(sizes.dropFirst()) : [])
  }
}
