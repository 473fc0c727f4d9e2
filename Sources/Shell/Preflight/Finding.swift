import Console
import Language

/// What one of preflight's checks has found.
struct Finding {
  enum Mark: String {
    case right = "✓"
    case wrong = "✗"
    /// Worth knowing, and no fault by itself.
    case remark = "·"
  }

  /// What was looked at, in a word or two.
  let name: String
  let mark: Mark
  let text: String
  /// A command that helps; nil where there is nothing to do.
  let remedy: String?

  init(_ name: String, _ mark: Mark, _ text: String, remedy: String? = nil) {
    self.name = name
    self.mark = mark
    self.text = text
    self.remedy = remedy
  }

  static func lines(of findings: [Finding]) -> [String] {
    let width = findings.map(\.name.count).max() ?? 0
    return findings.flatMap { finding in
      let name = finding.name + String(repeating: " ", count: width - finding.name.count)
      let indent = String(repeating: " ", count: width + 4)
      return ["\(finding.mark.rawValue) \(name)  \(finding.text)"]
        + (finding.remedy.map { [indent + "= " + $0] } ?? [])
    }
  }

  /// The record that is the command's value.
  static func value(of findings: [Finding]) -> Value {
    func names(_ mark: Mark) -> Value {
      .items(findings.filter { $0.mark == mark }.map { .text($0.name) })
    }
    return .fields([
      ("ok", .bool(!findings.contains { $0.mark == .wrong })),
      ("wrong", names(.wrong)), ("remarks", names(.remark)), ("right", names(.right)),
    ])
  }
}
