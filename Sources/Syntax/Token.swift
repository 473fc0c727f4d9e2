/// The smallest piece of source code with a meaning, and where it stands.
///
/// White space and comments make no tokens; a token only knows whether any stands before it, which
/// is all that statements (they end at a newline) and commands (`plot -x`) need.
public struct Token: Sendable {
  /// What a token is; `spelling` gives the text of those that have only one.
  public enum Kind: UInt8, Sendable, CaseIterable {
    case endOfInput, identifier, number
    /// The opening `"` of a string alone; the parser reads the rest, because of its `{…}` parts.
    case quote
    /// An operator of another language, as `&&`: `Slips` words the error.
    case slip
    /// Something that cannot be read; `Token.problem` says why.
    case invalid

    case fn, returnKeyword, ifKeyword, elseKeyword, whileKeyword, forKeyword, inKeyword
    case breakKeyword, continueKeyword, and, or, not, trueKeyword, falseKeyword, none
    case grad, numgrad, wrt

    case plus, minus, star, slash, percent, at, caret, apostrophe
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
    case assign, plusAssign, minusAssign, starAssign, slashAssign, percentAssign, atAssign
    case caretAssign
    case leftParenthesis, rightParenthesis, leftBracket, rightBracket, leftBrace, rightBrace
    case comma, colon, semicolon, dot, pipe, arrow, halfOpenRange, closedRange, question
  }

  /// What kind of token it is.
  public let kind: Kind
  /// The bytes that it was read from.
  public let span: Span
  /// Whether white space, a comment or a newline stands directly before it.
  public let hasSpaceBefore: Bool
  /// Whether a newline stands between it and the token before.
  public let hasNewlineBefore: Bool
  /// Why an `invalid` token is one.
  public let problem: LexicalProblem?
}

/// Why some text is no token.
public enum LexicalProblem: Sendable, Equatable {
  case nul, invalidUTF8, unexpectedCharacter, hexadecimal, numberSuffix, misplacedUnderscore
  case missingExponent, secondPoint, tooManyDigits
}

extension Token {
  /// The keywords by their text.
  public static let keywords: [String: Kind] = [
    "fn": .fn, "return": .returnKeyword, "if": .ifKeyword, "else": .elseKeyword,
    "while": .whileKeyword, "for": .forKeyword, "in": .inKeyword,
    "break": .breakKeyword, "continue": .continueKeyword, "and": .and, "or": .or, "not": .not,
    "true": .trueKeyword, "false": .falseKeyword, "none": .none, "grad": .grad,
    "numgrad": .numgrad, "wrt": .wrt,
  ]

  /// The names that stand for numbers.
  public static let namedNumbers: [String: Double] = [
    "pi": Double.pi, "π": Double.pi, "inf": Double.infinity, "nan": Double.nan,
  ]

  /// Both together, for one look-up.
  static let reserved = keywords.merging(namedNumbers.mapValues { _ in Kind.number }) { $1 }
}

extension Token.Kind {
  /// Whether it is a reserved word.
  public var isKeyword: Bool { rawValue >= Self.fn.rawValue && rawValue <= Self.wrt.rawValue }

  /// The text of a keyword, an operator or a bracket; for the others, what they are.
  public var spelling: String { Self.spellings[self] ?? "" }

  private static let spellings: [Self: String] = {
    var table: [Self: String] = [
      .endOfInput: "end of input", .identifier: "name", .number: "number", .quote: "string",
      .slip: "operator", .invalid: "character",
      .plus: "+", .minus: "-", .star: "*", .slash: "/", .percent: "%", .at: "@", .caret: "^",
      .apostrophe: "'", .equal: "==", .notEqual: "!=", .less: "<", .lessOrEqual: "<=",
      .greater: ">", .greaterOrEqual: ">=", .assign: "=", .plusAssign: "+=", .minusAssign: "-=",
      .starAssign: "*=", .slashAssign: "/=", .percentAssign: "%=", .atAssign: "@=",
      .caretAssign: "^=", .leftParenthesis: "(", .rightParenthesis: ")",
      .leftBracket: "[", .rightBracket: "]", .leftBrace: "{", .rightBrace: "}", .comma: ",",
      .colon: ":", .semicolon: ";", .dot: ".", .pipe: "|>", .arrow: "->", .halfOpenRange: "..<",
      .closedRange: "...", .question: "?",
    ]
    for (word, kind) in Token.keywords { table[kind] = word }
    return table
  }()
}
