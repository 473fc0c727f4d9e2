import Console
import Datasets
import Language
import Library
import Networks
import Platform
import Syntax
import Tensors

/// What a running command is given: its arguments, the machine and the session.
package struct CommandContext {
  package let declaration: Declaration
  package let command: RunningCommand
  package let machine: Machine
  package let session: Session
  /// Values that stand in for those of the arguments: one of several that were given in a list.
  var substitutes: [String: Value] = [:]

  // MARK: arguments

  /// Whether a place or an option was filled.
  func has(_ slot: String) -> Bool { command.first(slot) != nil }

  /// Whether the command takes an option of that name, given or not.
  func hasOption(_ name: String) -> Bool {
    Command.named(declaration.name)?.arguments.contains {
      $0.isOption && $0.parameter.name == name
    } ?? false
  }

  /// The bare word in a place, or the string that an expression there gives.
  func word(_ slot: String) throws -> String? { try command.first(slot).map { try text($0, slot) } }

  /// All of the words in a place that takes several.
  func words(_ slot: String) throws -> [String] {
    try command.all(slot).map { try text($0, slot) }
  }

  private func text(_ input: CommandInput, _ slot: String) throws -> String {
    switch input {
    case .word(let word, _): return try path(word, slot) ?? word
    case .thunk(let thunk):
      let value = try thunk.evaluate()
      guard case .string(let box) = value else { throw mismatch(slot, "a string", value) }
      return box.content
    }
  }

  /// The path that a bare word stands for as a variable, or an element of one: `f`, `args[0]`; nil
  /// where a file bears the word as its name, or no variable of strings does.
  private func path(_ word: String, _ slot: String) throws -> String? {
    guard let reading = command.readings[slot], access(word, F_OK) != 0 else { return nil }
    if case .name = reading.expression.kind {
      guard case .string(let box)? = try? reading.evaluate() else { return nil }
      return box.content
    }
    let value = try reading.evaluate()
    guard case .string(let box) = value else { throw mismatch(slot, "a string", value) }
    return box.content
  }

  /// The paths in a place, where it takes several: a string or a list of strings.
  func pathList(_ slot: String) throws -> (paths: [String], isList: Bool) {
    guard let input = command.first(slot) else { throw missing(slot) }
    let value: Value
    switch input {
    case .thunk(let thunk): value = try thunk.evaluate()
    case .word(let word, _):
      guard let reading = command.readings[slot], access(word, F_OK) != 0,
        let found = try? reading.evaluate(), found.strings != nil
      else { return ([try text(input, slot)], false) }
      value = found
    }
    if let strings = value.strings { return (strings, true) }
    guard case .string(let box) = value else {
      throw mismatch(slot, "a path or a list of paths", value)
    }
    return ([box.content], false)
  }

  /// A place that must be filled, as the parser has seen to.
  func requiredWord(_ slot: String) throws -> String {
    guard let word = try word(slot) else { throw missing(slot) }
    return word
  }

  /// The value of the expression in a place; a bare word there is a string.
  func value(_ slot: String) throws -> Value? {
    try substitutes[slot] ?? command.first(slot).map(evaluate)
  }

  func requiredValue(_ slot: String) throws -> Value {
    guard let value = try value(slot) else { throw missing(slot) }
    return value
  }

  /// The values of a place that takes several.
  func values(_ slot: String) throws -> [Value] { try command.all(slot).map(evaluate) }

  private func evaluate(_ input: CommandInput) throws -> Value {
    switch input {
    case .word(let word, _): return .text(word)
    case .thunk(let thunk): return try thunk.evaluate()
    }
  }

  /// The text of the code in a place, as names of curves and messages need it.
  func sourceText(_ input: CommandInput) -> String {
    switch input {
    case .word(let word, _): word
    case .thunk(let thunk): thunk.source.text(in: thunk.expression.span)
    }
  }

  /// The variable, or the field of one, that an argument names.
  ///
  /// - Parameter error: thrown where it names none.
  func place(of input: CommandInput, otherwise error: @autoclosure () -> RuntimeError) throws
    -> Place
  {
    guard case .thunk(let thunk) = input, let place = thunk.place else {
      // What stands there may have an error of its own.
      if case .thunk(let thunk) = input { _ = try thunk.evaluate() }
      throw error()
    }
    return place
  }

  /// The variable, or the field of one, in a place.
  func place(_ slot: String) throws -> Place {
    guard case .thunk(let thunk) = command.first(slot) else { throw missing(slot) }
    guard let place = thunk.place else {
      _ = try thunk.evaluate()
      throw RuntimeError.other(
        "\(declaration.name) needs a variable here, as it changes what the variable holds",
        hint: "give it a name first: net = \(sourceText(.thunk(thunk)))")
    }
    return place
  }

  func number(_ slot: String) throws -> Double? {
    guard let value = try value(slot) else { return nil }
    guard let number = value.asNumber() else { throw mismatch(slot, "a number", value) }
    return number
  }

  func integer(_ slot: String) throws -> Int? {
    guard let value = try value(slot) else { return nil }
    guard let number = value.asNumber(), let integer = Int(exactly: number) else {
      throw mismatch(slot, "a whole number", value)
    }
    return integer
  }

  /// A count of things to show or do, at least one.
  func count(_ slot: String) throws -> Int? {
    guard let count = try integer(slot) else { return nil }
    guard count > 0 else {
      throw RuntimeError.other(
        "\(declaration.name): \(slot) must be at least 1, not \(count)", hint: nil)
    }
    return count
  }

  func bool(_ slot: String) throws -> Bool? {
    guard let value = try value(slot) else { return nil }
    guard case .bool(let answer) = value else { throw mismatch(slot, "true or false", value) }
    return answer
  }

  func network(_ slot: String) throws -> Network {
    let value = try requiredValue(slot)
    guard case .network(let box) = value else {
      if let hint = ShadowedLayers.hint(machine) {
        throw RuntimeError.other(mismatch(slot, "a network", value).message, hint: hint)
      }
      throw mismatch(slot, "a network", value)
    }
    return box.content.network
  }

  /// The error for an argument of the wrong kind.
  func mismatch(_ slot: String, _ expected: String, _ value: Value) -> RuntimeError {
    .argumentKind(
      function: declaration.name, parameter: slot, expected: expected,
      got: value.asNumber()?.displayed ?? value.kindName, usage: nil)
  }

  func missing(_ slot: String) -> RuntimeError {
    .missingArgument(
      function: declaration.name, parameter: slot,
      usage: Command.named(declaration.name)?.usage ?? declaration.name)
  }

  /// Gives a variable a value, in the scope in which the command stands.
  func define(_ name: String, _ value: Value) throws {
    try session.define(name, value, on: machine, in: command.scope)
  }

  // MARK: output

  /// Writes a line of results to standard output, unless the result is assigned to a variable.
  func print(_ line: String) {
    if !command.isAssigned { session.writeOutput(line + "\n") }
  }

  /// Shows the command's value, unless it is assigned to a variable.
  func echo(_ value: Value) {
    if !command.isAssigned { session.echo(value) }
  }

  /// Writes lines of results.
  func print(_ lines: [String]) {
    if !lines.isEmpty { print(lines.joined(separator: "\n")) }
  }

  /// Writes a sentence of results, which a terminal gets broken between words.
  ///
  /// - Parameter hanging: how far the lines after the first are indented.
  func say(_ sentence: String, hanging: Int = 2) {
    guard session.terminal.showsOutput else { return print(sentence) }
    print(Diagnostic.wrapped(sentence, to: width, hanging: hanging))
  }

  /// Writes a line that accompanies results to standard error.
  func note(_ line: String) { session.note(line) }

  /// The columns that pictures and tables may take.
  var width: Int { Terminal.size().columns }

  /// Colours for standard output.
  var paint: Paint { Paint(isOn: session.terminal.colorsOutput || session.drawsForPage) }

  // MARK: computing

  /// What a builtin gives: the commands' measures are the language's own.
  func call(_ builtin: String, _ arguments: Value...) throws -> Value {
    guard let builtin = Builtin.named(builtin) else { throw RuntimeError.unknownName(builtin) }
    return try builtin.invoke(
      arguments, names: Array(repeating: nil, count: arguments.count), interpreter: machine)
  }
}

extension Value {
  /// The strings of a list that holds nothing else; nil for what is none.
  fileprivate var strings: [String]? {
    guard case .list(let box) = self else { return nil }
    var strings: [String] = []
    for element in box.content {
      guard case .string(let text) = element else { return nil }
      strings.append(text.content)
    }
    return strings
  }
}
