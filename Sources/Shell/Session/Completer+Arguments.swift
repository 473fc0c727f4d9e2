import Datasets
import Language
import Library
import Prompt
import Syntax

/// Arguments of commands and calls.
extension Completer {
  // MARK: commands

  /// What fits after a command's name; nil where the statement is none.
  func commandArguments(_ statement: String) -> Completions? {
    guard let end = statement.firstIndex(of: " "),
      let command = Command.named(String(statement[..<end]))
    else { return nil }
    let rest = statement[end...].drop { $0 == " " }
    if Self.continuesExpression(rest) { return nil }
    let words = CompletionPlace.words(of: rest)
    let last = statement.hasSuffix(" ") ? "" : words.last ?? ""
    // A string that is closed: what follows it comes after a space.
    if last.hasPrefix("\""), last.count > 1, last.hasSuffix("\"") {
      return Completions([.init(last, ending: " ")], typed: last)
    }
    let given = last.isEmpty ? words : Array(words.dropLast())
    if let equals = last.firstIndex(of: "="),
      let option = command.arguments.first(
        where: { $0.isOption && $0.parameter.name == last[..<equals] })
    {
      return optionValue(option, String(last[last.index(after: equals)...]))
    }
    let slots = command.arguments.filter { !$0.isOption }
    if let previous = given.last, let slot = slots.first(where: { $0.keyword == previous }) {
      return slotCompletions(slot, last, given, command)
    }
    return laterArguments(command, slots, given: given, last: last)
  }

  /// `train = 3`, `step + 1` and the like are expressions on a variable of a command's name.
  private static func continuesExpression(_ rest: Substring) -> Bool {
    guard let first = rest.first else { return false }
    if "=+*%@^<>|&)]},".contains(first) { return true }
    // `load /tmp/x` and `plot -a` are commands.
    return "/-.".contains(first) && rest.dropFirst().first == " "
  }

  private func laterArguments(
    _ command: Command, _ slots: [Command.Argument], given: [String], last: String
  ) -> Completions? {
    let sentence = CommandWords(given, slots)
    let slot = sentence.nextSlot
    // An expression that goes on: `plot a + b`.
    let word = CompletionPlace.trailingWord(last)
    if last != word, slot?.parameter.kind != .path {
      return CompletionPlace.endsInOperand(last) ? .none : names(word, commands: false)
    }
    let found = sentence.mayEnd ? furtherWords(of: command, slots, given) : []
    guard let slot else { return Completions(found, typed: last) }
    let fitting = slotCompletions(slot, last, given, command)
    if found.isEmpty { return fitting }
    return Completions(found + fitting.candidates, typed: last)
  }

  /// The keywords and options of a command that are not given yet.
  private func furtherWords(
    of command: Command, _ slots: [Command.Argument], _ given: [String]
  ) -> [Completions.Candidate] {
    let keywords = slots.compactMap { slot in
      slot.keyword.map { keyword in
        Completions.Candidate(
          keyword, summary: slot.parameter.summary, ending: " ", rank: .argument)
      }
    }
    let options = command.arguments.filter { option in
      option.isOption && !given.contains { $0.hasPrefix(option.parameter.name + "=") }
    }
    return keywords.filter { !given.contains($0.text) } + options.map { Self.named($0.parameter) }
  }

  /// What may stand in a place of a command's sentence.
  private func slotCompletions(
    _ slot: Command.Argument, _ last: String, _ given: [String], _ command: Command
  ) -> Completions {
    let word = CompletionPlace.trailingWord(last)
    switch slot.parameter.kind {
    case .path:
      let sets = command.declaration.name == "load" ? NamedSet.available() + FormulaSet.names : []
      return paths(
        last, quoting: .bare, for: command.declaration.name,
        also: sets.map { .init($0, summary: "data set", ending: " ") })
    case .choice(let choices):
      return Completions(choices.map { .init($0, ending: " ") }, typed: word)
    case .topic:
      return Completions(topics(of: command, slot, given, word), typed: word)
    case .integer where command.declaration.name == "lesson":
      return Completions(
        Lesson.all.enumerated().map { .init("\($0 + 1)", summary: $1.title) }, typed: last)
    case .integer, .number:
      return Completions(variables(startingWith: word, where: Self.fits(.number)), typed: word)
    case .string: return .none
    default:
      let words = slot.words.map { Completions.Candidate($0, ending: " ") }
      return Completions(words + values(slot.parameter.kind, word), typed: word)
    }
  }

  private func topics(
    of command: Command, _ slot: Command.Argument, _ given: [String], _ word: String
  ) -> [Completions.Candidate] {
    switch command.declaration.name {
    case "set":
      if slot.parameter.name == "option" {
        return Setting.all.map { .init($0.name, summary: $0.summary, ending: " ") }
      }
      return Setting.all.first { $0.name == given.first }?.choices.map { .init($0) } ?? []
    case "clear":
      return variables(startingWith: word) { _ in true }.map {
        .init($0.text, summary: $0.summary)
      }
    case "source":
      let functions = variables(startingWith: word) { $0.kindName == "function" }
      return functions.map { .init($0.text, summary: $0.summary) }
        + (Prelude.declarations + Builtin.all.map(\.declaration)).map {
          .init($0.name, summary: $0.summary)
        }
    case "help": return helpTopics(startingWith: word)
    default: return []
    }
  }

  /// The value after `name=` of a command.
  private func optionValue(_ option: Command.Argument, _ typed: String) -> Completions {
    let word = CompletionPlace.trailingWord(typed)
    let words = option.words.map { name in
      Completions.Candidate(
        name, summary: Builtin.named(name)?.declaration.summary ?? "", ending: " ")
    }
    switch option.parameter.kind {
    case .choice(let choices):
      return Completions(choices.map { .init($0, ending: " ") }, typed: typed)
    case .bool:
      return Completions(["true", "false"].map { .init($0, ending: " ") }, typed: typed)
    case .string where word != typed || typed.isEmpty: return Completions(words, typed: typed)
    default:
      let fitting = values(option.parameter.kind, word)
      let first = typed == word ? words + Self.defaults(option.parameter) : []
      return Completions(first + fitting, typed: word)
    }
  }

  // MARK: values

  /// The number that an argument has where it is left out: what it may be is seen from it.
  private static func defaults(_ parameter: Parameter) -> [Completions.Candidate] {
    guard case .number(let number)? = parameter.defaultValue else { return [] }
    return [.init(number.displayed, summary: "the default", rank: .argument)]
  }

  /// Variables of the kind that a place takes, and the builtins that make one.
  private func values(_ kind: Parameter.Kind, _ word: String) -> [Completions.Candidate] {
    switch kind {
    case .network:
      let networks = variables(startingWith: word, where: Self.fits(kind))
      return networks.isEmpty ? builtins { $0.group == .layers } : networks
    case .dataSet, .split:
      let sets = variables(startingWith: word, where: Self.fits(kind))
      return sets.isEmpty ? builtins { $0.name == "dataset" || $0.name == "split" } : sets
    case .optimizer, .schedule:
      let result = kind == .optimizer ? "an optimizer" : "a schedule"
      return variables(startingWith: word, where: Self.fits(kind))
        + builtins { $0.group == .optimizers && $0.result == result }
    case .number, .integer: return variables(startingWith: word, where: Self.fits(.number))
    case .place: return variables(startingWith: word) { $0.kindName != "function" }
    case .bool: return ["true", "false"].map { .init($0) }
    default: return names(word, commands: false).candidates
    }
  }

  private static func fits(_ kind: Parameter.Kind) -> (Value) -> Bool {
    { value in
      switch (kind, value) {
      case (.network, .network), (.optimizer, .optimizer), (.schedule, .schedule),
        (.number, .number):
        return true
      case (.dataSet, .dataSet), (.dataSet, .split), (.split, .split), (.split, .dataSet):
        return true
      case (.dataSet, .record(let box)), (.split, .record(let box)):
        return box.content["x"] != nil && box.content["y"] != nil
      default: return false
      }
    }
  }

  // MARK: calls

  /// What fits inside the brackets of a call: names, and the names of arguments not yet given.
  func argument(_ place: CompletionPlace, _ bracket: Int, _ word: String) -> Completions {
    let inside = place.text(from: bracket + 1)
    let head = String(inside.dropLast(word.count))
    if CompletionPlace.endsInOperand(head) {
      return Completions(["and", "or"].map { .init($0, ending: " ") }, typed: word)
    }
    let callee = CompletionPlace.trailingWord(place.text(upTo: bracket))
    let last = head.last { $0 != " " }
    let parameters = callee.isEmpty ? nil : self.parameters(of: callee)
    if last == "=", let parameters,
      let parameter = parameters.first(where: {
        $0.name == CompletionPlace.trailingWord(head.filter { $0 != " " }.dropLast())
      })
    {
      if case .choice(let choices) = parameter.kind {
        return Completions(
          choices.map { .init("\"\($0)\"", label: $0) }, typed: word)
      }
      if parameter.kind != .any {
        return Completions(
          Self.defaults(parameter) + values(parameter.kind, word), typed: word)
      }
    }
    let fitting = names(word, commands: false)
    guard last == nil || last == ",", let parameters else { return fitting }
    let given = CompletionPlace.positionalCount(in: head)
    let named = parameters.dropFirst(given).filter { $0.defaultValue != nil || !$0.isVariadic }
      .filter {
        !head.filter { $0 != " " }.contains($0.name + "=")
      }
    return Completions(
      named.map(Self.named) + fitting.candidates, typed: word)
  }

  private static func named(_ parameter: Parameter) -> Completions.Candidate {
    .init(
      parameter.name, summary: parameter.summary, ending: "=", label: parameter.name + "=",
      rank: .argument)
  }

  /// The parameters of a builtin or of a user's function.
  func parameters(of name: String) -> [Parameter]? {
    if machine.globals.isUserDefined(name) || name.contains(".") {
      guard case .function(let function)? = value(at: name),
        let (source, span) = function.definition
      else { return nil }
      let written = String(decoding: source.bytes[span.start..<span.end], as: UTF8.self)
      return Self.parameters(written: written)
    }
    return Builtin.named(name)?.declaration.parameters
      ?? Prelude.declarations.first { $0.name == name }?.parameters
  }

  private static func parameters(written function: String) -> [Parameter]? {
    guard
      let statements = try? Parser.parse(
        SourceText(function, name: ""), commands: Command.syntaxByName),
      case .function(let literal)? = statements.first?.kind
    else { return nil }
    return literal.parameters.map { parameter in
      let value = parameter.defaultValue?.description
      return Parameter(
        parameter.name.text, .any, default: value.map { .computed($0) },
        value.map { "by default \($0)" } ?? "an argument")
    }
  }
}
