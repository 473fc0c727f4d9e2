import Language
import Networks
import Syntax
import Tensors

/// The shape that a statement would give, shown at the prompt while it is typed.
///
/// It is found by running the statement's expression on a machine of its own, on stand-ins of the
/// variables: so there is no rule of any operation here. What is small stands for itself. Where
/// something is large, each length is replaced by a small one, the same by the same, and the result
/// is translated back; this is done twice, with other lengths and other elements, and what does not
/// agree is not shown. Functions of the user's are not run.
struct ShapeInference {
  let machine: Machine

  /// `N×1000` for a text that ends in a call or a pipe; empty where it is not known, or too plain.
  func resultShape(of text: String) -> String {
    let source = SourceText(text, name: "")
    guard let expression = Self.expression(in: source),
      let trial = ShapeTrial(expression, in: source, machine)
    else { return "" }
    var isCall = false
    if case .call = expression.kind { isCall = true }
    switch trial.result() {
    case .number: return isCall ? "number" : ""
    case .tensor(let lengths): return lengths.joined(separator: "×")
    case nil: return ""
    }
  }

  /// The expression of the last statement, where its shape is worth showing.
  private static func expression(in source: SourceText) -> Expression? {
    guard source.bytes.count <= 2000,
      let statements = try? Parser.parse(source, commands: Command.syntaxByName),
      let statement = statements.last
    else { return nil }
    let expression: Expression
    switch statement.kind {
    case .expression(let value): expression = value
    case .assignment(let targets, let value) where targets.count == 1: expression = value
    default: return nil
    }
    switch expression.kind {
    case .call, .pipe, .binary, .transpose, .index: return expression
    default: return nil
    }
  }
}
