import Derivation
import Language
import Syntax
import Tensors

/// A part of an evaluated expression, with its own parts.
final class EvaluationPart {
  /// As it is written, on one line.
  let text: String
  /// What it gave; nil where it failed.
  var result: Trace?
  var parts: [EvaluationPart] = []
  /// Whether it is nothing but a name or a literal.
  let isPlain: Bool
  /// The operations that it took itself, its parts' aside.
  var operations: Range<Int> = 0..<0

  /// The text with `…` in place of the parts that are more than a name.
  var shortText: String {
    var result = text
    for part in parts where !part.isPlain && part.text.count > 1 && part.text != text {
      if let range = result.firstRange(of: part.text) { result.replaceSubrange(range, with: "…") }
    }
    return result
  }

  init(text: String, isPlain: Bool) {
    self.text = text
    self.isPlain = isPlain
  }
}

/// Draws the tree of an evaluation from what its recorder is told.
final class EvaluationTree: EvaluationListener {
  /// Parts beyond this are not shown.
  private static let partLimit = 400
  /// Bytes of an expression that are looked at.
  private static let textLimit = 400

  let root = EvaluationPart(text: "", isPlain: false)
  private var stack: [EvaluationPart]
  private var starts: [Int] = []
  private var count = 0

  init() { stack = [root] }

  /// Whether parts were left out.
  private(set) var isCut = false

  /// Whether further parts would be shown.
  var wantsMore: Bool { count < Self.partLimit }

  func leaveOut() { isCut = true }

  /// - Parameter operations: how many operations there were before.
  func enter(_ expression: Expression, in source: SourceText, operations: Int) {
    count += 1
    starts.append(operations)
    let text = Self.line(of: expression.span, in: source)
    var isPlain = false
    switch expression.kind {
    case .name, .number, .string, .bool, .none: isPlain = true
    default: break
    }
    let part = EvaluationPart(text: text, isPlain: isPlain)
    if !expression.isLiteral { stack.last?.parts.append(part) }
    stack.append(part)
  }

  /// - Parameter operations: how many operations there are now.
  func leave(with result: Trace, operations: Int) {
    guard stack.count > 1, let part = stack.popLast(), let start = starts.popLast() else { return }
    part.result = result
    part.operations = start..<operations
  }

  /// The beginning of an expression, on one line: as much as a terminal is wide.
  private static func line(of span: Span, in source: SourceText) -> String {
    let written = Span(span.start, min(span.end, span.start + textLimit))
    let text = source.text(in: written).split(whereSeparator: \.isWhitespace)
      .joined(separator: " ")
    return written.end < span.end ? text + "…" : text
  }
}

extension Expression {
  /// A number or another literal, which needs no line.
  fileprivate var isLiteral: Bool {
    switch kind {
    case .number, .string, .bool, .none: true
    default: false
    }
  }
}
