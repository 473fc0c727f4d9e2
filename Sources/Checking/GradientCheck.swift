import Language
import Networks
import Syntax
import Tensors

/// `check G against L wrt W`: a gradient written by hand beside autodiff's and central differences.
package struct GradientCheck {
  let environment: CheckEnvironment
  let subject: CheckSubject

  package init(_ subject: CheckSubject, on machine: Machine) {
    self.subject = subject
    environment = CheckEnvironment(subject, machine: machine)
  }

  /// Compares, and finds out why where they differ. All variables are afterwards what they were.
  package func run() throws -> CheckReport {
    let saved = subject.variable.save()
    defer { subject.variable.restore(saved) }
    _ = try givenTensor()
    let rounded = try LossRecording(environment, watchingAll: false).gradient
    return try ElementType.measuring {
      try environment.inDouble {
        let given = try givenTensor().cast(to: .f64)
        let loss = try LossRecording(environment)
        return try report(
          Measurement(given, loss, tolerance(loss.gradient, rounded), in: environment))
      }
    }
  }

  private func givenTensor() throws -> Tensor {
    let value = try environment.evaluate(subject.gradient)
    guard let tensor = try value.asTensor() else {
      throw RuntimeError.other(
        "a gradient is a tensor or a number, and \(subject.gradient.text) is \(value.kindPhrase)",
        hint: nil)
    }
    return tensor
  }

  /// What rounding the variables to Float32 does to the gradient says how near two can come.
  private func tolerance(_ exact: Tensor, _ rounded: Tensor) throws -> Tolerance {
    var (noise, squares) = (0.0, 0.0)
    _ = try exact.allBlocks(beside: rounded) { exact, rounded in
      for (a, b) in zip(exact, rounded) {
        noise = max(noise, abs(a - b))
        squares += (a - b) * (a - b)
      }
      return true
    }
    squares /= Double(max(1, exact.count))
    let isExact = noise == 0
    return Tolerance(
      relative: isExact ? 1e-5 : 5e-5, noise: noise.isFinite ? noise : 0,
      noiseSpread: squares.isFinite ? squares.squareRoot() : 0)
  }

  private func report(_ measurement: Measurement) throws -> CheckReport {
    if measurement.truth.isEmpty { return undecided(.nothingThere, measurement) }
    let disagreements = measurement.differences.disagreements(with: measurement.truth)
    if !disagreements.isEmpty { return undecided(.contradiction(disagreements), measurement) }
    guard Self.fits(measurement.given.shape, measurement.loss.gradient.shape) else {
      return try misshapen(measurement)
    }
    let (numbers, tolerance) = (measurement.numbers, measurement.tolerance)
    if tolerance.agree(numbers, measurement.truth) {
      return measurement.differences.measured > 0
        ? right(measurement) : undecided(.onlyKinks, measurement)
    }
    if try measurement.agreesAtKinks() {
      return measurement.differences.measured > 0
        ? right(
          measurement,
          note: "at kinks, where the slope may be either side's, it takes another than autodiff")
        : undecided(.onlyKinks, measurement)
    }
    if subject.mayLackInfluence, measurement.truth.allSatisfy({ $0 == 0 }) {
      let text = "the loss does not depend on \(subject.variable.name): its gradient is 0"
      return wrong(measurement, Finding(fault: .term, text: text), isExhausted: false)
    }
    let search = FaultSearch(
      environment, loss: measurement.loss, tolerance: tolerance, given: numbers)
    let finding = try search.run() ?? search.behindStaleValues()
    return wrong(measurement, finding, isExhausted: search.isExhausted)
  }

  /// Whether a gradient of one shape can be subtracted from a variable of another as it is.
  private static func fits(_ given: Shape, _ variable: Shape) -> Bool {
    if given == variable { return true }
    guard given.count == variable.count else { return false }
    if given.count == 1 { return true }
    func trimmed(_ shape: Shape) -> [Int] { Array(shape.dimensions.drop { $0 == 1 }) }
    return trimmed(given) == trimmed(variable)
  }
}
