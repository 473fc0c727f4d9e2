import CKernels
import COneDNN

/// What a convolution looks at: images height × width × inputs, weights kernel height × kernel width
/// × inputs / groups × outputs, outputs height × width × outputs. A sequence is an image of height 1.
package struct ConvolutionGeometry: Hashable, Sendable {
  /// Along the height or the width.
  package struct Axis: Hashable, Sendable {
    /// The places of an image, and of the outputs.
    package let size: Int
    package let output: Int
    /// The places of a window, and the steps from one to the next.
    package let kernel: Int
    package let dilation: Int
    /// The steps from window to window.
    package let stride: Int
    /// Zeros before the first place.
    package let before: Int

    package init(size: Int, output: Int, kernel: Int, stride: Int, dilation: Int, before: Int) {
      (self.size, self.output, self.kernel) = (size, output, kernel)
      (self.stride, self.dilation, self.before) = (stride, dilation, before)
    }

    /// A single place.
    package static let single = Axis(
      size: 1, output: 1, kernel: 1, stride: 1, dilation: 1, before: 0)

    /// The zeros after the last place that the last window needs.
    var after: Int { max(0, (output - 1) * stride + (kernel - 1) * dilation + 1 - size - before) }
  }

  /// Channels of the images, and of the outputs; groups of them are convolved by themselves.
  package let inputs: Int
  package let outputs: Int
  package let groups: Int
  package let vertical: Axis
  package let horizontal: Axis

  package init(inputs: Int, outputs: Int, groups: Int = 1, vertical: Axis, horizontal: Axis) {
    (self.inputs, self.outputs, self.groups) = (inputs, outputs, groups)
    (self.vertical, self.horizontal) = (vertical, horizontal)
  }

  /// The places of an image's outputs.
  package var positions: Int { vertical.output * horizontal.output }
  /// The places of a window.
  package var taps: Int { vertical.kernel * horizontal.kernel }
  /// The numbers of an image, of its outputs, and of the weights.
  package var imageCount: Int { vertical.size * horizontal.size * inputs }
  package var outputCount: Int { positions * outputs }
  package var weightCount: Int { taps * inputs / groups * outputs }
  package var imageShape: [Int] { [vertical.size, horizontal.size, inputs] }
  package var outputShape: [Int] { [vertical.output, horizontal.output, outputs] }
  package var weightShape: [Int] { [vertical.kernel, horizontal.kernel, inputs / groups, outputs] }

  /// Multiplications and additions for one image.
  var work: Double { 2 * Double(positions) * Double(weightCount) }

  /// As oneDNN is told.
  func shape(rows: Int, hasBias: Bool) -> nnsh_convolution_shape {
    func pair(_ value: (Axis) -> Int) -> (Int64, Int64) {
      (Int64(value(vertical)), Int64(value(horizontal)))
    }
    return nnsh_convolution_shape(
      rows: Int64(rows), inputs: Int64(inputs), outputs: Int64(outputs), groups: Int64(groups),
      size: pair(\.size), output_size: pair(\.output), kernel: pair(\.kernel),
      stride: pair(\.stride), dilation: pair(\.dilation), before: pair(\.before),
      after: pair(\.after), has_bias: hasBias ? 1 : 0)
  }

  /// As the kernels of our own are told.
  var windows: nnsh_windows {
    func pair(_ value: (Axis) -> Int) -> (Int, Int) { (value(vertical), value(horizontal)) }
    return nnsh_windows(
      channels: inputs, groups: groups, size: pair(\.size), output_size: pair(\.output),
      kernel: pair(\.kernel), stride: pair(\.stride), dilation: pair(\.dilation),
      before: pair(\.before))
  }
}
