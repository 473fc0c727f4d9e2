import CKernels

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

  /// The type of arithmetic on such elements.
  package var arithmetic: ElementType { self == .f64 ? .f64 : .working }

  /// What is made from plain numbers, and what arithmetic on Float32 gives: Float32, and Float64
  /// while gradients are measured.
  @TaskLocal package static var working: ElementType = .f32

  /// Runs `body` with all arithmetic in Float64, so that what is measured in it is lost nowhere:
  /// in a buffer of zeros, a literal, a network's parameters. Tensors that exist stay as they are;
  /// one that is written to becomes Float64.
  package static func measuring<Result>(_ body: () throws -> Result) rethrows -> Result {
    try $working.withValue(.f64, operation: body)
  }
}
