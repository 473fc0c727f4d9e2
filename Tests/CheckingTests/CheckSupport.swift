import Checking
import Foundation
import Language
import Shell
import Syntax
import Testing

/// Runs scripts that check gradients, and keeps the reports.
final class CheckHost: CommandHost {
  /// One that keeps nothing, for machines whose reports nobody reads.
  nonisolated(unsafe) static let silent = CheckHost()

  let commandSyntax = Command.syntaxByName
  var reports: [CheckReport] = []

  func execute(_ command: RunningCommand, on machine: Machine) throws -> Value? {
    guard command.name.text == "check", case .thunk(let gradient)? = command.first("gradient"),
      case .thunk(let loss)? = command.first("loss"),
      case .thunk(let variable)? = command.first("variable"), let place = variable.place
    else { return nil }
    let subject = CheckSubject(
      gradient: .init(gradient), loss: .init(loss), variable: .init(place))
    let report = try GradientCheck(subject, on: machine).run()
    reports.append(report)
    return report.value
  }

  func echo(_ value: Value) {}

  /// The reports of a script's checks.
  static func reports(_ code: String, name: String = "test.nns") throws -> [CheckReport] {
    let host = CheckHost()
    let machine = Machine(host: host) { _ in }
    try machine.run(try machine.compile(SourceText(code, name: name)))
    return host.reports
  }
}

/// The scripts of the corpus.
enum Corpus {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Corpus")

  /// The names of the scripts in one of its folders.
  static func names(_ part: String) -> [String] {
    let names = try? FileManager.default.contentsOfDirectory(
      atPath: folder.appendingPathComponent(part).path)
    return (names ?? []).filter { $0.hasSuffix(".nns") }.sorted()
  }

  /// A script, and the diagnosis that its first line names.
  static func script(_ part: String, _ name: String) throws -> (code: String, diagnosis: String) {
    let code = try String(
      contentsOf: folder.appendingPathComponent(part).appendingPathComponent(name), encoding: .utf8)
    let first = code.prefix { $0 != "\n" }
    return (code, String(first.dropFirst("# diagnosis: ".count)))
  }
}
