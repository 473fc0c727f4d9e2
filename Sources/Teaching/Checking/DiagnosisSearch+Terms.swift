import Networks
import Runtime
import Tensors

/// Terms of the loss that are missing or wrong, the penalty on the weights among them.
extension DiagnosisSearch {
  /// A path from one step to an input of it, and what passes back along it.
  private struct Edge {
    let step: Int
    let position: Int
    let parent: Int
    let part: Tensor
  }

  /// The inputs along which a gradient can be lost: those of a step with several, and those of a
  /// value that is used several times.
  private func edges(where isWanted: (Int) -> Bool = { _ in true }) throws -> [Edge] {
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

  private func contribution(_ edge: Edge) throws -> [Double]? {
    guard spend(edge.parent) else { return nil }
    return try loss.effect(of: [edge.parent: edge.part]).doubles()
  }

  // MARK: The penalty

  func considerPenalty() throws {
    let junctions = try edges { steps[$0].output.count == 1 }
    for edge in junctions where isPenalty(edge.parent) {
      guard let part = try contribution(edge), part.contains(where: { $0 != 0 }) else { continue }
      if penalty == nil || part.count(where: { $0 != 0 }) > 0 { penalty = part }
      considerWrongPenalty(part)
      if best != nil { return }
    }
    let data = penalty.map { penalty in zip(truth, penalty).map { $0 - $1 } } ?? truth
    let rest = zip(given, data).map { $0 - $1 }
    let weights = steps[loss.target].output.doubles()
    let forms: [(String, [Double])] = [
      ("W", weights), ("sign(W)", weights.map { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }),
      ("W²", weights.map { $0 * $0 }),
    ]
    guard given.count > 1 else { return }
    for (name, values) in forms {
      guard let factor = Tolerance.factor(rest, values), isNear(rest, values, factor),
        values.count(where: { $0 != 0 }) > 1
      else { continue }
      let text =
        penalty == nil
        ? "it holds a penalty, \(factor.displayed)·\(name), and the loss has none"
        : "its penalty's term is \(factor.displayed)·\(name), which is not the loss's"
      return propose(Finding(fault: .regularizer, text: text, cost: 2.1))
    }
  }

  /// Whether two parts agree to what the whole gradients' rounding leaves of them.
  private func isNear(_ rest: [Double], _ part: [Double], _ factor: Double) -> Bool {
    let largest = truth.reduce(0) { max($0, abs($1)) }
    let size = part.reduce(0) { max($0, abs($1)) } * abs(factor)
    let gap = zip(rest, part).reduce(0) { max($0, abs($1.0 - factor * $1.1)) }
    return gap.isFinite && size > 3e-5 * largest
      && gap <= max(2e-3 * size, tolerance.relative * largest * 0.1) + 10 * tolerance.noise
      && gap <= 0.05 * size
  }

  private func considerWrongPenalty(_ part: [Double]) {
    let rest = zip(given, truth).map { $0 - $1 }
    let data = zip(truth, part).map { $0 - $1 }
    if let factor = Tolerance.factor(rest, part), isNear(rest, part, factor), given.count > 1 {
      let times = 1 + factor
      if abs(times) < 2e-3 {
        return propose(
          Finding(
            fault: .regularizer, text: "the term of the penalty on the weights is missing",
            cost: 2))
      }
      return propose(
        Finding(
          fault: .regularizer,
          text: times < 0
            ? "the penalty's term has the wrong sign"
            : factors.sentence(for: times, of: "the penalty's term"), cost: 2.1))
    }
    if tolerance.agree(given, data), !tolerance.agree(truth, data) {
      return propose(
        Finding(
          fault: .regularizer, text: "the term of the penalty on the weights is missing", cost: 2))
    }
    guard given.count > 1, !tolerance.agree(data, truth),
      let factor = Tolerance.factor(given, data),
      tolerance.agree(given, data, times: factor)
    else { return }
    var also = factor < 0 ? ["the sign is flipped as well"] : []
    if abs(abs(factor) - 1) > 2e-4 { also.append(factors.sentence(for: factor, of: "besides, it")) }
    propose(
      Finding(
        fault: .regularizer, text: "the term of the penalty on the weights is missing",
        also: also.joined(separator: "; "), cost: 2.3))
  }

  private static let penaltyOperations: Set<String> = [
    "", "multiply", "power", "abs", "sum", "mean", "norm", "add", "divide", "negate", "sqrt", "max",
    "reshape", "f64", "f32", "transpose", "matmul", "trace", "subtract",
  ]

  /// Whether a number is made of weights alone, each by itself: no data reaches it.
  private func isPenalty(_ root: Int) -> Bool {
    var pending = [root]
    var seen: Set<Int> = []
    while let index = pending.popLast() {
      guard seen.insert(index).inserted else { continue }
      let step = steps[index]
      guard Self.penaltyOperations.contains(step.name) else { return false }
      var large: Set<Int> = []
      for (input, parent) in zip(step.inputs, step.parents) where input.count > 1 {
        if parent < 0 { return false }
        large.insert(sourceLeaf(parent))
      }
      if large.count > 1 || large.contains(-1) { return false }
      pending += step.parents.filter { $0 >= 0 }
    }
    return true
  }

  /// The one watched variable that a large value comes from; -1 where there are several.
  private func sourceLeaf(_ index: Int) -> Int {
    var current = index
    while !steps[current].parents.isEmpty {
      let large = zip(steps[current].inputs, steps[current].parents)
        .filter { $0.0.count > 1 }.map(\.1)
      guard let first = large.first, first >= 0, large.allSatisfy({ $0 == first }) else {
        return -1
      }
      current = first
    }
    return current
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
      consider(.term, without, cost: 2.5, "a term is missing: that of \(place)")
      guard given.count > 1, let factor = Tolerance.factor(rest, part),
        tolerance.agree(given, zip(truth, part).map { $0 + factor * $1 })
      else { continue }
      considerScaled(factor, place, touches: part.count(where: { $0 != 0 }))
    }
    try considerMissingFactors()
  }

  private func considerScaled(_ factor: Double, _ place: String, touches: Int) {
    let times = 1 + factor
    let size = abs(times)
    let isNamed = abs(size - 1) < 2e-4 || factors.name(of: size) != nil
    guard isNamed || touches >= 4, size > 1e-4 else { return }
    if times < 0 {
      propose(
        Finding(fault: .sign, text: "the sign of one term is flipped: that of \(place)", cost: 2.6))
    } else if abs(times - 2) < 1e-3 {
      propose(
        Finding(fault: .term, text: "a term is counted twice: that of \(place)", cost: 2.6))
    } else {
      propose(
        Finding(
          fault: .factor, text: factors.sentence(for: times, of: "one term, that of \(place),"),
          cost: isNamed ? 2.7 : 2.9))
    }
  }

  /// A factor of the chain rule that is left out: what passes back through a step unchanged.
  private func considerMissingFactors() throws {
    let plain: Set<String> = ["multiply", "divide", "power", "matmul"]
    for (index, step) in steps.enumerated() where plain.contains(step.name) && best == nil {
      guard let cotangent = loss.cotangents[index] else { continue }
      let needed = step.parents.map { $0 >= 0 && loss.passes[$0] }
      let parts = try loss.recording.parts(of: index, cotangent, needed: needed)
      for (position, part) in parts.enumerated() {
        guard needed[position], let part else { continue }
        let parent = step.parents[position]
        var passed = cotangent
        if passed.shape != part.shape, passed.count == part.count {
          passed = try passed.reshaped(part.shape.dimensions)
        }
        guard passed.shape == part.shape else { continue }
        let change = try Tensor.apply(.subtract, passed, part)
        guard let gradient = try changed([parent: change]) else { return }
        consider(
          .term, gradient, cost: 2.8,
          "a factor of the chain rule is missing: that of the \(step.name) of "
            + Self.words(step.output.shape))
      }
    }
  }
}
