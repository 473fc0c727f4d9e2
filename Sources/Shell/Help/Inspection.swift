import Console
import Language
import Library
import Prompt
import Syntax

/// What there is to say of the word at a place in code: help on it, or what its value is like.
package struct Inspection {
  /// Plain text; empty where nothing is known of the word.
  package let text: String

  /// - Parameter offset: a byte's place in the code.
  /// - Throws: only that it was interrupted, or that memory runs short.
  package init(of code: String, at offset: Int, in session: Session) throws {
    text = try WordAtPlace(code, offset).map { try Self.text(on: $0, session) } ?? ""
  }

  init(of place: WordAtPlace, in session: Session) throws {
    text = try Self.text(on: place, session)
  }

  private static func text(on place: WordAtPlace, _ session: Session) throws -> String {
    try lines(on: place, session).joined(separator: "\n")
  }

  private static func lines(on place: WordAtPlace, _ session: Session) throws -> [String] {
    let machine = session.machine
    let word = place.word
    if let owner = place.owner {
      guard let value = Completer(machine: machine, session: session).value(at: owner),
        let field = try? value.field(word)
      else { return [] }
      if isFunction(field), let lines = UserHelp.lines("\(owner).\(word)", machine) { return lines }
      return try ["\(owner).\(word)"] + description(of: field)
    }
    if let lines = UserHelp.lines(word, machine) {
      guard let value = machine.globals[word], !isFunction(value) else { return lines }
      return try [word] + description(of: value)
    }
    let help = HelpText(width: 80, paint: Paint(isOn: false))
    return Array(HelpIndex.entries(word).map(help.lines(for:)).joined(separator: [""]))
  }

  private static func isFunction(_ value: Value) -> Bool {
    if case .function = value { true } else { false }
  }

  /// What it is like, and what it holds.
  private static func description(of value: Value) throws -> [String] {
    let described = try ValueDescription(value).exhibits.lines
    switch value {
    case .tensor: return [value.display()] + described.dropFirst()
    case .list, .string, .range: return described + [ShortValue.text(of: value, width: 200)]
    default: return described
    }
  }
}

/// The word that a place in code lies in or after.
package struct WordAtPlace {
  /// A name, a keyword or an operator.
  package let word: String
  /// The bytes that it covers.
  package let span: Span
  /// What stands before its dot, where it is a field: `net` of `net.W1`.
  let owner: String?

  /// Nil where there is none, as in a comment. Inside the brackets of a call, where no word stands,
  /// it is what is called.
  package init?(_ code: String, _ offset: Int) {
    let bytes = Array(code.utf8)
    let offset = min(max(0, offset), bytes.count)
    let tokens = Lexer.highlight(code)
    let touching = tokens.filter { $0.span.start <= offset && offset <= $0.span.end }
    let isText = touching.contains {
      ($0.kind == .comment || $0.kind == .string) && $0.span.start < offset
        && (offset < $0.span.end || $0.kind == .comment)
    }
    if isText { return nil }
    let named = touching.last { $0.kind == .identifier || $0.kind == .keyword }
    let sign = touching.last { $0.kind == .operator && $0.span.end > offset }
    if let token = named ?? sign.flatMap({ Self.isBracket($0, bytes) ? nil : $0 }) {
      word = String(decoding: bytes[token.span.start..<token.span.end], as: UTF8.self)
      span = token.span
      owner = token.kind == .identifier ? Self.owner(before: token.span.start, bytes) : nil
      return
    }
    let place = CompletionPlace(before: String(decoding: bytes[..<offset], as: UTF8.self))
    guard let bracket = place.bracket, bracket.kind == "(" else { return nil }
    let before = String(decoding: bytes[..<bracket.place], as: UTF8.self)
    let callee = CompletionPlace.trailingWord(before)
    guard !callee.isEmpty else { return nil }
    word = callee
    span = Span(bracket.place - callee.utf8.count, bracket.place)
    owner = Self.owner(before: span.start, bytes)
  }

  private static func isBracket(_ token: HighlightedToken, _ bytes: [UInt8]) -> Bool {
    token.span.end - token.span.start == 1 && "()[]{},;".utf8.contains(bytes[token.span.start])
  }

  private static func owner(before start: Int, _ bytes: [UInt8]) -> String? {
    guard start > 1, bytes[start - 1] == UInt8(ascii: ".") else { return nil }
    let head = String(decoding: bytes[..<(start - 1)], as: UTF8.self)
    let path = String(
      head.reversed().prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }.reversed())
    return path.isEmpty || path.hasSuffix(".") ? nil : path
  }
}
