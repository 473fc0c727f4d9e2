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

  /// Tells all, each remedy below what it is for.
  static func tell(_ findings: [Finding], in context: CommandContext) {
    let width = findings.map(\.name.count).max() ?? 0
    let column = width + 4
    for finding in findings {
      let name = finding.name + String(repeating: " ", count: width - finding.name.count)
      context.say("\(finding.mark.rawValue) \(name)  \(finding.text)", hanging: column)
      guard let remedy = finding.remedy else { continue }
      context.say(String(repeating: " ", count: column) + "= " + remedy, hanging: column + 2)
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
