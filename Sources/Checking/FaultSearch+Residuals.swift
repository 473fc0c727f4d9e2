import Language
import Networks
import Platform
import Tensors

/// The end of a loss, where what passes back is p − y times weights, however it was written:
/// softmax with cross-entropy, sigmoid with its binary form, squared errors.
extension FaultSearch {
  func considerResiduals() throws {
    for residual in Residual.all(in: loss, tolerance: tolerance) where isOpen {
      for form in residual.link.forms where isWorth(form.rank) {
        try consider(form, of: residual)
      }
      try considerMissingWeights(residual)
    }
  }

  private func consider(_ form: Residual.Form, of residual: Residual) throws {
    let values = form.value(residual)
    let change = values.indices.map {
      residual.weights[$0] * (values[$0] - residual.difference[$0])
    }
    guard change.allSatisfy(\.isFinite),
      let gradient = try changed([residual.step: tensor(change, like: residual.step)])
    else { return }
    consider(form.fault, gradient, form.rank, form.text)
  }

  /// p − y without the examples' weights, times any constant.
  private func considerMissingWeights(_ residual: Residual) throws {
    guard residual.isWeighted, given.count > 1 else { return }
    let size = abs(residual.weights.first { $0 != 0 } ?? 1)
    let change = residual.weights.indices.map {
      (size - residual.weights[$0]) * residual.difference[$0]
    }
    guard let gradient = try changed([residual.step: tensor(change, like: residual.step)]),
      let factor = Tolerance.factor(given, gradient),
      tolerance.agree(given, gradient, times: factor), factor > 0
    else { return }
    propose(
      Finding(
        fault: .term, text: "the weights of the examples are missing", rank: .exampleWeights))
  }
}

/// A step of the loss whose cotangent is weights ⊙ (p − y), p being a function of the step's value
/// and y a constant of its shape.
struct Residual: Sendable {
  /// How p comes of the step's value.
  enum Link: CaseIterable {
    case softmax, sigmoid, identity, exp
  }

  let step: Int
  let link: Link
  let x: [Double]
  let p: [Double]
  let y: [Double]
  let difference: [Double]
  let weights: [Double]
  /// Whether the weights differ from example to example.
  let isWeighted: Bool
  let rowLength: Int

  /// Large losses are not searched.
  private static let mostElements = 1 << 18

  /// All of a loss, the last step first.
  static func all(in loss: LossRecording, tolerance: Tolerance) -> [Residual] {
    let steps = loss.recording.steps
    let constants = Self.constants(of: loss)
    return steps.indices.reversed().compactMap { index in
      let output = steps[index].output
      guard let cotangent = loss.cotangents[index], output.rank > 0, output.count > 1,
        output.count <= mostElements, let targets = constants[output.shape],
        cotangent.count == output.count
      else { return nil }
      let (x, g) = (output.doubles(), cotangent.doubles())
      guard g.contains(where: { $0 != 0 }) else { return nil }
      let rowLength = output.shape.dimensions.last ?? 1
      for link in Link.allCases {
        let p = link.values(x, rowLength: rowLength)
        for y in targets {
          let difference = zip(p, y).map { $0 - $1 }
          guard
            let (weights, isWeighted) = weights(g, difference, rowLength, tolerance: tolerance)
          else { continue }
          return Residual(
            step: index, link: link, x: x, p: p, y: y, difference: difference, weights: weights,
            isWeighted: isWeighted, rowLength: rowLength)
        }
      }
      return nil
    }
  }

  /// The tensors of the loss that do not depend on the checked variable, by shape.
  private static func constants(of loss: LossRecording) -> [Shape: [[Double]]] {
    var found: [Shape: [[Double]]] = [:]
    func add(_ tensor: Tensor) {
      guard tensor.count > 1, tensor.count <= mostElements else { return }
      let values = tensor.doubles()
      for candidate in [values, values.map { -$0 }] {
        let known = found[tensor.shape, default: []]
        guard known.count < mostTargets, !known.contains(candidate) else { return }
        found[tensor.shape] = known + [candidate]
      }
    }
    for (index, step) in loss.recording.steps.enumerated() {
      if !loss.passes[index] { add(step.output) }
      for (input, parent) in zip(step.inputs, step.parents) where parent < 0 { add(input) }
    }
    return found
  }

  private static let mostTargets = 16

  /// The weights by which differences give the cotangent: one for all, or one a row.
  private static func weights(
    _ g: [Double], _ difference: [Double], _ rowLength: Int, tolerance: Tolerance
  ) -> (values: [Double], areSeveral: Bool)? {
    if let factor = Tolerance.factor(g, difference),
      tolerance.agree(g, difference, times: factor)
    {
      return ([Double](repeating: factor, count: g.count), false)
    }
    guard rowLength > 1, g.count > rowLength else { return nil }
    var weights = [Double](repeating: 0, count: g.count)
    for start in stride(from: 0, to: g.count, by: rowLength) {
      let row = start..<start + rowLength
      guard row.contains(where: { g[$0] != 0 }) else { continue }
      guard let factor = Tolerance.factor(Array(g[row]), Array(difference[row])) else { return nil }
      for index in row { weights[index] = factor }
    }
    let expected = zip(weights, difference).map { $0 * $1 }
    return tolerance.agree(g, expected) ? (weights, true) : nil
  }

  /// What may stand in the place of p − y.
  struct Form: Sendable {
    let fault: GradientFault
    let rank: Rank
    let text: String
    let value: @Sendable (Residual) -> [Double]

    init(
      _ fault: GradientFault, _ rank: Rank, _ text: String,
      _ value: @escaping @Sendable (Residual) -> [Double]
    ) {
      self.fault = fault
      self.rank = rank
      self.text = text
      self.value = value
    }
  }

  /// Each element by itself.
  private func each(_ value: (_ p: Double, _ y: Double, _ x: Double) -> Double) -> [Double] {
    x.indices.map { value(p[$0], y[$0], x[$0]) }
  }

  private func rows(_ body: (Range<Int>, inout [Double]) -> Void) -> [Double] {
    var result = [Double](repeating: 0, count: x.count)
    for start in stride(from: 0, to: x.count, by: max(1, rowLength)) {
      body(start..<min(start + rowLength, x.count), &result)
    }
    return result
  }

  /// The softmax over the examples.
  private var acrossRows: [Double] {
    var sums = [Double](repeating: 0, count: rowLength)
    let largest = x.max() ?? 0
    for index in x.indices { sums[index % rowLength] += Platform.exp(x[index] - largest) }
    return x.indices.map { Platform.exp(x[$0] - largest) / sums[$0 % rowLength] }
  }

  private var hardest: [Double] {
    rows { row, result in
      if let best = row.max(by: { p[$0] < p[$1] }) { result[best] = 1 }
    }
  }

  private func minusTargets(_ values: [Double]) -> [Double] { zip(values, y).map { $0 - $1 } }

  // MARK: The forms

  static let halves: [Form] = [
    Form(
      .term, .residualTerm, "the term of the targets is missing: p stands where p − y belongs"
    ) { $0.p },
    Form(
      .term, .residualTerm,
      "the term of the probabilities is missing: −y stands where p − y belongs"
    ) { $0.y.map { -$0 } },
  ]

  private static let ofValues: [Form] = [
    Form(.term, .residualTerm, "the targets are missing from the difference") { $0.p },
    Form(.term, .residualTerm, "the prediction is missing from the difference") {
      $0.y.map { -$0 }
    },
  ]

  private static let ofExponentials: [Form] = [
    Form(.mask, .residualProbabilities, "exp is missing: its input stands where it belongs") {
      $0.minusTargets($0.x)
    }
  ]

  private static let ofProbabilities: [Form] = [
    Form(
      .logits, .residualStep,
      "p − y is multiplied by p(1 − p): it already contains the step to the logits"
    ) { $0.each { p, y, _ in (p - y) * p * (1 - p) } },
    Form(
      .logits, .residualStep,
      "p − y is divided by p(1 − p): it is taken with respect to the probabilities"
    ) { $0.each { p, y, _ in (p - y) / (p * (1 - p)) } },
    Form(.logits, .residualStep, "p − y is multiplied by p once more") {
      $0.each { p, y, _ in (p - y) * p }
    },
    Form(.logits, .residualStep, "p − y is divided by p") { $0.each { p, y, _ in (p - y) / p } },
    Form(
      .logits, .residualProbabilities,
      "the logits stand where the probabilities belong in p − y"
    ) { $0.minusTargets($0.x) },
    Form(
      .logits, .residualProbabilities,
      "exp of the logits stands where the probabilities belong in p − y"
    ) { $0.minusTargets($0.x.map { Platform.exp($0) }) },
    Form(
      .logits, .residualProbabilities,
      "the logarithm of the probabilities stands where they belong in p − y"
    ) { $0.minusTargets($0.p.map { Platform.log($0) }) },
    Form(
      .logits, .residualProbabilities,
      "the most probable class stands where the probabilities belong in p − y"
    ) { $0.minusTargets($0.rowLength > 1 ? $0.hardest : $0.p.map { $0 > 0.5 ? 1 : 0 }) },
    Form(
      .logits, .residualProbabilities,
      "the tanh of the logits stands where the probabilities belong in p − y"
    ) { $0.minusTargets($0.x.map { Platform.tanh($0) }) },
  ]

  static let ofSoftmax: [Form] = [
    Form(
      .logits, .residualStep,
      "it is taken with respect to the softmax's output: the step to the logits is missing"
    ) { $0.each { p, y, _ in -y / p } },
    Form(
      .logits, .residualStep,
      "p − y goes through the softmax's derivative again, which it already contains"
    ) { SoftmaxRows.passing($0.difference, $0.p, $0.rowLength) },
    Form(
      .logits, .residualProbabilities,
      "the sigmoid of the logits stands where their softmax belongs in p − y"
    ) { $0.minusTargets($0.x.map { 1 / (1 + Platform.exp(-$0)) }) },
    Form(
      .axis, .residualProbabilities,
      "softmax runs along axis 0, over the examples, not over the classes"
    ) { $0.minusTargets($0.acrossRows) },
    Form(
      .term, .residualTerm,
      "only the case i = j of the softmax's derivative is there: the terms −pᵢpⱼ are missing"
    ) { $0.each { p, y, _ in -y * (1 - p) } },
  ]

  static let ofSigmoid: [Form] = [
    Form(
      .term, .residualTerm, "the term of the other class is missing: that of log(1 − p)"
    ) { $0.each { p, y, _ in -y * (1 - p) } },
    Form(.term, .residualTerm, "the term of the targets' own class is missing: that of log p") {
      $0.each { p, y, _ in (1 - y) * p }
    },
    Form(
      .logits, .residualStep,
      "it is taken with respect to the probabilities, and without the other class"
    ) { $0.each { p, y, _ in -y / p } },
    Form(
      .logits, .residualProbabilities,
      "the softmax of the logits stands where their sigmoid belongs in p − y"
    ) { $0.minusTargets(Activation.Kind.softmax.values($0.x, rowLength: $0.rowLength)) },
  ]

  static func forms(of link: Link) -> [Form] {
    switch link {
    case .softmax: halves + ofProbabilities + ofSoftmax
    case .sigmoid: halves + ofProbabilities + ofSigmoid
    case .identity: ofValues
    case .exp: ofValues + ofExponentials
    }
  }
}

extension Residual.Link {
  var forms: [Residual.Form] { Residual.forms(of: self) }

  func values(_ x: [Double], rowLength: Int) -> [Double] {
    switch self {
    case .softmax: Activation.Kind.softmax.values(x, rowLength: rowLength)
    case .sigmoid: x.map { Activation.Kind.sigmoid.value($0) }
    case .identity: x
    case .exp: x.map { Platform.exp($0) }
    }
  }
}
