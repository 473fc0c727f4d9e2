import Language
import Library
import Syntax

/// The words of the language and the patterns of its tokens, for the grammars of editors: from the
/// registry and the lexer's table, so that no list is kept by hand.
enum GrammarWords {
  /// `by` is a word only in ranges; everywhere else a grammar without memory cannot tell.
  static let keywords =
    Token.keywords.filter { !constantKinds.contains($0.value) }
    .map(\.key).sorted() + ["by"]

  static let constants =
    (Token.keywords.filter { constantKinds.contains($0.value) }.map(\.key)
    + Token.namedNumbers.keys + Vocabulary.standard.constants.map(\.name)).sorted()

  private static let constantKinds: Set<Token.Kind> = [.trueKeyword, .falseKeyword, .none]

  static let commands = Command.syntaxByName.keys.sorted()

  /// Those that give a value, and may stand right of `=`.
  static let valueCommands = Command.syntaxByName.filter(\.value.givesValue).map(\.key).sorted()

  /// The words within a command: `on`, `to`.
  static let commandWords = Set(
    Command.all.flatMap { $0.arguments.compactMap(\.keyword) }
  ).subtracting(Token.keywords.keys).sorted()

  static let layers = names { $0.group == .layers }
  static let functions = names { $0.group != .layers }

  private static func names(where fits: (Declaration) -> Bool) -> [String] {
    Set(HelpIndex.functions.filter(fits).flatMap { [$0.name] + $0.aliases })
      .filter { $0.first?.isLetter == true }.sorted()
  }

  // MARK: patterns, as the engines of TextMate, Python and Swift all read them

  static let name = #"(?:[^\W\d]|[∂∇])[\w∂∇₀-₉]*"#

  static let number = #"(?<!\w)(?:\d[\d_]*(?:\.\d[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?"#

  /// What may follow a command's name: its end, or after a blank whatever cannot go on with an
  /// expression; `-`, `/` and `.` where no blank follows these.
  static let afterCommand = #"(?=\s*(?:$|[;#}])|\s+(?:[^\s=+*/%@^<>|&)\]},.\-]|[-/.][^\s=]))"#

  static let interpolationFormat = #":[^{}"]*(?=\})"#

  static let escape = #"\\u\{[0-9A-Fa-f]*\}|\\."#

  static let operators = #"\|>|->|\.\.[.<]|[-+*/%@^<>=!]=?|'|\?"#

  /// Any of these words, whole.
  static func any(of words: [String]) -> String {
    #"(?<![\w.])(?:"# + words.joined(separator: "|") + #")(?![\w₀-₉])"#
  }
}
