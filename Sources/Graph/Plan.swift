import Operations
import Tensors

/// The steps that compute a loss and its gradients, for one graph of operations on values of fixed
/// shapes: made once, run as often as the same graph is recorded.
///
/// Each step calls the kernels that the operation by itself would call, so that every bit is what
/// it is without a plan.
package final class Plan {
  /// What is recognised of a recording.
  package let pattern: RecordingPattern
  private let loss: Int
  private let watched: [Int]
  private let pieces: [Planner.Piece]
  private let steps: [any PlanStep]
  /// How many of them compute the loss, where its cotangent may be given later; the others then
  /// compute the gradients.
  private let lossSteps: Int
  private let results: [Layout?]
  private let arena: PlanArena
  private let memory: PlanMemory

  /// Plans the gradients of what `deferral` recorded.
  ///
  /// - Parameter isSeeded: whether a cotangent of the result is given when it runs.
  package init(
    _ deferral: Deferral, loss: Int, watched: [Int], isSeeded: Bool = false
  ) throws {
    pattern = RecordingPattern(deferral)
    (self.loss, self.watched) = (loss, watched)
    let graph = try GradientGraph(deferral, loss: loss, watched: watched, isSeeded: isSeeded)
    let planner = try Planner(graph, deferral)
    pieces = planner.pieces
    let halves = Planner.joiningScalars(
      planner.steps, apartAt: isSeeded ? planner.lossSteps : planner.steps.count,
      pieces: planner.pieces)
    steps = halves.first + halves.second
    lossSteps = halves.first.count
    results = planner.results
    let assignment = ArenaAssignment(pieces, steps)
    arena = try PlanArena(byteCount: assignment.byteCount)
    memory = PlanMemory(
      pieces: pieces.count, offsets: assignment.offsets, arena: arena, sums: planner.sums)
    for (index, piece) in pieces.enumerated() {
      switch piece {
      case .fixed(let tensor): memory.provide(index, tensor)
      case .filled(_, nil): memory.addresses[index] = arena.address + assignment.offsets[index]
      default: break
      }
    }
  }

  /// The memory that it keeps between runs.
  package var byteCount: Int { arena.byteCount }

  /// What it does, step by step.
  package var summaries: [StepSummary] { steps.map(\.summary) }

  /// How long the value of a step is kept.
  package enum Lifetime: Equatable {
    /// Until that step has read it.
    case until(Int)
    /// It is the loss or a gradient.
    case result
  }

  /// For each step how long what it computes is kept; nil where nothing reads it.
  package var lifetimes: [Lifetime?] {
    var readers: [Int: Int] = [:]
    for (index, step) in steps.enumerated() {
      for base in step.reads { readers[base] = index }
    }
    let resultBases = Set(results.compactMap { $0?.base })
    return steps.map { step in
      if step.writes.contains(where: resultBases.contains) { return .result }
      return step.writes.compactMap { readers[$0] }.max().map { .until($0) }
    }
  }

  /// Whether it computes what was recorded.
  package func matches(_ deferral: Deferral, loss: Int, watched: [Int]) -> Bool {
    self.loss == loss && self.watched == watched && pattern.matches(deferral)
  }

  /// Computes the loss and the gradient for each watched variable; nil where that is 0.
  ///
  /// - Parameters:
  ///   - targets: where the gradients go, each if it is of its shape and type; nil, or nothing, for
  ///     memory of their own.
  ///   - timer: runs each step, given its position: `explain plan` measures them.
  package func run(
    _ deferral: Deferral, seed: Tensor? = nil, into targets: [Tensor?] = [],
    timer: ((Int, () throws -> Void) throws -> Void)? = nil
  ) throws -> (loss: Tensor, gradients: [Tensor?]) {
    defer { end() }
    try take(deferral)
    let loss = try provideResult(0, nil)
    let gradients = try provideGradients(seed, targets)
    try run(steps.indices, timer)
    return (loss, gradients)
  }

  /// Computes the loss; `computeGradients` may follow, and `end` must, whatever happens.
  ///
  /// - Parameter target: where the loss goes, if it is of its shape and type.
  func computeLoss(_ deferral: Deferral, into target: Tensor?) throws -> Tensor {
    try take(deferral)
    let loss = try provideResult(0, target)
    try run(0..<lossSteps, nil)
    return loss
  }

  /// Computes the gradients of the loss that was computed last; nil where one is 0.
  ///
  /// - Parameters:
  ///   - seed: the cotangent of the loss.
  ///   - targets: where they go; nil, or nothing, for memory of their own.
  func computeGradients(seed: Tensor, into targets: [Tensor?]) throws -> [Tensor?] {
    let gradients = try provideGradients(seed, targets)
    try run(lossSteps..<steps.count, nil)
    return gradients
  }

  /// Makes ready to run for a recording.
  private func take(_ deferral: Deferral) throws {
    end()
    memory.deferral = deferral
    for (index, piece) in pieces.enumerated() {
      switch piece {
      case .known(let node):
        guard let value = deferral.values[node] else { throw PlanError.noMemory }
        memory.provide(index, value)
      case .constant(let node, let position):
        guard let tensor = deferral.constant(node, position) else { throw PlanError.noMemory }
        memory.provide(index, tensor)
      case .fixed, .filled, .produced, .seed: break
      }
    }
  }

  /// Gives the gradients memory.
  private func provideGradients(_ seed: Tensor?, _ targets: [Tensor?]) throws -> [Tensor?] {
    for (index, piece) in pieces.enumerated() {
      guard case .seed(let type) = piece else { continue }
      guard let seed else { throw PlanError.noMemory }
      memory.provide(index, try seed.cast(to: type).contiguous())
    }
    return try results.indices.dropFirst().map { index in
      if results[index] == nil { return nil }
      return try provideResult(index, targets.isEmpty ? nil : targets[index - 1])
    }
  }

  /// Gives a result memory.
  private func provideResult(_ index: Int, _ target: Tensor?) throws -> Tensor {
    guard let layout = results[index] else { throw PlanError.noMemory }
    if let target, target.shape == layout.shape, target.elementType == layout.type,
      target.isContiguous
    {
      memory.provide(layout.base, target)
      return target
    }
    let tensor = try Tensor(uninitialized: layout.shape, layout.type)
    memory.provide(layout.base, tensor)
    return tensor
  }

  private func run(
    _ range: Range<Int>, _ timer: ((Int, () throws -> Void) throws -> Void)?
  ) throws {
    for index in range {
      try Interrupt.check()
      if let timer {
        try timer(index) { try steps[index].run(memory) }
      } else {
        try steps[index].run(memory)
      }
    }
  }

  /// Lets go of what belongs to one run.
  func end() {
    memory.deferral = nil
    for (index, piece) in pieces.enumerated() {
      switch piece {
      case .known, .constant, .seed, .filled(_, .some), .produced:
        memory.tensors[index] = nil
        memory.addresses[index] = nil
      case .fixed, .filled: break
      }
    }
  }
}

/// Where values lie in the arena: in the same place where they are not alive at the same time.
private struct ArenaAssignment {
  private(set) var offsets: [Int]
  private(set) var byteCount = 0
  /// Free room, as offset and length.
  private var gaps: [(offset: Int, length: Int)] = []

  init(_ pieces: [Planner.Piece], _ steps: [any PlanStep]) {
    offsets = [Int](repeating: 0, count: pieces.count)
    let sizes = pieces.map { piece -> Int? in
      if case .filled(let bytes, nil) = piece { (Swift.max(1, bytes) + 63) / 64 * 64 } else { nil }
    }
    var last = [Int](repeating: -1, count: pieces.count)
    for (index, step) in steps.enumerated() {
      for base in step.reads + step.writes { last[base] = index }
    }
    for (index, step) in steps.enumerated() {
      var taken: Int?
      for base in step.writes {
        guard let size = sizes[base] else { continue }
        taken = step.replaceable.first { last[$0] == index && sizes[$0] == size }
        offsets[base] = taken.map { offsets[$0] } ?? place(size)
      }
      for base in Set(step.reads + step.writes) where last[base] == index && base != taken {
        if let size = sizes[base] { free(offsets[base], size) }
      }
    }
  }

  private mutating func place(_ size: Int) -> Int {
    let fitting = gaps.indices.filter { gaps[$0].length >= size }
    if let best = fitting.min(by: { gaps[$0].length < gaps[$1].length }) {
      let offset = gaps[best].offset
      gaps[best].offset += size
      gaps[best].length -= size
      if gaps[best].length == 0 { gaps.remove(at: best) }
      return offset
    }
    defer { byteCount += size }
    return byteCount
  }

  private mutating func free(_ offset: Int, _ length: Int) {
    let position = gaps.firstIndex { $0.offset > offset } ?? gaps.count
    gaps.insert((offset, length), at: position)
    if position + 1 < gaps.count, offset + length == gaps[position + 1].offset {
      gaps[position].length += gaps[position + 1].length
      gaps.remove(at: position + 1)
    }
    if position > 0, gaps[position - 1].offset + gaps[position - 1].length == gaps[position].offset
    {
      gaps[position - 1].length += gaps[position].length
      gaps.remove(at: position)
    }
  }
}
