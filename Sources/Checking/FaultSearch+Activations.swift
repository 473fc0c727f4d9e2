import Language
import Operations
import Tensors

/// Derivatives of activations: missing, doubled, or of something else.
extension FaultSearch {
  func considerActivations() throws {
    let elementwise = activations.filter(\.kind.isElementwise)
    for activation in elementwise where isOpen {
      let points = points(of: activation)
      let g = loss.cotangents[activation.output]?.doubles() ?? []
      guard g.count == points.count else { continue }
      let passed = zip(g, points).map { $0 * $1.slope }
      for slope in slopes(for: points) where isWorth(slope.rank) {
        let wrong = zip(g, points).map { $0 * slope.value($1) }
        try considerPassing(activation, wrong, passed, slope.rank) {
          slope.text(self.name(activation))
        }
      }
      guard isWorth(.derivativeElsewhere) else { continue }
      try considerPassing(activation, g.map { max($0, 0) }, passed, .derivativeReplaced) {
        "the mask of \(self.name(activation)) is taken from the incoming gradient"
      }
      try considerOtherMasks(activation, g, passed)
    }
    try considerAllAtOnce(elementwise)
    if isOpen { try considerExtraMasks() }
  }

  /// The table of slopes, with those of a mask where the derivative takes two values.
  private func slopes(for points: [Slope.Point]) -> [Slope] {
    let values = Set(points.map(\.slope))
    guard values.count == 2, let low = values.min(), let high = values.max() else {
      return values.isSubset(of: [0, 1]) ? Slope.all + Slope.ofMask(0, 1) : Slope.all
    }
    return Slope.all + Slope.ofMask(low, high)
  }

  /// An activation element by element.
  func points(of activation: Activation) -> [Slope.Point] {
    let x = steps[activation.input].output.doubles()
    let y = steps[activation.output].output.doubles()
    return x.indices.map {
      Slope.Point(
        kind: activation.kind, x: x[$0], y: y[$0], slope: activation.slope(at: $0, x[$0], y[$0]))
    }
  }

  func numbers(_ activation: Activation) -> (x: [Double], y: [Double], g: [Double]) {
    (
      steps[activation.input].output.doubles(), steps[activation.output].output.doubles(),
      loss.cotangents[activation.output]?.doubles() ?? []
    )
  }

  /// Something else passes through an activation than what should. Where nothing at all does, a
  /// term is missing, not a derivative.
  private func considerPassing(
    _ activation: Activation, _ wrong: [Double], _ passed: [Double], _ rank: Rank,
    _ text: () -> String
  ) throws {
    guard wrong.allSatisfy(\.isFinite), wrong.contains(where: { $0 != 0 }), wrong != passed else {
      return
    }
    let change = zip(wrong, passed).map { $0 - $1 }
    guard let gradient = try changed([activation.input: tensor(change, like: activation.input)])
    else { return }
    // Of functions that are no activations, nor in one, it is a factor of the chain rule that is
    // missing.
    let isPlain =
      [.function(.exp), .function(.log), .function(.sqrt)].contains(activation.kind)
      && !isPart(activation)
    consider(
      isPlain ? .term : .mask, gradient, rank,
      place: .call(Self.callNames(activation.kind)), text())
  }

  /// Whether an activation that is written out contains another function.
  private func isPart(_ part: Activation) -> Bool {
    activations.contains { region in
      region.kind == .written && region.input <= part.input && region.output > part.output
        && loss.reaches(from: region.input, to: part.output)
        && loss.reaches(from: part.output, to: region.output)
    }
  }

  private static func callNames(_ kind: Activation.Kind) -> [String] {
    kind == .relu ? ["relu", "gradRelu", "maximum", "where"] : [kind.name]
  }

  /// A mask of the right kind made from another variable of the same shape.
  private func considerOtherMasks(
    _ activation: Activation, _ g: [Double], _ passed: [Double]
  ) throws {
    let kind = activation.kind
    guard kind != .written else { return }
    for (label, values) in candidates(of: steps[activation.input].output.shape)
    where isWorth(.derivativeElsewhere) {
      let other = values.doubles()
      let forms: [(Double) -> Double] =
        kind == .relu
        ? [{ $0 > 0 ? 1 : 0 }, { $0 }]
        : [{ kind.slope($0, kind.value($0)) }, { kind.slope($0, $0) }, { $0 }]
      for form in forms {
        let wrong = zip(g, other).map { $0 * form($1) }
        try considerPassing(activation, wrong, passed, .derivativeElsewhere) {
          "the derivative of \(self.name(activation)) is made from \(label) instead"
        }
      }
    }
    guard kind == .relu else { return }
    try considerNoRectifier(activation, g, passed)
    try considerMaskOfWeights(activation, g, passed)
  }

  /// The rectifier left out, where what comes back to it is proportional to its result: neither
  /// that nor its mask is there.
  private func considerNoRectifier(
    _ activation: Activation, _ g: [Double], _ passed: [Double]
  ) throws {
    let (x, y, _) = numbers(activation)
    guard let factor = Tolerance.factor(g, y), tolerance.agree(g, y, times: factor) else { return }
    try considerPassing(activation, x.map { factor * $0 }, passed, .derivativeElsewhere) {
      "\(self.name(activation)) is left out: its input passes through unmasked"
    }
  }

  /// The mask of the weights rather than of what they compute.
  private func considerMaskOfWeights(
    _ activation: Activation, _ g: [Double], _ passed: [Double]
  ) throws {
    guard loss.gradient.count > 1 else { return }
    let weights = steps[loss.target].output.doubles()
    let open = zip(g, passed).map { $0 - $1 }
    guard
      let unmasked = try changed([activation.input: tensor(open, like: activation.input)])
    else { return }
    consider(
      .mask, zip(unmasked, weights).map { $1 > 0 ? $0 : 0 }, .derivativeElsewhere,
      place: .call(Self.callNames(.relu)),
      "the mask is made from the weights, not from the input of \(name(activation))")
  }

  /// The same mistake at every activation.
  private func considerAllAtOnce(_ all: [Activation]) throws {
    let all = all.filter { $0.kind != .written }
    guard all.count > 1, isOpen else { return }
    let kinds = Set(all.map(\.kind.name)).sorted().joined(separator: " and ")
    for slope in Slope.all where isOpen {
      var adjustments: [Int: Recording.Adjustment] = [:]
      for activation in all {
        let points = points(of: activation)
        let shape = steps[activation.input].output.shape
        adjustments[activation.input] = { cotangents in
          guard let g = cotangents[activation.output]?.doubles(), g.count == points.count else {
            return nil
          }
          let change = zip(g, points).map { $0 * (slope.value($1) - $1.slope) }
          guard change.allSatisfy(\.isFinite) else { return nil }
          return try Tensor(doubles: change, shape, elementType: .f64)
        }
      }
      guard let gradient = try adjusted(adjustments), gradient.allSatisfy(\.isFinite) else {
        continue
      }
      consider(
        .mask, gradient, .derivativesAll, place: .call(all.flatMap { Self.callNames($0.kind) }),
        slope.text("each \(kinds) (\(all.count) of them)"))
    }
  }

  /// A mask where the loss has no activation.
  private func considerExtraMasks() throws {
    let taken = Set(activations.filter(\.kind.isElementwise).map(\.input))
    for index in steps.indices
    where ["matmul", "add", "subtract"].contains(steps[index].name) && !taken.contains(index)
      && steps[index].output.rank > 0 && isOpen
    {
      guard let g = loss.cotangents[index]?.doubles() else { continue }
      let x = steps[index].output.doubles()
      for kind in [Activation.Kind.relu, .sigmoid, .tanh] {
        // A mask that lets nothing through is a missing term.
        guard x.contains(where: { kind.slope($0, kind.value($0)) != 0 }) else { continue }
        let change = zip(g, x).map { $0 * (kind.slope($1, kind.value($1)) - 1) }
        guard let gradient = try changed([index: tensor(change, like: index)]) else { return }
        consider(
          .mask, gradient, .derivativeTooMany, place: .call(Self.callNames(kind)),
          "the derivative of \(kind.name) stands where the loss has no \(kind.name)")
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
    if activation.kind == .written { return describe(activation.output) }
    let kind = activation.kind.name
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
