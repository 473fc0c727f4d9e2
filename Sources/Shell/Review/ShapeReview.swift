import Datasets
import Language
import Syntax
import Tensors

/// Follows a script with what is known of its values, to find operations that cannot succeed
/// because of the shapes of their operands.
///
/// There is no false alarm: an operation is blamed only where it is reached whatever is unknown,
/// and only with the very error that it would end in.
struct ShapeReview {
  private(set) var diagnostics: [Diagnostic] = []
  let source: SourceText
  let machine: Machine
  /// The global variables.
  let globals = KnownScope()
  /// The variables of what is followed now.
  var scope: KnownScope
  /// Above 0 where what is read may not be reached: nothing is blamed there.
  var doubts = 0
  /// The calls that are followed, the innermost last.
  var calls: [Diagnostic.Frame] = []
  private var blamed: Set<Span> = []
  private var operations = 0
  /// Operations that are looked at, turns and calls counted anew: more would take longer than a
  /// person waits.
  private static let operationLimit = 20_000

  /// What carries out no command; the machine does not keep it.
  private let host = SilentHost()

  init(_ source: SourceText) {
    self.source = source
    machine = Machine(host: host, write: { _ in })
    scope = globals
  }

  mutating func review(_ statements: [Statement]) {
    for statement in statements {
      if Interrupt.isRequested { return }
      follow(statement)
    }
  }

  // MARK: what is known

  func known(_ name: String) -> KnownValue {
    let owner = scope.owner(of: name)
    if let value = owner.variables[name] { return value }
    guard owner === globals, let value = machine.globals[name] else { return .unknown }
    if case .function(let function) = value, function.builtin != nil { return .exact(value) }
    return .unknown
  }

  func set(_ name: String, _ value: KnownValue) { scope.owner(of: name).variables[name] = value }

  /// What an operation on known operands gives; what cannot succeed is noted.
  mutating func probe(_ expression: Expression, _ operands: [ProbeOperand]) -> KnownValue {
    operations += 1
    guard operations <= Self.operationLimit, !Interrupt.isRequested else { return .unknown }
    let probe = ShapeProbe(machine: machine, source: source)
    switch probe.outcome(of: expression, operands) {
    case .known(let value): return value
    case .impossible(let diagnostic):
      blame(explained(diagnostic, expression, operands, probe))
      return .unknown
    }
  }

  /// The same error once more, with all variables there: its hints name those that would fit.
  private func explained(
    _ diagnostic: Diagnostic, _ expression: Expression, _ operands: [ProbeOperand],
    _ probe: ShapeProbe
  ) -> Diagnostic {
    for (name, value) in globals.variables {
      guard case .tensor(let box)? = try? value.standIn(row: 0) else { continue }
      machine.globals[name] = .tensor(box)
    }
    defer { for name in globals.variables.keys { machine.globals[name] = nil } }
    guard case .impossible(let explained) = probe.outcome(of: expression, operands) else {
      return diagnostic
    }
    return explained
  }

  mutating func blame(_ diagnostic: Diagnostic) {
    guard doubts == 0, blamed.insert(diagnostic.span).inserted else { return }
    var diagnostic = diagnostic
    diagnostic.callChain = calls.reversed()
    diagnostics.append(diagnostic)
  }

  /// Follows what may not be reached.
  mutating func doubting(_ body: (inout Self) -> Void) {
    doubts += 1
    body(&self)
    doubts -= 1
  }

  // MARK: branches and loops

  /// All variables of the running function, or the global ones, as they are now.
  private var state: [String: KnownValue] {
    get { scope.variables }
    nonmutating set { scope.variables = newValue }
  }

  /// Both branches of what depends on something unknown.
  mutating func followEither(_ first: (inout Self) -> Void, _ second: (inout Self) -> Void) {
    let before = state
    let hadLeft = scope.hasLeft
    doubting(first)
    let afterFirst = state
    let firstLeft = scope.hasLeft
    state = before
    scope.hasLeft = hadLeft
    doubting(second)
    let secondLeft = scope.hasLeft
    scope.hasLeft = firstLeft && secondLeft
    state = Self.joined(afterFirst, state)
    // Whether the rest is reached is unknown where one branch leaves.
    if firstLeft != secondLeft { doubts += 1 }
  }

  private static func joined(
    _ first: [String: KnownValue], _ second: [String: KnownValue]
  ) -> [String: KnownValue] {
    var result: [String: KnownValue] = [:]
    for name in Set(first.keys).union(second.keys) {
      guard let a = first[name], let b = second[name] else {
        result[name] = .unknown
        continue
      }
      result[name] = a.joined(with: b)
    }
    return result
  }

  /// A loop's body: first, unblamed, until what is known at its beginning holds for every turn.
  mutating func followLoop(_ body: (inout Self) -> Void) {
    let doubtsBefore = doubts
    let hadResult = scope.result != nil
    var entry = state
    for attempt in 0..<4 {
      doubting(body)
      doubts = doubtsBefore
      scope.hasLeft = false
      let joined = Self.joined(entry, state)
      let isStable = joined.allSatisfy { name, value in entry[name].map(value.says) ?? false }
      entry = joined
      if attempt == 2 {
        for (name, value) in joined where !(state[name].map(value.says) ?? false) {
          entry[name] = .unknown
        }
      }
      state = entry
      if isStable { break }
    }
    body(&self)
    // A turn may have left the function: then the rest may not be reached.
    doubts = doubtsBefore + (!hadResult && scope.result != nil ? 1 : 0)
    scope.hasLeft = false
    state = Self.joined(entry, state)
  }
}
