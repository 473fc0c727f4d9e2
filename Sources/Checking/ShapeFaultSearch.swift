import Language
import Networks
import Tensors

/// A gradient under test has another shape than the variable: what of it explains that.
struct ShapeFaultSearch {
  private let environment: CheckEnvironment
  private let loss: LossRecording
  private let tolerance: Tolerance
  private let factors: NamedFactors
  private let given: Tensor
  private let truth: Tensor
  private let shapes: String

  init(_ environment: CheckEnvironment, _ measurement: Measurement) {
    self.init(
      environment, loss: measurement.loss, tolerance: measurement.tolerance,
      given: measurement.given)
  }

  init(
    _ environment: CheckEnvironment, loss: LossRecording, tolerance: Tolerance, given: Tensor
  ) {
    self.environment = environment
    self.loss = loss
    self.tolerance = tolerance
    self.given = given
    factors = NamedFactors(loss, environment: environment)
    truth = loss.gradient
    shapes =
      "it is \(FaultSearch.words(given.shape)) and the variable is "
      + FaultSearch.words(truth.shape)
  }

  /// The explanation; nil where none holds. What is transposed and wrong besides is searched for
  /// the second fault, and that of a sum which stayed away for the fault of what was to be summed.
  func finding() throws -> Finding? {
    if let transposed = try transposedGradient() {
      if let finding = fault(.transposed, transposed.tensor, truth, transposed.text) {
        return finding
      }
      return Finding(
        fault: .transposed, text: transposed.text,
        also: try search(transposed.tensor).map { "transposed, it has another fault: \($0.detail)" }
      )
    }
    return try notSummed() ?? summed() ?? summedInside() ?? reshaped() ?? summedAndWrong()
  }

  /// The numbers in the variable's shape, where transposing is all that it takes.
  private func transposedGradient() throws -> (tensor: Tensor, text: String)? {
    if given.rank == truth.rank, given.rank > 1,
      given.shape.dimensions == truth.shape.dimensions.reversed()
    {
      return (try given.transposed(), "it is transposed: \(shapes)")
    }
    if given.rank == 2, given.shape[1] == 1, truth.rank == 1, given.count == truth.count {
      return (given, "it is a column: \(shapes)")
    }
    return nil
  }

  /// An axis that should have been summed over is still there.
  private func notSummed() throws -> Finding? {
    for axis in 0..<given.rank {
      for reduction in [Reduction.sum, .mean] {
        let sum = try given.reduce(reduction, axes: [axis])
        guard sum.count == truth.count else { continue }
        let text = "\(shapes): it is not summed over axis \(axis)"
        if let finding = fault(.axis, sum, truth, text) { return finding }
      }
    }
    return nil
  }

  /// An axis is gone that should have stayed.
  private func summed() throws -> Finding? {
    for axis in 0..<truth.rank {
      for reduction in [Reduction.sum, .mean] {
        let sum = try truth.reduce(reduction, axes: [axis])
        guard sum.count == given.count else { continue }
        let text = "\(shapes): it is summed over axis \(axis), which should stay"
        if let finding = fault(.axis, given, sum, text) { return finding }
      }
    }
    guard given.count == 1, truth.count > 1 else { return nil }
    let text = "\(shapes): it is summed over all axes"
    return try [Reduction.sum, .mean].lazy.compactMap { reduction in
      try fault(.axis, given, truth.reduce(reduction), text)
    }.first
  }

  /// Sums of what reaches the variable over other axes. They may be 0, as those of p − y along its
  /// rows are, so they are compared by the size of what is summed.
  private func summedInside() throws -> Finding? {
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
          guard sum.count == numbers.count, isNamedMultiple(numbers, of: sum, size: size) else {
            continue
          }
          return Finding(fault: .axis, text: "\(shapes): \(text)")
        }
      }
    }
    return nil
  }

  /// Whether the numbers are others, up to the sign and a named constant.
  private func isNamedMultiple(_ numbers: [Double], of others: [Double], size: Double) -> Bool {
    let factor = Tolerance.factor(numbers, others) ?? 1
    let isNamed = abs(abs(factor) - 1) < 2e-4 || factors.name(of: abs(factor)) != nil
    return [1, isNamed ? factor : 1].contains { factor in
      zip(numbers, others).allSatisfy { abs($0 - factor * $1) <= 1e-6 * size }
    }
  }

  private func reshaped() throws -> Finding? {
    given.count == truth.count
      ? fault(.axis, given, truth, "\(shapes): it must be reshaped") : nil
  }

  /// Not summed over an axis, and wrong in another way besides.
  private func summedAndWrong() throws -> Finding? {
    for axis in 0..<given.rank where given.shape[axis] > 1 {
      let sum = try given.reduce(.sum, axes: [axis])
      guard sum.count == truth.count, let other = try search(sum) else { continue }
      return Finding(
        fault: .axis, text: "\(shapes): it is not summed over axis \(axis)",
        also: "summed, it has another fault: \(other.detail)")
    }
    return nil
  }

  private func search(_ tensor: Tensor) throws -> Finding? {
    try FaultSearch(
      environment, loss: loss, tolerance: tolerance, given: tensor.doubles()
    ).run()
  }

  /// A finding where one tensor is the other, or a named multiple of it.
  private func fault(_ fault: GradientFault, _ a: Tensor, _ b: Tensor, _ text: String) -> Finding? {
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
}
