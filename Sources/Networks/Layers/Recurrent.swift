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

    var gates: Int { kernel.gates }
    /// What computes it.
    var kernel: RecurrentPlan.Kind {
      switch self {
      case .rnn: .rnn
      case .lstm: .lstm
      case .gru: .gru
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
  /// Whether the state stays as it is where a sequence is filled up: at steps whose features are all
  /// 0, unless a layer before says which they are.
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
    let sequence = try sequences(input, features: inputs, position: position)
    return returnsAll ? [sequence[0], hidden] : [hidden]
  }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    let own = try parameters(of: pass, count: count * kind.parameterCount)
    _ = try outputShape(
      for: Array(x.shape.dimensions.dropFirst()), position: pass.training?.position ?? 1)
    let real = isMasked ? try pass.sequences.realSteps(of: x, looking: true) : nil
    var sequence = x
    for layer in 0..<count {
      let start = layer * kind.parameterCount
      let part = Array(own[start..<start + kind.parameterCount])
      let inside = try Variable.matmul(sequence, part[0]) + part[2]
      let recurrent = [inside, part[1]] + part.dropFirst(3)
      let isLast = layer == count - 1 && !returnsAll
      guard FusedOperation.takes(recurrent) else {
        let steps = try steps(recurrent, real)
        if isLast { return steps[steps.count - 1] }
        sequence = try .stack(steps, axis: 1)
        continue
      }
      sequence = try fused(real)(recurrent)
      if isLast { return try .subscripted(sequence, [.all, .at(sequence.shape[1] - 1)]) }
    }
    return sequence
  }

  package func addStages(input: [Int], to builder: StageBuilder) throws -> Bool {
    let steps = input[0]
    if isMasked { builder.append(try PaddingStage(builder, steps: steps)) }
    for layer in 0..<count {
      let parameters = (0..<kind.parameterCount).map { _ in builder.nextParameter() }
      builder.append(
        try DenseStage(
          builder, inputs: layer == 0 ? inputs : hidden, outputs: kind.gates * hidden,
          positions: steps, weights: parameters[0], bias: parameters[2]))
      // From here on there are parameters before.
      builder.needsInputGradient = true
      builder.append(
        try RecurrentStage(
          builder, kind.kernel, steps: steps, hidden: hidden, weights: parameters[1],
          own: parameters.dropFirst(3).first,
          givesAll: returnsAll || layer < count - 1, isMasked: isMasked))
    }
    return true
  }

  package func widestInside(for input: [Int]) -> Int { input[0] * kind.gates * hidden }

  /// All steps of one layer in kernels, of what comes from the input, the recurrent weights, and a
  /// gru's own bias: N × time × hidden.
  private func fused(_ real: Tensor?) -> FusedOperation {
    let kind = kind.kernel
    return FusedOperation(
      "recurrence", definition: { try .stack(steps($0, real), axis: 1) },
      kernel: {
        let computed = try Tensor.recurrent(
          kind, $0[0], weights: $0[1], own: $0.count > 2 ? $0[2] : nil, real: real)
        return (computed.states, [computed.kept])
      },
      back: { inputs, computed, gradient in
        let parts = try Tensor.recurrentGradient(
          kind, weights: inputs[1], real: real, states: computed.output, kept: computed.kept[0],
          of: gradient)
        return [parts.inside, parts.weights] + [parts.own].compactMap { $0 }
      })
  }

  /// The hidden states, N × hidden, one a step.
  ///
  /// - Parameters:
  ///   - own: what comes from the input, the recurrent weights, and a gru's own bias.
  ///   - real: N × time, 0 where a row has no such step; nil where all have.
  private func steps(_ own: [Variable], _ real: Tensor?) throws -> [Variable] {
    let inside = own[0]
    let rows = inside.shape[0]
    let zeros = try Tensor.zeros(Shape(checking: [rows, hidden]), inside.elementType.arithmetic)
    var (state, cell) = (Variable(zeros), Variable(zeros))
    var states: [Variable] = []
    for step in 0..<inside.shape[1] {
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
        let n = try Variable.tanh(gate(now, 2) + r * (gate(recurrent, 2) + own[2]))
        state = try n + z * (state - n)
      }
      if let real {
        let isReal = try real.subscripted([.all, .slice(start: step, stop: step + 1, step: 1)])
        state = try .where(isReal, state, stateBefore)
        if kind == .lstm { cell = try .where(isReal, cell, cellBefore) }
      }
      states.append(state)
    }
    return states
  }

  /// The columns of one gate.
  private func gate(_ x: Variable, _ index: Int) throws -> Variable {
    try .subscripted(
      x, [.all, .slice(start: index * hidden, stop: (index + 1) * hidden, step: 1)])
  }
}
