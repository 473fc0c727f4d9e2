import Syntax

/// Where in a text the cursor stands: in which statement, inside which brackets, in a string or a
/// comment. It reads the text before the cursor only, whole or not, right or wrong.
struct CompletionPlace {
  private let bytes: [UInt8]
  /// Where the statement begins, or the expression in a string's braces.
  private(set) var statementStart = 0
  /// Whether that is an expression, where no command can stand.
  private(set) var isExpression = false
  private(set) var isComment = false
  /// Where the string's text begins that the cursor is in.
  private(set) var stringStart: Int?
  /// The innermost open bracket of the statement, `(` or `[`, and where it stands.
  private(set) var bracket: (kind: Character, place: Int)?

  private struct Open {
    let kind: UInt8
    let place: Int
    let statementStart: Int
    let isExpression: Bool
  }

  init(before text: String) {
    bytes = Array(text.utf8)
    scan()
  }

  /// The text of the statement up to the cursor.
  var statement: String { text(from: statementStart) }

  func text(from place: Int) -> String {
    String(decoding: bytes.dropFirst(place).drop { $0 == 32 }, as: UTF8.self)
  }

  /// What stands between the statement's beginning and a place.
  func text(upTo place: Int) -> String {
    String(decoding: bytes[statementStart..<max(statementStart, place)], as: UTF8.self)
  }

  /// A string's text as written, up to the cursor.
  var stringText: String? { stringStart.map { String(decoding: bytes[$0...], as: UTF8.self) } }

  private mutating func scan() {
    var open: [Open] = []
    var offset = 0
    while offset < bytes.count {
      if open.last?.kind == Self.quote {
        scanString(&offset, &open)
      } else {
        isComment = isComment && bytes[offset] != 10
        if !isComment { scanCode(offset, &open) }
      }
      offset += 1
    }
    if open.last?.kind == Self.quote { stringStart = open.removeLast().place + 1 }
    guard let last = open.last, last.place >= statementStart else { return }
    if last.kind == UInt8(ascii: "(") { bracket = ("(", last.place) }
    if last.kind == UInt8(ascii: "[") { bracket = ("[", last.place) }
  }

  private static let quote = UInt8(ascii: "\"")
  /// The braces inside a string; `{` alone is a block's or a record's.
  private static let hole = UInt8(ascii: "I")

  /// A byte of a string's text, and the one after it where the two are one character.
  private mutating func scanString(_ offset: inout Int, _ open: inout [Open]) {
    let byte = bytes[offset]
    let next = offset + 1 < bytes.count ? bytes[offset + 1] : 0
    switch byte {
    case UInt8(ascii: "\\"): offset += 1
    case UInt8(ascii: "{") where next == byte: offset += 1
    case UInt8(ascii: "{"):
      open.append(opened(Self.hole, at: offset))
      (statementStart, isExpression) = (offset + 1, true)
    case Self.quote: open.removeLast()
    default: break
    }
  }

  private mutating func scanCode(_ offset: Int, _ open: inout [Open]) {
    switch bytes[offset] {
    case UInt8(ascii: "#"): isComment = true
    case Self.quote, UInt8(ascii: "("), UInt8(ascii: "["):
      open.append(opened(bytes[offset], at: offset))
    case UInt8(ascii: "{"):
      open.append(opened(bytes[offset], at: offset))
      (statementStart, isExpression) = (offset + 1, false)
    case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
      if let last = open.popLast() {
        (statementStart, isExpression) = (last.statementStart, last.isExpression)
      }
    case UInt8(ascii: ";"), 10:
      if open.isEmpty || open.last?.kind == UInt8(ascii: "{") {
        (statementStart, isExpression) = (offset + 1, false)
      }
    default: break
    }
  }

  private func opened(_ kind: UInt8, at place: Int) -> Open {
    Open(kind: kind, place: place, statementStart: statementStart, isExpression: isExpression)
  }

  /// The letters, digits and `_` that a text ends with.
  /// The variable and fields, each with its dot, that a text ends with: `lib.` of `1 + lib.`.
  static func trailingPath(_ text: some StringProtocol) -> String {
    guard text.hasSuffix(".") else { return "" }
    return String(
      text.reversed().prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }.reversed())
  }

  static func trailingWord(_ text: some StringProtocol) -> String {
    String(text.reversed().prefix { $0.isLetter || $0.isNumber || $0 == "_" }.reversed())
  }

  /// How many arguments without a name stand, each ended by its comma, in a call's brackets.
  static func positionalCount(in arguments: String) -> Int {
    var depth = 0
    var (count, isNamed, isInString) = (0, false, false)
    for character in arguments {
      if character == "\"" { isInString.toggle() }
      if isInString { continue }
      switch character {
      case "(", "[", "{": depth += 1
      case ")", "]", "}": depth -= 1
      case "=" where depth == 0: isNamed = true
      case "," where depth == 0:
        if !isNamed { count += 1 }
        isNamed = false
      default: break
      }
    }
    return count
  }

  /// The words of a command, parted by spaces outside strings.
  static func words(of text: some StringProtocol) -> [String] {
    var words: [String] = []
    var word = ""
    var (isInString, isEscaped) = (false, false)
    for character in text {
      if character == " ", !isInString {
        if !word.isEmpty { words.append(word) }
        word = ""
        continue
      }
      if character == "\"", !isEscaped { isInString.toggle() }
      isEscaped = isInString && character == "\\" && !isEscaped
      word.append(character)
    }
    return word.isEmpty ? words : words + [word]
  }

  static func withoutTrailingSpaces(_ text: String) -> String {
    String(text.reversed().drop { $0 == " " }.reversed())
  }

  /// Whether an operand ends a text, so that only an operator can follow.
  static func endsInOperand(_ head: String) -> Bool {
    guard head.last == " " else { return false }
    let rest = withoutTrailingSpaces(head)
    guard let last = rest.last else { return false }
    if ")]'\"".contains(last) { return true }
    let word = trailingWord(rest)
    return !word.isEmpty && !operatorWords.contains(word)
  }

  private static let operatorWords: Set<String> = [
    "and", "or", "not", "in", "by", "if", "while", "for", "return", "wrt", "grad", "numgrad", "fn",
    "else",
  ]
}
