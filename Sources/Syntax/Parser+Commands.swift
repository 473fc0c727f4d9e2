extension Parser {
  /// Reads a command if the word that begins this statement is one here, and not a variable.
  mutating func parseCommandIfAny() throws(Diagnostic) -> Command? {
    let word = current
    if let help = parseHelpSuffix() { return help }
    guard let syntax = commands[text(word)] else { return nil }
    let name = Name(text(word), word.span)
    var ahead = lexer
    let next = ahead.next()
    if endsCommand(next) {
      if next.kind == .pipe { return nil }
      advance()
      return Command(name: name, arguments: [])
    }
    guard beginsArgument(next, of: syntax) else { return nil }
    if syntax.isTopLevel, blockNesting > 0 {
      throw failure(
        "`\(text(word))` stands at the top level, not in a block", at: word.span,
        suggestions: ["write it above, once for the whole file"])
    }
    advance()
    return Command(name: name, arguments: try parseCommandArguments(syntax, name))
  }

  /// Reads the command of `r = test net on d`: a command's word with a name, a number or a string
  /// after a space.
  mutating func parseAssignedCommand(to target: Name) throws(Diagnostic) -> Command? {
    let word = current
    guard word.kind == .identifier, let syntax = commands[text(word)] else { return nil }
    var ahead = lexer
    let next = ahead.next()
    guard next.hasSpaceBefore, !next.hasNewlineBefore,
      [.identifier, .number, .quote].contains(next.kind)
    else { return nil }
    if text(next) == "by", next.kind == .identifier { return nil }
    guard syntax.givesValue else {
      throw failure(
        "`\(text(word))` gives no value that could be assigned", at: word.span,
        suggestions: syntax.name == "load" ? ["write load … as \(target.text)"] : [])
    }
    advance()
    let name = Name(text(word), word.span)
    let arguments = try parseCommandArguments(syntax, name)
    return Command(name: name, arguments: arguments, target: target)
  }

  /// Whether nothing of a command can stand at this token.
  func endsCommand(_ token: Token) -> Bool {
    switch token.kind {
    case .endOfInput, .semicolon, .pipe: true
    case .rightBrace: blockNesting > 0
    default: token.hasNewlineBefore
    }
  }

  /// Whether the token after a command's word begins an argument, rather than going on with an
  /// expression in which the word is a variable.
  private func beginsArgument(_ token: Token, of syntax: CommandSyntax) -> Bool {
    guard token.hasSpaceBefore else { return false }
    let standsFree = Lexer.isBlank(lexer.byte(at: token.span.end))
    switch token.kind {
    case .assign, .plusAssign, .minusAssign, .starAssign, .slashAssign, .percentAssign, .atAssign,
      .caretAssign, .comma, .arrow, .and, .or, .inKeyword:
      return false
    case .minus where standsFree: return isPathAlone(token, syntax)
    case .plus, .minus: return !standsFree
    case .dot, .question, .invalid: return !standsFree || token.kind == .invalid
    case .slash, .slip, .star, .percent, .at, .caret, .closedRange, .halfOpenRange:
      return !standsFree && beginsWithRawText(syntax)
    case let kind where InfixRule.of(kind) != nil: return false
    case .colon, .rightParenthesis, .rightBracket, .rightBrace: return false
    default: return true
    }
  }

  /// Whether `-` is a path here, standard input, and nothing that goes on with an expression.
  private func isPathAlone(_ token: Token, _ syntax: CommandSyntax) -> Bool {
    guard case .path? = syntax.slots.first?.kind else { return false }
    var ahead = lexer
    ahead.offset = token.span.end
    let next = ahead.next()
    return endsCommand(next) || syntax.slots.contains { $0.keyword == text(next) }
  }

  private func beginsWithRawText(_ syntax: CommandSyntax) -> Bool {
    switch syntax.slots.first?.kind {
    case .path, .text: true
    default: false
    }
  }

  /// `x?` asks for help on `x`.
  mutating func parseHelpSuffix() -> Command? {
    let word = current
    guard lexer.byte(at: word.span.end) == UInt8(ascii: "?"), let slot = helpSlot else {
      return nil
    }
    var ahead = lexer
    ahead.offset = word.span.end + 1
    guard endsCommand(ahead.next()) else { return nil }
    resume(at: word.span.end + 1)
    return helpCommand(on: text(word), slot, span(from: word), word.span)
  }

  /// `?x` too, also where x is an operator, and `?` alone for help in general.
  mutating func parseHelpPrefix() throws(Diagnostic) -> Statement.Kind {
    let mark = current
    advance()
    let asksForOperator = current.kind == .pipe && !current.hasNewlineBefore
    guard asksForOperator || !endsCommand(current), let slot = helpSlot else {
      return .command(Command(name: Name("help", mark.span), arguments: []))
    }
    let topic = try takeRestOfLine()
    return .command(helpCommand(on: source.text(in: topic), slot, mark.span, topic))
  }

  private var helpSlot: String? { commands["help"]?.slots.first?.name }

  private func helpCommand(
    on word: String, _ slot: String, _ whole: Span, _ wordSpan: Span
  ) -> Command {
    let argument = CommandArgument(slot: slot, value: .word(word), span: wordSpan)
    return Command(name: Name("help", whole), arguments: [argument])
  }
}

extension CommandSyntax {
  /// How the command is written: `train NET on DATA [epochs= batch=]`.
  public var usage: String {
    var parts = [name]
    for slot in slots {
      let keyword = slot.keyword.map { "\($0) " } ?? ""
      let name = slot.kind == .block ? "{ … }" : slot.name.uppercased()
      let place = keyword + name + (slot.isVariadic ? "…" : "")
      parts.append(slot.isOptional ? "[\(place)]" : place)
    }
    if !options.isEmpty {
      parts.append("[" + options.map { "\($0.name)=" }.joined(separator: " ") + "]")
    }
    return parts.joined(separator: " ")
  }
}
