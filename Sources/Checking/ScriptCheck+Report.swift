import Language
import Syntax

extension ScriptCheck {
  /// The findings as a table, with the reasons of the wrong ones below.
  package static func lines(
    _ entries: [Entry], unmatched: [String], loss: String, script: String
  ) -> [String] {
    let verdicts = entries.map { $0.report?.verdict }
    let wrong = verdicts.count { $0 == .wrong }
    let right = verdicts.count { $0 == .right }
    let undecided = verdicts.count { $0 == .undecided }
    let open = verdicts.count { $0 == nil }
    var summary = "\(script): \(right) right, \(wrong) wrong"
    if undecided > 0 { summary += ", \(undecided) undecided" }
    if open > 0 { summary += ", \(open) could not be checked" }
    var lines = [summary + "; the loss is \(loss)"]
    let head = ["line", "gradient", "wrt", "verdict", "diagnosis", "error"]
    let rows = entries.map { entry -> [String] in
      [
        "\(entry.line)", shortened(entry.name), entry.variable,
        entry.report?.verdict.rawValue ?? "unchecked",
        entry.report?.fault.rawValue ?? "", entry.report.map { $0.error.displayed } ?? "",
      ]
    }
    let widths = head.indices.map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
    lines += ([head] + rows).map { row in
      let cells = zip(row, widths).map { text, width in
        text + String(repeating: " ", count: max(0, width - text.count))
      }
      return "  " + cells.joined(separator: "  ").trimmingEnd()
    }
    for entry in entries {
      if let report = entry.report {
        if !report.isRight { lines += [""] + report.lines }
      } else {
        lines += ["", "\(entry.name) could not be checked: \(entry.note)"]
      }
    }
    for name in unmatched {
      lines += ["", "\(name) looks like a gradient, and no parameter of its name was found"]
    }
    return lines
  }

  /// The findings as records.
  package static func value(_ entries: [Entry]) -> Value {
    .items(
      entries.map { entry in
        var record: [(String, Value)] = [
          ("gradient", .text(entry.name)), ("variable", .text(entry.variable)),
          ("line", .number(Double(entry.line))),
        ]
        if let report = entry.report {
          if case .record(let box) = report.value {
            record += Array(zip(box.content.names, box.content.values))
          }
        } else {
          record += [
            ("ok", .none), ("error", .none), ("diagnosis", .none), ("detail", .text(entry.note)),
            ("measured", .number(0)), ("skipped", .number(0)),
          ]
        }
        return .fields(record)
      })
  }

  private static func shortened(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return line.count <= 40 ? line : line.prefix(39) + "…"
  }
}

extension String {
  fileprivate func trimmingEnd() -> String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}

extension CheckReport {
  /// The same numbers with another reason.
  func replacing(fault: GradientFault, detail: String) -> CheckReport {
    var report = CheckReport(
      verdict: .wrong, fault: fault, error: error, detail: detail, gradientText: gradientText,
      lossText: lossText, variable: variable, shape: shape, differences: differences,
      measured: measured, skipped: skipped, worst: worst)
    report.place = place
    return report
  }
}
