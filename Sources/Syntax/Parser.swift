/// Turns source code into statements: recursive descent, with a table for the infix operators.
///
/// Newlines are no tokens. Each token knows whether a newline stands before it, and
/// `newlinesAreSpace` says whether that means anything here: not inside brackets, but again inside
/// the braces of a block. A missing bracket or an operator without its right side simply asks for
/// the next token, wherever it stands.
public struct Parser {
  /// Brackets, blocks, signs and powers within each other; each costs the stack some frames.
  static let nestingLimit = 1_000
  /// Levels of the tree, as `1 + 1 + …` makes them; trees are walked and freed by recursion.
  static let depthLimit = 10_000

  let source: SourceText
  private let findCommands: () -> [String: CommandSyntax]
  /// The forms of the commands, by each name that they go by.
  var commands: [String: CommandSyntax] { findCommands() }
  var lexer: Lexer
  /// The token that is looked at.
  var current: Token
  /// Where the token before it ends.
  var previousEnd = 0

  /// What depends on the brackets around.
  struct Context {
    /// Inside brackets, a newline ends nothing.
    var newlinesAreSpace = false
    /// Where a further argument of a command may follow, `a -b` and `a (b)` are two arguments.
    var splitsAtSpace = false
    /// Whether `grad L wrt a, b` may take the comma; not where commas part other things.
    var takesTargetList = true
    /// Right of `|>`, where the body of an arrow would take in the next `|>` as well.
    var isRightOfPipe = false
  }

  var context = Context()
  var nesting = 0
  /// Levels of the tree that was returned last.
  var depth = 0
  var loopNesting = 0
  var functionNesting = 0
  var blockNesting = 0
  var interpolationNesting = 0
  /// Whether the error is only that the text ends too early.
  var isIncomplete = false
  /// The last operator of this statement that ends its line, so that its right side is looked for
  /// on the next one.
  var operatorAtLineEnd: Span?
  /// The same, also where it stands inside brackets.
  var lastLineEndOperator: Span?
  /// The first string of this statement that runs over a line's end.
  var multilineString: Span?
  /// The expression that was read last.
  var lastExpression: Span?
  /// Whether it only reads on from an error, for what to say about it.
  var looksAhead = false
  /// Asked now and then whether reading is to stop.
  private let isStopRequested: () -> Bool
  private var tokenCount = 0
  /// Whether it was stopped; the text seems to end there.
  private(set) var isStopped = false
  /// What was met so far, where reading goes on after an error.
  var recovery: Recovery?

  /// - Parameter commands: asked for where a statement begins with a name: a text may hold none.
  init(
    _ source: SourceText, commands: @autoclosure @escaping () -> [String: CommandSyntax],
    isStopRequested: @escaping () -> Bool = { false }
  ) {
    self.source = source
    findCommands = commands
    self.isStopRequested = isStopRequested
    lexer = Lexer(source)
    current = lexer.next()
  }

  /// Reads a whole text.
  ///
  /// - Parameters:
  ///   - commands: the forms of the commands, by each name that they go by.
  ///   - isStopRequested: asked every few thousand tokens of a long text.
  /// - Throws: the first syntax error, or one of the phase `interrupted`; nothing of the text may
  ///   run then.
  public static func parse(
    _ source: SourceText, commands: @autoclosure @escaping () -> [String: CommandSyntax],
    isStopRequested: @escaping () -> Bool = { false }
  ) throws(Diagnostic) -> [Statement] {
    var parser = Parser(source, commands: commands(), isStopRequested: isStopRequested)
    do throws(Diagnostic) {
      let statements = try parser.parseScript()
      if !parser.isStopped { return statements }
    } catch {
      if !parser.isStopped { throw error }
    }
    throw parser.interruption
  }

  /// What is thrown where reading was stopped.
  var interruption: Diagnostic {
    Diagnostic(
      phase: .interrupted, "interrupted", source: source, span: Span(previousEnd, previousEnd))
  }

  /// Reads a text that is one expression.
  ///
  /// - Throws: the first syntax error.
  public static func parseExpression(_ source: SourceText) throws(Diagnostic) -> Expression {
    var parser = Parser(source, commands: [:])
    let expression = try parser.parseExpression()
    guard parser.current.kind == .endOfInput else {
      throw parser.unexpectedAfterExpression(expression)
    }
    return expression
  }

  /// Whether a text can run as it is.
  public enum Completeness: Sendable {
    case complete
    /// More must follow: a bracket, a string or an operator's right side is open.
    case incomplete
    case invalid(Diagnostic)
  }

  /// Whether Enter should run a text or go on to the next line.
  public static func completeness(
    of text: String, commands: [String: CommandSyntax] = [:]
  ) -> Completeness {
    var parser = Parser(SourceText(text, name: "<prompt>"), commands: commands)
    do throws(Diagnostic) {
      _ = try parser.parseScript()
      return .complete
    } catch {
      return parser.isIncomplete ? .incomplete : .invalid(error)
    }
  }

  private mutating func parseScript() throws(Diagnostic) -> [Statement] {
    do throws(Diagnostic) {
      let statements = try parseStatements(until: .endOfInput)
      if current.kind != .endOfInput { throw closesNothing() }
      return statements
    } catch {
      throw blamingEarlierLine(error)
    }
  }
}

// MARK: - Tokens

extension Parser {
  /// Moves to the next token.
  mutating func advance() {
    previousEnd = current.span.end
    tokenCount &+= 1
    if tokenCount % 8192 == 0, isStopRequested() {
      isStopped = true
      lexer.offset = lexer.bytes.count
    }
    current = lexer.next()
  }

  /// Goes on reading from a byte offset, after raw text was taken.
  mutating func resume(at offset: Int) {
    previousEnd = offset
    lexer.offset = offset
    current = lexer.next()
  }

  /// The text of a token.
  func text(_ token: Token) -> String { source.text(in: token.span) }

  /// Whether the token may go on with the statement: no newline that counts stands before it.
  func continues(_ token: Token) -> Bool {
    context.newlinesAreSpace || !token.hasNewlineBefore
  }

  /// Takes a token of a kind if it stands here.
  mutating func accept(_ kind: Token.Kind) -> Bool {
    guard current.kind == kind else { return false }
    advance()
    return true
  }

  /// From a token's start to the end of what was read last.
  func span(from token: Token) -> Span {
    Span(token.span.start, max(previousEnd, token.span.start))
  }

  /// Enters a bracket, block or prefix; pairs with `leave`. A failed parse need not leave.
  mutating func enter(at token: Token) throws(Diagnostic) {
    nesting += 1
    guard nesting <= Self.nestingLimit else {
      throw failure(
        "nested too deeply", at: token.span, label: "more than \(Self.nestingLimit) levels",
        suggestions: ["give an inner part a name of its own"])
    }
  }

  mutating func leave() { nesting -= 1 }

  /// Notes that a node was built over children of this depth.
  mutating func grow(over childDepth: Int, at span: Span) throws(Diagnostic) {
    depth = childDepth + 1
    guard depth <= Self.depthLimit else {
      throw failure(
        "expression too long", at: Span(span.start, span.start + 1),
        label: "more than \(Self.depthLimit) operations, one on the other",
        suggestions: ["part it into several statements"])
    }
  }
}
