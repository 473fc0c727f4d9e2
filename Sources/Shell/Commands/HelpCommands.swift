import Console
import Language
import Syntax

extension Command {
  /// Finding out.
  static let help: [Command] = [helpCommand, apropos]

  private static let helpCommand = Command(
    "help", "teaches nnsh in a minute, or tells about one word",
    details: """
      Also written ?TOPIC and TOPIC?. A topic is a command, a function, a word of the language as \
      `grad` or `slices`, an operator (?|>), a group as `losses`, a variable or function of your \
      own (the comment above it is its help), or `commands`, `builtins`, `topics` for lists.
      """,
    arguments: [
      .slot(
        "topic", .topic, default: .computed("a first screen"), takesLine: true, "what about")
    ],
    examples: [
      .init(
        "# Rows of v, scaled to length one.\nfn unit(v) = v / norm(v, axis=1, keepdims=true)\n"
          + "unit?",
        """
        fn unit(v)
        Rows of v, scaled to length one.
        defined at -c:2; source unit shows it
        """)
    ],
    seeAlso: ["apropos", "lesson", "source"]
  ) { context in
    let text = HelpText(width: context.width, paint: context.paint)
    guard let name = try context.word("topic").map(unquoted) else {
      context.page(HelpScreen.text(context.paint))
      return nil
    }
    if let lines = UserHelp.lines(name, context) {
      context.page(lines)
      return nil
    }
    let entries = HelpIndex.entries(name)
    guard !entries.isEmpty else { throw unknown(name, context) }
    context.page(Array(entries.map(text.lines(for:)).joined(separator: [""])))
    return nil
  }

  /// What was typed in quotes, without them.
  private static func unquoted(_ text: String) -> String {
    text.count > 2 && text.hasPrefix("\"") && text.hasSuffix("\"")
      ? String(text.dropFirst().dropLast()) : text
  }

  private static func unknown(_ name: String, _ context: CommandContext) -> RuntimeError {
    let near = nearest(name, among: HelpIndex.names(context.machine))
    let mentions = HelpIndex.matches(name).prefix(4).map(\.name)
    let hint =
      if !near.isEmpty {
        "did you mean \(near.joined(separator: " or "))?"
      } else if !mentions.isEmpty {
        "it is mentioned in help \(mentions.joined(separator: ", ")); apropos \(name) lists all"
      } else {
        "help topics, help commands and help builtins list all there is"
      }
    return .other("there is no help on \(name)", hint: hint)
  }

  private static let apropos = Command(
    "apropos", "finds the commands, functions and topics that mention a word",
    details: "Those that have it in their names come first, then those in whose summary it stands.",
    arguments: [.slot("word", .string, "what to look for")],
    examples: [
      .init(
        "apropos kurtosis", "")
    ],
    seeAlso: ["help"]
  ) { context in
    let word = unquoted(try context.requiredWord("word"))
    let found = HelpIndex.matches(word)
    guard !found.isEmpty else {
      context.note("nothing mentions \(word)")
      return nil
    }
    var table = Table([("", .left), ("", .left)])
    for (name, summary) in found { table.append([name, summary]) }
    context.page(table.lines(width: context.width))
    return nil
  }
}

/// Help on what the user has defined.
private enum UserHelp {
  /// A function's head with the comment above it, a variable's description; nil for other names.
  static func lines(_ name: String, _ context: CommandContext) -> [String]? {
    guard context.machine.globals.isUserDefined(name), let value = context.machine.globals[name]
    else { return nil }
    guard case .function(let function) = value, let definition = function.definition else {
      let extent = ValueMeasure(value).extent
      return ["\(name) is a \(value.kindName)\(extent.isEmpty ? "" : ": \(extent)")"]
    }
    let (line, _) = definition.source.position(of: definition.span.start)
    return [value.display()] + comment(above: definition.span.start, in: definition.source)
      + ["defined at \(definition.source.name):\(line); source \(name) shows it"]
  }

  private static func comment(above offset: Int, in source: SourceText) -> [String] {
    var lines: [String] = []
    var start = source.line(around: offset).start
    while start > 0 {
      let above = source.line(around: start - 1)
      let text = above.text.drop { $0 == " " }
      guard text.hasPrefix("#") else { break }
      lines.append(String(text.dropFirst().drop { $0 == " " }))
      start = above.start
    }
    return lines.reversed()
  }
}
