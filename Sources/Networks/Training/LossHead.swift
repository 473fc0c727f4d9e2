import Graph
import Operations
import Platform
import Tensors

/// The end of a plan: the loss of a piece of a batch, its score, and the gradient with respect to
/// what the last stage gave.
final class LossHead {
  private let form: LossForm
  private let task: LearningTask
  private let backend: any Backend
  /// Where the gradient goes.
  let gradient: FloatRows
  private let losses: FloatRows
  /// Of each row the sum of its squared errors, and that of its absolute ones.
  private let errors: FloatBuffer
  /// How many rows of classes an example's output holds: one, or in a sequence one a step.
  private let positions: Int
  private let recorded: RecordedHead?
  /// Whether the errors of predicted numbers are summed up.
  private let hasNumberScores: Bool
  /// What the latest pass adds up; where a row's loss is a mean over its columns, of these means.
  private(set) var sums = PassSums()

  init(_ setup: TrainingSetup, _ builder: StageBuilder) throws {
    form = setup.form
    task = setup.task
    backend = setup.backend
    positions = setup.positions
    hasNumberScores = setup.hasNumberScores
    losses = try builder.buffer(width: positions)
    errors = try FloatBuffer(
      count: form == .meanSquaredError ? 2 * builder.rows : 0, type: .f64)
    gradient = try builder.gradientBuffer(width: setup.outputShape.reduce(1, *))
    recorded = try setup.loss.recorded.map { try RecordedHead($0, setup, rows: builder.rows) }
  }

  /// Whether a pass may end half way.
  var mayStop: Bool { recorded != nil }

  /// Measures the loss and the score; where `scale` is not nil, also fills `gradient`, times it.
  ///
  /// - Parameter weights: how much each row of classes counts in the loss and its gradient; nil
  ///   where all count alike.
  func evaluate(
    _ outputs: FloatRows, _ targets: FloatRows, weights: [Double]?, scale: Double?
  ) throws {
    sums = PassSums()
    sums.rows = outputs.rows
    let padding = padding(in: targets)
    sums.answers = outputs.rows * positions - (padding?.count { $0 } ?? 0)
    let weights = weights ?? padding.map { $0.map { $0 ? 0 : 1 } }
    sums.weight = weights.map { $0.reduce(0, +) / Double(positions) } ?? Double(outputs.rows)
    if let recorded {
      sums.loss = try recorded.evaluate(outputs, targets, scale: scale, into: gradient)
      if task == .numbers, !hasNumberScores { return }
    }
    if gradient.type == .f64 {
      evaluateRows(
        outputs.doubles, targets.doubles, gradient.doubles, weights: weights, padding: padding,
        scale: scale)
    } else if recorded == nil, form == .softmaxCrossEntropy {
      let classes = gradient.columns / positions
      let hits = backend.crossEntropy(
        logits: outputs.inRows(of: classes), targets: targets.inRows(of: classes),
        scale: Float((scale ?? 1) / Double(positions)),
        gradient: scale == nil ? nil : gradient.inRows(of: classes), losses: losses.pointer)
      for row in 0..<gradient.rows * positions {
        sums.loss += losses.number(at: row) / Double(positions) * (weights?[row] ?? 1)
      }
      if let weights, scale != nil { gradient.inRows(of: classes).multiplyRows(by: weights) }
      sums.correct = task == .classes ? hits : 0
      if let padding { sums.correct -= hitsOfPadding(padding, outputs.inRows(of: classes)) }
    } else if form == .meanSquaredError, task == .numbers {
      measureErrors(outputs, targets, weights: weights, scale: scale)
    } else {
      evaluateRows(
        outputs.pointer, targets.pointer, gradient.pointer, weights: weights,
        padding: padding, scale: scale.map { Float($0) })
    }
  }

  private func measureErrors(
    _ outputs: FloatRows, _ targets: FloatRows, weights: [Double]?, scale: Double?
  ) {
    let measured = errors.row.doubles
    backend.squaredErrors(
      of: outputs, targets, scale: Float(scale ?? 1), gradient: scale == nil ? nil : gradient,
      sums: measured)
    for row in 0..<outputs.rows {
      let (squares, sizes) = (measured[2 * row], measured[2 * row + 1])
      sums.loss += (weights?[row] ?? 1) * squares / Double(outputs.columns)
      guard hasNumberScores else { continue }
      sums.squaredErrors += squares
      sums.absoluteErrors += sizes
    }
    if let weights, scale != nil { gradient.multiplyRows(by: weights) }
  }

  /// The same a row at a time; of a recorded loss the right answers alone.
  private func evaluateRows<Number: BinaryFloatingPoint>(
    _ outputs: UnsafeMutablePointer<Number>, _ targets: UnsafeMutablePointer<Number>,
    _ gradient: UnsafeMutablePointer<Number>, weights: [Double]?, padding: [Bool]?,
    scale: Number?
  ) {
    let width = self.gradient.columns / positions
    // A sequence's loss is the mean over its steps.
    let share = form == .softmaxCrossEntropy ? 1 / Number(positions) : 1
    for start in stride(from: 0, to: self.gradient.count, by: width) {
      let output = UnsafeBufferPointer(start: outputs + start, count: width)
      let target = UnsafeBufferPointer(start: targets + start, count: width)
      if !(padding?[start / width] ?? false) {
        sums.correct += task.rightAnswers(in: output, target, cut: cut)
      }
      if hasNumberScores { addErrors(output, target) }
      if recorded != nil { continue }
      let weight = weights?[start / width] ?? 1
      sums.loss += weight * form.loss(of: output, target) / Double(positions)
      if let scale {
        form.differentiate(output, target, gradient + start, scale * share * Number(weight))
      }
    }
  }

  /// Which steps of sequences have no class, as those that fill up the shorter ones; nil where each
  /// has one.
  private func padding(in targets: FloatRows) -> [Bool]? {
    guard positions > 1, task == .classes else { return nil }
    let rows = targets.inRows(of: targets.columns / positions)
    let missing = (0..<rows.rows).map { rows.rows(from: $0, count: 1).isZero }
    return missing.contains(true) ? missing : nil
  }

  /// A step without a class has all zeros, whose first is the largest: how many were taken for it.
  private func hitsOfPadding(_ padding: [Bool], _ outputs: FloatRows) -> Int {
    padding.indices.count { row in
      let start = row * outputs.columns
      return padding[row]
        && (1..<max(1, outputs.columns)).allSatisfy {
          outputs.number(at: start + $0) <= outputs.number(at: start)
        }
    }
  }

  /// Adds up how far predicted numbers are from their targets.
  private func addErrors<Number: BinaryFloatingPoint>(
    _ outputs: UnsafeBufferPointer<Number>, _ targets: UnsafeBufferPointer<Number>
  ) {
    let isLogit = form == .sigmoidCrossEntropy || recorded?.endsInSigmoid ?? false
    for (output, target) in zip(outputs, targets) {
      let value = Double(output)
      let error = (isLogit ? 1 / (1 + exp(-value)) : value) - Double(target)
      sums.absoluteErrors += abs(error)
      sums.squaredErrors += error * error
    }
  }

  private var cut: Double { recorded?.cut ?? form.cut }
}

/// A loss that is recorded anew for each piece of a batch.
private final class RecordedHead {
  private let loss: RecordedLoss
  /// What makes probabilities of the last stage's output, where that belongs to the loss.
  private let lastLayer: (any Layer)?
  private let outputShape: Shape
  private let targetShape: Shape
  private let rows: Int
  private let plans = PlanCache()
  /// The trainer's memory, while the loss is computed.
  private let lent = LentRows()

  init(_ loss: RecordedLoss, _ setup: TrainingSetup, rows: Int) throws {
    self.loss = loss
    self.rows = rows
    lastLayer = setup.form.includesLastLayer ? setup.lastLayer : nil
    outputShape = try Shape(checking: [rows] + setup.outputShape)
    targetShape = try Shape(checking: [rows] + setup.targetShape)
  }

  /// Whether it is given logits of a sigmoid.
  var endsInSigmoid: Bool { lastLayer?.probabilities == .sigmoid }

  /// Above which output a yes is given.
  var cut: Double { lastLayer == nil ? 0.5 : 0 }

  /// - Returns: the loss times the number of rows.
  func evaluate(
    _ outputs: FloatRows, _ targets: FloatRows, scale: Double?, into gradient: FloatRows
  ) throws -> Double {
    defer { lent.end() }
    return try record(outputs, targets, scale: scale, into: gradient)
  }

  private func record(
    _ outputs: FloatRows, _ targets: FloatRows, scale: Double?, into gradient: FloatRows
  ) throws -> Double {
    let target = Variable(lent.tensor(targets, targetShape))
    let tape = (scale == nil ? nil : plans.tape(isAlone: true)) ?? Tape()
    defer { tape.close() }
    var watched = Variable(lent.tensor(outputs, outputShape))
    if scale != nil { watched = tape.watch(watched) }
    let value = try value(of: watched, target)
    if let scale {
      guard !value.isConstant else { throw TrainingError.lossIsConstant(loss: loss.name) }
      let seed = try Tensor.full(
        value.shape, scale * Double(rows), value.elementType.arithmetic)
      let found = try plans.gradients(
        tape, of: value, seed: seed, to: [watched], into: [lent.tensor(gradient, outputShape)])
      if !found[0].tensor.lies(in: gradient) { try gradient.copy(from: found[0].tensor) }
    }
    return (value.tensor.item ?? .nan) * Double(rows)
  }

  /// The number that the loss makes of an output. Of what it was computed from nothing outlives
  /// this: a tape that closes computes what is still referred to.
  private func value(of output: Variable, _ target: Variable) throws -> Variable {
    let prediction = try lastLayer?.apply(output, LayerPass(parameters: [])) ?? output
    let value = try loss.function(target, prediction)
    guard value.count == 1 else {
      throw TrainingError.lossGivesNoNumber(loss: loss.name, gives: value.shape)
    }
    return value
  }
}

extension LossForm {
  /// The loss of one row of what the network gives before the layer that the form includes.
  func loss<Number: BinaryFloatingPoint>(
    of outputs: UnsafeBufferPointer<Number>, _ targets: UnsafeBufferPointer<Number>
  ) -> Double {
    if self == .softmaxCrossEntropy { return SoftmaxRow(outputs).loss(targets) }
    var sum = 0.0
    for (output, target) in zip(outputs, targets) {
      let (p, y) = (Double(output), Double(target))
      sum +=
        self == .sigmoidCrossEntropy
        ? BinaryCrossEntropy.loss(logit: p, target: y)
        : Double(output - target) * Double(output - target)
    }
    return sum / Double(outputs.count)
  }

  /// The row's gradient times `scale`; where a loss is a mean over columns, times their number.
  fileprivate func differentiate<Number: BinaryFloatingPoint>(
    _ outputs: UnsafeBufferPointer<Number>, _ targets: UnsafeBufferPointer<Number>,
    _ gradient: UnsafeMutablePointer<Number>, _ scale: Number
  ) {
    if self == .softmaxCrossEntropy {
      return SoftmaxRow(outputs).differentiate(targets, gradient, scale)
    }
    for column in outputs.indices {
      let (p, y) = (outputs[column], targets[column])
      gradient[column] =
        self == .sigmoidCrossEntropy
        ? scale * Number(BinaryCrossEntropy.slope(logit: Double(p), target: Double(y)))
        : 2 * scale * (p - y)
    }
  }

  /// Above which output a yes is given: the probability one half, or its logit.
  var cut: Double { self == .sigmoidCrossEntropy ? 0 : 0.5 }
}
