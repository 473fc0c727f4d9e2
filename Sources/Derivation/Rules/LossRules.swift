import Tensors

extension DerivationRule {
  /// Softmax, and the losses of (target, prediction).
  static let losses: [String: DerivationRule] = [
    "softmax": DerivationRule { step in
      if let simple = softmaxOfCrossEntropy(step) {
        return Result(
          simple.formula,
          "softmax with cross-entropy"
            + (simple.sumsToOne ? ", as Σₖ yₖ = 1 in each \(step.node.line)" : ""))
      }
      let p = step.result
      let inner = (step.derivative * p).materialized
        .reduced(over: [step.node.softmaxAxis], keepsDimensions: true)
      return Result(p * (step.derivative - inner), "softmax: pᵢ (δᵢⱼ − pⱼ)")
    },
    "logsumexp": DerivationRule { step in
      let p =
        step.node.options.companion.map { Formula.node($0) }
        ?? .function(.exp, step.operand(0) - kept(step.node))
      return Result(spread(step) * p, "log Σ exp: its gradient is softmax")
    },
    "cross_entropy": crossEntropy("cross-entropy: −y/p, by the number of rows") {
      Array($0.dropLast())
    },
    "averageCE": crossEntropy("cross-entropy: −y/p, by the number of elements") { $0 },
    "mse": DerivationRule(operands: 2) { step in
      let difference = step.operand(1) - step.operand(0)
      let scale = Coefficient(
        step.position == 1 ? 2 : -2, dividedBy: step.node.inputs[1].axes)
      return Result(
        step.derivative * difference.scaled(scale),
        "mean squared error: power rule, the mean's factor")
    },
  ]

  private static func crossEntropy(
    _ label: String, _ counted: @escaping @Sendable ([Dimension]) -> [Dimension]
  ) -> DerivationRule {
    DerivationRule(operands: 2) { step in
      let scale = Coefficient(-1, dividedBy: counted(step.node.inputs[1].axes))
      if step.position == 0 {
        let logarithm = Formula.function(.log, step.operand(1))
        return Result(step.derivative * logarithm.scaled(scale), label)
      }
      let slope = (step.operand(0) / step.operand(1)).scaled(scale)
      return Result(step.derivative * slope, label)
    }
  }

  /// What softmax makes of the derivative of a cross-entropy, c · y/p: −c (p Σy − y).
  struct CrossEntropySoftmax {
    let formula: Formula
    /// c, and y.
    let coefficient: Coefficient
    let target: Formula
    /// Whether each row of y adds up to 1, so that its sum need not be written.
    let sumsToOne: Bool
  }

  static func softmaxOfCrossEntropy(_ step: Application) -> CrossEntropySoftmax? {
    let p = step.result
    guard case .product(let coefficient, let factors) = step.derivative.kind,
      let position = factors.firstIndex(where: { $0.base.key == p.key && $0.exponent == -1 })
    else { return nil }
    var others = factors
    others.remove(at: position)
    let scalars = others.filter { $0.base.axes.isEmpty }
    let target = Formula.multiply(
      .one, others.filter { !$0.base.axes.isEmpty }, step.node.axes)
    let axis = step.node.softmaxAxis
    guard let sums = try? target.wholeTensor().reduce(.sum, axes: [axis], keepDimensions: true)
    else { return nil }
    let sumsToOne = sums.doubles().allSatisfy { ($0 - 1).magnitude < 1e-6 }
    let whole = target.materialized
    let total = whole.reduced(over: [axis], keepsDimensions: true)
    let difference = (sumsToOne ? p : p * total) - target
    let formula = Formula.multiply(
      -coefficient, scalars + [Formula.Factor(base: difference, exponent: 1)], step.node.axes)
    return CrossEntropySoftmax(
      formula: formula, coefficient: coefficient, target: target, sumsToOne: sumsToOne)
  }
}

extension Node {
  /// The axis along which a softmax adds up to 1.
  var softmaxAxis: Int {
    let axis = options.integers("axis")?.first ?? -1
    return (try? shape.normalized(axis: axis)) ?? max(0, rank - 1)
  }

  /// What a softmax makes probabilities of, one after the other.
  var line: String {
    if softmaxAxis == rank - 1 { return "row" }
    return rank == 2 ? "column" : "line along axis \(softmaxAxis)"
  }
}
