import Tensors

/// What surrounds the input of a convolution: `"same"`, `"valid"`, or so many zeros on each side.
package enum ConvolutionPadding: Sendable, Hashable {
  /// Zeros, so that the output has ⌈size / stride⌉ places.
  case same
  /// Nothing: windows lie inside the input.
  case valid
  case around(Int)

  var text: String? {
    switch self {
    case .same: nil
    case .valid: "padding=\"valid\""
    case .around(let count): "padding=\(count)"
    }
  }

  /// A convolution along an axis of so many places; nil where no window fits.
  func axis(
    _ size: Int, kernel: Int, stride: Int, dilation: Int
  ) -> ConvolutionGeometry.Axis? {
    let reach = (kernel - 1) * dilation + 1
    let count: Int
    let before: Int
    switch self {
    case .same:
      count = (size + stride - 1) / stride
      before = max(0, (count - 1) * stride + reach - size) / 2
    case .valid: (count, before) = (size < reach ? 0 : (size - reach) / stride + 1, 0)
    case .around(let around):
      let padded = size + 2 * around
      (count, before) = (padded < reach ? 0 : (padded - reach) / stride + 1, around)
    }
    if count < 1 { return nil }
    return ConvolutionGeometry.Axis(
      size: size, output: count, kernel: kernel, stride: stride, dilation: dilation,
      before: before)
  }

  /// The convolution whose transpose makes more of an axis of so many places.
  func transposedAxis(
    _ size: Int, kernel: Int, stride: Int, dilation: Int
  ) -> ConvolutionGeometry.Axis? {
    let reach = (kernel - 1) * dilation + 1
    let extent: Int
    let before: Int
    switch self {
    case .same: (extent, before) = (size * stride, max(0, reach - stride) / 2)
    case .valid: (extent, before) = ((size - 1) * stride + reach, 0)
    case .around(let count): (extent, before) = ((size - 1) * stride + reach - 2 * count, count)
    }
    if extent < 1 { return nil }
    return ConvolutionGeometry.Axis(
      size: extent, output: size, kernel: kernel, stride: stride, dilation: dilation,
      before: before)
  }
}
