/// What of a command was read so far.
private struct CommandProgress {
  let syntax: CommandSyntax
  let name: Name
  var arguments: [CommandArgument] = []
  var filled: Set<String> = []
  /// The slot read last, if it takes more.
  var openSlot: CommandSyntax.Slot?

  /// The slot that an argument without a keyword goes to.
  var nextSlot: CommandSyntax.Slot? {
    if let openSlot { return openSlot }
    let bare = syntax.slots.filter { $0.keyword == nil }
    return bare.first { !filled.contains($0.name) } ?? bare.first(where: \.isVariadic)
  }

  /// Whether an argument without a keyword may follow this slot's.
  func mayJuxtapose(after slot: CommandSyntax.Slot) -> Bool {
    slot.isVariadic
      || syntax.slots.contains {
        $0.keyword == nil && $0.name != slot.name && !filled.contains($0.name)
      }
  }
}

extension Parser {
  /// Reads what follows a command's word: slots in order, keyword-led ones anywhere, and options.
  mutating func parseCommandArguments(
    _ syntax: CommandSyntax, _ name: Name
  ) throws(Diagnostic) -> [CommandArgument] {
    var progress = CommandProgress(syntax: syntax, name: name)
    let outer = context
    context = Context()
    defer { context = outer }
    var deepest = 0
    var isAfterComma = false
    while !endsCommand(current) || (isAfterComma && current.kind != .endOfInput) {
      depth = 1
      try parseCommandPart(&progress)
      deepest = max(deepest, depth)
      isAfterComma = accept(.comma)
    }
    depth = deepest
    try requireSlots(progress)
    return progress.arguments
  }

  private mutating func parseCommandPart(_ progress: inout CommandProgress) throws(Diagnostic) {
    if let option = optionHere(progress) { return try parseOption(option, &progress) }
    if let slot = keywordSlotHere(progress) { return try parseKeywordSlot(slot, &progress) }
    guard let slot = progress.nextSlot else { throw surplusArgument(progress) }
    if let slip = slipBetweenArguments() { throw slip }
    try parseSlot(slot, &progress)
  }

  private mutating func parseKeywordSlot(
    _ slot: CommandSyntax.Slot, _ progress: inout CommandProgress
  ) throws(Diagnostic) {
    let keyword = current
    guard !progress.filled.contains(slot.name) else {
      throw failure("`\(text(keyword))` is given twice", at: keyword.span)
    }
    advance()
    guard !endsCommand(current) else {
      throw failure(
        "`\(text(keyword))` needs \(slot.name.uppercased()) after it", at: keyword.span,
        suggestions: ["write \(progress.syntax.usage)"])
    }
    try parseSlot(slot, &progress)
  }

  private mutating func parseSlot(
    _ slot: CommandSyntax.Slot, _ progress: inout CommandProgress
  ) throws(Diagnostic) {
    progress.filled.insert(slot.name)
    progress.openSlot = slot.isVariadic ? slot : nil
    context.splitsAtSpace = progress.mayJuxtapose(after: slot)
    context.takesTargetList = !slot.isVariadic
    progress.arguments.append(try parseValue(slot.kind, for: slot.name))
  }

  /// The slot that the word here leads in. Where an argument may stand at the beginning it is a
  /// variable, unless something follows that it leads.
  private func keywordSlotHere(_ progress: CommandProgress) -> CommandSyntax.Slot? {
    guard current.kind == .identifier || current.kind.isKeyword else { return nil }
    let word = text(current)
    guard let slot = progress.syntax.slots.first(where: { $0.keyword == word }) else { return nil }
    guard current.kind == .identifier, progress.filled.isEmpty, progress.nextSlot != nil else {
      return slot
    }
    return leadsArgument ? slot : nil
  }

  private var leadsArgument: Bool {
    var ahead = lexer
    let next = ahead.next()
    return !endsCommand(next) && startsOperand(next)
  }

  /// The name of an option where `name=` stands; in a place for raw text only those there are.
  private func optionHere(_ progress: CommandProgress) -> Name? {
    guard isWord(current), assignFollows(current) else { return nil }
    let name = Name(text(current), current.span)
    if progress.syntax.options.contains(where: { $0.name == name.text }) { return name }
    switch progress.nextSlot?.kind {
    case .path, .word, .text: return nil
    default: return name
    }
  }

  private mutating func parseOption(
    _ name: Name, _ progress: inout CommandProgress
  ) throws(Diagnostic) {
    let syntax = progress.syntax
    guard let option = syntax.options.first(where: { $0.name == name.text }) else {
      throw unknownOption(name, syntax)
    }
    guard progress.filled.insert(name.text + "=").inserted else {
      throw failure("`\(name.text)=` is given twice", at: name.span)
    }
    advance()
    let assign = current
    advance()
    guard !endsCommand(current) else {
      throw failure(
        "`\(name.text)=` needs a value", at: name.span.union(assign.span))
    }
    context.splitsAtSpace = false
    context.takesTargetList = false
    progress.arguments.append(try parseValue(option.kind, for: option.name))
  }

  private func unknownOption(_ name: Name, _ syntax: CommandSyntax) -> Diagnostic {
    let names = syntax.options.map(\.name)
    let meant = syntax.options.filter { $0.misnomers.contains(name.text.lowercased()) }.map(\.name)
    var suggestions = (meant.isEmpty ? nearest(name.text, among: names, limit: 1) : meant)
      .map { "did you mean \($0)=" }
    if names.isEmpty {
      suggestions.append("it takes none; write \(syntax.usage)")
    } else {
      suggestions.append("its options are " + names.joined(separator: " "))
    }
    return failure(
      "`\(syntax.name)` has no option `\(name.text)`", at: name.span, suggestions: suggestions)
  }

  /// What of other languages may stand between two arguments.
  private func slipBetweenArguments() -> Diagnostic? {
    switch current.kind {
    case .assign, .question: slipAfterOperand()
    default: nil
    }
  }

  private mutating func surplusArgument(_ progress: CommandProgress) -> Diagnostic {
    if let slip = slipAfterOperand() { return slip }
    let syntax = progress.syntax
    let open = syntax.slots.first { $0.keyword != nil && !progress.filled.contains($0.name) }
    var suggestions = ["write \(syntax.usage)"]
    if let open, let keyword = open.keyword, startsOperand(current) {
      var end = current.span.end
      while !Lexer.isBlank(lexer.byte(at: end)) { end += 1 }
      let argument = shortText(Span(current.span.start, end))
      suggestions.insert("did you mean \(keyword) \(argument)", at: 0)
    }
    return failure(
      "`\(syntax.name)` takes nothing more here, found \(description(of: current))",
      at: current.span, suggestions: suggestions)
  }

  private func requireSlots(_ progress: CommandProgress) throws(Diagnostic) {
    let missing = progress.syntax.slots.first {
      !$0.isOptional && !progress.filled.contains($0.name)
    }
    guard let missing else { return }
    let keyword = missing.keyword.map { "\($0) " } ?? ""
    throw failure(
      "`\(progress.syntax.name)` needs \(keyword)\(missing.name.uppercased())",
      at: Span(progress.name.span.start, previousEnd),
      suggestions: ["write \(progress.syntax.usage)"])
  }
}
