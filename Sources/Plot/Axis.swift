import Console
import Glibc

/// A range of numbers and the round ones in it that are worth a tick.
package struct Axis: Sendable, Equatable {
  package let lower: Double
  package let upper: Double
  package let ticks: [Double]
  /// The distance between ticks.
  package let step: Double

  /// - Parameters:
  ///   - values: what must fit; only finite ones count.
  ///   - count: how many ticks to aim at.
  ///   - padded: whether to widen the range to whole ticks.
  ///   - wholeTicks: whether epochs and other whole numbers get no ticks between them.
  package init(
    covering values: some Sequence<Double>, aimingAt count: Int, padded: Bool,
    wholeTicks: Bool = false
  ) {
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
    min(1, max(0, (value / 2 - lower / 2) / (upper / 2 - lower / 2)))
  }

  /// The tick's text, with as many digits as the distance between ticks needs.
  package func label(_ tick: Double) -> String {
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
