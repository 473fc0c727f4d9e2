import Language
import Syntax
import Tensors

/// What a check found: the verdict, its reason, and the numbers behind it.
package struct CheckReport {
  package enum Verdict: String, Sendable {
    case right
    case wrong
    /// The loss could not be measured, or the two measurements contradict each other.
    case undecided
  }

  package let verdict: Verdict
  package var isRight: Bool { verdict == .right }
  package let fault: GradientFault
  /// The largest relative error |a − n| / (|a| + |n|) over the elements.
  package let error: Double
  /// The explanation in words; what is worth knowing of a right gradient.
  package let detail: String
  /// The gradient and the variable, as they were written.
  package let gradientText: String
  package let lossText: String
  package let variable: String
  package let shape: String
  /// Where in the user's code the fault is, where that can be seen.
  package var place: (source: SourceText, span: Span)?
  /// What the central differences say, in words, and how many elements they could look at.
  package let differences: String
  package let measured: Int
  /// How many they could not: at kinks, mostly.
  package let skipped: Int
  /// The worst elements, for a fault that nothing explains.
  package var worst: [WorstElement] = []
  /// The right expression, where one is known.
  package var correction: String?

  /// An element with the numbers of all three ways to the gradient.
  package struct WorstElement {
    let position: [Int]
    let numeric: Double?
    let autodiff: Double
    let given: Double
  }

  /// The record that is the command's value.
  package var value: Value {
    .fields([
      ("ok", .bool(isRight)), ("error", .number(error)), ("diagnosis", .text(fault.rawValue)),
      ("detail", .text(detail)), ("measured", .number(Double(measured))),
      ("skipped", .number(Double(skipped))),
    ])
  }

  /// The record for several parts of one gradient: right where all are; otherwise what is wrong
  /// with the first that is not.
  package static func value(of reports: [CheckReport]) -> Value {
    let doubtful = reports.first { !$0.isRight }
    return .fields([
      ("ok", .bool(doubtful == nil)),
      ("error", .number(reports.map(\.error).max() ?? 0)),
      ("diagnosis", .text((doubtful?.fault ?? .none).rawValue)),
      ("detail", .text(doubtful.map { "\($0.variable): \($0.detail)" } ?? "")),
      ("measured", .number(Double(reports.reduce(0) { $0 + $1.measured }))),
      ("skipped", .number(Double(reports.reduce(0) { $0 + $1.skipped }))),
    ])
  }

  /// The report for a person, a line an element.
  package var lines: [String] {
    let pair = "the gradient of \(lossText) wrt \(variable) (\(shape))"
    var lines: [String] = []
    switch verdict {
    case .right:
      lines.append("right: \(gradientText) is \(pair)")
      if !detail.isEmpty { lines.append("  \(detail)") }
    case .undecided:
      lines.append("undecided: whether \(gradientText) is \(pair)")
      lines += Self.wrapped(detail, width: 88).map { "  " + $0 }
    case .wrong:
      lines.append("wrong: \(gradientText) is not \(pair)")
      lines += Self.wrapped("\(fault.rawValue): \(detail)", width: 88).map { "  " + $0 }
      if let place {
        let diagnostic = Diagnostic("", source: place.source, span: place.span)
        lines += diagnostic.rendered().split(separator: "\n").dropFirst().map { "  \($0)" }
      }
      if let correction { lines.append("  = the gradient is \(correction)") }
    }
    lines.append("  largest relative error \(error.displayed)\(differences)")
    if !worst.isEmpty { lines += table }
    return lines
  }

  private var table: [String] {
    let head = ["element", "numeric", "autodiff", "yours"]
    let rows = worst.map { element in
      [
        element.position.isEmpty
          ? "" : "[\(element.position.map(String.init).joined(separator: ", "))]",
        element.numeric?.displayed ?? "at a kink", element.autodiff.displayed,
        element.given.displayed,
      ]
    }
    let widths = head.indices.map { column in
      ([head] + rows).map { $0[column].count }.max() ?? 0
    }
    return ([head] + rows).map { row in
      "  "
        + zip(row, widths).map { text, width in
          String(repeating: " ", count: max(0, width - text.count)) + text
        }.joined(separator: "  ")
    }
  }

  /// The text in lines of some width, broken at blanks.
  static func wrapped(_ text: String, width: Int) -> [String] {
    var lines = [""]
    for word in text.split(separator: " ") {
      let last = lines[lines.count - 1]
      if !last.isEmpty, last.count + word.count + 1 > width {
        lines.append(String(word))
      } else {
        lines[lines.count - 1] = last.isEmpty ? String(word) : last + " " + word
      }
    }
    return lines
  }
}
