import Datasets
import Syntax

/// What to write instead of a name that means nothing here.
struct NameHints {
  let machine: Machine
  /// Where the name stands.
  let source: SourceText
  /// The variables that could be meant.
  let variables: [String]

  /// The suggestions for an unknown name that stands at `span`.
  func suggestions(for name: String, at span: Span) -> [String] {
    if name == "ans" {
      return ["ans is the value of the last expression by itself, and there was none"]
    }
    if Slips.modules.contains(name) { return [moduleSuggestion(name, span)] }
    if let hint = ForeignNames.hints[name] {
      return [ReaderArguments.filled(hint, MethodHints.arguments(after: span.end, in: source))]
    }
    if NamedSet.available().contains(name) || FormulaSet.named(name) != nil {
      return ["load \(name) first"]
    }
    if machine.host.commandSyntax[name] != nil {
      return ["\(name) is a command and begins a statement, without parentheses: help \(name)"]
    }
    var candidates = Set(
      variables + machine.vocabulary.names)
    if isStatement(span) { candidates.formUnion(machine.host.commandSyntax.keys) }
    let names = nearest(name, among: candidates)
    // `loss.backward()`: what follows tells what is meant.
    if names.isEmpty, let method = dottedNames(after: span.end).names.last,
      let hint = ForeignNames.hints[method]
    {
      return [hint]
    }
    return names.isEmpty ? [] : ["did you mean \(names.joined(separator: " or "))?"]
  }

  /// Whether a name is a line by itself, where a command's would have been one.
  private func isStatement(_ span: Span) -> Bool {
    let bytes = source.bytes
    let space = UInt8(ascii: " ")
    let ends: Set<UInt8> = [UInt8(ascii: "\n"), UInt8(ascii: ";")]
    let before = bytes[..<span.start].last { $0 != space }
    let after = bytes[span.end...].first { $0 != space }
    return before.map(ends.contains) ?? true && after.map(ends.contains) ?? true
  }

  /// `np.exp(x)`: the function's own name is what counts.
  private func moduleSuggestion(_ module: String, _ span: Span) -> String {
    let (names, end) = dottedNames(after: span.end)
    guard let last = names.last else {
      return "functions stand by themselves, without \(module)"
    }
    if let hint = ForeignNames.hints[last] {
      return ReaderArguments.filled(hint, MethodHints.arguments(after: end, in: source))
    }
    if let builtin = machine.vocabulary.builtin(named: last) {
      let given = MethodHints.arguments(after: end, in: source) ?? "x"
      let arguments = renamed(given, for: builtin)
      return "functions stand by themselves: write \(last)(\(arguments))"
    }
    if machine.host.commandSyntax[last] != nil {
      return "\(last) is a command: write \(last) …, without parentheses"
    }
    if Token.namedNumbers[last] != nil || machine.vocabulary.names.contains(last) {
      return "it stands by itself: write \(last)"
    }
    let near = nearest(last, among: machine.vocabulary.builtinNames)
    return near.isEmpty
      ? "functions stand by themselves, without \(module); help lists them"
      : "functions stand by themselves: did you mean \(near.joined(separator: " or "))?"
  }

  /// Arguments whose names are other libraries', by the builtin's own.
  private func renamed(_ arguments: String, for builtin: Builtin) -> String {
    ForeignFormats.arguments(in: arguments).map { argument in
      let name = argument.prefix { $0.isLetter || $0 == "_" }
      let parameters = builtin.declaration.parameters
      guard argument.dropFirst(name.count).hasPrefix("="),
        !parameters.contains(where: { $0.name == name }),
        let own = parameters.first(where: { $0.isMeant(by: String(name)) })
      else { return argument }
      return own.name + argument.dropFirst(name.count)
    }.joined(separator: ", ")
  }

  /// The names of `.random.randn` after a module's name, and where they end.
  private func dottedNames(after offset: Int) -> (names: [String], end: Int) {
    let bytes = source.bytes
    var names: [String] = []
    var position = offset
    while position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      let start = position + 1
      position = start
      while position < bytes.count, Self.isNamePart(bytes[position]) { position += 1 }
      if position == start { break }
      names.append(source.text(in: Span(start, position)))
    }
    return (names, position)
  }

  private static func isNamePart(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...0xff:
      true
    default: false
    }
  }
}

extension Machine {
  /// What to write instead of a name that means nothing.
  ///
  /// - Parameter variables: the names that could be meant.
  package func suggestions(
    forUnknown name: String, at span: Span, in source: SourceText, among variables: Set<String>
  ) -> [String] {
    NameHints(machine: self, source: source, variables: Array(variables))
      .suggestions(for: name, at: span)
  }
}
