import Console
import Platform

/// A range of numbers and the round ones in it that are worth a tick.
package struct Axis: Sendable, Equatable {
  package let lower: Double
  package let upper: Double
  package let ticks: [Double]
  /// The distance between ticks; of a logarithmic axis, their least one.
  package let step: Double
  /// Whether equal distances are equal factors.
  package let isLogarithmic: Bool

  /// - Parameters:
  ///   - values: what must fit; only finite ones count.
  ///   - count: how many ticks to aim at.
  ///   - padded: whether to widen the range to whole ticks.
  ///   - wholeTicks: whether epochs and other whole numbers get no ticks between them.
  ///   - scale: limits that are given, and whether it is logarithmic.
  package init(
    covering values: some Sequence<Double>, aimingAt count: Int, padded: Bool,
    wholeTicks: Bool = false, _ scale: Chart.Scale = Chart.Scale()
  ) {
    if scale.isLogarithmic {
      self.init(
        logarithmicCovering: scale.limits.map { [$0.lowerBound, $0.upperBound] } ?? Array(values),
        aimingAt: count, padded: padded && scale.limits == nil)
    } else if let limits = scale.limits {
      self.init(
        evenlyCovering: [limits.lowerBound, limits.upperBound], aimingAt: count, padded: false,
        wholeTicks: false)
    } else {
      self.init(
        evenlyCovering: values, aimingAt: count, padded: padded, wholeTicks: wholeTicks)
    }
  }

  private init(
    evenlyCovering values: some Sequence<Double>, aimingAt count: Int, padded: Bool,
    wholeTicks: Bool
  ) {
    isLogarithmic = false
    var least = Double.infinity
    var greatest = -Double.infinity
    for value in values where value.isFinite {
      least = min(least, value)
      greatest = max(greatest, value)
    }
    if least > greatest { (least, greatest) = (0, 1) }
    if greatest - least <= abs(greatest) * 1e-12 {
      // One value only: show it in the middle of something.
      let margin = greatest == 0 ? 1 : abs(greatest) * 0.5
      (least, greatest) = (least - margin, greatest + margin)
    }
    var step = Self.roundStep((greatest - least) / Double(max(1, count)))
    if wholeTicks, values.allSatisfy({ $0 == $0.rounded() }) { step = max(1, step) }
    guard step > 0, step.isFinite else {
      (lower, upper, ticks, self.step) = (least, greatest, [least, greatest], greatest - least)
      return
    }
    let first = padded ? (least / step + 1e-9).rounded(.down) : (least / step - 1e-9).rounded(.up)
    let last =
      padded ? (greatest / step - 1e-9).rounded(.up) : (greatest / step + 1e-9).rounded(.down)
    let number = Int(min(1000, max(0, last - first)))
    ticks = (0...number).map { (first + Double($0)) * step }
    lower = padded ? first * step : least
    upper = padded ? last * step : greatest
    self.step = step
  }

  /// Where a number lies, from 0 to 1.
  package func share(_ value: Double) -> Double {
    if isLogarithmic {
      guard value > 0 else { return 0 }
      return min(1, max(0, log10(value / lower) / log10(upper / lower)))
    }
    return min(1, max(0, (value / 2 - lower / 2) / (upper / 2 - lower / 2)))
  }

  /// The same where a value may lie outside: nil there.
  func place(_ value: Double) -> Double? {
    value >= lower && value <= upper ? share(value) : nil
  }

  /// The tick's text, with as many digits as the distance between ticks needs.
  package func label(_ tick: Double) -> String {
    if isLogarithmic { return NumberForm.significant(tick, 6) }
    let value = abs(tick) < step * 1e-6 ? 0 : tick
    let magnitude = max(abs(lower), abs(upper))
    if magnitude >= 1e6 || magnitude < 1e-3 { return Self.scientific(value) }
    let digits = max(0, Int((-log10(step) - 1e-9).rounded(.up)))
    return NumberForm.fixed(value, min(digits, 8))
  }

  private static func scientific(_ value: Double) -> String {
    guard value != 0 else { return "0" }
    return NumberForm.significant(value, 4)
  }

  /// 1, 2 or 5 times a power of ten, at least as large.
  static func roundStep(_ step: Double) -> Double {
    guard step > 0, step.isFinite else { return 0 }
    let power = pow(10, log10(step).rounded(.down))
    let mantissa = step / power
    let round = mantissa <= 1.0001 ? 1.0 : mantissa <= 2.0001 ? 2 : mantissa <= 5.0001 ? 5 : 10
    return round * power
  }
}

// MARK: - Logarithmic axes

extension Axis {
  /// Values that are not above 0 have no place on it.
  private init(
    logarithmicCovering values: [Double], aimingAt count: Int, padded: Bool
  ) {
    let positive = values.lazy.filter { $0.isFinite && $0 > 0 }
    var least = positive.min() ?? 1
    var greatest = positive.max() ?? 10
    if greatest <= least { (least, greatest) = (least / 3, greatest * 3) }
    if padded { (least, greatest) = (Self.rounded(least, .down), Self.rounded(greatest, .up)) }
    // A number at either end of what there is has no neighbour further out.
    least = max(least, .leastNormalMagnitude)
    greatest = min(greatest, .greatestFiniteMagnitude)
    let decades = log10(greatest) - log10(least)
    let mantissas: [Double] =
      decades >= Double(count) / 2 ? [1] : decades > 1 ? [1, 3] : [1, 2, 5]
    let stride = max(1, Int((decades / Double(max(1, count))).rounded(.up)))
    let first = Int(log10(least).rounded(.down))
    let last = Int(log10(greatest).rounded(.up))
    // Limits may have passed through Float32.
    let slack = 1 + 1e-6
    var ticks: [Double] = []
    for power in first...max(first, last) where power % stride == 0 {
      for mantissa in mantissas {
        let tick: Double = mantissa * pow(10, Double(power))
        if tick * slack >= least, tick <= greatest * slack { ticks.append(tick) }
      }
    }
    self.ticks = ticks
    (lower, upper) = (least, greatest)
    step = least
    isLogarithmic = true
  }

  /// 1, 2 or 5 times a power of ten.
  private static func rounded(_ value: Double, _ rule: FloatingPointRoundingRule) -> Double {
    let power = pow(10, log10(value).rounded(.down))
    let steps: [Double] = [1, 2, 5, 10]
    guard power > 0, power.isFinite else { return value }
    let mantissa = value / power
    let step =
      rule == .down
      ? steps.last { $0 <= mantissa * (1 + 1e-9) } : steps.first { $0 >= mantissa * (1 - 1e-9) }
    return (step ?? 1) * power
  }
}
