import Foundation
import Graph
import Language
import Library
import Syntax
import Tensors
import Testing

/// A planned gradient is the unplanned one, bit for bit, and so is all that the program sees.
@Suite(.serialized) struct PlannedProgramTests {
  /// As many as NNSH_PROGRAMS says.
  static let count = ProcessInfo.processInfo.environment["NNSH_PROGRAMS"].flatMap(Int.init) ?? 300

  @Test func randomProgramsGiveTheSameBitsPlannedAndUnplanned() throws {
    var failed = 0
    for number in 0..<Self.count {
      var program = RandomProgram(number)
      let text = program.text()
      let planned = Self.outcome(of: text, planned: true)
      let unplanned = Self.outcome(of: text, planned: false)
      if planned.hasPrefix("error") { failed += 1 }
      #expect(planned == unplanned, "program \(number):\n\(text)")
    }
    #expect(failed * 10 < Self.count, "\(failed) programs end in an error")
  }

  /// What a program prints, and the bits of what it computes.
  static func outcome(of text: String, planned: Bool) -> String {
    let wasOn = PlanCache.isOn
    PlanCache.isOn = planned
    defer { PlanCache.isOn = wasOn }
    let host = SilentHost()
    let machine = Machine(host: host, write: { _ in })
    do throws(Diagnostic) {
      try machine.run(try machine.compile(SourceText(text, name: "test.nns")))
    } catch {
      return "error: \(error.message) \(error.span)"
    }
    return ["all", "r", "seen"].map { machine.globals[$0].map(bits) ?? "nothing" }
      .joined(separator: "\n")
  }

  private static func bits(_ value: Value) -> String {
    switch value {
    case .number(let number): return String(number.bitPattern, radix: 16)
    case .tensor(let box):
      let numbers = box.content.doubles().map { String($0.bitPattern, radix: 16) }
      return "\(box.content.shape) \(box.content.elementType) \(numbers)"
    case .list(let box): return box.content.map(bits).joined(separator: " | ")
    default: return value.printed
    }
  }
}

private final class SilentHost: CommandHost {
  let commandSyntax: [String: CommandSyntax] = [:]
  func execute(_ command: RunningCommand, on machine: Machine) throws -> Value? { nil }
  func echo(_ value: Value) {}
}
