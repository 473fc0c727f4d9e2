import Datasets
import Language
import Syntax

/// The global variables that statements define, blocks and loops included.
struct Definitions {
  private(set) var names: Set<String> = []
  /// Those that commands in functions define: when, only a run shows.
  private(set) var namesFromFunctions: Set<String> = []
  /// False where a statement defines names that only its run will show.
  private(set) var areAllKnown = true

  private let source: SourceText
  /// The files that are being looked through, for `run`.
  private var files: [String] = []

  init(_ source: SourceText) { self.source = source }

  mutating func add(_ statements: [Statement]) {
    for statement in statements { add(statement) }
  }

  private mutating func add(_ statement: Statement) {
    switch statement.kind {
    case .expression(let expression): add(expression)
    case .assignment(let targets, let value):
      add(value)
      for target in targets { if case .name(let name) = target.kind { names.insert(name) } }
    case .function(let literal):
      if let name = literal.name { names.insert(name.text) }
      addCommands(in: literal.body)
    case .whileLoop(_, let body): add(body.statements)
    case .forLoop(let variables, _, let body):
      names.formUnion(variables.map(\.text))
      add(body.statements)
    case .command(let command): add(command)
    case .update, .breakLoop, .continueLoop, .returnValue: break
    }
  }

  private mutating func add(_ expression: Expression) {
    switch expression.kind {
    case .conditional(_, let then, let otherwise):
      add(then.statements)
      if let otherwise { add(otherwise.statements) }
    case .function(let literal):
      if let name = literal.name { names.insert(name.text) }
      addCommands(in: literal.body)
    default: break
    }
    for part in expression.parts { add(part) }
  }

  /// What the commands in a function define, as `load` does with global variables.
  private mutating func addCommands(in body: Block) {
    var inner = Definitions(source)
    inner.files = files
    inner.add(body.statements.filter { if case .command = $0.kind { true } else { false } })
    for case .forLoop(_, _, let block) in body.statements.map(\.kind) {
      inner.addCommands(in: block)
    }
    for case .whileLoop(_, let block) in body.statements.map(\.kind) {
      inner.addCommands(in: block)
    }
    for case .expression(let expression) in body.statements.map(\.kind) {
      guard case .conditional(_, let then, let otherwise) = expression.kind else { continue }
      inner.addCommands(in: then)
      if let otherwise { inner.addCommands(in: otherwise) }
    }
    areAllKnown = areAllKnown && inner.areAllKnown
    namesFromFunctions.formUnion(inner.names.union(inner.namesFromFunctions))
  }

  private mutating func add(_ command: Syntax.Command) {
    names.formUnion(Self.variables(during: command))
    for argument in command.arguments {
      if case .expression(let expression) = argument.value, let block = expression.commandBlock {
        add(block.statements)
      }
    }
    if command.name.text == "run" { return addFile(of: command) }
    guard let own = Self.names(definedBy: command) else {
      areAllKnown = false
      return
    }
    names.formUnion(own)
  }

  /// What a script defines that `run` runs here.
  private mutating func addFile(of command: Syntax.Command) {
    guard case .word(let path)? = command.values("path").first?.value else {
      areAllKnown = false
      return
    }
    if files.contains(path) { return }
    guard files.count < 50, let script = try? ScriptFile.read(path),
      let statements = try? Parser.parse(script, commands: Command.syntaxByName)
    else {
      areAllKnown = false
      return
    }
    files.append(path)
    add(statements)
    files.removeLast()
  }

  /// The variables that a command defines; nil where they cannot be known.
  static func names(definedBy command: Syntax.Command) -> Set<String>? {
    var names: Set<String> = []
    if let target = command.target { names.insert(target.text) }
    switch command.name.text {
    case "use", "load":
      if case .word(let name)? = command.values("name").first?.value { return names.union([name]) }
      guard command.name.text == "load", let given = command.values("source").first else {
        return names
      }
      switch given.value {
      case .word(let word):
        // A word that no set bears may be a variable's.
        if given.reading != nil, !NamedSet.isKnown(word) { return nil }
        // Such a file may hold all variables of a session.
        if NetworkFile.holdsTraining(word) { return nil }
        return names.union([LoadSource(path: word).bindingName ?? Loader.bindingName(for: word)])
      case .expression(let expression):
        guard case .string(let path) = expression.kind else { return nil }
        return names.union([LoadSource(path: path).bindingName ?? Loader.bindingName(for: path)])
      }
    default: return names
    }
  }

  /// The variables that exist while a command runs what it is given.
  static func variables(during command: Syntax.Command) -> Set<String> {
    switch command.name.text {
    case "minimize": Set(RowVariables.names + EpochHooks.names)
    case "train": Set(EpochHooks.names)
    default: []
    }
  }
}
