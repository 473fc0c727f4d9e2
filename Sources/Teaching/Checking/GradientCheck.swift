import Networks
import Runtime
import Syntax
import Tensors

/// `check G against L wrt W`: a gradient written by hand beside autodiff's and central differences.
package struct GradientCheck {
  private let environment: CheckEnvironment
  private let subject: CheckSubject

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
    return try environment.inDouble {
      let given = try givenTensor().cast(to: .f64)
      let loss = try LossRecording(environment)
      return try report(given, loss, tolerance: tolerance(loss.gradient, rounded))
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
    let gaps = zip(exact.doubles(), rounded.doubles()).map { abs($0 - $1) }
    let noise = gaps.max() ?? 0
    let squares = gaps.reduce(0) { $0 + $1 * $1 } / Double(max(1, gaps.count))
    let isExact = noise == 0
    return Tolerance(
      relative: isExact ? 1e-5 : 5e-5, noise: noise.isFinite ? noise : 0,
      noiseSpread: squares.isFinite ? squares.squareRoot() : 0)
  }

  private func report(
    _ given: Tensor, _ loss: LossRecording, tolerance: Tolerance
  ) throws -> CheckReport {
    let truth = loss.gradient.doubles()
    guard truth.allSatisfy(\.isFinite) else {
      throw RuntimeError.other(
        "the gradient of \(subject.loss.text) is not finite here",
        hint: "explain nan tells where that begins")
    }
    guard Self.fits(given.shape, loss.gradient.shape) else {
      return try misshapen(given, loss, tolerance)
    }
    let numbers = given.doubles()
    let differences = try Differences(
      environment, elements: Differences.elements(given: numbers, expected: truth),
      expected: truth)
    if tolerance.agree(numbers, truth) {
      return right(numbers, loss, tolerance, differences, note: "")
    }
    if try agreesAtKinks(numbers, loss, tolerance) {
      return right(
        numbers, loss, tolerance, differences,
        note: "at kinks, where the slope may be either side's, it takes another than autodiff")
    }
    let search = DiagnosisSearch(environment, loss: loss, tolerance: tolerance, given: numbers)
    let finding = try search.run() ?? search.behindStaleValues()
    return wrong(numbers, loss, tolerance, differences, finding, isExhausted: search.isExhausted)
  }

  /// Whether a gradient of one shape can be subtracted from a variable of another as it is.
  private static func fits(_ given: Shape, _ variable: Shape) -> Bool {
    if given == variable { return true }
    guard given.count == variable.count else { return false }
    if given.count == 1 { return true }
    func trimmed(_ shape: Shape) -> [Int] { Array(shape.dimensions.drop { $0 == 1 }) }
    return trimmed(given) == trimmed(variable)
  }

  // MARK: Verdicts

  private func right(
    _ given: [Double], _ loss: LossRecording, _ tolerance: Tolerance, _ differences: Differences,
    note: String
  ) -> CheckReport {
    let truth = loss.gradient.doubles()
    return CheckReport(
      isRight: true, fault: .none, error: note.isEmpty ? tolerance.relativeError(given, truth) : 0,
      detail: note, gradientText: subject.gradient.text, lossText: subject.loss.text,
      variable: subject.variable.name, shape: DiagnosisSearch.words(loss.gradient.shape),
      differences: describe(differences, truth, tolerance), worst: [])
  }

  private func wrong(
    _ given: [Double], _ loss: LossRecording, _ tolerance: Tolerance, _ differences: Differences,
    _ finding: Finding?, isExhausted: Bool
  ) -> CheckReport {
    let truth = loss.gradient.doubles()
    let unexplained =
      isExhausted
      ? "none of the mistakes tried explains the numbers; the data is too large to try all: "
        + "check on fewer rows"
      : "none of the usual mistakes explains the numbers"
    var report = CheckReport(
      isRight: false, fault: finding?.fault ?? .unknown,
      error: tolerance.relativeError(given, truth), detail: finding?.detail ?? unexplained,
      gradientText: subject.gradient.text, lossText: subject.loss.text,
      variable: subject.variable.name, shape: DiagnosisSearch.words(loss.gradient.shape),
      differences: describe(differences, truth, tolerance),
      worst: worst(given, truth, loss.gradient.shape, differences))
    report.place = finding.flatMap { SourceSearch(environment).place(of: $0) }
    return report
  }

  /// A gradient whose shape is not the variable's.
  private func misshapen(
    _ given: Tensor, _ loss: LossRecording, _ tolerance: Tolerance
  ) throws -> CheckReport {
    let factors = NamedFactors(loss, environment: environment)
    let (found, turned) = try DiagnosisSearch.explainShape(
      given, loss, tolerance: tolerance, factors: factors)
    var finding = found
    if finding == nil, let turned {
      let search = DiagnosisSearch(environment, loss: loss, tolerance: tolerance, given: turned)
      finding = Finding(
        fault: .transposed,
        text: "it is \(given.shape) and the variable is \(loss.gradient.shape)",
        also: try search.run().map { "turned, it has another fault: \($0.detail)" })
    }
    let shapes =
      "it is \(DiagnosisSearch.words(given.shape)) and the variable is "
      + "\(DiagnosisSearch.words(loss.gradient.shape))"
    var report = CheckReport(
      isRight: false, fault: finding?.fault ?? .unknown, error: 1,
      detail: finding?.detail ?? "\(shapes); none of the usual mistakes explains the numbers",
      gradientText: subject.gradient.text, lossText: subject.loss.text,
      variable: subject.variable.name, shape: DiagnosisSearch.words(loss.gradient.shape),
      differences: "", worst: [])
    report.place = finding.flatMap { SourceSearch(environment).place(of: $0) }
    return report
  }

  /// Why the shape is another, where values out of date hide it from the numbers.
  private func misshapenAndStale(
    _ loss: LossRecording, _ tolerance: Tolerance, _ factors: NamedFactors
  ) throws -> Finding? {
    let search = DiagnosisSearch(environment, loss: loss, tolerance: tolerance, given: [])
    for values in try search.replacements() {
      guard let fresh = try? search.recomputed(with: values),
        var finding = try DiagnosisSearch.explainShape(
          fresh.cast(to: .f64), loss, tolerance: tolerance, factors: factors
        ).finding
      else { continue }
      let names = DiagnosisSearch.staleness(values.keys.sorted())
      finding.also = [finding.also, names].compactMap { $0 }.joined(separator: "; ")
      return finding
    }
    return nil
  }

  /// At a kink any slope between the two sides' is right: relu′(0) may be 0, 1 or ½.
  private func agreesAtKinks(
    _ given: [Double], _ loss: LossRecording, _ tolerance: Tolerance
  ) throws -> Bool {
    let steps = loss.recording.steps
    var corners: [(step: Int, input: Int, ties: [Bool], own: Double, kind: Double)] = []
    for (index, step) in steps.enumerated() where loss.cotangents[index] != nil {
      guard let parent = step.parents.first(where: { $0 >= 0 && loss.passes[$0] }),
        steps[parent].output.shape == step.output.shape
      else { continue }
      let x = steps[parent].output.doubles()
      switch step.name {
      case "relu", "abs":
        let ties = x.map { $0 == 0 }
        if ties.contains(true) {
          corners.append((index, parent, ties, 0, step.name == "abs" ? -1 : 0))
        }
      case "maximum", "minimum":
        let other = step.parents.firstIndex(of: parent) == 0 ? 1 : 0
        guard step.inputs[other].count == 1, let bound = step.inputs[other].item else { continue }
        let ties = x.map { $0 == bound }
        if ties.contains(true) { corners.append((index, parent, ties, 0.5, 0)) }
      default: continue
      }
    }
    guard !corners.isEmpty else { return false }
    for slope in [0, 0.5, 1] {
      var adjustments: [Int: Recording.Adjustment] = [:]
      for corner in corners {
        let shape = steps[corner.input].output.shape
        adjustments[corner.input] = { cotangents in
          guard let g = cotangents[corner.step]?.doubles() else { return nil }
          let low = corner.kind
          let wanted = low + (1 - low) * slope
          let change = zip(g, corner.ties).map { $1 ? $0 * (wanted - corner.own) : 0 }
          return try Tensor(doubles: change, shape, elementType: .f64)
        }
      }
      let other = try loss.gradient(adjusting: adjustments).doubles()
      if tolerance.agree(given, other) { return true }
    }
    return false
  }

  // MARK: Numbers

  private func describe(
    _ differences: Differences, _ truth: [Double], _ tolerance: Tolerance
  ) -> String {
    let pairs = differences.samples.compactMap { sample in
      sample.slope.map { (truth[sample.element], $0) }
    }
    let error = tolerance.relativeError(pairs.map(\.1), pairs.map(\.0))
    var text = ""
    if !pairs.isEmpty {
      text =
        "; autodiff and central differences agree to \(error.displayed) on "
        + "\(pairs.count) element\(pairs.count == 1 ? "" : "s")"
    }
    let kinks = differences.kinks
    if kinks > 0 {
      text += "; \(kinks) at a kink \(kinks == 1 ? "was" : "were") skipped"
    }
    return text
  }

  private func worst(
    _ given: [Double], _ truth: [Double], _ shape: Shape, _ differences: Differences
  ) -> [CheckReport.WorstElement] {
    let gaps = zip(given, truth).map { abs($0 - $1) }.map { $0.isNaN ? .infinity : $0 }
    return Differences.largest(gaps, 3).map { element in
      var position: [Int] = []
      var rest = element
      for size in shape.dimensions.reversed() {
        position.insert(rest % max(1, size), at: 0)
        rest /= max(1, size)
      }
      return CheckReport.WorstElement(
        position: position,
        numeric: differences.samples.first { $0.element == element }?.slope,
        autodiff: truth[element], given: given[element])
    }
  }
}
