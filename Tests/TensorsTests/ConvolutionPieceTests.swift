import Testing

@testable import Tensors

/// Short enough to be found among what tests say.
extension ConvolutionGeometry: CustomTestStringConvertible {
  /// Its sizes, and how the window moves.
  public var testDescription: String {
    "\(vertical.size)×\(horizontal.size), kernel \(vertical.kernel)×\(horizontal.kernel), "
      + "stride \(horizontal.stride), dilation \(horizontal.dilation), before \(horizontal.before)"
  }
}

/// A single picture is cut into bands that threads share: it must come out as whole, and the same to
/// the last bit whoever computes it.
@Suite(.serialized) struct ConvolutionPieceTests {
  /// A window along one axis of so many places.
  static func axis(_ size: Int, kernel: Int, stride: Int, dilation: Int, before: Int, after: Int)
    -> ConvolutionGeometry.Axis
  {
    let reach = (kernel - 1) * dilation + 1
    return ConvolutionGeometry.Axis(
      size: size, output: (size + before + after - reach) / stride + 1, kernel: kernel,
      stride: stride, dilation: dilation, before: before)
  }

  static let geometries: [ConvolutionGeometry] = {
    // oneDNN's own gradient of the weights writes too far for this one.
    let strided = axis(61, kernel: 1, stride: 2, dilation: 1, before: 0, after: 0)
    var all = [
      ConvolutionGeometry(inputs: 1, outputs: 1, vertical: strided, horizontal: strided),
      ConvolutionGeometry(inputs: 3, outputs: 5, vertical: strided, horizontal: strided),
    ]
    for (kernel, dilation) in [(1, 1), (2, 1), (3, 1), (3, 2), (5, 1)] {
      for stride in [1, 2, 3] {
        for (before, after) in [(0, 0), (kernel / 2, (kernel - 1) / 2)] {
          let vertical = axis(
            61, kernel: kernel, stride: stride, dilation: dilation, before: before, after: after)
          let horizontal = axis(
            40, kernel: kernel, stride: stride, dilation: dilation, before: before, after: after)
          all.append(
            ConvolutionGeometry(
              inputs: 16, outputs: 32, vertical: vertical, horizontal: horizontal))
          let long = axis(
            3000, kernel: kernel, stride: stride, dilation: dilation, before: before, after: after)
          all.append(
            ConvolutionGeometry(inputs: 16, outputs: 32, vertical: .single, horizontal: long))
        }
      }
    }
    return all
  }()

  private func numbers(_ shape: [Int], _ stream: UInt64) throws -> Tensor {
    var generator = RandomGenerator(seed: 5, stream: stream)
    return try generator.normal(Shape(checking: shape))
  }

  @Test(arguments: geometries, [1, 3])
  func bandsGiveTheWhole(_ geometry: ConvolutionGeometry, _ rows: Int) throws {
    let images = try numbers([rows] + geometry.imageShape, 1)
    let weights = try numbers(geometry.weightShape, 2)
    let outputs = try numbers([rows] + geometry.outputShape, 3)
    let bias = try numbers([geometry.outputs], 4)
    let convolution = Convolution(geometry)
    func all(_ type: ElementType) throws -> [Tensor] {
      let (x, w, y) = (
        try images.cast(to: type), try weights.cast(to: type), try outputs.cast(to: type)
      )
      return [
        try convolution.outputs(x, w, bias: bias.cast(to: type), rectified: true),
        try convolution.images(w, y), try convolution.weights(x, y),
      ]
    }
    let before = Threads.count
    defer { Threads.count = before }
    Threads.count = 1
    let alone = try all(.f32)
    for (found, exact) in zip(alone, try all(.f64)) {
      let scale = exact.doubles().map(abs).max() ?? 0
      for (a, b) in zip(found.doubles(), exact.doubles()) where abs(a - b) > 1e-4 * scale {
        Issue.record("\(a) is not \(b), of \(scale)")
        break
      }
    }
    Threads.count = 3
    #expect(try all(.f32).map { $0.doubles() } == alone.map { $0.doubles() })
  }

  @Test func aLargePictureIsSharedByThreads() {
    let vertical = Self.axis(64, kernel: 3, stride: 1, dilation: 1, before: 1, after: 1)
    let geometry = ConvolutionGeometry(
      inputs: 16, outputs: 32, vertical: vertical, horizontal: vertical)
    for computed in [ConvolutionPlan.Computed.outputs, .images, .weights] {
      let pieces = ConvolutionPiece.all(of: .init(geometry, rows: 1, computed))
      #expect(pieces.count == 4)
      #expect(pieces.allSatisfy { $0.rows == 1 })
    }
  }
}
