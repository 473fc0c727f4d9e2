import CKernels

/// What a tensor's elements are.
package enum ElementType: Sendable, Hashable, CaseIterable {
  case f32
  case f64
  /// Truth values, stored as Float32 0 and 1; arithmetic on them gives `f32`.
  case bool

  /// Bytes an element.
  package var size: Int { self == .f64 ? 8 : 4 }

  /// The kernels' name for how the elements are stored.
  var code: Int32 { self == .f64 ? Int32(nnsh_f64) : Int32(nnsh_f32) }

  /// The type in which numbers are kept where nobody says which: Float32 where it holds them all.
  package static func holding(_ numbers: some Sequence<Double>) -> ElementType {
    numbers.allSatisfy(\.fitsFloat32) ? .f32 : .f64
  }

  /// The type of arithmetic on such elements.
  package var arithmetic: ElementType { self == .f64 ? .f64 : .f32 }
}

extension Double {
  /// The least magnitude that Float32 holds with all of its digits.
  private static let leastFloat32 = 1.2e-38

  /// Whether Float32 holds it: a whole number exactly, any other in its magnitude, to 24 bits.
  /// Infinities and NaN count as held.
  package var fitsFloat32: Bool {
    guard isFinite, self != 0 else { return true }
    let rounded = Float(self)
    if rounded.isInfinite || magnitude < Self.leastFloat32 { return false }
    return self.rounded() != self || Double(rounded) == self
  }
}
