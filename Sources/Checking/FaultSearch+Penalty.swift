import Language
import Networks
import Tensors

/// The penalty on the weights: a term of the loss that no data reaches.
extension FaultSearch {
  func considerPenalty() throws {
    let linear = linearSteps()
    let junctions = try edges {
      linear.contains($0) && steps[$0].output.count == 1
        && ["add", "subtract"].contains(steps[$0].name)
    }
    for edge in junctions where isPenalty(edge.parent) {
      guard let part = try contribution(edge), part.contains(where: { $0 != 0 }) else { continue }
      penalty = part
      considerWrongPenalty(part)
      try considerWrongWeight(part)
      if best != nil { return }
    }
  }

  /// The steps from which on the loss is only added and scaled.
  private func linearSteps() -> Set<Int> {
    var found: Set<Int> = [loss.result]
    for index in stride(from: loss.result, through: 0, by: -1) where found.contains(index) {
      let passing = steps[index].parents.filter { $0 >= 0 && loss.passes[$0] }
      switch steps[index].name {
      case "add", "subtract", "negate", "reshape", "f64", "f32": found.formUnion(passing)
      case "multiply", "divide": if passing.count == 1 { found.formUnion(passing) }
      default: break
      }
    }
    return found
  }

  private func considerWrongPenalty(_ part: [Double]) {
    let rest = zip(given, truth).map { $0 - $1 }
    if let factor = Tolerance.factor(rest, part), isNear(rest, part, factor), given.count > 1 {
      return propose(scaledPenalty(1 + factor))
    }
    let data = zip(truth, part).map { $0 - $1 }
    guard !tolerance.agree(truth, data), let factor = Tolerance.factor(given, data) else { return }
    if tolerance.agree(given, data) { return propose(scaledPenalty(0)) }
    guard given.count > 1, tolerance.agree(given, data, times: factor) else { return }
    var also = factor < 0 ? ["the sign is flipped as well"] : []
    if abs(abs(factor) - 1) > 2e-4 { also.append(factors.sentence(for: factor, of: "besides, it")) }
    var finding = scaledPenalty(0)
    finding.also = also.joined(separator: "; ")
    propose(finding)
  }

  private func scaledPenalty(_ times: Double) -> Finding {
    if abs(times) < 2e-3 {
      return Finding(
        fault: .regularizer, text: "the term of the penalty on the weights is missing",
        rank: .penaltyMissing)
    }
    return Finding(
      fault: .regularizer,
      text: times < 0
        ? "the penalty's term has the wrong sign"
        : factors.sentence(for: times, of: "the penalty's term"), rank: .penaltyWrong)
  }

  /// The data's term is a multiple of what it should be, or the penalty is that of other weights.
  private func considerWrongWeight(_ part: [Double]) throws {
    guard given.count > 1 else { return }
    let data = zip(truth, part).map { $0 - $1 }
    let rest = zip(given, part).map { $0 - $1 }
    if let factor = Tolerance.factor(rest, data), isNear(rest, data, factor),
      abs(abs(factor) - 1) < 2e-4 || factors.name(of: abs(factor)) != nil
    {
      return propose(
        Finding(
          fault: factor < 0 ? .sign : .factor,
          text: factor < 0
            ? "the sign is flipped but for the penalty's term"
            : factors.sentence(for: factor, of: "it, but for the penalty's term,"),
          rank: .dataWrongBesidePenalty))
    }
    considerPowers(zip(given, data).map { $0 - $1 }) { factor, name in
      "its penalty's term is \(factor.displayed)·\(name), which is not the loss's"
    }
  }

  /// A penalty's term where the loss has none.
  func considerForeignPenalty() throws {
    guard penalty == nil else { return }
    considerPowers(zip(given, truth).map { $0 - $1 }) { factor, name in
      "it holds a penalty, \(factor.displayed)·\(name), and the loss has none"
    }
  }

  /// Whether some part of the gradient is that of a penalty, of whatever weight.
  private func considerPowers(_ rest: [Double], _ text: (Double, String) -> String) {
    let weights = steps[loss.target].output.doubles()
    guard given.count > 1 else { return }
    let forms: [(String, [Double])] = [
      ("W", weights), ("sign(W)", weights.map { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }),
      ("W²", weights.map { $0 * $0 }),
    ]
    for (name, values) in forms {
      guard let factor = Tolerance.factor(rest, values), isNear(rest, values, factor),
        values.count(where: { $0 != 0 }) > 1,
        // Where all weights are alike, a penalty is no more than a constant.
        values.contains(where: { $0 != values[0] })
      else { continue }
      return propose(
        Finding(
          fault: .regularizer, text: text(factor, name),
          rank: penalty == nil ? .foreignPenalty : .penaltyWrong))
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

  private static let penaltyOperations: Set<String> = [
    "", "multiply", "power", "abs", "sum", "mean", "norm", "add", "divide", "negate", "sqrt", "max",
    "reshape", "f64", "f32", "transpose", "matmul", "trace", "subtract",
  ]

  /// Whether a number is made of weights alone, each by itself, and not in proportion to them: no
  /// data reaches it.
  private func isPenalty(_ root: Int) -> Bool {
    var pending = [root]
    var seen: Set<Int> = []
    var isCurved = false
    while let index = pending.popLast() {
      guard seen.insert(index).inserted else { continue }
      guard seen.count < 200 else { return false }
      let step = steps[index]
      guard Self.penaltyOperations.contains(step.name) else { return false }
      let parents = step.parents.filter { $0 >= 0 }
      isCurved =
        isCurved || ["power", "abs", "norm", "sqrt", "max"].contains(step.name)
        || (["multiply", "matmul"].contains(step.name) && parents.count > 1)
      var large: Set<Int> = []
      for (input, parent) in zip(step.inputs, step.parents) where input.count > 1 {
        if parent < 0 { return false }
        large.insert(sourceLeaf(parent))
      }
      if large.count > 1 || large.contains(-1) { return false }
      pending += parents
    }
    return isCurved
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
}
