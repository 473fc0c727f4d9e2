import CKernels
import Glibc
import Tensors

/// The end of a plan: the loss of a piece of a batch, and the gradient with respect to what the
/// last stage gave.
final class LossHead {
  /// What is computed from what.
  enum Kind {
    /// Softmax, cross-entropy and gradient in one pass over the logits.
    case softmaxCrossEntropy
    /// Cross-entropy of probabilities that are not a softmax's.
    case crossEntropy
    case meanSquaredError
  }

  let kind: Kind
  let rows: Int
  let width: Int
  /// Where the gradient goes.
  let gradient: Floats
  private let losses: Floats
  /// The sum of the rows' losses of the latest pass; for mse of their means.
  private(set) var lossSum = 0.0
  /// The rows of the latest pass whose largest output was the target's.
  private(set) var correct = 0

  init(_ kind: Kind, width: Int, builder: StageBuilder) throws(TensorError) {
    self.kind = kind
    self.rows = builder.rows
    self.width = width
    losses = try builder.buffer(width: 1)
    gradient = builder.gradientBuffer()
  }

  /// Measures, and fills the gradient, multiplied by `scale`, where `differentiates` is set.
  func evaluate(_ outputs: Floats, _ targets: UnsafePointer<Float>, scale: Float?) {
    switch kind {
    case .softmaxCrossEntropy:
      var hits = 0
      _ = nnsh_softmax_cross_entropy_rows(
        outputs, targets, rows, width, scale ?? 1, scale == nil ? nil : gradient, losses, &hits)
      correct = hits
      lossSum = 0
      for row in 0..<rows { lossSum += Double(losses[row]) }
    case .crossEntropy, .meanSquaredError:
      lossSum = 0
      correct = 0
      for row in 0..<rows {
        measure(outputs + row * width, targets + row * width)
        if let scale {
          differentiate(outputs + row * width, targets + row * width, row: row, scale: scale)
        }
      }
    }
  }

  private func measure(_ output: Floats, _ target: UnsafePointer<Float>) {
    var sum = 0.0
    var (guess, truth) = (0, 0)
    for column in 0..<width {
      let (p, y) = (output[column], target[column])
      if kind == .meanSquaredError {
        sum += Double(p - y) * Double(p - y)
      } else if y != 0 {
        sum -= Double(y) * log(Double(max(p, .leastNormalMagnitude)))
        if p.isNaN { sum = .nan }
      }
      if p > output[guess] { guess = column }
      if y > target[truth] { truth = column }
    }
    lossSum += kind == .meanSquaredError ? sum / Double(width) : sum
    if width == 1 ? (output[0] > 0.5) == (target[0] > 0.5) : guess == truth { correct += 1 }
  }

  private func differentiate(
    _ output: Floats, _ target: UnsafePointer<Float>, row: Int, scale: Float
  ) {
    let g = gradient + row * width
    for column in 0..<width {
      let (p, y) = (output[column], target[column])
      g[column] =
        kind == .meanSquaredError
        ? 2 * scale * (p - y) : y == 0 ? 0 : -scale * y / max(p, .leastNormalMagnitude)
    }
  }
}
