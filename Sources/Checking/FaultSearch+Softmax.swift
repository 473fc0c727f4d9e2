import Language
import Networks
import Platform
import Tensors

/// A softmax inside the loss, as attention has it: its derivative left out or cut short.
extension FaultSearch {
  func considerSoftmax() throws {
    for activation in activations where !activation.kind.isElementwise && isOpen {
      let rows = SoftmaxRows(activation, self)
      for form in SoftmaxRows.forms where isWorth(form.rank) {
        let change = zip(form.value(rows), rows.passed).map { $0 - $1 }
        guard change.allSatisfy(\.isFinite),
          let gradient = try changed([activation.input: tensor(change, like: activation.input)])
        else { continue }
        consider(form.fault, gradient, form.rank, form.text)
      }
    }
  }
}

/// A softmax with what passes through it, row by row. For a logarithm of softmax, the cotangent of
/// the probabilities is what it would be with the logarithm apart.
struct SoftmaxRows: Sendable {
  let p: [Double]
  /// The cotangent of the probabilities, and that which truly passes on to the logits.
  let g: [Double]
  let passed: [Double]
  let length: Int

  init(_ activation: Activation, _ search: FaultSearch) {
    let (_, y, g) = search.numbers(activation)
    length = max(1, search.steps[activation.output].output.shape.dimensions.last ?? 1)
    if activation.kind == .logSoftmax {
      p = y.map { Platform.exp($0) }
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

  /// The same with the sums along the columns.
  private var passingColumns: [Double] {
    var sums = [Double](repeating: 0, count: length)
    for index in g.indices { sums[index % length] += g[index] * p[index] }
    return g.indices.map { p[$0] * (g[$0] - sums[$0 % length]) }
  }

  struct Form: Sendable {
    let fault: GradientFault
    let rank: Rank
    let text: String
    let value: @Sendable (SoftmaxRows) -> [Double]
  }

  static let forms: [Form] = [
    Form(
      fault: .logits, rank: .softmaxStep,
      text: "it is taken with respect to the softmax's output: the step to the logits is missing"
    ) { $0.g },
    Form(
      fault: .logits, rank: .softmaxStep, text: "the softmax's derivative is applied twice"
    ) { passing($0.passed, $0.p, $0.length) },
    Form(
      fault: .logits, rank: .softmaxStep,
      text: "what passed through the softmax is multiplied by p(1 − p) once more"
    ) { rows in zip(rows.passed, rows.p).map { $0 * $1 * (1 - $1) } },
    Form(
      fault: .axis, rank: .softmaxTerm,
      text: "the sum in the softmax's derivative runs along the columns, not along the rows"
    ) { $0.passingColumns },
    Form(
      fault: .term, rank: .softmaxTerm,
      text: "only the case i = j of the softmax's derivative is there: the terms −pᵢpⱼ are missing"
    ) { rows in zip(rows.g, rows.p).map { $0 * $1 * (1 - $1) } },
    Form(
      fault: .term, rank: .softmaxTerm,
      text: "the sum in the softmax's derivative is missing: p ⊙ g stands for p ⊙ (g − Σ g⊙p)"
    ) { rows in zip(rows.g, rows.p).map { $0 * $1 } },
    Form(
      fault: .sign, rank: .softmaxTerm,
      text: "the sum in the softmax's derivative has the wrong sign"
    ) { rows in zip(rows.passed, zip(rows.g, rows.p)).map { 2 * $1.0 * $1.1 - $0 } },
  ]
}
