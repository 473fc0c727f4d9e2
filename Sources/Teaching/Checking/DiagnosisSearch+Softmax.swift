import Glibc
import Networks
import Runtime
import Tensors

/// The step from probabilities to logits: left out, taken twice, or with other probabilities.
extension DiagnosisSearch {
  func considerSoftmax() throws {
    for activation in activations where !activation.kind.isElementwise {
      let rows = SoftmaxRows(activation, self)
      for form in SoftmaxRows.forms {
        let wrong = form.value(rows)
        let change = zip(wrong, rows.passed).map { $0 - $1 }
        guard change.allSatisfy(\.isFinite),
          let gradient = try changed([activation.input: tensor(change, like: activation.input)])
        else { continue }
        consider(form.fault, gradient, cost: form.cost, form.text)
      }
      try considerOtherProbabilities(activation, rows)
      try considerMissingTargets(activation, rows)
    }
  }

  /// Probabilities from another variable, as for a softmax along the other axis.
  private func considerOtherProbabilities(_ activation: Activation, _ rows: SoftmaxRows) throws {
    let shape = steps[activation.input].output.shape
    guard shape.rank == 2 else { return }
    let x = steps[activation.input].output
    let across = try x.transposed().softmax().transposed().doubles()
    let largest = try rows.hardest(x)
    let others: [(String, GradientFault, [Double])] = [
      ("softmax runs along axis 0, over the examples, not over the classes", .axis, across),
      ("the most probable class stands where the probabilities belong", .logits, largest),
    ]
    for (text, fault, values) in others {
      let change = rows.swapping(values)
      guard let gradient = try changed([activation.input: tensor(change, like: activation.input)])
      else { continue }
      consider(fault, gradient, cost: 2.4, text)
    }
  }

  /// Only one of p and y.
  private func considerMissingTargets(_ activation: Activation, _ rows: SoftmaxRows) throws {
    let alone: [(String, [Double])] = [
      ("the term of the targets is missing: p stands where p − y belongs", rows.probabilityTerm),
      ("the term of the probabilities is missing: −y stands where p − y belongs", rows.targetTerm),
    ]
    for (text, values) in alone {
      let change = zip(values, rows.passed).map { $0 - $1 }
      guard let gradient = try changed([activation.input: tensor(change, like: activation.input)])
      else { continue }
      consider(.term, gradient, cost: 2.3, text)
    }
  }
}

/// A softmax with what passes through it, row by row. For a logarithm of softmax, the cotangent of
/// the probabilities is what it would be with the logarithm apart.
private struct SoftmaxRows: Sendable {
  let x: [Double]
  let p: [Double]
  /// The cotangent of the probabilities, and that which truly passes on to the logits.
  let g: [Double]
  let passed: [Double]
  let length: Int

  init(_ activation: Activation, _ search: DiagnosisSearch) {
    let (x, y, g) = search.numbers(activation)
    self.x = x
    length = max(1, search.steps[activation.output].output.shape.dimensions.last ?? 1)
    if activation.kind == .logSoftmax {
      p = y.map { Glibc.exp($0) }
      self.g = zip(g, p).map { $1 > 0 ? $0 / $1 : 0 }
    } else {
      p = y
      self.g = g
    }
    passed = Self.passing(self.g, p, length)
  }

  /// p ⊙ (g − Σ g⊙p), the sum along each row.
  static func passing(_ g: [Double], _ p: [Double], _ length: Int) -> [Double] {
    var result = g
    for start in stride(from: 0, to: g.count, by: length) {
      let row = start..<min(start + length, g.count)
      let sum = row.reduce(0) { $0 + g[$1] * p[$1] }
      for index in row { result[index] = p[index] * (g[index] - sum) }
    }
    return result
  }

  /// −Σ g⊙p of each row: the weight that the probabilities have in p − y.
  private var weights: [Double] {
    var result = g
    for start in stride(from: 0, to: g.count, by: length) {
      let row = start..<min(start + length, g.count)
      let sum = row.reduce(0) { $0 - g[$1] * p[$1] }
      for index in row { result[index] = sum }
    }
    return result
  }

  var probabilityTerm: [Double] { zip(weights, p).map { $0 * $1 } }
  var targetTerm: [Double] { zip(g, p).map { $0 * $1 } }

  /// What passes when other values stand where the probabilities belong in p − y.
  func swapping(_ other: [Double]) -> [Double] {
    zip(weights, zip(other, p)).map { $0 * ($1.0 - $1.1) }
  }

  /// One where a row is largest.
  func hardest(_ x: Tensor) throws -> [Double] {
    var result = [Double](repeating: 0, count: p.count)
    for start in stride(from: 0, to: p.count, by: length) {
      let row = start..<min(start + length, p.count)
      if let best = row.max(by: { p[$0] < p[$1] }) { result[best] = 1 }
    }
    return result
  }

  /// All that passes then.
  func replaced(_ other: [Double]) -> [Double] { zip(passed, swapping(other)).map { $0 + $1 } }

  struct Form: Sendable {
    let fault: GradientFault
    let cost: Double
    let text: String
    let value: @Sendable (SoftmaxRows) -> [Double]
  }

  static let forms: [Form] = [
    Form(
      fault: .logits, cost: 2,
      text: "it is taken with respect to the softmax's output: the step to the logits is missing"
    ) { $0.g },
    Form(
      fault: .logits, cost: 2.1,
      text: "p − y goes through the softmax's derivative again, which it already contains"
    ) { passing($0.passed, $0.p, $0.length) },
    Form(
      fault: .logits, cost: 2.1,
      text: "p − y is multiplied by p(1 − p): it already contains the softmax's derivative"
    ) { rows in zip(rows.passed, rows.p).map { $0 * $1 * (1 - $1) } },
    Form(
      fault: .logits, cost: 2.2, text: "p − y is multiplied by p once more"
    ) { rows in zip(rows.passed, rows.p).map { $0 * $1 } },
    Form(
      fault: .logits, cost: 2.2, text: "p − y is divided by p"
    ) { rows in zip(rows.passed, rows.p).map { $0 / $1 } },
    Form(
      fault: .logits, cost: 2.2,
      text:
        "p − y is divided by p(1 − p): sigmoid's way, and the softmax's step is in p − y already"
    ) { rows in zip(rows.passed, rows.p).map { $0 / ($1 * (1 - $1)) } },
    Form(
      fault: .term, cost: 2.2,
      text: "only the case i = j of the softmax's derivative is there: the terms −pᵢpⱼ are missing"
    ) { rows in zip(rows.g, rows.p).map { $0 * $1 * (1 - $1) } },
    Form(
      fault: .logits, cost: 2.2, text: "the logits stand where the probabilities belong in p − y"
    ) { $0.replaced($0.x) },
    Form(
      fault: .logits, cost: 2.3,
      text: "exp of the logits stands where the probabilities belong in p − y"
    ) { $0.replaced($0.x.map { Glibc.exp($0) }) },
    Form(
      fault: .logits, cost: 2.3,
      text: "the logarithm of the probabilities stands where they belong in p − y"
    ) { $0.replaced($0.p.map { Glibc.log($0) }) },
    Form(
      fault: .logits, cost: 2.3,
      text: "the sigmoid of the logits stands where their softmax belongs in p − y"
    ) { $0.replaced($0.x.map { 1 / (1 + Glibc.exp(-$0)) }) },
  ]
}
