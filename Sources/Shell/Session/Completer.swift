import Datasets
import Glibc
import Networks
import Runtime
import Syntax

/// What Tab offers: only what fits the place, from the registry and the live session. It evaluates
/// nothing but names and their fields.
struct Completer {
  private let machine: Machine
  private let session: Session

  init(machine: Machine, session: Session) {
    self.machine = machine
    self.session = session
  }

  /// - Parameters:
  ///   - text: the buffer.
  ///   - cursor: the byte offset in it.
  func completions(of text: String, at cursor: Int) -> Completions {
    let before = String(decoding: Array(text.utf8).prefix(max(0, cursor)), as: UTF8.self)
    if let symbol = Self.symbolName(before) { return symbol }
    let statement = Self.lastStatement(before)
    if let path = openString(statement) { return paths(path, closing: "\"") }
    let word = Self.trailingWord(statement)
    let head = String(statement.dropLast(word.count))
    if head.hasSuffix("."), let owner = Self.fieldOwner(head.dropLast()) {
      return Completions(fields(of: owner), typed: word)
    }
    if let found = commandArguments(statement, word, head) { return found }
    if let found = callArguments(head, word) { return found }
    let startsStatement = head.allSatisfy(\.isWhitespace)
    return Completions(names(commands: startsStatement), typed: word)
  }

  // MARK: reading the line

  /// What stands behind the last `;`, line break or opening brace that is in no string.
  private static func lastStatement(_ text: String) -> String {
    var start = text.startIndex
    var isQuoted = false
    for index in text.indices {
      switch text[index] {
      case "\"": isQuoted.toggle()
      case ";", "\n", "{": if !isQuoted { start = text.index(after: index) }
      default: break
      }
    }
    return String(text[start...].drop(while: { $0 == " " }))
  }

  private static func trailingWord(_ text: String) -> String {
    String(text.reversed().prefix { $0.isLetter || $0.isNumber || $0 == "_" }.reversed())
  }

  /// `a.b` before a dot; nil where something else, as a call, stands there.
  private static func fieldOwner(_ head: Substring) -> [String]? {
    let path = String(
      head.reversed().prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }.reversed())
    let names = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    return names.allSatisfy { !$0.isEmpty } ? names : nil
  }

  private func openString(_ statement: String) -> String? {
    let parts = statement.split(separator: "\"", omittingEmptySubsequences: false)
    return parts.count % 2 == 0 ? parts.last.map(String.init) : nil
  }

  // MARK: candidates

  private func names(commands: Bool) -> [Completions.Candidate] {
    var found: [Completions.Candidate] = machine.globals.userDefined.map { name, value in
      let measure = ValueMeasure(value).extent
      var ending = ""
      if case .function = value { ending = "(" }
      return .init(
        name, summary: value.kindName + (measure.isEmpty ? "" : " " + measure), ending: ending)
    }
    if commands {
      found += Command.all.map {
        .init($0.declaration.name, summary: $0.declaration.summary, ending: " ")
      }
    }
    found += Builtin.all.map {
      .init($0.declaration.name, summary: $0.declaration.summary, ending: "(")
    }
    found += Prelude.declarations.map { .init($0.name, summary: $0.summary, ending: "(") }
    found += ["true", "false", "none", "inf", "nan", "pi"].map { .init($0) }
    let keywords = ["fn", "if", "while", "for", "return", "grad", "numgrad", "not"]
    return found + keywords.map { .init($0, ending: " ") }
  }

  private func fields(of path: [String]) -> [Completions.Candidate] {
    guard let first = path.first, var value = machine.globals[first] else { return [] }
    for name in path.dropFirst() {
      guard let next = try? value.field(name) else { return [] }
      value = next
    }
    return Self.fieldNames(of: value).map { .init($0) }
  }

  private static func fieldNames(of value: Value) -> [String] {
    switch value {
    case .record(let box): box.content.names
    case .dataSet: ["train", "valid", "test", "names"]
    case .split: ["x", "y", "labels", "images"]
    case .tensor: ["shape", "T"]
    case .network(let box):
      ["history", "parameters"] + box.content.network.parameters.map(\.name)
    default: []
    }
  }

  // MARK: arguments of commands and calls

  private func commandArguments(
    _ statement: String, _ word: String, _ head: String
  ) -> Completions? {
    let words = statement.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
    guard let name = words.first, let command = Command.named(name), statement.contains(" ")
    else { return nil }
    let last = statement.hasSuffix(" ") ? "" : words.last ?? ""
    if let option = last.split(separator: "=", maxSplits: 1).first.map(String.init),
      last.contains("="),
      let argument = command.arguments.first(
        where: { $0.isOption && $0.parameter.name == option })
    {
      let candidates = Self.words(of: argument)
      return candidates.isEmpty
        ? nil : Completions(candidates.map { .init($0, ending: " ") }, typed: word)
    }
    let given = statement.hasSuffix(" ") ? words.dropFirst() : words.dropFirst().dropLast()
    let slots = command.arguments.filter { !$0.isOption }
    let keywords = Set(slots.compactMap(\.keyword))
    if let previous = given.last, let slot = slots.first(where: { $0.keyword == previous }) {
      return candidates(for: slot, last: last, word: word, command: command)
    }
    let bare = given.filter { !keywords.contains($0) && !$0.contains("=") }
    let firstSlots = slots.filter { $0.keyword == nil }
    if bare.isEmpty, let slot = firstSlots.first {
      return candidates(for: slot, last: last, word: word, command: command)
    }
    guard last == word else { return nil }
    var found: [Completions.Candidate] = slots.filter { slot in
      slot.keyword.map { !given.contains($0) } ?? false
    }.compactMap { slot in
      slot.keyword.map { .init($0, summary: slot.parameter.summary, ending: " ") }
    }
    found += command.arguments.filter(\.isOption).filter { option in
      !given.contains { $0.hasPrefix(option.parameter.name + "=") }
    }.map { .init($0.parameter.name, summary: $0.parameter.summary, ending: "=") }
    if let slot = firstSlots.dropFirst().first ?? firstSlots.first(where: \.parameter.isVariadic) {
      let more = candidates(for: slot, last: last, word: word, command: command)
      if let more { found += more.candidates }
    }
    return Completions(found, typed: word)
  }

  private static func words(of argument: Command.Argument) -> [String] {
    if case .choice(let choices) = argument.parameter.kind { return choices }
    if argument.parameter.kind == .bool { return ["true", "false"] }
    return argument.words
  }

  private func candidates(
    for slot: Command.Argument, last: String, word: String, command: Command
  ) -> Completions? {
    switch slot.parameter.kind {
    case .path:
      var sets: [Completions.Candidate] = []
      if command.declaration.name == "load", !last.contains("/") {
        sets = NamedSet.available().map { .init($0, summary: "data set") }
      }
      return paths(last, closing: "", also: sets)
    case .choice(let choices):
      return Completions(choices.map { .init($0, ending: " ") }, typed: word)
    case .topic: return Completions(topics(of: command, slot), typed: word)
    default: return Completions(values(fitting: slot.parameter.kind), typed: word)
    }
  }

  private func topics(
    of command: Command, _ slot: Command.Argument
  ) -> [Completions.Candidate] {
    switch command.declaration.name {
    case "set":
      return slot.parameter.name == "option"
        ? Setting.all.map { .init($0.name, summary: $0.summary, ending: " ") }
        : Setting.all.flatMap(\.choices).map { .init($0) }
    case "clear":
      return machine.globals.userDefined.map { .init($0.name, summary: $0.value.kindName) }
    case "help", "source": return HelpIndex.names(machine).map { .init($0) }
    default: return []
    }
  }

  /// Variables of the kind that the place takes, or all names where there are none.
  private func values(fitting kind: Runtime.Parameter.Kind) -> [Completions.Candidate] {
    let fitting = machine.globals.userDefined.filter { _, value in
      switch (kind, value) {
      case (.network, .network), (.dataSet, .dataSet), (.split, .split), (.split, .dataSet): true
      case (.network, _), (.dataSet, _), (.split, _): false
      default: true
      }
    }
    if fitting.isEmpty || kind == .any { return names(commands: false) }
    return fitting.map { .init($0.name, summary: ValueMeasure($0.value).extent) }
  }

  /// Names of arguments inside the brackets of a builtin's call, besides all names.
  private func callArguments(_ head: String, _ word: String) -> Completions? {
    var depth = 0
    for index in head.indices.reversed() {
      switch head[index] {
      case ")": depth += 1
      case "(" where depth > 0: depth -= 1
      case "(":
        let name = Self.trailingWord(String(head[..<index]))
        guard let declaration = Builtin.named(name)?.declaration else { return nil }
        let options = declaration.parameters.filter { $0.defaultValue != nil }
        let named = options.map {
          Completions.Candidate($0.name, summary: $0.summary, ending: "=")
        }
        return Completions(named + names(commands: false), typed: word)
      default: break
      }
    }
    return nil
  }

  // MARK: paths and symbols

  private func paths(
    _ typed: String, closing: String, also others: [Completions.Candidate] = []
  ) -> Completions {
    let slash = typed.lastIndex(of: "/")
    let folder = slash.map { String(typed[...$0]) } ?? ""
    let start = slash.map { String(typed[typed.index(after: $0)...]) } ?? typed
    var opened = folder.isEmpty ? "." : folder
    if opened.hasPrefix("~/"), let home = Environment["HOME"] { opened = home + opened.dropFirst() }
    guard let directory = opendir(opened) else { return Completions(others, typed: typed) }
    defer { closedir(directory) }
    var found = others
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name.hasPrefix(start), start.hasPrefix(".") || !name.hasPrefix(".") else { continue }
      // A bare path cannot hold a space; in quotes it can.
      if closing.isEmpty, name.contains(where: \.isWhitespace) { continue }
      var status = stat()
      let isFolder =
        stat(opened + "/" + name, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
      found.append(.init(folder + name, ending: isFolder ? "/" : closing))
    }
    return Completions(found, typed: typed)
  }

  /// `\alpha` becomes α.
  private static func symbolName(_ before: String) -> Completions? {
    guard let slash = before.lastIndex(of: "\\") else { return nil }
    let name = String(before[before.index(after: slash)...])
    guard !name.isEmpty, name.allSatisfy(\.isLetter), let symbol = SymbolNames.all[name] else {
      return nil
    }
    return Completions(replacing: "\\" + name, by: symbol)
  }
}
