import Language
import Operations
import Tensors

// The softmax's lines as the textbook has them.

extension Deriver {
  /// The quotient rule of softmax and the chain rule after it, as the textbook has them.
  func addSoftmaxLines(_ step: DerivationRule.Application, _ input: Node) throws {
    let p = step.node
    let (u, o) = (SymbolText.unicode(p.symbol ?? "p"), SymbolText.unicode(input.symbol ?? "o"))
    let classes = [p.axes[p.softmaxAxis]].text
    let (lp, lo) = (SymbolText.latex(p.symbol ?? "p"), SymbolText.latex(input.symbol ?? "o"))
    lines.append(
      Derivation.Line(
        left: ("∂\(u)ᵢ/∂\(o)ⱼ", "\\frac{\\partial \(lp)_i}{\\partial \(lo)_j}"),
        forms: [
          (
            "\(u)ᵢ (1 − \(u)ⱼ) if i = j,  −\(u)ᵢ \(u)ⱼ if i ≠ j",
            "\\begin{cases} \(lp)_i (1 - \(lp)_j) & i = j \\\\ -\(lp)_i \(lp)_j & i \\ne j "
              + "\\end{cases}"
          )
        ],
        rule: "quotient rule, within each \(p.line)",
        shapes: "\(classes)×\(classes) for each \(p.line)",
        error: try Self.jacobianError(p)))
    guard let simple = DerivationRule.softmaxOfCrossEntropy(step) else { return }
    try addChainLine(step, simple, input, (u, o), (lp, lo))
  }

  private func addChainLine(
    _ step: DerivationRule.Application, _ simple: DerivationRule.CrossEntropySoftmax,
    _ input: Node, _ unicode: (p: String, o: String), _ latex: (p: String, o: String)
  ) throws {
    let y = self.unicode.text(simple.target, from: .postfix)
    let ly = self.latex.text(simple.target, from: .postfix)
    var front = ""
    var latexFront = ""
    let scale = Formula.constant(-simple.coefficient, [])
    let isScaled = !(-simple.coefficient).isOne
    if simple.coefficient.isOne {
      (front, latexFront) = (self.unicode.minus, self.latex.minus)
    } else if isScaled {
      front = self.unicode.text(scale) + " "
      latexFront = self.latex.text(scale)
    }
    func scaled(_ unicodeText: String, _ latexText: String) -> (unicode: String, latex: String) {
      isScaled
        ? (front + "(\(unicodeText))", latexFront + "\\left(\(latexText)\\right)")
        : (unicodeText, latexText)
    }
    let p = step.result
    let inner = (step.derivative * p).materialized
      .reduced(over: [step.node.softmaxAxis], keepsDimensions: true)
    let general = p * (step.derivative - inner)
    guard let value = exact[input.identifier] else { return }
    lines.append(
      Derivation.Line(
        left: (
          "∂\(self.unicode.loss)/∂\(unicode.o)ⱼ",
          "\\frac{\\partial \(self.latex.loss)}{\\partial \(latex.o)_j}"
        ),
        forms: [
          scaled(
            "−\(y)ⱼ (1 − \(unicode.p)ⱼ) + Σ_{k≠j} \(y)ₖ \(unicode.p)ⱼ",
            "-\(ly)_j (1 - \(latex.p)_j) + \\sum_{k \\ne j} \(ly)_k \(latex.p)_j"),
          scaled(
            "\(unicode.p)ⱼ Σₖ \(y)ₖ − \(y)ⱼ",
            "\(latex.p)_j \\sum_k \(ly)_k - \(ly)_j"),
        ],
        rule: "chain rule over the classes k", shapes: input.axes.text,
        error: try Derivation.relativeError(general.wholeTensor(), value)))
    remarks.append(
      simple.sumsToOne
        ? "the \(step.node.line)s of \(y) sum to 1 (checked), so Σₖ \(y)ₖ = 1"
        : "the \(step.node.line)s of \(y) do not all sum to 1, so Σₖ \(y)ₖ stays")
  }

  /// The stated Jacobian of the first row against autodiff's, for up to 12 of its columns.
  private static func jacobianError(_ p: Node) throws -> Double {
    guard p.rank > 0, p.shape.count > 0 else { return 0 }
    let width = p.shape[p.softmaxAxis]
    func first(_ tensor: Tensor) throws -> Tensor {
      try tensor.swappingAxes(p.softmaxAxis, p.rank - 1)
        .reshaped([tensor.count / width, width]).rows(0..<1)
    }
    let input = try first(p.inputs[0].tensor)
    let row = try first(p.tensor).doubles()
    var worst = 0.0
    for i in 0..<min(width, 12) {
      let tape = Tape()
      let watched = tape.watch(input)
      let output = try Variable.softmax(watched)
      var seed = [Double](repeating: 0, count: width)
      seed[i] = 1
      let gradient = try tape.sweep(
        from: output,
        seed: Variable(Tensor(doubles: seed, Shape(checking: [1, width]), elementType: .f64)),
        to: [watched])[0].tensor.doubles()
      for j in 0..<width {
        let stated = i == j ? row[i] * (1 - row[j]) : -row[i] * row[j]
        worst = max(worst, (stated - gradient[j]).magnitude)
      }
    }
    return worst
  }
}
