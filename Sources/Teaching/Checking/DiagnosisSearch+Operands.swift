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
        let operand = step.parents[1 - position] >= 0
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
        $0.output == operandStep && tolerance.agree(
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
    let names = environment.gradientNames.filter { !environment.lossNames.contains($0) }
    var choices: [(name: String, values: [Tensor])] = []
    for name in names {
      guard case .tensor(let box)? = environment.machine.globals[name],
        box.content.elementType != .bool, box.content.count > 1
      else { continue }
      let held = box.content.doubles()
      var near: [(distance: Double, value: Tensor)] = []
      for value in computed(of: box.content.shape) {
        let now = value.doubles()
        let distance = zip(held, now).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        near.append((distance, value))
      }
      near.sort { $0.distance < $1.distance }
      guard let first = near.first else { continue }
      let own = held.reduce(0) { $0 + $1 * $1 }
      if first.distance <= 1e-10 * max(own, 1e-300) { continue }
      choices.append((name, near.prefix(3).map(\.value)))
    }
    guard !choices.isEmpty else { return }
    try tryReplacing(choices)
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

  private func tryReplacing(_ choices: [(name: String, values: [Tensor])]) throws {
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
    for values in combinations.prefix(40) {
      guard let fresh = try? evaluated(replacing: values) else { continue }
      var also: String?
      if !tolerance.agree(fresh, truth) {
        guard let factor = Tolerance.factor(fresh, truth),
          tolerance.agree(fresh, truth, times: factor), given.count > 1,
          abs(abs(factor) - 1) < 2e-4 || factors.name(of: abs(factor)) != nil
        else { continue }
        also = factor < 0
          ? "the sign is flipped as well" : factors.sentence(for: factor, of: "besides, it")
      }
      // Of those replaced, the ones without which it stays wrong.
      let guilty = values.keys.sorted().filter { name in
        var others = values
        others[name] = nil
        guard let partly = try? evaluated(replacing: others) else { return true }
        return !tolerance.agree(partly, truth)
      }
      let list = (guilty.isEmpty ? values.keys.sorted() : guilty)
      let verb = list.count == 1 ? "holds an old value" : "hold old values"
      return propose(
        Finding(
          fault: .stale,
          text: "\(list.joined(separator: " and ")) \(verb): the loss computes "
            + "\(list.count == 1 ? "another" : "others") now. With \(list.count == 1 ? "it" : "them")"
            + " computed again the gradient is right",
          also: also, place: .name(list.first ?? ""), cost: 2))
    }
  }

  private func evaluated(replacing values: [String: Value]) throws -> [Double]? {
    let value = try environment.replacing(values) {
      try environment.evaluate(environment.subject.gradient)
    }
    guard let tensor = try value.asTensor(), tensor.count == given.count else { return nil }
    if tensor.shape.rank == 2, shape.rank == 2, tensor.shape != shape,
      tensor.shape.dimensions == shape.dimensions.reversed()
    {
      return try tensor.transposed().doubles()
    }
    return tensor.doubles()
  }
}
