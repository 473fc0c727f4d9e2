import Derivation
import Language
import Syntax
import Tensors

/// A part of an evaluated expression, with its own parts.
final class EvaluationPart {
  /// As it is written, on one line.
  let text: String
  /// What it gave; nil where it failed, or is a function's name.
  var result: Traced?
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

/// Draws the tree of an evaluation while the tracer walks it.
final class EvaluationRecorder: Tracer.Observer {
  /// Parts beyond this are not shown.
  private static let partLimit = 400
  /// Bytes of an expression that are looked at.
  private static let textLimit = 400

  let root = EvaluationPart(text: "", isPlain: false)
  private var stack: [EvaluationPart]
  private var starts: [Int] = []
  private var count = 0
  private let graph: Graph

  init(_ graph: Graph) {
    self.graph = graph
    stack = [root]
  }

  /// Whether parts were left out.
  var isCut: Bool { count > Self.partLimit }

  var wantsMore: Bool { count < Self.partLimit }

  func enter(_ expression: Expression, in source: SourceText) {
    count += 1
    guard count <= Self.partLimit else {
      stack.append(EvaluationPart(text: "", isPlain: true))
      starts.append(graph.nodes.count)
      return
    }
    let text = Self.line(of: expression.span, in: source)
    var isPlain = false
    switch expression.kind {
    case .name, .number, .string, .bool, .none: isPlain = true
    default: break
    }
    let part = EvaluationPart(text: text, isPlain: isPlain)
    if !expression.isLiteral { stack.last?.parts.append(part) }
    stack.append(part)
    starts.append(graph.nodes.count)
  }

  func leave(_ expression: Expression, with result: Traced?) {
    guard let part = stack.popLast(), let start = starts.popLast() else { return }
    part.result = result
    part.operations = start..<graph.nodes.count
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
