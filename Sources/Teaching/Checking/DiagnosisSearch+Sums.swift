import Networks
import Runtime
import Tensors

/// Sums over the wrong axis, or where none belongs.
extension DiagnosisSearch {
  func considerSums() throws {
    if shape.rank == 2, shape.count > 1 {
      for axis in 0...1 where shape[axis] > 1 {
        let sum = try loss.gradient.reduce(.sum, axes: [axis], keepDimensions: true)
        consider(
          .axis, try sum.broadcast(to: shape).doubles(), cost: 1.5,
          "it is summed over axis \(axis), which should stay")
      }
    }
    for use in uses() where use.wasStretched { try considerStretched(use) }
    for use in uses() where steps[use.step].name == "matmul" { try considerProduct(use) }
  }

  /// A place where the checked variable is used, itself or through reshaping.
  struct Use {
    let step: Int
    let position: Int
    let wasStretched: Bool
  }

  func uses() -> [Use] {
    var aliases: Set<Int> = [loss.target]
    var found: [Use] = []
    for (index, step) in steps.enumerated() where loss.cotangents[index] != nil {
      for (position, parent) in step.parents.enumerated() where aliases.contains(parent) {
        if ["reshape", "f64", "f32"].contains(step.name) {
          aliases.insert(index)
        } else {
          found.append(
            Use(
              step: index, position: position,
              wasStretched: steps[parent].output.count < step.output.count
                && ["add", "subtract", "broadcast"].contains(step.name)))
        }
      }
    }
    return found
  }

  /// A bias: the cotangent behind it, summed in other ways than over the rows.
  private func considerStretched(_ use: Use) throws {
    guard let cotangent = loss.cotangents[use.step] else { return }
    let operand = steps[use.step].inputs[use.position].shape
    let leading = cotangent.rank - operand.rank
    for axis in 0..<cotangent.rank {
      let sum = try cotangent.reduce(.sum, axes: [axis])
      // Along the axes that it was stretched along, the sum is right.
      let isStretched =
        axis < leading || (operand[axis - leading] == 1 && cotangent.shape[axis] > 1)
      if sum.count == shape.count, !isStretched {
        consider(
          .axis, sum.doubles(), cost: 1.5,
          "it is summed over axis \(axis), and the rows are axis 0")
      }
      let row = try cotangent.subscripted(
        [Index](repeating: .all, count: axis) + [.at(cotangent.shape[axis] > 0 ? 0 : -1)])
      if row.count == shape.count, cotangent.shape[axis] > 1 {
        consider(
          .axis, row.doubles(), cost: 1.9, "it is the first example's alone, not summed over all")
      }
    }
    let total = try cotangent.reduce(.sum, axes: nil)
    if shape.count > 1 {
      consider(
        .axis, [Double](repeating: total.item ?? 0, count: shape.count), cost: 1.6,
        "it is summed over all axes, and only the rows should go")
    }
  }

  /// A product x'ᵀδ replaced by sums of its operands, or by one example of it.
  private func considerProduct(_ use: Use) throws {
    guard use.position == 1, let cotangent = loss.cotangents[use.step], cotangent.rank == 2,
      steps[use.step].inputs[0].rank == 2, cotangent.shape[0] > 1
    else { return }
    let left = steps[use.step].inputs[0]
    let sums = try Tensor.outer(
      left.reduce(.sum, axes: [0]).cast(to: .f64), cotangent.reduce(.sum, axes: [0]))
    consider(
      .axis, sums.doubles(), cost: 2,
      "both operands are summed over the rows before they are multiplied")
    let first = try Tensor.outer(
      left.subscripted([.at(0)]).cast(to: .f64), cotangent.subscripted([.at(0)]))
    consider(.axis, first.doubles(), cost: 2, "it is the first example's alone")
  }

  /// The gradient under test has another shape than the variable: what of it explains that.
  ///
  /// - Returns: the explanation, or the numbers put into shape where the turn is only one fault.
  static func explainShape(
    _ given: Tensor, _ loss: LossRecording, tolerance: Tolerance, factors: NamedFactors
  ) throws -> (finding: Finding?, turned: [Double]?) {
    let truth = loss.gradient
    func test(_ fault: GradientFault, _ a: Tensor, _ b: Tensor, _ text: String) -> Finding? {
      let (a, b) = (a.doubles(), b.doubles())
      guard let factor = Tolerance.factor(a, b), tolerance.agree(a, b, times: factor) else {
        return nil
      }
      let size = abs(factor)
      let isOne = abs(size - 1) < 2e-4
      guard isOne || factors.name(of: size) != nil || a.count(where: { $0 != 0 }) >= 3 else {
        return nil
      }
      var also: [String] = factor < 0 ? ["the sign is flipped as well"] : []
      if !isOne { also.append(factors.sentence(for: size, of: "besides, it")) }
      return Finding(
        fault: fault, text: text, also: also.isEmpty ? nil : also.joined(separator: "; "))
    }
    let shapes = "it is \(words(given.shape)) and the variable is \(words(truth.shape))"
    if given.rank == truth.rank, given.rank > 0,
      given.shape.dimensions == truth.shape.dimensions.reversed()
    {
      let turned = try given.transposed()
      return (
        test(.transposed, turned, truth, "it is transposed: \(shapes)"), turned.doubles()
      )
    }
    if given.rank == 2, given.shape[1] == 1, truth.rank == 1, given.count == truth.count {
      return (test(.transposed, given, truth, "it is a column: \(shapes)"), given.doubles())
    }
    let reductions: [Reduction] = [.sum, .mean]
    for axis in 0..<given.rank {
      for reduction in reductions {
        let sum = try given.reduce(reduction, axes: [axis])
        guard sum.count == truth.count else { continue }
        let text = "\(shapes): it is not summed over axis \(axis)"
        if let finding = test(.axis, sum, truth, text) { return (finding, nil) }
      }
    }
    for axis in 0..<truth.rank {
      for reduction in reductions {
        let sum = try truth.reduce(reduction, axes: [axis])
        guard sum.count == given.count else { continue }
        let text = "\(shapes): it is summed over axis \(axis), which should stay"
        if let finding = test(.axis, given, sum, text) { return (finding, nil) }
      }
    }
    if let finding = try explainSums(given, loss, shapes) { return (finding, nil) }
    if given.count == truth.count,
      let finding = test(.axis, given, truth, "\(shapes): it must be reshaped")
    {
      return (finding, nil)
    }
    return (nil, nil)
  }

  /// Sums of what reaches the variable over other axes. They may be 0, as those of p − y along its
  /// rows are, so they are compared by the size of what is summed.
  private static func explainSums(
    _ given: Tensor, _ loss: LossRecording, _ shapes: String
  ) throws -> Finding? {
    let numbers = given.doubles()
    for step in loss.recording.steps.indices {
      guard loss.recording.steps[step].parents.contains(loss.target),
        let cotangent = loss.cotangents[step], cotangent.rank > 0
      else { continue }
      let size = cotangent.doubles().reduce(0) { $0 + abs($1) }
      var choices: [(axes: [Int], text: String)] = (0..<cotangent.rank).map {
        ([$0], "it is summed over axis \($0)")
      }
      choices.append((Array(0..<cotangent.rank), "it is summed over all axes"))
      for (axes, text) in choices {
        for reduction in [Reduction.sum, .mean] {
          let sum = try cotangent.reduce(reduction, axes: axes).doubles()
          guard sum.count == numbers.count,
            zip(sum, numbers).allSatisfy({ abs($0 - $1) <= 1e-6 * size })
          else { continue }
          return Finding(fault: .axis, text: "\(shapes): \(text)", cost: 1.5)
        }
      }
    }
    return nil
  }

  /// A shape in words.
  static func words(_ shape: Shape) -> String { shape.rank == 0 ? "a number" : "\(shape)" }
}
