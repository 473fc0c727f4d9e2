import Networks
import Runtime
import Tensors

/// Products taken with a turned or another operand, and values of yesterday.
extension DiagnosisSearch {
  func considerOperands() throws {
    for (index, step) in steps.enumerated() where step.name == "matmul" {
      guard let cotangent = loss.cotangents[index], cotangent.rank == 2 else { continue }
      for position in 0...1 {
        let parent = step.parents[position]
        guard parent >= 0, loss.passes[parent] else { continue }
        let other = step.inputs[1 - position]
        guard other.rank == 2 else { continue }
        let needed = [position == 0, position == 1]
        guard let right = try loss.recording.parts(of: index, cotangent, needed: needed)[position]
        else { continue }
        let operand =
          step.parents[1 - position] >= 0
          ? describe(step.parents[1 - position]) : "the other operand"
        if other.shape[0] == other.shape[1],
          let turned = try product(cotangent, other.transposed(), position)
        {
          try swap(parent, turned, right, fault: .transposed, cost: 2) {
            "\(operand) is not transposed where it is multiplied"
          }
        }
        try considerSubstitutes(
          parent, position, cotangent, other, right, operand, step.parents[1 - position])
      }
    }
  }

  /// What a product passes back to the operand in a position.
  private func product(_ cotangent: Tensor, _ other: Tensor, _ position: Int) throws -> Tensor? {
    let other = try other.cast(to: cotangent.elementType)
    return try position == 0
      ? Tensor.matmul(cotangent, other.transposed()) : Tensor.matmul(other.transposed(), cotangent)
  }

  private func swap(
    _ parent: Int, _ wrong: Tensor, _ right: Tensor, fault: GradientFault, cost: Double,
    place: Finding.Place = .result, _ text: () -> String
  ) throws {
    guard wrong.shape == right.shape,
      let gradient = try changed([parent: Tensor.apply(.subtract, wrong, right)])
    else { return }
    consider(fault, gradient, cost: cost, place: place, text())
  }

  private func considerSubstitutes(
    _ parent: Int, _ position: Int, _ cotangent: Tensor, _ other: Tensor, _ right: Tensor,
    _ operand: String, _ operandStep: Int
  ) throws {
    for (label, value) in candidates(of: other.shape) where best == nil {
      guard let wrong = try product(cotangent, value, position) else { continue }
      // The input of an activation in place of its result: the activation is missing.
      let activation = activations.first {
        $0.output == operandStep
          && tolerance.agree(
            value.doubles(), steps[$0.input].output.doubles())
      }
      let isPreactivation = activation != nil || isActivation(of: value, giving: other)
      try swap(
        parent, wrong, right, fault: isPreactivation ? .mask : .stale, cost: 2.4,
        place: .name(label)
      ) {
        isPreactivation
          ? "\(label) stands where the result of the activation belongs"
          : "\(label) stands where \(operand) belongs"
      }
    }
  }

  /// Whether a usual activation of one tensor gives the other.
  private func isActivation(of input: Tensor, giving output: Tensor) -> Bool {
    let (x, y) = (input.doubles(), output.doubles())
    let kinds: [Activation.Kind] = [.relu, .sigmoid, .tanh, .softplus, .gelu]
    return kinds.contains { kind in tolerance.agree(x.map(kind.value), y) }
  }

  // MARK: Values that are out of date

  /// Variables that the gradient reads and the loss does not: if it is right with what the loss
  /// computes in their place, they are out of date.
  func considerStale() throws {
    for values in try replacements() {
      guard let fresh = try? evaluated(replacing: values) else { continue }
      var also: String?
      if !tolerance.agree(fresh, truth) {
        guard let multiple = multiple(fresh, of: truth) else { continue }
        also = multiple
      }
      let guilty = guilty(of: values) { self.tolerance.agree($0, self.truth) }
      return propose(
        Finding(
          fault: .stale,
          text: Self.staleness(guilty) + ": the loss computes "
            + (guilty.count == 1 ? "another now; with it" : "others now; with them")
            + " computed again the gradient is right",
          also: also, place: .name(guilty.first ?? ""), cost: 2))
    }
  }

  /// Another fault in a gradient that was computed from values out of date.
  func behindStaleValues() throws -> Finding? {
    for values in try replacements() {
      guard let fresh = try? evaluated(replacing: values), !tolerance.agree(fresh, given) else {
        continue
      }
      let search = DiagnosisSearch(environment, loss: loss, tolerance: tolerance, given: fresh)
      guard var finding = try search.run() else { continue }
      let names = Self.staleness(values.keys.sorted())
      finding.also = [finding.also, names].compactMap { $0 }.joined(separator: "; ")
      return finding
    }
    return nil
  }

  static func staleness(_ names: [String]) -> String {
    names.joined(separator: " and ")
      + (names.count == 1 ? " holds an old value" : " hold old values")
  }

  /// Of values that were replaced, those without which it stays wrong.
  private func guilty(of values: [String: Value], isRight: ([Double]) -> Bool) -> [String] {
    let needed = values.keys.sorted().filter { name in
      var others = values
      others[name] = nil
      guard let partly = try? evaluated(replacing: others) else { return true }
      return !isRight(partly)
    }
    return needed.isEmpty ? values.keys.sorted() : needed
  }

  /// For the variables that hold what the loss computes no longer, what it computes now: the most
  /// likely choice first.
  func replacements() throws -> [[String: Value]] {
    let names = environment.gradientNames.filter { !environment.lossNames.contains($0) }
    var choices: [(name: String, values: [Tensor])] = []
    for name in names {
      guard case .tensor(let box)? = environment.machine.globals[name],
        box.content.elementType != .bool, box.content.count > 1
      else { continue }
      let held = box.content.doubles()
      var near: [(distance: Double, value: Tensor)] = computed(of: box.content.shape).map { value in
        let gaps = zip(held, value.doubles())
        return (gaps.reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }, value)
      }
      near.sort { $0.distance < $1.distance }
      guard let first = near.first else { continue }
      let own = held.reduce(0) { $0 + $1 * $1 }
      if first.distance <= 1e-10 * max(own, 1e-300) { continue }
      choices.append((name, near.prefix(3).map(\.value)))
    }
    guard !choices.isEmpty else { return [] }
    var combinations: [[String: Value]] = [[:]]
    for choice in choices.prefix(4) {
      combinations = combinations.flatMap { chosen in
        choice.values.map { value in
          var more = chosen
          more[choice.name] = Value(value)
          return more
        }
      }
    }
    return Array(combinations.prefix(40))
  }

  /// All values of a shape that the loss computes now.
  private func computed(of shape: Shape) -> [Tensor] {
    var found: [Tensor] = []
    for step in steps {
      for value in [step.output] + zip(step.inputs, step.parents).filter({ $0.1 < 0 }).map(\.0)
      where value.shape == shape && found.count < 64 {
        found.append(value)
      }
    }
    return found
  }

  /// The gradient under test with other values in its variables.
  func recomputed(with values: [String: Value]) throws -> Tensor? {
    try environment.replacing(values) {
      try environment.evaluate(environment.subject.gradient)
    }.asTensor()
  }

  private func evaluated(replacing values: [String: Value]) throws -> [Double]? {
    guard let tensor = try recomputed(with: values), tensor.count == given.count else {
      return nil
    }
    if tensor.shape.rank == 2, shape.rank == 2, tensor.shape != shape,
      tensor.shape.dimensions == shape.dimensions.reversed()
    {
      return try tensor.transposed().doubles()
    }
    return tensor.doubles()
  }
}
