import Language
import Operations
import Tensors

/// Terms of the loss that are missing or wrong.
extension FaultSearch {
  /// A path from one step to an input of it, and what passes back along it.
  struct Edge {
    let step: Int
    let position: Int
    let parent: Int
    let part: Tensor
  }

  /// The inputs along which a gradient can be lost: those of a step with several, and those of a
  /// value that is used several times.
  func edges(where isWanted: (Int) -> Bool = { _ in true }) throws -> [Edge] {
    var uses = [Int](repeating: 0, count: steps.count)
    for (index, step) in steps.enumerated() where loss.cotangents[index] != nil {
      for parent in step.parents where parent >= 0 { uses[parent] += 1 }
    }
    var found: [Edge] = []
    for (index, step) in steps.enumerated() where isWanted(index) && found.count < 300 {
      guard let cotangent = loss.cotangents[index] else { continue }
      let needed = step.parents.map { $0 >= 0 && loss.passes[$0] }
      let isJunction = needed.count(where: { $0 }) > 1
      guard
        needed.indices.contains(where: { needed[$0] && (isJunction || uses[step.parents[$0]] > 1) })
      else { continue }
      let parts = try loss.recording.parts(of: index, cotangent, needed: needed)
      for (position, part) in parts.enumerated() {
        guard needed[position], let part, isJunction || uses[step.parents[position]] > 1 else {
          continue
        }
        found.append(
          Edge(step: index, position: position, parent: step.parents[position], part: part))
      }
    }
    return found
  }

  func contribution(_ edge: Edge) throws -> [Double]? {
    guard spend(edge.parent) else { return nil }
    return try loss.effect(of: [edge.parent: edge.part]).doubles()
  }

  // MARK: Other terms

  func considerTerms() throws {
    let rest = zip(given, truth).map { $0 - $1 }
    for edge in try edges() {
      guard let part = try contribution(edge) else { return }
      guard part.allSatisfy(\.isFinite), !tolerance.agree(part, truth),
        part.contains(where: { $0 != 0 })
      else { continue }
      let without = zip(truth, part).map { $0 - $1 }
      let place = "\(steps[edge.step].name), the part through \(describe(edge.parent))"
      consider(.term, without, .termMissing, "a term is missing: that of \(place)")
      guard given.count > 1, let factor = Tolerance.factor(rest, part),
        tolerance.agree(given, zip(truth, part).map { $0 + factor * $1 })
      else { continue }
      considerScaled(factor, place, touches: part.count(where: { $0 != 0 }))
    }
    try considerConstantStatistics()
    try considerMissingFactors()
  }

  private func considerScaled(_ factor: Double, _ place: String, touches: Int) {
    let times = 1 + factor
    let size = abs(times)
    let isNamed = abs(size - 1) < 2e-4 || factors.name(of: size) != nil
    guard isNamed || touches >= 3, size > 1e-4 else { return }
    if times < 0 {
      propose(
        Finding(
          fault: .sign, text: "the sign of one term is flipped: that of \(place)",
          rank: .termFlipped))
    } else if abs(times - 2) < 1e-3 {
      propose(
        Finding(
          fault: .term, text: "a term is counted twice: that of \(place)", rank: .termTwice))
    } else {
      propose(
        Finding(
          fault: .factor, text: factors.sentence(for: times, of: "one term, that of \(place),"),
          rank: .termScaled))
    }
  }

  /// Means, variances and their like taken for constants: no gradient passes through them.
  private func considerConstantStatistics() throws {
    let statistics = steps.indices.filter { index in
      guard loss.cotangents[index] != nil, index != loss.result, steps[index].output.count > 1,
        let parent = steps[index].parents.first, parent >= 0, loss.passes[parent]
      else { return false }
      return steps[index].traits.contains(.reduction)
        && steps[index].output.count < steps[parent].output.count
    }
    guard !statistics.isEmpty, statistics.count <= 12 else { return }
    for first in statistics.indices {
      for second in first..<statistics.count where isOpen {
        let blocked = Set([statistics[first], statistics[second]])
        let adjustments = Dictionary(
          uniqueKeysWithValues: blocked.map { index -> (Int, Recording.Adjustment) in
            (index, { cotangents in try cotangents[index].map { try Tensor.apply(.negate, $0) } })
          })
        guard let gradient = try adjusted(adjustments) else { return }
        let names = blocked.sorted().map { describe($0) }.joined(separator: " and ")
        consider(
          .term, gradient, .statisticsConstant,
          "a term is missing: no gradient passes through \(names)")
      }
    }
  }

  /// A factor of the chain rule that is left out: what passes back through a step unchanged.
  private func considerMissingFactors() throws {
    let plain: Set<String> = ["multiply", "divide", "power", "matmul"]
    for (index, step) in steps.enumerated() where plain.contains(step.name) && isOpen {
      guard let cotangent = loss.cotangents[index] else { continue }
      let needed = step.parents.map { $0 >= 0 && loss.passes[$0] }
      let parts = try loss.recording.parts(of: index, cotangent, needed: needed)
      for (position, part) in parts.enumerated() {
        guard needed[position], let part else { continue }
        let parent = step.parents[position]
        guard let passed = try Self.summed(cotangent, to: part.shape) else { continue }
        let change = try Tensor.apply(.subtract, passed, part)
        guard let gradient = try changed([parent: change]) else { return }
        consider(
          .term, gradient, .chainFactorMissing,
          "a factor of the chain rule is missing: that of the \(step.name) of "
            + Self.words(step.output.shape))
      }
    }
  }

  /// What passes back to an operand that was stretched: the sum over what it was stretched along.
  private static func summed(_ tensor: Tensor, to shape: Shape) throws -> Tensor? {
    if tensor.count == shape.count { return try tensor.reshaped(shape.dimensions) }
    let leading = tensor.rank - shape.rank
    guard leading >= 0 else { return nil }
    let axes = (0..<tensor.rank).filter { axis in
      axis < leading || (shape[axis - leading] == 1 && tensor.shape[axis] > 1)
    }
    let sum = try tensor.reduce(.sum, axes: axes)
    return sum.count == shape.count ? try sum.reshaped(shape.dimensions) : nil
  }
}
