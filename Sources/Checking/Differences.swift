import Language
import Networks
import Tensors

/// Central differences of the loss on some elements, with kinks found and left out.
struct Differences {
  /// What the loss does along one element of the variable.
  enum Outcome {
    /// It is smooth: its slope, and how far that may be off.
    case slope(Double, uncertainty: Double)
    /// It bends however near one looks: the slopes on both sides.
    case kink(left: Double, right: Double)
    /// It jumps, or rounding hides its slope.
    case unmeasurable
  }

  /// One element, by its flat position.
  struct Sample {
    let element: Int
    let outcome: Outcome

    var slope: Double? {
      if case .slope(let slope, _) = outcome { slope } else { nil }
    }
  }

  /// An element at which autodiff's gradient is not the measured slope.
  struct Disagreement {
    let element: Int
    let slope: Double
    let autodiff: Double
  }

  private(set) var samples: [Sample] = []

  /// How many elements have a slope, and how many lie at a kink or cannot be measured.
  var measured: Int { samples.count { $0.slope != nil } }
  var skipped: Int { samples.count - measured }

  /// - Parameters:
  ///   - elements: the flat positions to look at; further ones, spread evenly, while none of them
  ///     can be measured.
  ///   - expected: autodiff's gradient, whose size decides how much a difference may be off.
  init(_ environment: CheckEnvironment, elements: [Int], expected: [Double]) throws {
    let probe = try LossProbe(environment, expected: expected)
    samples = try elements.map { try probe.sample($0) }
    guard measured == 0, !samples.isEmpty else { return }
    let further = stride(from: 1, to: expected.count, by: max(1, expected.count / Self.mostTries))
    for element in further where !elements.contains(element) {
      samples.append(try probe.sample(element))
      if measured > 0 { return }
    }
  }

  private static let mostTries = 64
  /// How far rounding in Float32 moves numbers that are the same, relative to them.
  private static let rounding = 1e-6

  /// Where both ways to the gradient lead to different numbers.
  func disagreements(with autodiff: [Double]) -> [Disagreement] {
    let scale = autodiff.reduce(0) { max($0, abs($1)) }
    return samples.compactMap { sample in
      guard case .slope(let slope, let uncertainty) = sample.outcome else { return nil }
      let expected = autodiff[sample.element]
      let isNear = abs(slope - expected) <= 1e-4 * max(scale, abs(slope)) + 8 * uncertainty
      return isNear
        ? nil : Disagreement(element: sample.element, slope: slope, autodiff: expected)
    }
  }

  /// Whether a gradient takes at every kink a slope between those of the two sides, and elsewhere
  /// the measured one.
  func allow(_ gradient: [Double], tolerance: Tolerance) -> Bool {
    let scale = gradient.reduce(0) { max($0, abs($1)) }
    return samples.allSatisfy { sample in
      let value = gradient[sample.element]
      switch sample.outcome {
      case .slope(let slope, let uncertainty):
        return abs(value - slope) <= tolerance.relative * scale + 8 * uncertainty
          + 10 * tolerance.noise
      case .kink(let left, let right):
        let margin = 1e-4 * max(scale, abs(left), abs(right))
        return value >= min(left, right) - margin && value <= max(left, right) + margin
      case .unmeasurable: return false
      }
    }
  }

  /// Elements worth a look: those that differ most, the largest, and some spread evenly.
  static func elements(given: [Double]?, expected: [Double], limit: Int = 16) -> [Int] {
    let count = expected.count
    if count <= limit { return Array(0..<count) }
    var chosen: [Int] = []
    func add(_ candidates: some Sequence<Int>) {
      for element in candidates where !chosen.contains(element) { chosen.append(element) }
    }
    if let given, given.count == count {
      // Where two differ by rounding alone, which differ most is the processor's choice.
      let noise = 1e-5 * expected.reduce(0) { max($0, abs($1)) }
      let gaps = zip(given, expected).map { abs($0 - $1) }
      add(Self.largest(gaps.map { $0 < noise ? 0 : $0 }, limit / 4))
    }
    add(Self.largest(expected.map { abs($0) }, limit / 4))
    add(stride(from: 0, to: count, by: max(1, count / (limit / 2))).prefix(limit / 2))
    return Array(chosen.prefix(limit))
  }

  /// The positions of the largest values. Values that differ by rounding alone are equal, and stand
  /// in the order of their positions, on every processor.
  static func largest(_ values: [Double], _ count: Int) -> [Int] {
    var best: [Int] = []
    func isLarger(_ value: Double, than other: Double) -> Bool {
      value > other * (1 + rounding)
    }
    for (index, value) in values.enumerated() {
      if best.count == count, let last = best.last, !isLarger(value, than: values[last]) {
        continue
      }
      let place = best.firstIndex { isLarger(value, than: values[$0]) } ?? best.count
      best.insert(index, at: place)
      if best.count > count { best.removeLast() }
    }
    return best
  }
}

/// The loss as a function of single elements of the variable.
private struct LossProbe {
  private let environment: CheckEnvironment
  private let shape: Shape
  private let values: [Double]
  private let center: Double
  private let scale: Double

  init(_ environment: CheckEnvironment, expected: [Double]) throws {
    self.environment = environment
    let point = try environment.point()
    shape = point.shape
    values = try point.guardedDoubles()
    scale = expected.reduce(0) { max($0, abs($1)) }
    center = try environment.setting(Value(point)) {
      try environment.lossValue().tensor.item ?? .nan
    }
  }

  private func loss(_ element: Int, _ shift: Double) throws -> Double {
    var moved = values
    moved[element] += shift
    let tensor = try Tensor(doubles: moved, shape, elementType: .f64)
    return try environment.setting(Value(tensor)) {
      try environment.lossValue().tensor.item ?? .nan
    }
  }

  /// What two sides of a point tell at some distance.
  private struct Look {
    let central: Double
    /// The slope on the right less that on the left.
    let gap: Double
    /// How far rounding may have moved them.
    let rounding: Double
  }

  private func look(_ element: Int, _ step: Double) throws -> Look {
    let (upper, lower) = (try loss(element, step), try loss(element, -step))
    return Look(
      central: (upper - lower) / (2 * step), gap: (upper - 2 * center + lower) / step,
      rounding: 16 * .ulpOfOne * max(abs(center), 1e-3) / step)
  }

  /// Looks from nearer and nearer until two looks agree. The one-sided slopes of a smooth function
  /// differ by step · f″, less and less; at a kink by the same however near, at a jump by more.
  func sample(_ element: Int) throws -> Differences.Sample {
    try Interrupt.check()
    // ∛ε balances truncation against rounding (Dennis and Schnabel, 1983, §5.4).
    let step = 6e-6 * max(1, abs(values[element]))
    var far = try look(element, step)
    var near = far
    for distance in [step / 8, step / 64] {
      (far, near) = (near, try look(element, distance))
      guard near.central.isFinite, near.gap.isFinite else { break }
      let allowed = 1e-4 * max(scale, abs(near.central)) + 8 * near.rounding
      let bends = abs(near.gap) > allowed && abs(near.gap) > 0.5 * abs(far.gap)
      let change = abs(near.central - far.central)
      if !bends, change <= allowed {
        let slope = near.central + (near.central - far.central) / 63
        return .init(
          element: element, outcome: .slope(slope, uncertainty: change / 8 + near.rounding))
      }
    }
    let isJump = abs(near.gap) > 4 * abs(far.gap) || !near.gap.isFinite || !near.central.isFinite
    let isBend =
      abs(near.gap) > 1e-4 * max(scale, abs(near.central)) + 8 * near.rounding
      && abs(near.central - far.central) <= 0.1 * abs(near.gap) + 8 * near.rounding
    guard isBend, !isJump else { return .init(element: element, outcome: .unmeasurable) }
    return .init(
      element: element,
      outcome: .kink(left: near.central - near.gap / 2, right: near.central + near.gap / 2))
  }
}
