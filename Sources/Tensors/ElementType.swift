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

  /// The type of arithmetic on such elements.
  package var arithmetic: ElementType { self == .f64 ? .f64 : .f32 }
}
