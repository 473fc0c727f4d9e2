import Syntax

/// The values that names have without the user's doing: the builtins, the constants, and the functions of the
/// prelude, which are compiled when one of them is first asked for.
final class PreludeFunctions {
  weak var machine: Machine?
  private lazy var vocabulary = findVocabulary()
  private let findVocabulary: () -> Vocabulary
  private var values: [String: Value] = [:]
  private lazy var names = Set(vocabulary.preludeDeclarations.map(\.name))
  private var isLoaded = false

  init(_ vocabulary: @escaping () -> Vocabulary) { findVocabulary = vocabulary }

  /// The builtin, constant or prelude function of a name; the same value each time.
  func initialValue(of name: String) -> Value? {
    if let known = values[name] { return known }
    if let builtin = vocabulary.builtin(named: name) {
      let value = Value.function(Function(builtin))
      values[name] = value
      return value
    }
    if let constant = vocabulary.constants.first(where: { $0.name == name }) {
      return .number(constant.value())
    }
    guard !isLoaded, names.contains(name) else { return nil }
    isLoaded = true
    for (name, function) in machine?.preludeFunctions() ?? [] { values[name] = .function(function) }
    return values[name]
  }
}

extension Machine {
  /// The prelude's functions. In them the builtins' names always mean the builtins, whatever the
  /// user's variables are called.
  fileprivate func preludeFunctions() -> [(String, Function)] {
    let source = globals.vocabulary.prelude
    guard let statements = try? Parser.parse(source, commands: [:]) else { return [] }
    return statements.compactMap { statement in
      guard case .function(let literal) = statement.kind, let name = literal.name?.text else {
        return nil
      }
      let compiler = Compiler(
        globals: globals, source: source, span: statement.span, fixesBuiltins: true)
      guard let template = try? compiler.template(of: literal) else { return nil }
      keep(template.code)
      return (name, Function(template.code, captures: []))
    }
  }
}
