extension Parser {
  /// What a text holds when reading does not stop at its first error.
  public struct Reading: Sendable {
    /// The statements that could be read; those with an error are missing.
    public let statements: [Statement]
    /// The errors, in the order in which they were met.
    public let errors: [Diagnostic]
    /// The statements of blocks whose headers have an error: what they mean is not known.
    public let lost: [Statement]
  }

  /// Reads a whole text; after each error it goes on at the next line.
  ///
  /// - Parameters:
  ///   - commands: the forms of the commands, by each name that they go by.
  ///   - isStopRequested: asked every few thousand tokens of a long text.
  /// - Throws: an error of the phase `interrupted`, and no other.
  public static func readThrough(
    _ source: SourceText, commands: [String: CommandSyntax],
    isStopRequested: @escaping () -> Bool = { false }
  ) throws(Diagnostic) -> Reading {
    var parser = Parser(source, commands: commands, isStopRequested: isStopRequested)
    parser.recovery = Recovery()
    var statements: [Statement] = []
    repeat {
      statements += try parser.parseStatements(until: .endOfInput)
      if parser.isStopped { throw parser.interruption }
      if parser.current.kind != .endOfInput {
        let error = parser.closesNothing()
        parser.recovery?.errors.append(error)
        parser.resume(at: parser.startOfLine(after: parser.current.span.start))
      }
    } while parser.current.kind != .endOfInput
    return Reading(
      statements: statements, errors: parser.recovery?.errors ?? [],
      lost: parser.recovery?.lost ?? [])
  }

  /// What a parser that goes on after errors keeps.
  struct Recovery {
    var errors: [Diagnostic] = []
    var lost: [Statement] = []
    /// Blocks that a header with an error has opened: their statements are read as if they stood
    /// outside, and their closing braces mean nothing.
    var openBlocks = 0
  }

  /// What must be as it was when a statement that failed began.
  struct Nesting {
    let context: Context
    let levels: Int, loops: Int, functions: Int, blocks: Int
  }

  var currentNesting: Nesting {
    Nesting(
      context: context, levels: nesting, loops: loopNesting, functions: functionNesting,
      blocks: blockNesting)
  }

  /// Whether `break`, `continue` and `return` may stand here for all that is known.
  var mayStandInLostBlock: Bool { (recovery?.openBlocks ?? 0) > 0 }

  /// Notes the error of a statement and moves to where reading goes on.
  ///
  /// - Parameters:
  ///   - start: the statement's first token.
  ///   - outer: the nesting in which it began.
  /// - Returns: how many blocks it has opened that no statement holds.
  /// - Throws: the error, where reading is to stop at it.
  mutating func recover(
    from error: Diagnostic, start: Token, outer: Nesting
  ) throws(Diagnostic) -> Int {
    guard recovery != nil, !isStopped, interpolationNesting == 0 else { throw error }
    let error = blamingEarlierLine(error)
    recovery?.errors.append(error)
    let hasReadToTheEnd = current.kind == .endOfInput
    context = outer.context
    nesting = outer.levels
    loopNesting = outer.loops
    functionNesting = outer.functions
    blockNesting = outer.blocks
    multilineString = nil
    operatorAtLineEnd = nil
    lastLineEndOperator = nil
    isIncomplete = false
    depth = 1
    let lineEnd = source.lineSpan(around: max(error.span.start, start.span.start)).end
    var scan = BracketScan(lexer, from: start.span.start)
    let own = scan.run(upTo: lineEnd, inBlock: blockNesting > 0)
    if hasReadToTheEnd, scan.openBlocks > 0 {
      // The block's own statements have been read: only its end is missing.
      resume(at: lexer.bytes.count)
      return 0
    }
    if let own, own >= error.span.start {
      resume(at: own)
      return 0
    }
    let lost = scan.openBlocks
    if scan.openBrackets > 0, let end = scan.endOfBrackets() {
      resume(at: startOfLine(after: end))
      return 0
    }
    resume(at: startOfLine(after: lineEnd))
    return lost
  }

  /// Takes the brace of a block whose header had an error, and an `else` after it.
  ///
  /// - Returns: how many such blocks that opens.
  mutating func closeLostBlock() -> Int {
    advance()
    guard current.kind == .elseKeyword else { return 0 }
    let line = source.lineSpan(around: current.span.start).end
    while current.kind != .leftBrace, current.kind != .endOfInput, current.span.start < line {
      advance()
    }
    return accept(.leftBrace) ? 1 : 0
  }

  func closesNothing() -> Diagnostic {
    failure(
      "`\(current.kind.spelling)` closes nothing", at: current.span,
      suggestions: ["remove it, or add the bracket that it should close"])
  }

  func startOfLine(after offset: Int) -> Int {
    var end = source.lineSpan(around: offset).end
    while end < lexer.bytes.count, Lexer.endsLine(lexer.bytes[end]) {
      end += 1
      if end < lexer.bytes.count, lexer.bytes[end - 1] == UInt8(ascii: "\r"),
        lexer.bytes[end] == UInt8(ascii: "\n")
      {
        continue
      }
      break
    }
    return end
  }
}

/// Counts the brackets of a statement that could not be read.
private struct BracketScan {
  /// How far the end of open brackets is looked for.
  private static let patience = 2_000

  private var lexer: Lexer
  /// The brackets that are open: whether each is the brace of a block.
  private var open: [Bool] = []
  private var previous = Token.Kind.endOfInput

  init(_ lexer: Lexer, from start: Int) {
    self.lexer = lexer
    self.lexer.offset = start
  }

  var openBlocks: Int { open.count { $0 } }
  var openBrackets: Int { open.count { !$0 } }

  /// Reads the tokens that begin before an offset.
  ///
  /// - Returns: where the brace stands that closes the block around the statement, if it is there.
  mutating func run(upTo end: Int, inBlock: Bool) -> Int? {
    while true {
      var ahead = lexer
      let token = ahead.next()
      guard token.kind != .endOfInput, token.span.start < end else { return nil }
      if token.kind == .rightBrace, open.isEmpty, inBlock { return token.span.start }
      take(token, ahead)
    }
  }

  /// After the bracket that closes the last open one; nil where that is not found, or where the
  /// end of a block comes first.
  mutating func endOfBrackets() -> Int? {
    for _ in 0..<Self.patience {
      var ahead = lexer
      let token = ahead.next()
      if token.kind == .endOfInput { return nil }
      if token.kind == .rightBrace, open.last == true || open.isEmpty { return nil }
      take(token, ahead)
      if openBrackets == 0 { return token.span.start }
    }
    return nil
  }

  private mutating func take(_ token: Token, _ ahead: Lexer) {
    lexer = ahead
    switch token.kind {
    case .quote: skipString()
    case .leftParenthesis, .leftBracket: open.append(false)
    case .leftBrace: open.append(!Self.beginsRecord.contains(previous))
    case .rightParenthesis, .rightBracket, .rightBrace: _ = open.popLast()
    default: break
    }
    previous = token.kind
  }

  /// After these a brace opens a record.
  private static let beginsRecord: Set<Token.Kind> = [
    .assign, .comma, .leftParenthesis, .leftBracket, .colon, .returnKeyword,
  ]

  /// Moves past the quote that ends a string, or to the end of its line.
  private mutating func skipString() {
    while lexer.offset < lexer.bytes.count {
      let byte = lexer.bytes[lexer.offset]
      if Lexer.endsLine(byte) { return }
      lexer.offset += byte == UInt8(ascii: "\\") ? 2 : 1
      if byte == UInt8(ascii: "\"") { return }
    }
  }
}
