import Language
import Syntax
import Tensors

/// The statements that gave the variables their values, to be run again: a variable is out of date
/// where that gives another one.
struct Definitions {
  private let environment: CheckEnvironment
  /// In the order in which they ran, the last of each variable.
  private var found: [(name: String, value: Expression, source: SourceText)] = []

  init(_ environment: CheckEnvironment) {
    self.environment = environment
    var kept: Set<String> = []
    var later: [(name: String, value: Expression, source: SourceText)] = []
    for past in environment.machine.past.reversed() {
      for statement in Self.flattened([past.statement]).reversed() {
        for name in ScriptOutline.names(statement).assigned
        where kept.insert(name).inserted {
          guard case .assignment(let targets, let value) = statement.kind, targets.count == 1,
            case .name(name) = targets[0].kind, Self.isRepeatable(value, besides: name)
          else { continue }
          later.append((name, value, past.source))
        }
      }
    }
    found = later.reversed()
  }

  /// The statements with those of the blocks inside them.
  private static func flattened(_ statements: [Statement]) -> [Statement] {
    statements.flatMap { statement in
      [statement] + ScriptOutline.blocks(in: statement).flatMap { flattened($0.statements) }
    }
  }

  private static let drawing: Set<String> = ["rand", "randn", "xavier", "he", "shuffle", "split"]

  /// Whether an expression gives the same from the same variables.
  private static func isRepeatable(_ value: Expression, besides name: String) -> Bool {
    let free = NameCollector(thunk: value).free
    return !free.contains(name) && free.isDisjoint(with: drawing) && !free.isEmpty
  }

  /// The variables that the gradient reads and the loss does not, and that are something else when
  /// computed again.
  func outdated(_ tolerance: Tolerance) throws -> [String: Value] {
    let wanted = needed()
    var values: [String: Value] = [:]
    for (name, expression, source) in found where wanted.contains(name) {
      guard case .tensor(let held)? = environment.machine.globals[name],
        held.content.elementType != .bool,
        let fresh = try? environment.replacing(
          values,
          {
            try environment.machine.evaluate(expression, in: source)
          }),
        case .tensor(let box) = fresh, box.content.shape == held.content.shape
      else { continue }
      let (a, b) = (box.content.doubles(), held.content.doubles())
      let size = a.reduce(0) { max($0, abs($1)) }
      let gap = zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
      if gap > 1e-4 * size { values[name] = fresh }
    }
    return values
  }

  /// The names that the gradient reads, and those that their definitions read.
  private func needed() -> Set<String> {
    var names = Set(environment.gradientNames).subtracting(environment.lossNames)
    for (name, expression, _) in found.reversed() where names.contains(name) {
      names.formUnion(
        NameCollector(thunk: expression).free.subtracting(environment.lossNames))
    }
    return names
  }
}
