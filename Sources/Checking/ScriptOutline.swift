import Language
import Syntax

/// The statements of a script with what each reads and assigns, and which of its variables are
/// parameters.
struct ScriptOutline {
  /// A statement, with those that run before it.
  struct Item {
    let statement: Statement
    let assigned: [String]
    let free: Set<String>
    /// The statements before it: of its block, and of the blocks around that.
    let before: [Statement]
    /// How many of `before` stand in blocks around its own.
    let outerCount: Int
  }

  let source: SourceText
  let machine: Machine
  private(set) var items: [Item] = []
  /// Variables that hold tensors or numbers made from no other tensors.
  private(set) var parameters: [String] = []
  /// Names whose values change with those of the parameters.
  private(set) var dependents: Set<String> = []

  init(_ statements: [Statement], source: SourceText, machine: Machine) {
    self.source = source
    self.machine = machine
    collect(statements, outer: [])
    findParameters()
    findDependents()
  }

  private mutating func collect(_ statements: [Statement], outer: [Statement]) {
    for (index, statement) in statements.enumerated() {
      let names = Self.names(statement)
      let before = outer + statements[..<index]
      items.append(
        Item(
          statement: statement, assigned: names.assigned, free: names.free, before: before,
          outerCount: outer.count))
      for block in Self.blocks(in: statement) { collect(block.statements, outer: before) }
    }
  }

  static func blocks(in statement: Statement) -> [Block] {
    switch statement.kind {
    case .forLoop(_, _, let body), .whileLoop(_, let body): return [body]
    case .expression(let expression):
      if case .conditional(_, let then, let otherwise) = expression.kind {
        return [then] + (otherwise.map { [$0] } ?? [])
      }
    default: break
    }
    return []
  }

  /// What a statement assigns, and what it reads.
  static func names(_ statement: Statement) -> (assigned: [String], free: Set<String>) {
    let literal = FunctionLiteral(
      name: nil, parameters: [], body: Block(statements: [statement], span: statement.span),
      span: statement.span)
    let names = NameCollector(function: literal)
    var free = names.free
    // `W -= e` and `W = W - e` read what they assign.
    for name in names.assigned where reads(statement, name) { free.insert(name) }
    return (names.assigned + updated(statement), free)
  }

  private static func updated(_ statement: Statement) -> [String] {
    guard case .update(let target, _, _) = statement.kind, case .name(let name) = target.kind else {
      return []
    }
    return [name]
  }

  private static func reads(_ statement: Statement, _ name: String) -> Bool {
    guard case .assignment(_, let value) = statement.kind else { return false }
    return NameCollector(thunk: value).free.contains(name)
  }

  // MARK: Parameters

  private mutating func findParameters() {
    let numeric = machine.globals.userDefined.filter { entry in
      switch entry.value {
      case .number, .tensor: true
      default: false
      }
    }.map(\.name)
    let tensors = Set(
      machine.globals.userDefined.compactMap { entry in
        if case .tensor = entry.value { entry.name } else { nil }
      })
    parameters = numeric.filter { name in
      items.filter { $0.assigned.contains(name) }.allSatisfy { item in
        switch item.statement.kind {
        case .assignment, .update:
          item.free.contains(name) || item.free.intersection(tensors).isEmpty
        case .forLoop, .whileLoop, .expression: true
        default: false
        }
      } && items.contains { $0.assigned.contains(name) && $0.statement.kind.isAssignment }
    }
  }

  private mutating func findDependents() {
    dependents = Set(parameters)
    var grows = true
    while grows {
      grows = false
      for item in items where !item.free.isDisjoint(with: dependents) {
        for name in item.assigned where !dependents.contains(name) {
          dependents.insert(name)
          grows = true
        }
      }
    }
  }

  // MARK: Slices

  /// The statements before an item that compute what an expression needs and that depends on the
  /// parameters; with or without the updates of parameters between them.
  func slice(for needed: Set<String>, before item: Item, withUpdates: Bool) -> [Statement] {
    var needed = needed
    var chosen: [Statement] = []
    for (position, statement) in item.before.enumerated().reversed() {
      let names = Self.names(statement)
      let targets = Set(names.assigned).intersection(needed)
      guard !targets.isEmpty else { continue }
      if case .function = statement.kind { continue }
      let updatesParameter = !targets.isDisjoint(with: parameters)
      if updatesParameter {
        guard withUpdates, position >= item.outerCount, names.free.isSuperset(of: targets) else {
          continue
        }
      }
      guard !targets.isDisjoint(with: dependents) else { continue }
      needed.formUnion(names.free)
      chosen.insert(statement, at: 0)
    }
    return chosen
  }
}

extension Statement.Kind {
  var isAssignment: Bool {
    switch self {
    case .assignment, .update: true
    default: false
    }
  }
}
