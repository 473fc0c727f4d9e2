import Derivation
import Syntax
import Testing

/// The report's four derivatives, with their shape justifications, in every notation.
@Suite struct DeriveReportTests {
  private static func derivation(_ variable: String) throws -> Derivation {
    try #require(
      try DeriveHost.derivations(of: reportNetwork + "derive L() wrt \(variable)").first)
  }

  @Test(arguments: [
    (
      "W_o", "∂L/∂W_o = hᵀ (p − y)", "(N×H)ᵀ (N×K) = (H×K)", "h' @ (p - y)",
      "\\frac{\\partial L}{\\partial W_{o}} = h^\\top \\, \\left(p - y\\right)"
    ),
    (
      "b_o", "∂L/∂b_o = 1ᵀ (p − y)", "(N×1)ᵀ (N×K) = (1×K)",
      "sum(p - y, axis=0, keepdims=true)",
      "\\frac{\\partial L}{\\partial b_{o}} = \\mathbf{1}^\\top \\left(p - y\\right)"
    ),
    (
      "W_h", "∂L/∂W_h = xᵀ ((p − y) W_oᵀ ⊙ [z > 0])",
      "(N×F)ᵀ ((N×K) (H×K)ᵀ ⊙ (N×H)) = (F×H)", "x' @ ((p - y) @ W_o' * gradRelu(z))",
      "\\frac{\\partial L}{\\partial W_{h}} = x^\\top \\, \\left(\\left(p - y\\right) \\, W_{o}^\\top"
        + " \\odot [z > 0]\\right)"
    ),
    (
      "b_h", "∂L/∂b_h = 1ᵀ ((p − y) W_oᵀ ⊙ [z > 0])",
      "(N×1)ᵀ ((N×K) (H×K)ᵀ ⊙ (N×H)) = (1×H)",
      "sum((p - y) @ W_o' * gradRelu(z), axis=0, keepdims=true)",
      "\\frac{\\partial L}{\\partial b_{h}} = \\mathbf{1}^\\top \\left(\\left(p - y\\right) \\, "
        + "W_{o}^\\top \\odot [z > 0]\\right)"
    ),
  ])
  func closedForm(
    _ variable: String, _ result: String, _ shapes: String, _ code: String, _ latex: String
  ) throws {
    let derivation = try Self.derivation(variable)
    let text = derivation.text(width: 90)
    #expect(text.contains("\n  \(result)\n"), "\(text)")
    #expect(text.contains("\n  shapes  \(shapes)\n"), "\(text)")
    #expect(text.contains("\n  nns     \(code)\n"), "\(text)")
    #expect(derivation.latex == latex)
    #expect(derivation.isRight)
    #expect(derivation.markdown.contains("$$\n\(latex)\n$$"))
  }

  @Test func wholeDerivation() throws {
    let expected = """
      ∂L/∂W_o of L = L()

        N = 6 rows   F = 4 features   H = 5 hidden units   K = 3 classes

        h = relu(x W_h + b_h)    N×H
        o = h W_o + b_o          N×K
        p = softmax(o)           N×K
        L = −Σ y ⊙ log(p)        number

         1  ∂L/∂p = −y / p                                                          ✓
            logarithm: (log x)′ = 1/x
            N×K

         2  ∂pᵢ/∂oⱼ = pᵢ (1 − pⱼ) if i = j,  −pᵢ pⱼ if i ≠ j                        ✓
            quotient rule, within each row
            K×K for each row

         3  ∂L/∂oⱼ = −yⱼ (1 − pⱼ) + Σ_{k≠j} yₖ pⱼ                                   ✓
                   = pⱼ Σₖ yₖ − yⱼ
            chain rule over the classes k
            N×K

         4  ∂L/∂o = p − y                                                           ✓
            softmax with cross-entropy, as Σₖ yₖ = 1 in each row
            N×K

         5  ∂L/∂W_o = hᵀ ∂L/∂o                                                      ✓
                    = hᵀ (p − y)
            product of matrices: right factor
            (N×H)ᵀ (N×K) = (H×K)

        ∂L/∂W_o = hᵀ (p − y)
        shapes  (N×H)ᵀ (N×K) = (H×K)
        nns     h' @ (p - y)
        with    h = relu(x @ W_h + b_h)
                o = h @ W_o + b_o
                p = softmax(o)
        check   equals grad L wrt W_o ✓
        note    the rows of y sum to 1 (checked), so Σₖ yₖ = 1

      """
    #expect(try Self.derivation("W_o").text(width: 80) == expected)
  }

  /// With the report's global h and p the result needs nothing else.
  @Test func usersOwnNames() throws {
    let script = """
      h = relu(compute(x, W_h, b_h))
      p = softmax(compute(h, W_o, b_o))
      derive L() wrt W_o
      """
    let derivation = try #require(
      try DeriveHost.derivations(of: reportNetwork + script).first)
    #expect(derivation.expression == "h' @ (p - y)")
  }

  /// Rows that do not sum to 1 keep the sum, whatever the loss is usually used for.
  @Test func rowsThatSumToSomethingElse() throws {
    let script = "y = y * [1, 2, 3]\nderive L() wrt W_o"
    let derivation = try #require(
      try DeriveHost.derivations(of: reportNetwork + script).first)
    #expect(derivation.isRight)
    #expect(derivation.text(width: 90).contains("= hᵀ (y 𝟏 ⊙ p − y)"))
  }
}
