/// How the change of one weight follows from the gradients of all steps: a step keeps u ← βu + c·g
/// and takes d·u from the weight. What a gradient has done in the end is then c·g·Σ d·βᵗ over the
/// steps from its own on.
///
/// Of gradient descent all of it is known beforehand. Rules that divide by the size of past gradients
/// are taken as they went: d is what the step took, divided by u.
struct UpdateResponse {
  /// Of a step: what it makes of a gradient, and of what it keeps.
  private struct Step {
    let gain: Double
    let taken: Double
    let penalty: Double
  }

  private let rule: String
  private let kept: Double
  private let isNesterov: Bool
  private let l2: Double
  private let decay: Double
  private var steps: [Step] = []

  /// Nil where the rule's steps do not follow its gradients in proportion.
  init?(_ optimizer: Optimizer) {
    rule = optimizer.name
    isNesterov = optimizer["nesterov"] == 1
    l2 = optimizer["l2"] ?? 0
    decay = optimizer["decay"] ?? 0
    switch rule {
    case "sgd": kept = optimizer["momentum"] ?? 0
    case "adam", "adamw": kept = optimizer["beta1"] ?? 0
    case "rmsprop", "adagrad": kept = 0
    default: return nil
    }
  }

  /// Notes a step.
  ///
  /// - Parameters:
  ///   - gradient: the sum over the rows, as the rows have it.
  ///   - carriesRate: whether the rate is in it.
  ///   - clipped: the same after clipping.
  ///   - state: what the rule keeps, after the step.
  ///   - weights: before the step and after it.
  mutating func add(
    gradient: Double, carriesRate: Bool, clipped: Double, state: Double,
    weights: (before: Double, after: Double), rate: Double
  ) {
    let share = gradient == 0 ? 1 : clipped / gradient
    let change = weights.before - weights.after
    var (gain, taken, penalty) = (share, 1.0, l2 * weights.before)
    switch rule {
    case "sgd":
      if !carriesRate { gain *= rate }
      penalty *= rate
    case "adam", "adamw":
      gain *= 1 - kept
      penalty *= 1 - kept
      taken = state == 0 ? 0 : (change - rate * decay * weights.before) / state
    default:
      let whole = clipped + penalty
      taken = whole == 0 ? 0 : change / whole
    }
    steps.append(Step(gain: gain, taken: taken, penalty: penalty))
    decayed += rule == "adamw" ? rate * decay * weights.before : 0
  }

  private var decayed = 0.0

  /// What each step's gradient, what the penalties and what was kept from before have made of the
  /// weight.
  ///
  /// - Parameter earlier: what the rule kept when the training began.
  func shares(earlier: Double) -> (steps: [Double], penalty: Double, earlier: Double) {
    var shares = [Double](repeating: 0, count: steps.count)
    var (reach, penalty) = (0.0, decayed)
    for (place, step) in steps.enumerated().reversed() {
      reach = step.taken + kept * reach
      let whole = isNesterov ? 1 + kept * reach : reach
      shares[place] = -step.gain * whole
      penalty += step.penalty * whole
    }
    return (shares, -penalty, -kept * reach * earlier * (isNesterov ? kept : 1))
  }
}
