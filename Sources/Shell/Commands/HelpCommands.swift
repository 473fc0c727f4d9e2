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
    if let lines = UserHelp.lines(name, context.machine) {
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
