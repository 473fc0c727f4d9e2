import Language
import Networks
import Syntax
import Tensors

/// The derivation of a loss's gradient: what was introduced, each step, and the result.
package struct Derivation {
  /// One line: a derivative, in one or several equal forms.
  package struct Line {
    /// What stands left of the first `=`.
    let left: (unicode: String, latex: String)
    /// Equal right sides, one after the other.
    let forms: [(unicode: String, latex: String)]
    /// The rule's name.
    package let rule: String
    /// `(N×H)ᵀ (N×K) = (H×K)`
    let shapes: String
    /// The largest difference from autodiff, relative to the largest element.
    package let error: Double
    /// Where it belongs to a turn of a loop that is left out: what to say instead of all of them.
    var gap: String?

    /// Whether autodiff agrees.
    package var isRight: Bool { error <= Derivation.tolerance }

    /// The line without its shapes.
    package var text: String {
      left.unicode + forms.map { " = " + $0.unicode }.joined()
    }
  }

  /// A symbol and what it stands for.
  struct Definition {
    let symbol: (unicode: String, latex: String)
    let formula: (unicode: String, latex: String)
    let axes: String
    /// The same as of lines.
    var gap: String?
  }

  /// Relative errors of Float64 sums stay far below.
  static let tolerance = 1e-7

  /// The variable: `W_h`, `net.W1`.
  package let target: String
  /// The loss as written.
  package let loss: String
  /// What the derivation calls it: `L`, where no variable is called so.
  let lossSymbol: String
  let legend: [(name: String, size: Int, meaning: String)]
  let definitions: [Definition]
  /// The steps, first to last.
  package let lines: [Line]
  /// The result, closed.
  let result:
    (left: (unicode: String, latex: String), unicode: String, latex: String, shapes: String)
  /// The result as nns code, with the globals alone; nil where nns cannot write it.
  package let expression: String?
  /// The same with the symbols of the derivation.
  let shortExpression: String?
  /// Statements that define these symbols.
  let statements: [String]
  /// The largest relative difference of the expression's value from `grad`'s, where there is one.
  package let error: Double?
  /// Assumptions that were used, and branches that were taken.
  package let remarks: [String]

  /// Whether all lines agree with autodiff, and the expression with `grad`.
  package var isRight: Bool {
    lines.allSatisfy(\.isRight) && (error ?? 0) <= 1e-4
  }

  /// The greatest difference relative to the greatest element; NaN counts as infinitely far.
  ///
  /// - Parameter floor: what the greatest element is taken for where it is less: a gradient that
  ///   cancels to zero is nothing but rounding.
  static func relativeError(
    _ value: Tensor, _ reference: Tensor, floor: Double = 1e-12
  ) throws -> Double {
    guard value.shape == reference.shape else { return .infinity }
    var (scale, worst) = (0.0, 0.0)
    _ = try value.allBlocks(beside: reference) { values, references in
      for (a, b) in zip(values, references) {
        scale = max(scale, b.magnitude)
        if a == b || (a.isNaN && b.isNaN) { continue }
        let difference = (a - b).magnitude
        worst = max(worst, difference.isNaN ? .infinity : difference)
      }
      return true
    }
    return worst / max(scale, floor, 1e-12)
  }
}
