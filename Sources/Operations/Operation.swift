import Tensors

/// What a pullback may use: the operation's inputs and output at the level outside its tape, and
/// the derivative of the result with respect to the output.
package struct Pullback {
  /// The inputs; only their shapes where the operation does not save them.
  package let inputs: [Variable]
  /// The output; only its shape where the operation does not save it.
  package let output: Variable
  /// The derivative of the final result with respect to the output; of the output's shape.
  package let cotangent: Variable
  /// Which inputs the tape watches. The pullback gives `nil` for the others.
  package let isNeeded: [Bool]

  /// The part of input `position`, summed back to that input's shape where it was broadcast.
  package func part(_ position: Int, _ compute: () throws -> Variable) throws -> Variable? {
    guard isNeeded[position] else { return nil }
    return try compute().summed(to: inputs[position].shape)
  }
}

/// A differentiable operation: what it computes and, beside it, how a derivative passes back.
///
/// Both take the parameters of one application (axes, indices) from their context; pullbacks are
/// written with `Variable` operations, so they can be differentiated in turn.
package final class Operation: Sendable {
  /// What the tape keeps for the pullback. What it does not keep is replaced by its shape alone.
  package struct Saves: OptionSet {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let inputs = Saves(rawValue: 1)
    package static let output = Saves(rawValue: 2)
    package static let shapes: Saves = []
    package static let both: Saves = [.inputs, .output]
  }

  /// What is known of it whatever its parameters are.
  package let kind: OperationKind
  let saves: Saves
  /// Why no derivative passes, where the result is constant between jumps; otherwise nil.
  let cut: String?
  /// The places that it reads or writes, where it does.
  let indices: [Index]
  /// What it computes as data, where a plan can be made of it.
  package let primitive: Primitive?
  let forward: @Sendable ([Tensor]) throws -> Tensor
  let pullback: @Sendable (Pullback) throws -> [Variable?]

  package init(
    _ kind: OperationKind, saves: Saves = .both, cut: String? = nil, indices: [Index] = [],
    primitive: Primitive? = nil,
    forward: @escaping @Sendable ([Tensor]) throws -> Tensor,
    pullback: @escaping @Sendable (Pullback) throws -> [Variable?]
  ) {
    self.kind = kind
    self.saves = saves
    self.cut = cut
    self.indices = indices
    self.primitive = primitive
    self.forward = forward
    self.pullback = pullback
  }

  /// The builtin's name.
  package var name: String { kind.name }

  /// Applies the operation, recording it on the innermost tape that watches an input and, inside
  /// that, on those further out.
  package func callAsFunction(_ inputs: Variable...) throws -> Variable { try self(inputs) }

  /// The same for a list of inputs.
  func callAsFunction(_ inputs: [Variable]) throws -> Variable {
    var innermost: Tape?
    for input in inputs {
      guard let tape = input.live?.tape else { continue }
      if tape.level > innermost?.level ?? 0 { innermost = tape }
    }
    guard let tape = innermost else {
      return Variable(try forward(inputs.map(\.tensor)))
    }
    if let deferral = tape.deferral { return try deferral.append(self, inputs) }
    let parents = inputs.map { input in
      guard let live = input.live, live.tape === tape else { return -1 }
      return live.index
    }
    let primals = inputs.map { $0.primal(outside: tape) }
    return tape.record(self, inputs: primals, output: try self(primals), parents: parents)
  }
}

extension Variable {
  /// One number in its shape and element type. Does not ask for its value, which may have to wait
  /// for a plan.
  func repeating(_ number: Double) throws -> Variable {
    let one = try Tensor.scalar(number, elementType.arithmetic)
    return Variable(rank == 0 ? one : try one.broadcast(to: shape))
  }

  /// A stand-in with the shape and element type but one stored element.
  var shapeOnly: Variable {
    if isPending { return Variable(placeholder) }
    guard count > 1, let tensor = try? tensor.filled(with: 0) else { return detached }
    return Variable(tensor)
  }

  /// Undoes broadcasting: sums over the axes along which `shape` was stretched to this shape.
  func summed(to shape: Shape) throws -> Variable {
    if self.shape == shape { return self }
    let leading = rank - shape.rank
    guard leading >= 0 else { return try .broadcast(self, to: shape) }
    var axes = Array(0..<leading)
    for (axis, extent) in shape.dimensions.enumerated()
    where extent == 1 && self.shape.dimensions[leading + axis] != 1 {
      axes.append(leading + axis)
    }
    let sum = axes.isEmpty ? self : try .sum(self, axes: axes, keepDimensions: true)
    return sum.shape == shape ? sum : try .reshape(sum, to: shape)
  }
}

extension Tensor {
  /// A tensor of this shape and element type (Float32 for a bool tensor) that repeats one number
  /// without storing it more than once.
  func filled(with number: Double) throws -> Tensor {
    let one = try Tensor.scalar(number, elementType.arithmetic)
    return rank == 0 ? one : try one.broadcast(to: shape)
  }
}

extension Operation {
  /// What it computes of tensors, recorded nowhere.
  package func computed(_ inputs: [Tensor]) throws -> Tensor { try forward(inputs) }

  /// What a derivative passes to each operand; nil for those that do not need it.
  package func backward(
    _ inputs: [Variable], output: Variable, cotangent: Variable, isNeeded: [Bool]
  ) throws -> [Variable?] {
    try pullback(
      Pullback(inputs: inputs, output: output, cotangent: cotangent, isNeeded: isNeeded))
  }
}
