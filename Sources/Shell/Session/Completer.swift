import Console
import Datasets
import Language
import Library
import Networks
import Platform
import Prompt
import Syntax

/// What Tab offers: only what fits the place, from the registry and the live session. It evaluates
/// nothing but names and their fields.
struct Completer {
  let machine: Machine
  let session: Session

  init(machine: Machine, session: Session) {
    self.machine = machine
    self.session = session
  }

  /// - Parameters:
  ///   - text: the buffer.
  ///   - cursor: the byte offset in it.
  func completions(of text: String, at cursor: Int) -> Completions {
    let before = String(decoding: Array(text.utf8).prefix(max(0, cursor)), as: UTF8.self)
    if let symbol = Self.symbols(before) { return symbol }
    let place = CompletionPlace(before: before)
    if place.isComment { return .none }
    if let typed = place.stringText { return string(typed, place) }
    let statement = place.statement
    let word = CompletionPlace.trailingWord(statement)
    let head = String(statement.dropLast(word.count))
    if let first = word.first, first.isNumber { return .none }
    if head.hasSuffix("."), !head.hasSuffix("..") {
      return Completions(fields(of: head.dropLast()), typed: word)
    }
    if head == "?" { return Completions(helpTopics(startingWith: word), typed: word) }
    if let bracket = place.bracket {
      if bracket.kind == "(" { return argument(place, bracket.place, word) }
      return names(word, commands: false)
    }
    if !place.isExpression, let found = commandArguments(statement) { return found }
    if CompletionPlace.endsInOperand(head) {
      return Completions(Self.infixWords(in: statement), typed: word)
    }
    let previous = CompletionPlace.withoutTrailingSpaces(head)
    switch CompletionPlace.trailingWord(previous) {
    // A new name.
    case "for", "fn": return .none
    case "wrt": return Completions(variables(startingWith: word, where: Self.isTraced), typed: word)
    default: break
    }
    if previous.hasSuffix("|>") {
      return Completions(
        variables(startingWith: word, where: Self.isCalled) + builtins { _ in true }, typed: word)
    }
    let startsStatement = head.allSatisfy(\.isWhitespace) && !place.isExpression
    return names(word, commands: startsStatement)
  }

  // MARK: names

  /// Variables, commands where one can begin, builtins and keywords that begin as what was typed.
  func names(_ typed: String, commands: Bool) -> Completions {
    var found = variables(startingWith: typed) { _ in true }
    if commands {
      found += Command.all.map {
        .init($0.declaration.name, summary: $0.declaration.summary, ending: " ")
      }
    }
    found += builtins { _ in true }
    found += Vocabulary.standard.constants.map { .init($0.name, summary: $0.summary) }
    found += ["true", "false", "none", "inf", "nan", "pi"].map { .init($0) }
    found += Self.prefixKeywords(startsStatement: commands)
    return Completions(found, typed: typed)
  }

  /// The user's variables, with what they hold: measured only where the name fits, of many none.
  func variables(
    startingWith typed: String, where fits: (Value) -> Bool
  ) -> [Completions.Candidate] {
    let fitting = machine.globals.userDefined.filter { $0.name.hasPrefix(typed) && fits($0.value) }
    return fitting.map { name, value in
      var ending = ""
      if case .function = value { ending = "(" }
      return .init(
        name, summary: fitting.count > 100 ? "" : Self.summary(of: value), ending: ending,
        rank: .variable)
    }
  }

  /// Whether a gradient can be taken with respect to it.
  private static func isTraced(_ value: Value) -> Bool {
    switch value {
    case .number, .tensor, .list, .record, .network: true
    default: false
    }
  }

  /// Whether it can stand after `|>`.
  private static func isCalled(_ value: Value) -> Bool {
    switch value {
    case .function, .network: true
    default: false
    }
  }

  static func summary(of value: Value) -> String {
    let measure = ValueMeasure(value).extent
    return value.kindName + (measure.isEmpty ? "" : " " + measure)
  }

  func builtins(where fits: (Declaration) -> Bool) -> [Completions.Candidate] {
    (Builtin.all.map(\.declaration) + Prelude.declarations).filter(fits).map {
      .init($0.name, summary: $0.summary, ending: "(")
    }
  }

  private static func prefixKeywords(startsStatement: Bool) -> [Completions.Candidate] {
    let always = [
      ("grad", "the gradient of an expression"), ("numgrad", "the gradient by differences"),
      ("not", "the opposite"), ("if", "one of two branches"), ("fn", "a function"),
    ]
    let statements = [
      ("while", "repeats while a condition holds"), ("for", "runs over a sequence"),
      ("return", "leaves a function"), ("break", "leaves a loop"),
      ("continue", "goes on with the next turn"),
    ]
    return (startsStatement ? always + statements : always).map {
      .init($0.0, summary: $0.1, ending: $0.0 == "break" || $0.0 == "continue" ? "" : " ")
    }
  }

  /// What can follow an operand: only words that the statement leaves room for.
  private static func infixWords(in statement: String) -> [Completions.Candidate] {
    let first = statement.split(separator: " ").first
    var words = ["and", "or"]
    if first == "for" { words.append("in") }
    if statement.contains("grad ") { words.append("wrt") }
    if statement.contains("..") { words.append("by") }
    if statement.contains("if ") { words.append("else") }
    return words.map { .init($0, ending: " ") }
  }

  func helpTopics(startingWith word: String) -> [Completions.Candidate] {
    HelpIndex.names(machine).filter { $0.hasPrefix(word) }.map { name in
      switch HelpIndex.entry(name) {
      case .builtin(let declaration): .init(name, summary: declaration.summary)
      case .command(let command): .init(name, summary: command.declaration.summary)
      case .topic(let topic): .init(name, summary: topic.summary)
      default: .init(name)
      }
    }
  }

  // MARK: fields

  /// The fields of a variable, or of a field of one; of anything else nothing, for that would have
  /// to be evaluated.
  private func fields(of head: Substring) -> [Completions.Candidate] {
    let path = String(
      head.reversed().prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }.reversed())
    guard path.count == head.count || Self.canPrecede(path, in: head), let value = value(at: path)
    else { return [] }
    let fieldNames = value.fieldNames
    return fieldNames.map { name in
      .init(name, summary: fieldNames.count > 100 ? "" : Self.fieldSummary(name, of: value))
    }
  }

  /// The value of a variable or of a field of one: `net`, `d.train`; nil where there is none.
  func value(at path: String) -> Value? {
    let names = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard let first = names.first, var value = machine.globals[first] else { return nil }
    for name in names.dropFirst() {
      // A transpose has the fields of what it transposes, and may be large.
      if name == "T" { continue }
      guard let next = try? value.field(name) else { return nil }
      value = next
    }
    return value
  }

  /// Whether a path begins where it seems to: not after a call, an index or a string.
  private static func canPrecede(_ path: String, in head: Substring) -> Bool {
    guard !path.isEmpty, !path.hasPrefix("."), let before = head.dropLast(path.count).last else {
      return false
    }
    return !")]'\"".contains(before)
  }

  /// What a field holds, where looking costs nothing.
  private static func fieldSummary(_ name: String, of value: Value) -> String {
    switch value {
    case .record, .dataSet, .network:
      guard let field = try? value.field(name) else { return "" }
      return summary(of: field)
    case .split:
      guard name != "images", let field = try? value.field(name) else { return "" }
      return summary(of: field)
    default: return ""
    }
  }

  // MARK: symbols

  /// `\alpha` becomes α.
  private static func symbols(_ before: String) -> Completions? {
    guard let slash = before.lastIndex(of: "\\") else { return nil }
    let name = String(before[before.index(after: slash)...])
    guard name.allSatisfy({ $0.isLetter && $0.isASCII }) else { return nil }
    if let symbol = SymbolNames.all[name] {
      return Completions(
        [.init("\\" + name, written: symbol)], typed: "\\" + name)
    }
    let found = SymbolNames.all.map { spelling, symbol in
      Completions.Candidate("\\" + spelling, summary: symbol)
    }
    let completions = Completions(found, typed: "\\" + name)
    guard completions.candidates.count == 1, let only = completions.candidates.first else {
      return completions.candidates.isEmpty ? nil : completions
    }
    return Completions([.init(only.text, written: only.summary)], typed: "\\" + name)
  }
}
