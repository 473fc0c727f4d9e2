import Language
import Syntax

/// The part of the standard library that is written in nns itself.
package enum Prelude {
  /// Its source code, which the machine runs before anything else and `source` shows.
  package static let source = SourceText(
    String(decoding: PackageResources.prelude_nns, as: UTF8.self), name: "prelude.nns")

  /// What help says of its functions, which have no `Builtin`.
  package static let declarations: [Declaration] = [
    gradient(
      "dL_dW_o", "the gradient with respect to the output weights",
      details: "hᵀ (prediction − target): (N×H)ᵀ (N×K) = (H×K)", ["target", "prediction", "h"],
      result: "a tensor H×K",
      example: .init(
        "dL_dW_o([[1, 0]], [[0.25, 0.75]], [[2, 4]])",
        "2×2 tensor f32\n  -1.5  1.5\n    -3    3"),
      seeAlso: ["gradCE", "dL_db_o", "dL_dW_h"]),
    gradient(
      "dL_db_o", "the gradient with respect to the output biases",
      details: "1ᵀ (prediction − target): (N×1)ᵀ (N×K) = (1×K)", ["target", "prediction"],
      result: "a tensor 1×K",
      example: .init(
        "dL_db_o([[1, 0], [0, 1]], [[0.25, 0.75], [0.5, 0.5]])", "1×2 tensor f32\n  -0.25  0.25"),
      seeAlso: ["gradCE", "dL_dW_o", "dL_db_h"]),
    gradient(
      "dL_dW_h", "the gradient with respect to the hidden weights",
      details: """
        xᵀ (gradRelu(x W_h + b_h) ⊙ ((prediction − target) W_oᵀ)): \
        (N×F)ᵀ ((N×K) (H×K)ᵀ) = (F×H)
        """,
      ["target", "prediction", "W_o", "x", "W_h", "b_h"], result: "a tensor F×H",
      example: .init(
        "dL_dW_h([[1, 0]], [[0.25, 0.75]], [[1, 3]], [[2, 1]], [[1], [1]], [[0]])",
        "2×1 tensor f32\n    3\n  1.5"),
      seeAlso: ["gradRelu", "dL_db_h", "dL_dW_o"]),
    gradient(
      "dL_db_h", "the gradient with respect to the hidden biases",
      details: """
        1ᵀ (gradRelu(x W_h + b_h) ⊙ ((prediction − target) W_oᵀ)): \
        (N×1)ᵀ ((N×K) (H×K)ᵀ) = (1×H)
        """,
      ["target", "prediction", "W_o", "x", "W_h", "b_h"], result: "a tensor 1×H",
      example: .init(
        "dL_db_h([[1, 0]], [[0.25, 0.75]], [[1, 3]], [[2, 1]], [[1], [1]], [[0]])",
        "1×1 tensor f32\n  1.5"),
      seeAlso: ["gradRelu", "dL_dW_h", "dL_db_o"]),
    Declaration(
      "pca", group: .linearAlgebra,
      "rows along the directions in which they vary most (principal components)",
      details:
        "Centred, by svd; a direction's largest part is positive. Written in nns: source pca "
        + "shows it. plot pca(x) by=labels draws rows of two by their class.",
      parameters: [
        Parameter("x", .tensor, "N×F"),
        Parameter("k", .integer, default: .number(2), "how many directions"),
      ],
      result: "a tensor N×k",
      examples: [
        .init("pca([[0, 0], [2, 2], [4, 4]], k=1)", "3×1 tensor f32\n  -2.828\n       0\n   2.828")
      ],
      seeAlso: ["svd", "eigh"]),
  ]

  private static let meanings = [
    "target": "one-hot rows, N×K", "prediction": "softmax(compute(h, W_o, b_o)), N×K",
    "h": "relu(compute(x, W_h, b_h)), N×H", "x": "the inputs, N×F",
    "W_o": "the output weights, H×K", "W_h": "the hidden weights, F×H",
    "b_h": "the hidden biases, 1×H",
  ]

  private static func gradient(
    _ name: String, _ summary: String, details: String, _ parameters: [String], result: String,
    example: Declaration.Example, seeAlso: [String]
  ) -> Declaration {
    Declaration(
      name, group: .report, summary,
      details: details + ". Of L = −Σ target · log(prediction), summed over rows and classes. "
        + "Written in nns: source \(name) shows it.",
      parameters: parameters.map { Parameter($0, .tensor, meanings[$0] ?? "") },
      result: result, examples: [example], seeAlso: seeAlso)
  }
}
