import Language
import Operations
import Tensors

/// The numbers of a check: the gradient under test, autodiff's with the whole recording, and
/// central differences.
struct Measurement {
  let given: Tensor
  let loss: LossRecording
  let tolerance: Tolerance
  let differences: Differences
  /// The elements of the gradient under test, and of autodiff's.
  let numbers: [Double]
  let truth: [Double]

  /// Throws where autodiff's gradient is not finite.
  init(
    _ given: Tensor, _ loss: LossRecording, _ tolerance: Tolerance,
    in environment: CheckEnvironment
  ) throws {
    self.given = given
    self.loss = loss
    self.tolerance = tolerance
    // Lists of all elements that the measuring, and the search after it, make side by side.
    try MemoryGuard.check(elements: Double(loss.gradient.count), bytesEach: 8 * 8)
    numbers = given.doubles()
    truth = loss.gradient.doubles()
    guard truth.allSatisfy(\.isFinite) else {
      throw RuntimeError.other(
        "the gradient of \(environment.subject.loss.text) is not finite here",
        hint: "explain nan tells where that begins")
    }
    differences = try Differences(
      environment, elements: Differences.elements(given: numbers, expected: truth),
      expected: truth)
  }

  // MARK: Kinks

  /// At a kink any slope between the two sides' is right: relu′(0) may be 0, 1 or ½.
  func agreesAtKinks() throws -> Bool {
    if isApartAtMeasuredKinksOnly { return true }
    let corners = Corner.all(in: loss)
    guard !corners.isEmpty else { return false }
    return try [0, 0.5, 1].contains { slope in
      let adjustments = Dictionary(
        uniqueKeysWithValues: corners.map { ($0.input, $0.adjustment(to: slope)) })
      return try tolerance.agree(
        numbers, loss.gradient(adjusting: adjustments).doubles())
    }
  }

  /// Whether the elements in which the two gradients differ have all been looked at, and each takes
  /// a slope between those of the kink's two sides.
  private var isApartAtMeasuredKinksOnly: Bool {
    guard differences.skipped > 0 else { return false }
    let scale = truth.reduce(0) { max($0, abs($1)) }
    let seen = Set(differences.samples.map(\.element))
    let apart = truth.indices.filter {
      !(abs(numbers[$0] - truth[$0]) <= tolerance.relative * scale + 10 * tolerance.noise)
    }
    return apart.allSatisfy(seen.contains) && differences.allow(numbers, tolerance: tolerance)
  }
}

/// A step of the loss of which some elements lie at a kink.
private struct Corner {
  let step: Int
  let input: Int
  /// Which elements lie at it.
  let ties: [Bool]
  /// The slope that autodiff takes there, and the lower side's; the upper side's is 1.
  let own: Double
  let lower: Double

  /// All of a loss, one for each value that goes into them.
  static func all(in loss: LossRecording) -> [Corner] {
    var found: [Int: Corner] = [:]
    for index in loss.recording.steps.indices where loss.cotangents[index] != nil {
      guard let corner = at(index, loss), corner.ties.contains(true) else { continue }
      found[corner.input] = found[corner.input] ?? corner
    }
    return found.keys.sorted().compactMap { found[$0] }
  }

  private static func at(_ index: Int, _ loss: LossRecording) -> Corner? {
    let step = loss.recording.steps[index]
    guard let place = step.parents.firstIndex(where: { $0 >= 0 && loss.passes[$0] }),
      step.inputs[place].shape == step.output.shape
    else { return nil }
    let (parent, x) = (step.parents[place], step.inputs[place].doubles())
    switch step.name {
    case "relu":
      return Corner(step: index, input: parent, ties: x.map { $0 == 0 }, own: 0, lower: 0)
    case "abs":
      return Corner(step: index, input: parent, ties: x.map { $0 == 0 }, own: 0, lower: -1)
    case "maximum", "minimum":
      guard step.inputs[1 - place].count == 1, let bound = step.inputs[1 - place].item else {
        return nil
      }
      return Corner(
        step: index, input: parent, ties: x.map { $0 == bound }, own: 0.5, lower: 0)
    default: return nil
    }
  }

  /// What the sweep adds to the input's cotangent so that the slope at the kink is another one.
  ///
  /// - Parameter slope: 0 for the lower side's, 1 for the upper side's.
  func adjustment(to slope: Double) -> Recording.Adjustment {
    { [self] cotangents in
      guard let cotangent = cotangents[step] else { return nil }
      let wanted = lower + (1 - lower) * slope
      let change = zip(cotangent.doubles(), ties).map { $1 ? $0 * (wanted - own) : 0 }
      return try Tensor(doubles: change, cotangent.shape, elementType: .f64)
    }
  }
}
