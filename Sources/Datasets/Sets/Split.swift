import Files
import Tensors

/// One part of a data set: examples, one a row.
package struct Split: Sendable {
  /// N×F: an example's numbers in one row. Loaded images lie in 0…1.
  package let x: Tensor
  /// N×K: one-hot rows for classes, or the numbers to predict.
  package let y: Tensor
  /// N class numbers 0…K−1; `nil` where y holds numbers to predict.
  package let labels: Tensor?
  /// H×W or H×W×C where the examples are images, otherwise empty.
  package let imageDimensions: [Int]
  /// How much each example counts in a training's loss, N; `nil` where all count alike.
  package let weights: Tensor?

  /// Examples as they are; trusts its caller that the shapes agree.
  package init(
    x: Tensor, y: Tensor, labels: Tensor?, imageDimensions: [Int], weights: Tensor? = nil
  ) {
    self.weights = weights
    self.x = x
    self.y = y
    self.labels = labels
    self.imageDimensions = imageDimensions
  }

  /// The number of examples.
  package var count: Int { x.shape.dimensions.first ?? 0 }
  package var isEmpty: Bool { count == 0 }

  /// N×H×W or N×H×W×C: a view of `x`; `nil` where the examples are no images.
  package var images: Tensor? {
    imageDimensions.isEmpty ? nil : try? x.reshaped([count] + imageDimensions)
  }

  /// A range of the examples, as views: nothing is copied. The range must lie in 0…count.
  package func rows(_ range: Range<Int>) throws(DataError) -> Split {
    try tensorResult { () throws(TensorError) in
      Split(
        x: try x.rows(range), y: try y.rows(range), labels: try labels?.rows(range),
        imageDimensions: imageDimensions, weights: try weights?.rows(range))
    }
  }

  /// The examples with these numbers, in this order; an error where one is outside 0..<count.
  package func selecting(_ rows: [Int]) throws(DataError) -> Split {
    try tensorResult { () throws(TensorError) in
      let index = try Tensor(rows.map(Double.init), Shape(checking: [rows.count]))
      return Split(
        x: try x.subscripted([.gather(index)]), y: try y.subscripted([.gather(index)]),
        labels: try labels?.subscripted([.gather(index)]), imageDimensions: imageDimensions,
        weights: try weights?.subscripted([.gather(index)]))
    }
  }

  /// The examples of all parts, one part after another. They must have the same columns.
  static func joined(_ parts: [Split]) throws(DataError) -> Split {
    let filled = parts.filter { !$0.isEmpty }
    guard filled.count > 1 else {
      guard let only = filled.first ?? parts.first else {
        throw .noExamples(place: "the data set")
      }
      return only
    }
    return try tensorResult { () throws(TensorError) in
      let labels = filled.compactMap(\.labels)
      let weights = filled.compactMap(\.weights)
      return Split(
        x: try Tensor.concatenate(filled.map(\.x), axis: 0),
        y: try Tensor.concatenate(filled.map(\.y), axis: 0),
        labels: labels.count == filled.count ? try Tensor.concatenate(labels, axis: 0) : nil,
        imageDimensions: filled[0].imageDimensions,
        weights: weights.count == filled.count ? try Tensor.concatenate(weights, axis: 0) : nil)
    }
  }
}
