import CKernels
import Tensors

/// The end of a plan: the loss of a piece of a batch, its score, and the gradient with respect to
/// what the last stage gave.
final class LossHead {
  let form: LossForm
  let task: LearningTask
  let rows: Int
  let width: Int
  /// Where the gradient goes.
  let gradient: Floats
  private let losses: Floats
  /// The sum of the rows' losses of the latest pass; where a row's loss is a mean over its columns,
  /// of these means.
  private(set) var lossSum = 0.0
  /// The right answers of the latest pass: rows, or single zeros and ones where rows hold several.
  private(set) var correct = 0

  init(_ form: LossForm, task: LearningTask, width: Int, builder: StageBuilder) throws(TensorError)
  {
    self.form = form
    self.task = task
    self.rows = builder.rows
    self.width = width
    losses = try builder.buffer(width: 1)
    gradient = builder.gradientBuffer()
  }

  /// Measures the loss and the score; where `scale` is not nil, also fills `gradient`, times it.
  func evaluate(_ outputs: Floats, _ targets: UnsafePointer<Float>, scale: Float?) {
    lossSum = 0
    correct = 0
    if form == .softmaxCrossEntropy {
      var hits = 0
      _ = nnsh_softmax_cross_entropy_rows(
        outputs, targets, rows, width, scale ?? 1, scale == nil ? nil : gradient, losses, &hits)
      for row in 0..<rows { lossSum += Double(losses[row]) }
      correct = task == .classes ? hits : 0
      return
    }
    for row in 0..<rows {
      let (output, target) = (outputs + row * width, targets + row * width)
      measure(output, target)
      if let scale { differentiate(output, target, row: row, scale: scale) }
    }
  }

  private func measure(_ output: Floats, _ target: UnsafePointer<Float>) {
    var sum = 0.0
    for column in 0..<width {
      let (p, y) = (output[column], target[column])
      if form == .sigmoidCrossEntropy {
        sum += BinaryCrossEntropy.loss(logit: Double(p), target: Double(y))
      } else {
        sum += Double(p - y) * Double(p - y)
      }
    }
    lossSum += sum / Double(width)
    score(output, target)
  }

  private func score(_ output: Floats, _ target: UnsafePointer<Float>) {
    switch task {
    case .numbers: break
    case .classes:
      var (guess, truth) = (0, 0)
      for column in 1..<max(1, width) {
        if output[column] > output[guess] { guess = column }
        if target[column] > target[truth] { truth = column }
      }
      if guess == truth { correct += 1 }
    case .binary, .labels:
      // A probability above one half is a logit above 0.
      let cut: Float = form == .sigmoidCrossEntropy ? 0 : 0.5
      for column in 0..<width where (output[column] > cut) == (target[column] > 0.5) {
        correct += 1
      }
    }
  }

  private func differentiate(
    _ output: Floats, _ target: UnsafePointer<Float>, row: Int, scale: Float
  ) {
    let g = gradient + row * width
    for column in 0..<width {
      let (p, y) = (output[column], target[column])
      g[column] =
        form == .sigmoidCrossEntropy
        ? scale * Float(BinaryCrossEntropy.slope(logit: Double(p), target: Double(y)))
        : 2 * scale * (p - y)
    }
  }
}
