import Language
import Networks
import Tensors

/// Products taken with another operand, or with one that should have been transposed.
extension FaultSearch {
  /// A product in the loss, seen from one of its operands.
  private struct Product {
    let parent: Int
    let position: Int
    let cotangent: Tensor
    /// The other operand, and its step.
    let other: Tensor
    let otherStep: Int
    /// What truly passes back.
    let right: Tensor

    /// What a product passes back to the operand where another one stands beside it.
    func passing(_ other: Tensor) throws -> Tensor? {
      guard other.rank > 0 else { return nil }
      if cotangent.rank == 0 { return try Tensor.apply(.multiply, other, cotangent) }
      let other = try other.cast(to: cotangent.elementType)
      return position == 0
        ? try? Tensor.matmul(cotangent, other.transposed())
        : try? Tensor.matmul(other.transposed(), cotangent)
    }
  }

  private func products() throws -> [Product] {
    var found: [Product] = []
    for (index, step) in steps.enumerated() where step.name == "matmul" {
      guard let cotangent = loss.cotangents[index], step.inputs.allSatisfy({ $0.rank <= 2 }) else {
        continue
      }
      for position in 0...1 {
        let parent = step.parents[position]
        guard parent >= 0, loss.passes[parent] else { continue }
        let needed = [position == 0, position == 1]
        guard let right = try loss.recording.parts(of: index, cotangent, needed: needed)[position]
        else { continue }
        found.append(
          Product(
            parent: parent, position: position, cotangent: cotangent,
            other: step.inputs[1 - position], otherStep: step.parents[1 - position], right: right))
      }
    }
    return found
  }

  func considerOperands() throws {
    for product in try products() where isOpen {
      let operand =
        product.otherStep >= 0 ? describe(product.otherStep) : "the other operand"
      if product.other.rank == 2, product.other.shape[0] == product.other.shape[1] {
        try replace(product, with: product.other.transposed(), .transposed, .operandTransposed) {
          "\(operand) is not transposed where it is multiplied"
        }
      }
      if product.cotangent.rank == 2, product.cotangent.shape[0] == product.cotangent.shape[1] {
        try considerTransposedCotangent(product)
      }
      if let value = try withTransposedFactor(product.otherStep) {
        try replace(product, with: value, .transposed, .operandTransposed) {
          "\(operand) is taken with its square matrix transposed, as if that were symmetric"
        }
      }
      try considerSubstitutes(product, operand)
    }
  }

  /// What a product gives with its square matrix transposed; nil for other steps.
  private func withTransposedFactor(_ index: Int) throws -> Tensor? {
    guard index >= 0, steps[index].name == "matmul" else { return nil }
    var inputs = steps[index].inputs
    guard
      let place = inputs.firstIndex(where: { $0.rank == 2 && $0.shape[0] == $0.shape[1] })
    else { return nil }
    inputs[place] = try inputs[place].transposed()
    return try Tensor.matmul(inputs[0], inputs[1])
  }

  /// What comes back to a square product is transposed where it is multiplied on.
  private func considerTransposedCotangent(_ product: Product) throws {
    let transposed = Product(
      parent: product.parent, position: product.position,
      cotangent: try product.cotangent.transposed(), other: product.other,
      otherStep: product.otherStep, right: product.right)
    try replace(transposed, with: product.other, .transposed, .operandTransposed) {
      "what comes back to the product of \(Self.words(product.cotangent.shape)) is transposed "
        + "where it should not be, or the other way around"
    }
  }

  private func replace(
    _ product: Product, with other: Tensor, _ fault: GradientFault, _ rank: Rank,
    place: Finding.Place = .result, _ text: () -> String
  ) throws {
    guard let wrong = try product.passing(other), wrong.shape == product.right.shape,
      let gradient = try changed(
        [product.parent: Tensor.apply(.subtract, wrong, product.right)])
    else { return }
    consider(fault, gradient, rank, place: place, text())
  }

  private func considerSubstitutes(_ product: Product, _ operand: String) throws {
    for (label, value) in candidates(of: product.other.shape) where isOpen {
      // The input of an activation in place of its result: the activation is missing.
      let activation = activations.first {
        $0.output == product.otherStep
          && tolerance.agree(value.doubles(), steps[$0.input].output.doubles())
      }
      let isPreactivation = activation != nil || isActivation(of: value, giving: product.other)
      try replace(
        product, with: value, isPreactivation ? .mask : .stale, .operandReplaced,
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
    let kinds = ActivationLayer.kinds.map(Activation.Kind.function)
    return kinds.contains { kind in tolerance.agree(x.map(kind.value), y) }
  }
}
