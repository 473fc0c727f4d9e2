import Synchronization
import Tensors

/// Sees each operation as it is recorded: how `explain nan` finds where a NaN was born.
package protocol TapeObserver: AnyObject {
  /// `operation` gave `output` from `inputs`; `index` counts the recorded operations of the tape.
  func recorded(operation: String, inputs: [Variable], output: Variable, index: Int)
}

/// The operations that led from the watched variables to a result, in the order they ran.
///
/// It only grows: it is sorted by construction, a sweep walks it backwards, and it is freed flat
/// however long it is. Entries are dropped as the sweep passes them, so memory falls while
/// gradients are computed. A tape is swept once; afterwards its variables are constants (or
/// variables of the tapes outside it).
///
/// `@unchecked Sendable`: a tape belongs to the thread that created it; variables that refer to it
/// travel inside values, which must be `Sendable`.
package final class Tape: @unchecked Sendable {
  /// Later tapes are inner ones: an operation on variables of several is recorded by the latest.
  package let level: Int
  /// Told of each recorded operation.
  package weak var observer: (any TapeObserver)?
  private(set) var isOpen = true {
    didSet { if oldValue, !isOpen { Tape.alive.subtract(1, ordering: .relaxed) } }
  }
  /// What it keeps instead of entries where it defers; nil after it was closed.
  package private(set) var deferral: Deferral?
  private var entries = BlockArray<Entry>()
  /// Where something constant between jumps was made of an entry, and what.
  private var cuts: [Int: Cut] = [:]
  /// Whether operands and results are kept in full, for `recording(of:)`.
  private let keepsAll: Bool
  /// Whether the tape only tells its observer and keeps nothing to be swept.
  let isOnlyWatching: Bool

  /// What passes no derivative, and why.
  struct Cut {
    let name: String
    let reason: String
  }

  private static let levels = Atomic<Int>(0)
  private static let alive = Atomic<Int>(0)

  /// Whether each operation is looked at, as it runs or later.
  var isLookedAt: Bool { keepsAll || isOnlyWatching || observer != nil }

  /// Whether there is any tape, so that a variable may be recorded somewhere.
  package static var isAnyOpen: Bool { alive.load(ordering: .relaxed) > 0 }

  struct Entry {
    /// `nil` for a watched variable.
    let operation: Operation?
    let inputs: [Variable]
    let output: Variable
    /// Positions of the inputs on this tape; -1 for what it does not watch.
    let parents: [Int]
  }

  /// A tape inside every tape that exists.
  ///
  /// - Parameter keepsAll: whether `recording(of:)` will be asked for, which needs every operand.
  package init(keepingAll keepsAll: Bool = false) {
    self.keepsAll = keepsAll
    isOnlyWatching = false
    Tape.alive.add(1, ordering: .relaxed)
    level = Tape.levels.add(1, ordering: .relaxed).newValue
  }

  /// A tape that keeps nothing: operations on what it watches are told to `observer`, as long as
  /// they run.
  package init(telling observer: any TapeObserver) {
    keepsAll = false
    isOnlyWatching = true
    Tape.alive.add(1, ordering: .relaxed)
    level = Tape.levels.add(1, ordering: .relaxed).newValue
    self.observer = observer
  }

  deinit { if isOpen { Tape.alive.subtract(1, ordering: .relaxed) } }

  /// A tape that computes values when they are asked for, and that a plan is made of.
  ///
  /// - Parameter pattern: of the last recording at the same place, which this one may repeat.
  package static func deferring(following pattern: RecordingPattern? = nil) -> Tape {
    let tape = Tape()
    tape.deferral = Deferral(tape, following: pattern)
    return tape
  }

  /// Ends the watching: what was watched are constants from now on.
  package func close() {
    isOpen = false
    entries = BlockArray()
    deferral?.close()
    deferral = nil
  }

  /// The number of recorded entries.
  package var count: Int { deferral?.count ?? entries.count }

  /// An entry, while it is kept.
  func entry(_ index: Int) -> Entry? {
    if let deferral { return deferral.entry(index) }
    return entries.indices.contains(index) ? entries[index] : nil
  }

  /// A new variable with the value of `primal`, watched by this tape.
  package func watch(_ primal: Variable) -> Variable {
    if let deferral { return deferral.watch(primal.tensor) }
    entries.append(Entry(operation: nil, inputs: [], output: primal, parents: []))
    return Variable(primal, tape: self, index: entries.count - 1)
  }

  /// A new watched variable with the value of `tensor`.
  package func watch(_ tensor: Tensor) -> Variable { watch(Variable(tensor)) }

  /// Remembers that `name` was computed from an entry and passes no derivative.
  func noteCut(_ cut: Cut, at index: Int) {
    if !isOnlyWatching, cuts[index] == nil { cuts[index] = cut }
  }

  func record(_ operation: Operation, inputs: [Variable], output: Variable, parents: [Int])
    -> Variable
  {
    if isOnlyWatching {
      observer?.recorded(operation: operation.name, inputs: inputs, output: output, index: 0)
      return Variable(output, tape: self, index: 0)
    }
    let saves: Operation.Saves = keepsAll ? .both : operation.saves
    entries.append(
      Entry(
        operation: operation,
        inputs: saves.contains(.inputs) ? inputs : inputs.map(\.shapeOnly),
        output: saves.contains(.output) ? output : output.shapeOnly, parents: parents))
    observer?.recorded(
      operation: operation.name, inputs: inputs, output: output, index: entries.count - 1)
    return Variable(output, tape: self, index: entries.count - 1)
  }

  /// Where a variable stands among the steps; nil where this tape does not record it.
  package func position(of variable: Variable) -> Int? { ownIndex(variable) }

  /// The step at a position, and the variable that is its result, while the tape is open. The
  /// operands are there only if the tape was made to keep them.
  package func step(at position: Int) -> (step: Recording.Step, result: Variable)? {
    entry(position).map {
      (Recording.Step($0), Variable($0.output, tape: self, index: position))
    }
  }

  /// Closes the tape and gives all that it recorded. The operands are there only if it was made to
  /// keep them.
  package func recording(of result: Variable) -> Recording {
    let position = result.live.flatMap { $0.tape === self ? $0.index : nil }
    let steps = entries.map(Recording.Step.init)
    isOpen = false
    entries = BlockArray()
    return Recording(steps: steps, result: position)
  }

  /// Whether the entry is a watched variable rather than the result of an operation.
  func isLeaf(_ index: Int) -> Bool {
    if let deferral { return deferral.isLeaf(index) }
    return entries.indices.contains(index) && entries[index].operation == nil
  }

  /// If `variable` is on this tape and came from the operation named `name`: that operation's
  /// saved inputs, as variables of the level outside, and the watched input itself.
  func origin(of variable: Variable, named name: String) -> Variable? {
    guard let live = variable.live, live.tape === self, let entry = entry(live.index)
    else { return nil }
    guard let operation = entry.operation, operation.name == name,
      keepsAll || operation.saves.contains(.inputs), let parent = entry.parents.first, parent >= 0
    else { return nil }
    return operand(0, of: entry)
  }

  /// Throws where nothing leads from `result` back to any of the variables of one of `groups`, and
  /// that is no property of the function but a cut: a jump on the only way
  /// (`DifferentiabilityError.notDifferentiable`), or that nothing was computed from any variable
  /// at all (`independent`). To be called before the sweep.
  package func checkReach(from result: Variable, to groups: [[Variable]]) throws {
    let indices = groups.map { $0.compactMap { ownIndex($0) } }
    let reached = reachable(from: ownIndex(result))
    if indices.contains(where: { $0.contains { reached[$0] } }) == false,
      !isUsed(indices.flatMap { $0 })
    {
      throw DifferentiabilityError.independent
    }
    for group in indices where !group.isEmpty && !group.contains(where: { reached[$0] }) {
      if let cut = firstCut(below: group) {
        throw DifferentiabilityError.notDifferentiable(name: cut.name, reason: cut.reason)
      }
    }
  }

  private func ownIndex(_ variable: Variable) -> Int? {
    variable.live.flatMap { $0.tape === self ? $0.index : nil }
  }

  /// Which entries a derivative of `result` comes to.
  private func reachable(from result: Int?) -> [Bool] {
    var reached = [Bool](repeating: false, count: count)
    guard let result else { return reached }
    reached[result] = true
    for index in (0...result).reversed() where reached[index] {
      if operation(at: index)?.cut != nil { continue }
      forEachParent(of: index) { reached[$0] = true }
    }
    return reached
  }

  private func isUsed(_ variables: [Int]) -> Bool {
    var isUsed = !cuts.isEmpty
    for index in 0..<count where !isUsed {
      forEachParent(of: index) { isUsed = isUsed || variables.contains($0) }
    }
    return isUsed
  }

  private func operation(at index: Int) -> Operation? {
    if let deferral { return deferral.operation(at: index) }
    return entries[index].operation
  }

  private func forEachParent(of index: Int, _ body: (Int) -> Void) {
    guard let deferral else {
      for parent in entries[index].parents where parent >= 0 { body(parent) }
      return
    }
    deferral.forEachParent(of: index, body)
  }

  /// An operand that the tape watches, as a variable of it.
  func operand(_ position: Int, of entry: Entry) -> Variable {
    if let deferral { return deferral.variable(entry.parents[position]) }
    return Variable(entry.inputs[position], tape: self, index: entry.parents[position])
  }

  /// The first cut of anything that was computed from some variables.
  private func firstCut(below variables: [Int]) -> Cut? {
    var depends = [Bool](repeating: false, count: count)
    for variable in variables { depends[variable] = true }
    for index in 0..<count {
      forEachParent(of: index) { if depends[$0] { depends[index] = true } }
      if depends[index], let operation = operation(at: index), let reason = operation.cut {
        return Cut(name: operation.name, reason: reason)
      }
      if depends[index], let cut = cuts[index] { return cut }
    }
    return nil
  }

  /// The gradients of `result` with respect to `variables`, each of its variable's shape and
  /// element type; zeros where `result` does not depend on one. `seed` is the cotangent of
  /// `result` (ones when absent). Closes the tape.
  package func sweep(
    from result: Variable, seed: Variable? = nil, to variables: [Variable]
  ) throws -> [Variable] {
    defer { close() }
    if let deferral { entries = try deferral.materialized(through: ownIndex(result)) }
    var gradients = [Int: Variable]()
    if let start = result.live, start.tape === self {
      gradients = try sweep(
        from: start.index, seed: seed ?? result.repeating(1),
        keeping: Set(variables.compactMap { $0.live.flatMap { $0.tape === self ? $0.index : nil } })
      )
    }
    return try variables.map { variable in
      if let live = variable.live, live.tape === self, let found = gradients[live.index] {
        return found
      }
      return try variable.repeating(0)
    }
  }

  private func sweep(from start: Int, seed: Variable, keeping kept: Set<Int>) throws
    -> [Int: Variable]
  {
    entries.keepFirst(start + 1)
    try MemoryGuard.check(
      elements: Double(start + 1), bytesEach: Double(MemoryLayout<Variable?>.stride))
    var cotangents = [Variable?](repeating: nil, count: start + 1)
    cotangents[start] = seed
    var gradients = [Int: Variable]()
    while let entry = entries.popLast(), let last = cotangents.popLast() {
      guard var cotangent = last else { continue }
      if cotangent.elementType != entry.output.elementType {
        cotangent = try .cast(cotangent, to: entry.output.elementType)
      }
      if kept.contains(entries.count) { gradients[entries.count] = cotangent }
      guard let operation = entry.operation else { continue }
      try Interrupt.check()
      let pullback = Pullback(
        inputs: entry.inputs, output: entry.output, cotangent: cotangent,
        isNeeded: entry.parents.map { $0 >= 0 })
      for (parent, part) in zip(entry.parents, try operation.pullback(pullback)) {
        guard parent >= 0, let part else { continue }
        try Tape.accumulate(part, into: &cotangents[parent])
      }
    }
    return gradients
  }

  /// Adds `part` to the cotangent collected so far, in place where neither is watched further out.
  private static func accumulate(_ part: Variable, into slot: inout Variable?) throws {
    guard let present = slot else {
      slot = part
      return
    }
    slot = nil
    slot = try .add(present, part)
  }
}
