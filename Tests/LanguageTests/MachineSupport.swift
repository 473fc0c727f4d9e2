import Foundation
import Syntax
import Tensors

@testable import Language
@testable import Library

/// A machine with a host that writes what is echoed into a string, and one command, `show VALUE`.
final class MachineBench: CommandHost {
  var output = ""
  /// The commands that were carried out, as `name slot:text …`.
  var commands: [String] = []
  private(set) var machine: Machine!

  let commandSyntax: [String: CommandSyntax] = [
    "show": CommandSyntax(name: "show", slots: [.init("value", .expression)]),
    "step": CommandSyntax(name: "step", slots: [.init("net", .expression, isOptional: true)]),
  ]

  init() {
    machine = Machine(host: self) { [unowned self] in output += $0 }
  }

  func execute(_ command: RunningCommand, on machine: Machine) throws -> Value? {
    commands.append(command.name.text)
    guard case .thunk(let thunk)? = command.first("value") else { return nil }
    let value = try thunk.evaluate()
    output += "shown \(value.printed)\n"
    return value
  }

  func echo(_ value: Value) { output += value.display() + "\n" }

  /// Runs a text; what it printed and echoed, with `error: …` where it failed.
  @discardableResult
  func run(_ text: String) -> String {
    output = ""
    do throws(Diagnostic) {
      try machine.run(try machine.compile(SourceText(text, name: "test.nns")))
    } catch {
      output += "error: \(error.message)"
    }
    return output
  }

  /// The diagnostic of a text that fails.
  func failure(_ text: String) -> Diagnostic? {
    do throws(Diagnostic) {
      try machine.run(try machine.compile(SourceText(text, name: "test.nns")))
      return nil
    } catch {
      return error
    }
  }

  /// A global's tensor.
  func tensor(_ name: String) -> Tensor? {
    if case .tensor(let box)? = machine.globals[name] { return box.content }
    return nil
  }

  /// A global's number.
  func number(_ name: String) -> Double? {
    if case .number(let number)? = machine.globals[name] { return number }
    return nil
  }
}

/// Runs a closure on a thread with a stack as large as nnsh's own.
func onLargeStack(_ body: @escaping @Sendable () -> Void) {
  let done = DispatchSemaphore(value: 0)
  let thread = Thread {
    body()
    done.signal()
  }
  thread.stackSize = 256 << 20
  thread.start()
  done.wait()
}
