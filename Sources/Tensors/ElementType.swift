import CKernels
import Synchronization

/// What a tensor's elements are.
package enum ElementType: Sendable, Hashable, CaseIterable {
  case f32
  case f64
  /// Truth values, stored as Float32 0 and 1; arithmetic on them gives `working`.
  case bool

  /// Bytes an element.
  package var size: Int { self == .f64 ? 8 : 4 }

  /// The kernels' name for how the elements are stored.
  var code: Int32 { self == .f64 ? Int32(nnsh_f64) : Int32(nnsh_f32) }

  /// The type in which numbers are kept where nobody says which: the working type where it holds
  /// them all.
  package static func holding(_ numbers: some Sequence<Double>) -> ElementType {
    numbers.allSatisfy(\.fitsFloat32) ? .working : .f64
  }

  /// The type of arithmetic on such elements.
  package var arithmetic: ElementType { self == .f64 ? .f64 : .working }

  /// What is made from plain numbers, and what arithmetic on Float32 gives: Float32, and Float64
  /// while gradients are measured.
  package static var working: ElementType {
    // Asked for with every operation, and nearly always nobody measures.
    measurements.load(ordering: .relaxed) == 0 ? .f32 : measured.current
  }

  private static let measured = ThreadLocal(ElementType.f32)
  private static let measurements = Atomic<Int>(0)

  /// Runs `body` with all arithmetic in Float64, so that what is measured in it is lost nowhere:
  /// in a buffer of zeros, a literal, a network's parameters. Tensors that exist stay as they are;
  /// one that is written to becomes Float64.
  package static func measuring<Result>(_ body: () throws -> Result) rethrows -> Result {
    measurements.add(1, ordering: .relaxed)
    defer { measurements.subtract(1, ordering: .relaxed) }
    return try measured.withValue(.f64, body)
  }
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
