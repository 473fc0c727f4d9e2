import ONNX
import Tensors

/// nnsh has an example's features, or channels, on the last axis, and ONNX on the second, after the
/// rows. What goes into a graph and comes out of it is as nnsh has it; these lie in between.
extension GraphBuilder {
  /// The features moved from the last axis to the second.
  mutating func featuresSecond(_ x: String, rank: Int) -> String {
    rank < 3 ? x : transpose(x, [0, rank - 1] + Array(1..<rank - 1))
  }

  /// The features moved from the second axis to the last.
  mutating func featuresLast(_ x: String, rank: Int) -> String {
    rank < 3 ? x : transpose(x, [0] + Array(2..<rank) + [1])
  }

  /// Rows of images, whatever their shape, as rows × channels × height × width.
  mutating func channelsFirst(
    _ x: String, input: [Int], _ image: ImageShape?
  ) throws -> String {
    guard let image else { throw NetworkError.unknownInput }
    switch input.count {
    case 3: return featuresSecond(x, rank: 4)
    case 2: return node("Unsqueeze", [x, integers([1])])
    default: return featuresSecond(reshape(x, [0] + image.dimensions), rank: 4)
    }
  }
}
