import Tensors

/// All that a tape recorded, kept so that it can be swept again and again, with cotangents put in
/// or changed on the way: how `check` finds out what a wrong gradient was computed from.
package struct Recording {
  /// A watched variable or one application of an operation.
  package struct Step {
    /// The operation's name; empty for a watched variable.
    package let name: String
    package let inputs: [Tensor]
    package let output: Tensor
    /// Positions of the inputs among the steps; -1 for constants.
    package let parents: [Int]
    /// The places that an operation on parts reads or writes.
    package let indices: [Index]
    let operation: Operation?
    /// What its operation does, whatever its axes and indices.
    package var traits: OperationKind.Traits { operation?.kind.traits ?? [] }

    init(_ entry: Tape.Entry) {
      name = entry.operation?.name ?? ""
      inputs = entry.inputs.map(\.tensor)
      output = entry.output.tensor
      parents = entry.parents
      indices = entry.operation?.indices ?? []
      operation = entry.operation
    }

    /// What it computes as data, where it is known as such.
    package var primitive: Primitive? { operation?.primitive }

    /// The same operation on other inputs.
    package func applied(to inputs: [Variable]) throws -> Variable {
      try operation.map { try $0(inputs) } ?? inputs[0]
    }
  }

  /// Changes the cotangent of one step, given those found so far: what it gives is added.
  package typealias Adjustment = (_ cotangents: [Tensor?]) throws -> Tensor?

  /// In the order in which they ran.
  package let steps: [Step]
  /// The step whose output is the result; nil where that depends on nothing watched.
  package let result: Int?

  /// For each step, whether it depends on the step `source`.
  package func dependents(on source: Int) -> [Bool] {
    var depends = [Bool](repeating: false, count: steps.count)
    for (index, step) in steps.enumerated() {
      depends[index] = index == source || step.parents.contains { $0 >= 0 && depends[$0] }
    }
    return depends
  }

  /// The parts that a cotangent of a step's output passes to its inputs; nil for those not needed.
  package func parts(of index: Int, _ cotangent: Tensor, needed: [Bool]) throws -> [Tensor?] {
    let step = steps[index]
    guard let operation = step.operation else { return [] }
    var cotangent = cotangent
    if cotangent.elementType != step.output.elementType {
      cotangent = try cotangent.cast(to: step.output.elementType.arithmetic)
    }
    let pullback = Pullback(
      inputs: step.inputs.map { Variable($0) }, output: Variable(step.output),
      cotangent: Variable(cotangent), isNeeded: needed)
    return try operation.pullback(pullback).map { $0?.tensor }
  }

  /// Sweeps backwards through the steps of which `passes` is true.
  ///
  /// - Parameters:
  ///   - seeds: cotangents to begin with, by step.
  ///   - adjustments: what is added to the cotangent of a step before it is passed on.
  /// - Returns: the cotangent of each step that one reached.
  package func cotangents(
    from seeds: [Int: Tensor], through passes: [Bool],
    adjusting adjustments: [Int: Adjustment] = [:]
  ) throws -> [Tensor?] {
    var found = [Tensor?](repeating: nil, count: steps.count)
    for (index, seed) in seeds { found[index] = seed }
    guard let first = seeds.keys.max() else { return found }
    for index in stride(from: first, through: 0, by: -1) where passes[index] {
      try Interrupt.check()
      if let adjust = adjustments[index], let change = try adjust(found) {
        found[index] = try found[index].map { try Tensor.apply(.add, $0, change) } ?? change
      }
      guard let cotangent = found[index], !steps[index].parents.isEmpty else { continue }
      let parents = steps[index].parents
      let needed = parents.map { $0 >= 0 && passes[$0] }
      for (parent, part) in zip(parents, try parts(of: index, cotangent, needed: needed)) {
        guard parent >= 0, passes[parent], let part else { continue }
        found[parent] = try found[parent].map { try Tensor.apply(.add, $0, part) } ?? part
      }
    }
    return found
  }
}
