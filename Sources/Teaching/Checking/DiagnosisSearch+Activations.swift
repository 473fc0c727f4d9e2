import Networks
import Runtime
import Tensors

/// What stands in the place of an activation's derivative.
private struct Slope: Sendable {
  let text: @Sendable (_ name: String) -> String
  let cost: Double
  let value: @Sendable (_ kind: Activation.Kind, _ x: Double, _ y: Double) -> Double

  init(
    _ cost: Double, _ text: @escaping @Sendable (String) -> String,
    _ value: @escaping @Sendable (Activation.Kind, Double, Double) -> Double
  ) {
    self.text = text
    self.cost = cost
    self.value = value
  }

  static let all: [Slope] = [
    Slope(2.0, { "the derivative of \($0) is missing" }) { _, _, _ in 1 },
    Slope(2.1, { "\($0) itself stands where its derivative belongs" }) { _, _, y in y },
    Slope(2.2, { "the derivative of \($0) is applied twice" }) { kind, x, y in
      kind.slope(x, y) * kind.slope(x, y)
    },
    Slope(2.2, { "the derivative of \($0) is taken at its result, not at its input" }) {
      kind, _, y in kind.slope(y, kind.value(y))
    },
    Slope(2.2, { "the mask of \($0) is inverted" }) { kind, x, y in 1 - kind.slope(x, y) },
    Slope(2.3, { "the derivative of \($0), written for its result, is given its input" }) {
      kind, x, _ in kind.slope(x, x)
    },
    Slope(2.3, { "the input of \($0) stands where its derivative belongs" }) { _, x, _ in x },
    Slope(2.3, { "1 − \($0) stands where the derivative belongs" }) { _, _, y in 1 - y },
    Slope(2.4, { "the square of \($0) stands where its derivative belongs" }) { _, _, y in y * y },
    Slope(2.4, { "1 + y² stands where the derivative of y = \($0) belongs" }) { _, _, y in 1 + y * y
    },
    Slope(2.4, { "y(1 − y), sigmoid's derivative, stands where that of y = \($0) belongs" }) {
      _, _, y in y * (1 - y)
    },
    Slope(2.4, { "1 − y², tanh's derivative, stands where that of y = \($0) belongs" }) {
      _, _, y in 1 - y * y
    },
    Slope(2.5, { "the derivative of sigmoid at \($0) stands where its own belongs" }) { _, _, y in
      Activation.Kind.sigmoid.slope(y, Activation.Kind.sigmoid.value(y))
    },
    Slope(2.4, { "the derivative of sigmoid stands where that of \($0) belongs" }) { _, x, _ in
      Activation.Kind.sigmoid.slope(x, Activation.Kind.sigmoid.value(x))
    },
    Slope(2.4, { "the derivative of tanh stands where that of \($0) belongs" }) { _, x, _ in
      Activation.Kind.tanh.slope(x, Activation.Kind.tanh.value(x))
    },
    Slope(2.4, { "sigmoid stands where the derivative of \($0) belongs" }) { _, x, _ in
      Activation.Kind.sigmoid.value(x)
    },
    Slope(2.4, { "tanh stands where the derivative of \($0) belongs" }) { _, x, _ in
      Activation.Kind.tanh.value(x)
    },
    Slope(2.4, { "relu's mask stands where the derivative of \($0) belongs" }) { _, x, _ in
      x > 0 ? 1 : 0
    },
    Slope(2.4, { "the sign stands where the derivative of \($0) belongs" }) { _, x, _ in
      x > 0 ? 1 : x < 0 ? -1 : 0
    },
    Slope(2.5, { "1 over \($0) stands where its derivative belongs" }) { _, _, y in
      y == 0 ? 0 : 1 / y
    },
  ]
}

/// Derivatives of activations: missing, doubled, or of something else.
extension DiagnosisSearch {
  func considerActivations() throws {
    let elementwise = activations.filter(\.kind.isElementwise)
    for activation in elementwise {
      let (x, y, g) = numbers(activation)
      let passed = indices(g).map { g[$0] * activation.kind.slope(x[$0], y[$0]) }
      for slope in Slope.all where worth(slope.cost) {
        let wrong = indices(g).map { g[$0] * slope.value(activation.kind, x[$0], y[$0]) }
        try considerPassing(activation, wrong, passed, cost: slope.cost) {
          slope.text(self.name(activation))
        }
      }
      guard worth(2.3) else { continue }
      try considerPassing(activation, g.map { max($0, 0) }, passed, cost: 2.4) {
        "the mask of \(self.name(activation)) is taken from the incoming gradient"
      }
      try considerOtherMasks(activation, x, y, g)
    }
    try considerAllAtOnce(elementwise)
    if best == nil { try considerExtraMasks() }
  }

  /// Whether an explanation of some cost would be simpler than the best so far.
  private func worth(_ cost: Double) -> Bool { cost < best?.cost ?? .infinity }

  private func indices(_ values: [Double]) -> Range<Int> { values.indices }

  func numbers(_ activation: Activation) -> (x: [Double], y: [Double], g: [Double]) {
    (
      steps[activation.input].output.doubles(), steps[activation.output].output.doubles(),
      loss.cotangents[activation.output]?.doubles() ?? []
    )
  }

  /// Something else passes through an activation than what should. Where nothing at all does, a
  /// term is missing, not a derivative.
  private func considerPassing(
    _ activation: Activation, _ wrong: [Double], _ passed: [Double], cost: Double,
    _ text: () -> String
  ) throws {
    guard wrong.allSatisfy(\.isFinite), wrong.contains(where: { $0 != 0 }), wrong != passed else {
      return
    }
    let change = zip(wrong, passed).map { $0 - $1 }
    guard let gradient = try changed([activation.input: tensor(change, like: activation.input)])
    else { return }
    // Of functions that are no activations it is a factor of the chain rule that is missing.
    let isPlain = [.exp, .log, .sqrt].contains(activation.kind)
    consider(
      isPlain ? .term : .mask, gradient, cost: cost,
      place: .call(Self.callNames(activation.kind)), text())
  }

  private static func callNames(_ kind: Activation.Kind) -> [String] {
    kind == .relu ? ["relu", "gradRelu", "maximum", "where"] : [kind.rawValue]
  }

  /// A mask of the right kind made from another variable of the same shape.
  private func considerOtherMasks(
    _ activation: Activation, _ x: [Double], _ y: [Double], _ g: [Double]
  ) throws {
    let shape = steps[activation.input].output.shape
    let kind = activation.kind
    let passed = indices(g).map { g[$0] * kind.slope(x[$0], y[$0]) }
    for (label, values) in candidates(of: shape) where worth(2.5) {
      let other = values.doubles()
      let forms: [(Double) -> Double] =
        kind == .relu
        ? [{ $0 > 0 ? 1 : 0 }, { $0 }]
        : [{ kind.slope($0, kind.value($0)) }, { kind.slope($0, $0) }, { $0 }]
      for form in forms {
        let wrong = indices(g).map { g[$0] * form(other[$0]) }
        try considerPassing(activation, wrong, passed, cost: 2.5) {
          "the derivative of \(self.name(activation)) is made from \(label) instead"
        }
      }
    }
    // The mask of the weights rather than of what they compute.
    guard loss.gradient.count > 1 else { return }
    let weights = steps[loss.target].output.doubles()
    let open = indices(g).map { g[$0] * (1 - kind.slope(x[$0], y[$0])) }
    guard kind == .relu,
      let unmasked = try changed([activation.input: tensor(open, like: activation.input)])
    else { return }
    let masked = zip(unmasked, weights).map { $1 > 0 ? $0 : 0 }
    consider(
      .mask, masked, cost: 2.5, place: .call(Self.callNames(kind)),
      "the mask is made from the weights, not from the input of \(name(activation))")
  }

  /// The same mistake at every activation.
  private func considerAllAtOnce(_ all: [Activation]) throws {
    guard all.count > 1, best == nil else { return }
    for slope in Slope.all where best == nil {
      var adjustments: [Int: Recording.Adjustment] = [:]
      for activation in all {
        let (x, y, _) = numbers(activation)
        let kind = activation.kind
        let shape = steps[activation.input].output.shape
        adjustments[activation.input] = { cotangents in
          guard let g = cotangents[activation.output]?.doubles(), g.count == x.count else {
            return nil
          }
          let change = g.indices.map {
            g[$0] * (slope.value(kind, x[$0], y[$0]) - kind.slope(x[$0], y[$0]))
          }
          guard change.allSatisfy(\.isFinite) else { return nil }
          return try Tensor(doubles: change, shape, elementType: .f64)
        }
      }
      guard let gradient = try adjusted(adjustments), gradient.allSatisfy(\.isFinite) else {
        continue
      }
      let kinds = Set(all.map(\.kind.rawValue)).sorted().joined(separator: " and ")
      consider(
        .mask, gradient, cost: slope.cost + 0.5,
        place: .call(all.flatMap { Self.callNames($0.kind) }),
        slope.text("each \(kinds) (\(all.count) of them)"))
    }
  }

  /// A mask where the loss has no activation.
  private func considerExtraMasks() throws {
    let taken = Set(activations.filter(\.kind.isElementwise).map(\.input))
    for index in steps.indices
    where ["matmul", "add", "subtract"].contains(steps[index].name) && !taken.contains(index)
      && steps[index].output.rank > 0 && best == nil
    {
      guard let g = loss.cotangents[index]?.doubles() else { continue }
      let x = steps[index].output.doubles()
      let kinds: [Activation.Kind] = [.relu, .sigmoid, .tanh]
      for kind in kinds {
        // A mask that lets nothing through is a missing term.
        guard x.contains(where: { kind.slope($0, kind.value($0)) != 0 }) else { continue }
        let change = g.indices.map { g[$0] * (kind.slope(x[$0], kind.value(x[$0])) - 1) }
        guard let gradient = try changed([index: tensor(change, like: index)]) else { return }
        consider(
          .mask, gradient, cost: 2.7, place: .call(Self.callNames(kind)),
          "the derivative of \(kind.rawValue) stands where the loss has no \(kind.rawValue)")
      }
    }
  }

  // MARK: Names

  /// The tensors of some shape that the loss computes or the gradient reads, with what they are.
  func candidates(of shape: Shape) -> [(label: String, value: Tensor)] {
    var found: [(String, Tensor)] = []
    for name in environment.gradientNames {
      guard case .tensor(let box)? = environment.machine.globals[name], box.content.shape == shape
      else { continue }
      found.append((name, box.content))
    }
    for (index, step) in steps.enumerated() where step.output.shape == shape && found.count < 24 {
      found.append((describe(index), step.output))
    }
    return found
  }

  /// A step in words: the variable that holds it, or the operation and its shape.
  func describe(_ index: Int) -> String {
    if let name = loss.leaves[index] { return name }
    let output = steps[index].output
    for name in environment.gradientNames where output.count > 1 {
      guard case .tensor(let box)? = environment.machine.globals[name],
        box.content.shape == output.shape,
        tolerance.agree(box.content.doubles(), output.doubles())
      else { continue }
      return name
    }
    return "the \(steps[index].name) of \(Self.words(output.shape))"
  }

  /// An activation in words: `relu(hidden_in)` where its call in the loss can be told.
  func name(_ activation: Activation) -> String {
    let kind = activation.kind.rawValue
    let same = activations.filter { $0.kind == activation.kind }
    let calls = SourceSearch(environment).callTexts(of: kind)
    if calls.count == same.count,
      let index = same.firstIndex(where: { $0.output == activation.output })
    {
      return calls[index]
    }
    return "\(kind) (\(Self.words(steps[activation.output].output.shape)))"
  }
}
