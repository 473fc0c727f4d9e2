import Datasets
import Language
import Networks
import Tensors

/// The loss of a minibatch and its gradients, where ranks share each batch.
///
/// Each evaluates the expression for blocks of the rows, and the results are joined as in `train`.
/// That is right where the loss is a mean over rows, which is tried at the first step: the whole
/// batch must give what the blocks do. A loss that draws random numbers or mixes rows is evaluated
/// for the whole batch by every rank, with the same result.
final class SharedLoss {
  private let gradient: LossGradient
  private let machine: Machine
  private let ranks = Ranks.current
  /// Whether the loss is a mean over rows; nil before it was tried.
  private var isMean: Bool?
  private var sum: (buffer: FloatBuffer, joined: GradientSum)?

  typealias Found = (loss: Double, gradients: [Tensor])

  init(_ gradient: LossGradient, _ machine: Machine) {
    self.gradient = gradient
    self.machine = machine
  }

  /// - Parameters:
  ///   - rows: the minibatch; nil where the expression stands as it is.
  ///   - tellingCuts: as `LossGradient.evaluate`.
  func evaluate(_ rows: Split?, tellingCuts: Bool) throws -> Found {
    guard let rows else { return try gradient.evaluate(tellingCuts: tellingCuts) }
    let size = BlockTree.rows(ofBatch: rows.count, fewest: Self.fewestRows)
    guard ranks.isShared, size < rows.count, isMean != false else {
      RowVariables.set(rows, machine)
      return try gradient.evaluate(tellingCuts: tellingCuts)
    }
    let blocks = stride(from: 0, to: rows.count, by: size).map {
      $0..<min(rows.count, $0 + size)
    }
    if isMean == nil {
      let whole = try tried(rows, blocks, tellingCuts)
      if isMean == false { return whole }
    }
    return try joined(rows, blocks, ranks)
  }

  private static let fewestRows = 32

  /// Evaluates the whole batch, and finds out whether blocks give the same.
  private func tried(_ rows: Split, _ blocks: [Range<Int>], _ tellingCuts: Bool) throws -> Found {
    let before = machine.random.generator
    RowVariables.set(rows, machine)
    let whole = try gradient.evaluate(tellingCuts: tellingCuts)
    guard machine.random.generator == before else {
      isMean = false
      return whole
    }
    let parts = try joined(rows, blocks, Alone(isShared: true))
    isMean = Self.agree(whole, parts)
    return whole
  }

  /// As far as the rounding of Float32 lets them.
  private static func agree(_ a: Found, _ b: Found) -> Bool {
    // Where something is not finite, the step will say so.
    guard a.loss.isFinite else { return false }
    let isClose = abs(a.loss - b.loss) <= 1e-4 * max(abs(a.loss), 1e-6)
    return isClose
      && zip(a.gradients, b.gradients).allSatisfy { one, other in
        let (one, other) = (one.doubles(), other.doubles())
        let largest = one.reduce(0) { max($0, abs($1)) }
        return zip(one, other).allSatisfy { abs($0 - $1) <= 1e-3 * largest + 1e-12 }
      }
  }

  /// Evaluates the blocks that are this rank's, and joins what all have found.
  private func joined(
    _ rows: Split, _ blocks: [Range<Int>], _ exchange: any GradientExchange
  ) throws -> Found {
    let tree = BlockTree(blocks: blocks.count, ranks: exchange.ranks)
    let parameters = try gradient.parameters()
    let (buffer, joining) = try memory(parameters, exchange)
    var losses: [Double] = []
    try joining.sum(tree) { number, target in
      RowVariables.set(try rows.rows(blocks[number]), machine)
      let found = try gradient.evaluate(tellingCuts: false)
      losses.append(found.loss)
      let share = Double(blocks[number].count) / Double(rows.count)
      var start = 0
      for part in found.gradients {
        let place = target.numbers(from: start, count: part.count)
        try place.copy(from: part.cast(to: target.type))
        place.multiply(by: share)
        start += part.count
      }
    }
    let all = try exchange.gathered(
      losses, counts: (0..<exchange.ranks).map { tree.owned(by: $0).count }
    ).flatMap { $0 }
    try joining.join(tree)
    let loss = zip(all, blocks).reduce(0) { $0 + $1.0 * Double($1.1.count) } / Double(rows.count)
    var start = 0
    let gradients = try parameters.map { parameter in
      defer { start += parameter.count }
      return try buffer.row.numbers(from: start, count: parameter.count).tensor(parameter.shape)
        .cast(to: parameter.elementType.arithmetic)
    }
    return (loss, gradients)
  }

  private func memory(
    _ parameters: [Tensor], _ exchange: any GradientExchange
  ) throws -> (FloatBuffer, GradientSum) {
    let isDouble = parameters.contains { $0.elementType == .f64 }
    let count = parameters.reduce(0) { $0 + $1.count }
    let type: ElementType = isDouble ? .f64 : .f32
    if let sum, sum.buffer.count == count, sum.buffer.type == type, exchange === ranks {
      return sum
    }
    let buffer = try FloatBuffer(count: count, type: type)
    let made = (buffer, GradientSum(buffer, exchange))
    if exchange === ranks { sum = made }
    return made
  }

  /// Numbers that follow from the variables alone, as the losses of pieces of the validation rows:
  /// shared by the ranks where that gives the same.
  func losses(_ count: Int, _ measure: (Int) throws -> Double) throws -> [Double] {
    guard ranks.isShared, isMean == true else { return try (0..<count).map(measure) }
    let pieces = BlockTree(blocks: count, ranks: ranks.ranks)
    let own = try pieces.owned(by: ranks.rank).map(measure)
    return try ranks.gathered(
      own, counts: (0..<ranks.ranks).map { pieces.owned(by: $0).count }
    ).flatMap { $0 }
  }
}
