import Language
import Networks
import Tensors

/// What is said of the numbers.
extension GradientCheck {
  /// Why there is no verdict.
  enum Doubt {
    /// The variable has no elements.
    case nothingThere
    /// No element could be measured.
    case onlyKinks
    /// Autodiff and central differences give different numbers where the loss is smooth.
    case contradiction([Differences.Disagreement])
  }

  func right(_ measurement: Measurement, note: String = "") -> CheckReport {
    report(
      .right, .none,
      error: note.isEmpty
        ? measurement.tolerance.relativeError(measurement.numbers, measurement.truth) : 0, note,
      measurement)
  }

  func undecided(_ doubt: Doubt, _ measurement: Measurement) -> CheckReport {
    var error = 1.0
    if measurement.numbers.count == measurement.truth.count {
      error = measurement.tolerance.relativeError(measurement.numbers, measurement.truth)
    }
    var report = report(.undecided, .unknown, error: error, words(of: doubt), measurement)
    if case .contradiction(let elements) = doubt,
      measurement.numbers.count == measurement.truth.count
    {
      report.worst = elements.prefix(3).map {
        worstElement($0.element, measurement, numeric: $0.slope)
      }
    }
    return report
  }

  private func words(of doubt: Doubt) -> String {
    let name = subject.variable.name
    switch doubt {
    case .nothingThere:
      return "not measured: \(name) has no elements, so there is nothing to compare"
    case .onlyKinks:
      return "not measured: no element of \(name) has a slope here, each lies at a kink; check "
        + "at another point, as after \(name) = \(name) + 0.01 * randn(shape(\(name)))"
    case .contradiction(let elements):
      let first = elements[0]
      return "not measured: autodiff says \(first.autodiff.displayed) where central differences "
        + "say \(first.slope.displayed); until the two agree neither can judge a gradient. A loss "
        + "that reads random numbers, rounds or jumps does that"
    }
  }

  func wrong(
    _ measurement: Measurement, _ finding: Finding?, isExhausted: Bool
  ) -> CheckReport {
    let unexplained =
      isExhausted
      ? "none of the mistakes tried explains the numbers; the data is too large to try all: "
        + "check on fewer rows"
      : "none of the usual mistakes explains the numbers"
    var report = report(
      .wrong, finding?.fault ?? .unknown,
      error: measurement.tolerance.relativeError(measurement.numbers, measurement.truth),
      finding?.detail ?? unexplained, measurement)
    let gaps = zip(measurement.numbers, measurement.truth).map { abs($0 - $1) }
      .map { $0.isNaN ? .infinity : $0 }
    report.worst = Differences.largest(gaps, 3).map { element in
      worstElement(
        element, measurement,
        numeric: measurement.differences.samples.first { $0.element == element }?.slope)
    }
    report.place = finding.flatMap { SourceSearch(environment).place(of: $0) }
    return report
  }

  /// A gradient whose shape is not the variable's.
  func misshapen(_ measurement: Measurement) throws -> CheckReport {
    let (given, loss) = (measurement.given, measurement.loss)
    let finding = try ShapeFaultSearch(environment, measurement).finding()
    let shapes =
      "it is \(FaultSearch.words(given.shape)) and the variable is "
      + "\(FaultSearch.words(loss.gradient.shape))"
    var report = report(
      .wrong, finding?.fault ?? .unknown, error: 1,
      finding?.detail ?? "\(shapes); none of the usual mistakes explains the numbers", measurement)
    report.place = finding.flatMap { SourceSearch(environment).place(of: $0) }
    return report
  }

  private func report(
    _ verdict: CheckReport.Verdict, _ fault: GradientFault, error: Double, _ detail: String,
    _ measurement: Measurement
  ) -> CheckReport {
    CheckReport(
      verdict: verdict, fault: fault, error: error, detail: detail,
      gradientText: subject.gradient.text, lossText: subject.loss.text,
      variable: subject.variable.name,
      shape: FaultSearch.words(measurement.loss.gradient.shape),
      differences: describe(measurement), measured: measurement.differences.measured,
      skipped: measurement.differences.skipped)
  }

  // MARK: Numbers

  private func describe(_ measurement: Measurement) -> String {
    let differences = measurement.differences
    let pairs = differences.samples.compactMap { sample in
      sample.slope.map { (measurement.truth[sample.element], $0) }
    }
    var text = ""
    if !pairs.isEmpty, differences.disagreements(with: measurement.truth).isEmpty {
      let isFlat = measurement.truth.allSatisfy { $0 == 0 }
      let error =
        isFlat ? 0 : measurement.tolerance.relativeError(pairs.map(\.1), pairs.map(\.0))
      text =
        "; autodiff and central differences agree to \(error.displayed) on "
        + "\(pairs.count) element\(pairs.count == 1 ? "" : "s")"
    }
    let skipped = differences.skipped
    if skipped > 0 {
      text += "; \(skipped) at a kink \(skipped == 1 ? "was" : "were") skipped"
    }
    return text
  }

  private func worstElement(
    _ element: Int, _ measurement: Measurement, numeric: Double?
  ) -> CheckReport.WorstElement {
    var position: [Int] = []
    var rest = element
    for size in measurement.loss.gradient.shape.dimensions.reversed() {
      position.insert(rest % max(1, size), at: 0)
      rest /= max(1, size)
    }
    return CheckReport.WorstElement(
      position: position, numeric: numeric, autodiff: measurement.truth[element],
      given: measurement.numbers[element])
  }
}
