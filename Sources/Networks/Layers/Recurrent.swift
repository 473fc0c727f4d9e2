import Operations
import Tensors

/// Recurrent layers over sequences time × features. Each of the layers has W (in × gates·hidden),
/// U (hidden × gates·hidden) and b; of `gru` the candidate's recurrent bias c, too.
package struct Recurrent: SelfContainedLayer {
  package enum Kind: String, Sendable {
    /// h ← tanh(x W + h U + b) (Elman, 1990).
    case rnn
    /// Gates i, f, g, o: c ← f⊙c + i⊙g, h ← o⊙tanh(c) (Hochreiter and Schmidhuber, 1997).
    case lstm
    /// Gates r, z, n: n = tanh(x W + r⊙(h U + c)), h ← (1 − z)⊙n + z⊙h (Cho et al., 2014).
    case gru

    var gates: Int {
      switch self {
      case .rnn: 1
      case .lstm: 4
      case .gru: 3
      }
    }
    var parameterCount: Int { self == .gru ? 4 : 3 }
  }

  package let kind: Kind
  let inputs: Int
  let hidden: Int
  let count: Int
  /// Whether all steps are given, as against the last one.
  let returnsAll: Bool
  /// Whether steps whose features are all 0 fill up a sequence: the state stays as it is.
  let isMasked: Bool
  package var parameterGroups: [[LayerParameter]] = []

  package init(
    _ kind: Kind, inputs: Int, hidden: Int, layers: Int = 1, returnsAll: Bool = false,
    isMasked: Bool = false
  ) throws(NetworkError) {
    self.kind = kind
    self.inputs = inputs
    self.hidden = hidden
    count = layers
    self.returnsAll = returnsAll
    self.isMasked = isMasked
    try NetworkError.check(
      [("in", inputs), ("hidden", hidden), ("layers", layers)], of: description)
  }

  package var description: String {
    "\(kind.rawValue)(\(inputs), \(hidden)" + (count == 1 ? "" : ", layers=\(count)")
      + (returnsAll ? ", return=\"all\"" : "") + (isMasked ? ", mask=true" : "") + ")"
  }

  package var groupCount: Int { count }

  package func features(after input: Int?) -> Int? { hidden }
  package var inputFeatures: Int? { inputs }

  package func drawn(generator: inout RandomGenerator) throws -> [[LayerParameter]] {
    // As PyTorch draws them.
    let limit = 1 / Double(hidden).squareRoot()
    return try (0..<count).map { layer in
      let (width, wide) = (layer == 0 ? inputs : hidden, kind.gates * hidden)
      return [
        try .uniform("W", [width, wide], limit: limit, &generator),
        try .uniform("U", [hidden, wide], limit: limit, &generator),
        try .uniform("b", [wide], limit: limit, &generator),
      ] + (kind == .gru ? [try .uniform("c", [hidden], limit: limit, &generator)] : [])
    }
  }

  package func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] {
    guard input.count == 2, input[1] == inputs, input[0] > 0 else {
      throw .layerInput(
        layer: description, position: position, takes: "sequences time×\(inputs)", got: input,
        remedy: input.count == 2 && input[0] == 0
          ? "a sequence has at least one step" : "the first argument is the number of features")
    }
    return returnsAll ? [input[0], hidden] : [hidden]
  }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    let own = try parameters(of: pass, count: count * kind.parameterCount)
    _ = try outputShape(
      for: Array(x.shape.dimensions.dropFirst()), position: pass.training?.position ?? 1)
    var sequence = x
    let real = isMasked ? try Self.realSteps(x.tensor) : nil
    for layer in 0..<count {
      let start = layer * kind.parameterCount
      let steps = try steps(
        sequence, Array(own[start..<start + kind.parameterCount]), real)
      if layer == count - 1, !returnsAll { return steps[steps.count - 1] }
      sequence = try .stack(steps, axis: 1)
    }
    return sequence
  }

  /// The hidden states, N × hidden, one a step.
  ///
  /// - Parameter real: for each step, which rows (N×1) have one; nil where all have.
  private func steps(_ x: Variable, _ own: [Variable], _ real: [Tensor]?) throws -> [Variable] {
    let rows = x.shape[0]
    let inside = try Variable.matmul(x, own[0]) + own[2]
    let zeros = try Tensor.zeros(Shape(checking: [rows, hidden]), inside.elementType.arithmetic)
    var (state, cell) = (Variable(zeros), Variable(zeros))
    var states: [Variable] = []
    for step in 0..<x.shape[1] {
      let now = try Variable.subscripted(inside, [.all, .at(step)])
      let recurrent = try Variable.matmul(state, own[1])
      let (stateBefore, cellBefore) = (state, cell)
      switch kind {
      case .rnn: state = try .tanh(now + recurrent)
      case .lstm:
        let gates = try now + recurrent
        let (i, f) = (
          try Variable.sigmoid(gate(gates, 0)), try Variable.sigmoid(gate(gates, 1))
        )
        cell = try f * cell + i * .tanh(gate(gates, 2))
        state = try .sigmoid(gate(gates, 3)) * .tanh(cell)
      case .gru:
        let r = try Variable.sigmoid(gate(now, 0) + gate(recurrent, 0))
        let z = try Variable.sigmoid(gate(now, 1) + gate(recurrent, 1))
        let n = try Variable.tanh(gate(now, 2) + r * (gate(recurrent, 2) + own[3]))
        state = try n + z * (state - n)
      }
      if let real {
        state = try .where(real[step], state, stateBefore)
        if kind == .lstm { cell = try .where(real[step], cell, cellBefore) }
      }
      states.append(state)
    }
    return states
  }

  /// For each step, which rows (N×1) have a feature that is not 0.
  private static func realSteps(_ x: Tensor) throws -> [Tensor] {
    let (rows, count, width) = (x.shape[0], x.shape[1], x.shape[2])
    let numbers = try x.guardedDoubles()
    return try (0..<count).map { step in
      let flags = (0..<rows).map { row -> Double in
        let start = (row * count + step) * width
        return numbers[start..<start + width].contains { $0 != 0 } ? 1 : 0
      }
      return try Tensor(doubles: flags, Shape(checking: [rows, 1]), elementType: .bool)
    }
  }

  /// The columns of one gate.
  private func gate(_ x: Variable, _ index: Int) throws -> Variable {
    try .subscripted(
      x, [.all, .slice(start: index * hidden, stop: (index + 1) * hidden, step: 1)])
  }
}
