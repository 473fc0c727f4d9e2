import Tensors

/// Multiplies a cotangent by a `Derivative`: what passes back to one operand, not yet summed to its
/// shape.
///
/// Where the derivative chooses 0, nothing passes, whatever the cotangent is (PyTorch's way with
/// infinite ones); where a comparison with NaN leaves the choice open, the cotangent passes, so
/// that the NaN shows.
package struct DerivativePass: Sendable {
  private enum Input: Sendable, Equatable {
    case cotangent
    case operand(Int)
    case result
    case number(Double)
  }

  package let derivative: Derivative
  private var inputs: [Input] = []
  private let program: ElementwiseProgram

  package init(_ derivative: Derivative) {
    self.derivative = derivative
    var builder = Builder()
    builder.multiply(by: derivative)
    inputs = builder.inputs
    program = ElementwiseProgram(builder.instructions)
  }

  /// The product for one application of the operation.
  func callAsFunction(_ pullback: Pullback) throws -> Variable {
    if derivative == 1 { return pullback.cotangent }
    if let deferral = pullback.deferral {
      return try deferral.append(
        program,
        inputs.map { input in
          switch input {
          case .cotangent: .variable(pullback.cotangent)
          case .operand(let position): .variable(pullback.inputs[position])
          case .result: .variable(pullback.output)
          case .number(let number): .number(number)
          }
        })
    }
    guard pullback.isConstant else { return try pullback.multiply(by: derivative) }
    let values = inputs.map { input -> ElementwiseProgram.Input in
      switch input {
      case .cotangent: .tensor(pullback.cotangent.tensor)
      case .operand(let position): .tensor(pullback.inputs[position].tensor)
      case .result: .tensor(pullback.output.tensor)
      case .number(let number): .scalar(number)
      }
    }
    return Variable(try program.run(values))
  }

  /// The same for a function of one operand, in a plan: it is written over the cotangent, is never
  /// cut short and allocates nothing.
  package struct Planned {
    private let inputs: [Input]
    private var program: ElementwiseProgram.Planned?

    /// For `count` elements.
    package init(_ derivative: Derivative, count: Int) {
      let pass = DerivativePass(derivative)
      inputs = pass.inputs
      if derivative == 1 { return }
      program = .init(
        pass.program,
        inputs.map { if case .number(let number) = $0 { .number(number) } else { .rows } },
        count: count)
    }

    /// - Parameters:
    ///   - operand: read only where the derivative is written with it; as `result`, of as many
    ///     elements as the cotangent.
    package mutating func multiply(
      _ cotangent: FloatRows, operand: FloatRows, result: FloatRows, on backend: any Backend
    ) {
      for (index, input) in inputs.enumerated() {
        switch input {
        case .cotangent: program?.set(index, to: cotangent)
        case .operand: program?.set(index, to: operand)
        case .result: program?.set(index, to: result)
        case .number: break
        }
      }
      program?.run(into: cotangent, on: backend)
    }
  }

  /// Writes the postfix program.
  private struct Builder {
    var inputs: [Input] = []
    var instructions: [ElementwiseProgram.Instruction] = []

    mutating func load(_ input: Input) {
      let position = inputs.firstIndex(of: input) ?? inputs.count
      if position == inputs.count { inputs.append(input) }
      instructions.append(.load(position))
    }

    /// Leaves cotangent × derivative on the stack.
    mutating func multiply(by derivative: Derivative) {
      switch derivative {
      case 1: load(.cotangent)
      case .unary(.negate, let inner):
        multiply(by: inner)
        instructions.append(.unary(.negate))
      case .binary(.divide, let above, let below):
        multiply(by: above)
        put(below)
        instructions.append(.binary(.divide))
      case .choose(let comparison, let left, let right, let then, otherwise: 0):
        put(left)
        put(right)
        instructions.append(.binary(comparison.opposite ?? comparison))
        load(.number(0))
        multiply(by: then)
        instructions.append(.select)
      default:
        load(.cotangent)
        put(derivative)
        instructions.append(.binary(.multiply))
      }
    }

    mutating func put(_ derivative: Derivative) {
      switch derivative {
      case .operand(let position): load(.operand(position))
      case .result: load(.result)
      case .number(let number): load(.number(number))
      case .unary(let operation, let inner):
        put(inner)
        instructions.append(.unary(operation))
      case .binary(let operation, let left, let right):
        put(left)
        put(right)
        instructions.append(.binary(operation))
      case .choose(let comparison, let left, let right, let then, let otherwise):
        put(.binary(comparison, left, right))
        put(then)
        put(otherwise)
        instructions.append(.select)
      }
    }
  }
}

extension Pullback {
  /// The tape that differentiates without values, where it is that which asks.
  fileprivate var deferral: Deferral? {
    ([cotangent, output] + inputs).lazy.compactMap { $0.live?.tape.deferral }
      .first { $0.isSymbolic }
  }

  /// Whether it is differentiated without values.
  var isWithoutValues: Bool { deferral != nil }

  /// Whether nothing records what is computed from it.
  var isConstant: Bool {
    cotangent.isConstant && output.isConstant && inputs.allSatisfy(\.isConstant)
  }

  /// The same as the program, by operations that can be differentiated in turn.
  fileprivate func multiply(by derivative: Derivative) throws -> Variable {
    switch derivative {
    case 1: return cotangent
    case .unary(.negate, let inner): return try .negate(multiply(by: inner))
    case .binary(.divide, let above, let below):
      return try multiply(by: above) / value(below)
    case .choose(let comparison, let left, let right, let then, otherwise: 0):
      let stops = try Tensor.apply(
        comparison.opposite ?? comparison, value(left).tensor, value(right).tensor)
      return try .where(stops, Variable(0), multiply(by: then))
    default: return try cotangent * value(derivative)
    }
  }

  private func value(_ derivative: Derivative) throws -> Variable {
    switch derivative {
    case .operand(let position): return inputs[position]
    case .result: return output
    case .number(let number): return try Variable(number)
    case .unary(let operation, let inner):
      // The slope of a step is 0 and no cut: a constant.
      if operation.isStepwise { return Variable(try .apply(operation, value(inner).tensor)) }
      return try .apply(operation, value(inner))
    case .binary(let operation, let left, let right):
      return try .apply(operation, value(left), value(right))
    case .choose(let comparison, let left, let right, let then, let otherwise):
      let mask = try Tensor.apply(comparison, value(left).tensor, value(right).tensor)
      return try .where(mask, value(then), value(otherwise))
    }
  }
}
