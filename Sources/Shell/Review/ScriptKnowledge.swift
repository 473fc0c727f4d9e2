import Console
import Language
import Prompt
import Syntax
import Tensors

/// What is known of a script that is being written, without running it: its mistakes, its names,
/// and what these hold as far as that can be told. For editors.
package final class ScriptKnowledge {
  package let source: SourceText
  package let diagnostics: [Diagnostic]
  package let symbols: ScriptSymbols
  /// What the global variables hold at the script's end.
  private let known: [String: KnownValue]
  /// What `use` binds, by its name.
  private let used: [String: ScriptKnowledge]
  /// Has the script's functions, and stand-ins for its variables.
  private let session: Session
  private let text: String

  /// - Throws: only that it was interrupted.
  package convenience init(_ source: SourceText, _ commandLine: CommandLine) throws(Diagnostic) {
    try self.init(source, commandLine, usedBy: [])
  }

  /// - Parameter files: those that use it, the outermost first, by their paths from the root.
  init(
    _ source: SourceText, _ commandLine: CommandLine, usedBy files: [String]
  ) throws(Diagnostic) {
    self.source = source
    let session = Session(commandLine, terminal: Terminal(), output: .nowhere, errors: .nowhere)
    self.session = session
    let review = try ScriptReview(of: source, on: session.machine)
    diagnostics = review.diagnostics
    symbols = ScriptSymbols(review.statements, in: source)
    known = review.known.variables
    text = source.text(in: Span(0, source.bytes.count))
    used = UsedScripts.known(in: review.statements, of: source, commandLine, usedBy: files)
    standIn(for: review.statements)
  }

  /// Defines the script's functions, which runs nothing of them, and gives its variables values of
  /// the kinds and shapes that they will have.
  private func standIn(for statements: [Statement]) {
    let machine = session.machine
    for symbol in symbols.all where symbol.scope == nil && symbol.kind != .parameter {
      machine.globals[symbol.name] = (try? known[symbol.name]?.standIn(row: 0)) ?? Value.none
    }
    for (name, script) in used { machine.globals[name] = script.defined }
    for statement in statements where statement.definesFunctionOnly {
      if let program = try? machine.compile(source, only: statement) { try? machine.run(program) }
    }
  }

  /// The record that `use` gives of this script: its functions, and stand-ins for its variables.
  private var defined: Value {
    var names: Set<String> = []
    let fields = symbols.all.filter {
      $0.isGlobal && $0.kind != .parameter && names.insert($0.name).inserted
    }
    return .fields(fields.map { ($0.name, session.machine.globals[$0.name] ?? .none) })
  }

  // MARK: at a place

  package func completions(at offset: Int) -> Completions {
    session.completions(of: text, at: offset)
  }

  package func signature(at offset: Int) -> CallSignature? {
    Completer(machine: session.machine, session: session).signature(in: text, at: offset)
  }

  /// Where the word at a place has got its meaning, and in which script.
  package func definition(at offset: Int) -> (symbol: ScriptSymbol, source: SourceText)? {
    guard let place = WordAtPlace(text, offset) else { return nil }
    guard let owner = place.owner else {
      return symbols.definition(of: place.word, at: offset).map { ($0, source) }
    }
    var script = self
    for name in owner.split(separator: ".") {
      guard let next = script.used[String(name)] else { return nil }
      script = next
    }
    return script.symbols.globalDefinition(of: place.word).map { ($0, script.source) }
  }

  /// What there is to say of the word at a place, and where that stands.
  package func explanation(at offset: Int) -> (text: String, span: Span)? {
    guard let place = WordAtPlace(text, offset) else { return nil }
    if place.owner == nil, let symbol = symbols.definition(of: place.word, at: offset) {
      if let own = explanation(of: symbol) { return (own, place.span) }
    }
    guard let found = try? Inspection(of: place, in: session), !found.text.isEmpty else {
      return nil
    }
    return (found.text, place.span)
  }

  private func explanation(of symbol: ScriptSymbol) -> String? {
    if symbol.kind == .parameter { return "\(symbol.name): a parameter" }
    guard symbol.scope == nil else {
      return symbol.kind == .function ? nil : "\(symbol.name): a variable of the function"
    }
    switch known[symbol.name] {
    case .function?: return nil
    case let value?: return "\(symbol.name): \(value.summary)"
    case nil: return "\(symbol.name): a variable"
    }
  }
}

extension Statement {
  /// Whether it is `fn f(…)` or `f = x -> …`.
  fileprivate var definesFunctionOnly: Bool {
    switch kind {
    case .function: return true
    case .assignment(let targets, let value):
      guard targets.count == 1, case .name = targets[0].kind, case .function = value.kind else {
        return false
      }
      return true
    default: return false
    }
  }
}

extension KnownValue {
  /// In a line: the value where it is known and short, its kind and shape otherwise.
  var summary: String {
    switch self {
    case .unknown: return "a variable"
    case .number: return "number"
    case .tensor(let shape, let type): return "\(shape) tensor \(type)"
    case .list(let elements): return "list of \(elements.count)"
    case .record(let fields):
      return "record {\(TextLayout.cut(fields.map(\.name).joined(separator: ", "), to: 60))}"
    case .function: return "function"
    case .exact(.network(let box)): return box.content.network.description
    case .exact(.tensor(let box)):
      let short = ShortValue.text(of: .tensor(box), width: 60)
      return "\(box.content.shape) tensor \(box.content.elementType)"
        + (short.isEmpty ? "" : " = \(short)")
    case .exact(let value):
      let measure = ValueMeasure(value).extent
      let kind = value.kindName + (measure.isEmpty ? "" : " " + measure)
      let short = ShortValue.text(of: value, width: 60)
      return short.isEmpty ? kind : "\(kind) = \(short)"
    }
  }
}
