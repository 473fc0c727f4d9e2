/// Which of a builtin's parameters a call gives, a bit each.
package struct GivenParameters: ExpressibleByArrayLiteral, Sendable {
  /// No builtin has more parameters.
  package static let limit = 64

  private var bits: UInt64 = 0

  package init(arrayLiteral elements: Bool...) {
    for (place, isGiven) in elements.enumerated() { self[place] = isGiven }
  }

  /// The first ones.
  package init(first count: Int) { bits = count < Self.limit ? 1 << UInt64(count) - 1 : .max }

  package subscript(place: Int) -> Bool {
    get { bits >> UInt64(place) & 1 == 1 }
    set { if newValue { bits |= 1 << UInt64(place) } else { bits &= ~(1 << UInt64(place)) } }
  }
}
