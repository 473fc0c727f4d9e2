import Tensors

/// γ and β of a normalization in a plan.
struct ScaleAndShift {
  let gamma: ParameterSlot
  let beta: ParameterSlot
  private let retained: Float

  init(_ builder: StageBuilder) {
    gamma = builder.nextParameter()
    beta = builder.nextParameter()
    retained = Float(builder.retained)
  }

  /// Adds their gradients, a number for each feature, to what is to be kept of their updates.
  func add(
    gamma scales: some Collection<Double>, beta shifts: some Collection<Double>,
    _ start: GradientStart
  ) {
    let kept = start.kept(ofUpdate: retained)
    gamma.add(scales, retaining: kept)
    beta.add(shifts, retaining: kept)
  }

  /// What the forward pass computes of x, for the report of a NaN.
  func operands(_ x: FloatRows) -> (operation: String, operands: [StageOperand]) {
    (
      "\(gamma.name) * (x - mean) / std + \(beta.name)",
      [
        StageOperand("x", x), StageOperand(gamma.name, gamma.numbers),
        StageOperand(beta.name, beta.numbers),
      ]
    )
  }
}

extension ParameterSlot {
  /// Adds a gradient, a number for each of the parameter's, to `retained` times the update; nothing
  /// where the parameter is left as it is.
  fileprivate func add(_ gradient: some Collection<Double>, retaining retained: Float) {
    if isFrozen { return }
    let update = update
    // SAFETY: as many as the parameter has.
    for (index, number) in zip(0..<shape.count, gradient) {
      update[index] = (retained == 0 ? 0 : retained * update[index]) + Float(number)
    }
  }
}
