import Language
import Networks
import Tensors

/// Sums over the wrong axis, or where none belongs.
extension FaultSearch {
  func considerSums() throws {
    if shape.rank == 2, shape.count > 1 {
      for axis in 0...1 where shape[axis] > 1 {
        let sum = try loss.gradient.reduce(.sum, axes: [axis], keepDimensions: true)
        consider(
          .axis, try sum.broadcast(to: shape).doubles(), .otherAxis,
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

  /// A bias: what passes back to it, summed in other ways than over the rows.
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
          .axis, sum.doubles(), .otherAxis,
          "it is summed over axis \(axis), and the rows are axis 0")
      }
      let row = try cotangent.subscripted(
        [Index](repeating: .all, count: axis) + [.at(cotangent.shape[axis] > 0 ? 0 : -1)])
      if row.count == shape.count, cotangent.shape[axis] > 1 {
        consider(
          .axis, row.doubles(), .singleExample,
          "it is the first example's alone, not summed over all")
      }
    }
    let total = try cotangent.reduce(.sum, axes: nil)
    if shape.count > 1 {
      consider(
        .axis, [Double](repeating: total.item ?? 0, count: shape.count), .allAxes,
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
      .axis, sums.doubles(), .sumsBeforeProduct,
      "both operands are summed over the rows before they are multiplied")
    let first = try Tensor.outer(
      left.subscripted([.at(0)]).cast(to: .f64), cotangent.subscripted([.at(0)]))
    consider(.axis, first.doubles(), .singleExample, "it is the first example's alone")
  }

  /// A shape in words.
  static func words(_ shape: Shape) -> String { shape.rank == 0 ? "a number" : "\(shape)" }
}
