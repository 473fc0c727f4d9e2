/// What a convolution computes at once: some images, or of a single image a band of places.
struct ConvolutionPiece {
  /// The whole convolution, or that of a band.
  let geometry: ConvolutionGeometry
  let rows: Int
  /// Where its images and its outputs begin, counted in numbers.
  let images: Int
  let outputs: Int

  /// Numbers of images and outputs that a piece may have, to stay in a second-level cache.
  private static let mostNumbers = 1 << 17
  /// Numbers of all pieces' parts of the weights' gradient together.
  private static let mostPartNumbers = 1 << 24

  /// The pieces of a convolution, by the sizes alone.
  static func all(of key: ConvolutionPlan.Key) -> [ConvolutionPiece] {
    let geometry = key.geometry
    if key.rows == 0 { return [] }
    var wanted = MatmulCut.count(geometry.work * Double(key.rows))
    if key.computed == .weights {
      wanted = Swift.max(
        1, Swift.min(wanted, mostPartNumbers / Swift.max(1, geometry.weightCount)))
    }
    // Few images of much work each are cut themselves.
    let bands = geometry.bands(atMost: wanted / key.rows, computed: key.computed)
    if bands.count > 1 {
      return (0..<key.rows).flatMap { row in
        bands.map {
          ConvolutionPiece(
            geometry: $0.geometry, rows: 1, images: row * geometry.imageCount + $0.images,
            outputs: row * geometry.outputCount + $0.outputs)
        }
      }
    }
    if key.computed != .weights {
      let numbers = key.rows * (geometry.imageCount + geometry.outputCount)
      wanted = Swift.max(wanted, numbers / mostNumbers)
    }
    let size = (key.rows + wanted - 1) / wanted
    return stride(from: 0, to: key.rows, by: size).map {
      ConvolutionPiece(
        geometry: geometry, rows: Swift.min(size, key.rows - $0), images: $0 * geometry.imageCount,
        outputs: $0 * geometry.outputCount)
    }
  }
}

extension ConvolutionGeometry {
  /// A band of an image's outputs with all that they see, or of an image with all outputs that see
  /// it: a convolution of its own.
  fileprivate typealias Band = (geometry: ConvolutionGeometry, images: Int, outputs: Int)

  /// So few places of the axis that is cut are not worth a band.
  private static let leastPlaces = 4

  /// An image in at most so many bands along its height (of a sequence, its length); empty where it
  /// stays whole.
  fileprivate func bands(atMost most: Int, computed: ConvolutionPlan.Computed) -> [Band] {
    let isSequence = vertical.size == 1 && vertical.output == 1
    let axis = isSequence ? horizontal : vertical
    let places = computed == .images ? axis.size : axis.output
    let count = Swift.min(most, places / Self.leastPlaces)
    guard count > 1 else { return [] }
    var bands: [Band] = []
    for band in 0..<count {
      let range = places * band / count..<places * (band + 1) / count
      guard let part = computed == .images ? axis.seeing(range) : axis.seen(from: range) else {
        return []
      }
      bands.append(
        (
          isSequence ? cut(vertical, part.axis) : cut(part.axis, horizontal),
          part.image * (isSequence ? 1 : horizontal.size) * inputs,
          part.output * (isSequence ? 1 : horizontal.output) * outputs
        ))
    }
    return bands
  }

  private func cut(_ vertical: Axis, _ horizontal: Axis) -> ConvolutionGeometry {
    ConvolutionGeometry(
      inputs: inputs, outputs: outputs, groups: groups, vertical: vertical, horizontal: horizontal)
  }
}

extension ConvolutionGeometry.Axis {
  /// A part of an axis, and where it begins among the places of the image and of the outputs.
  fileprivate typealias Part = (axis: ConvolutionGeometry.Axis, image: Int, output: Int)

  /// The steps from the first place of a window to its last.
  private var reach: Int { (kernel - 1) * dilation }

  /// The part with these outputs, and the places of the image that their windows see; nil where they
  /// see none.
  fileprivate func seen(from outputs: Range<Int>) -> Part? {
    let first = outputs.lowerBound * stride - before
    let start = Swift.max(0, first)
    let end = Swift.min(size, (outputs.upperBound - 1) * stride - before + reach + 1)
    guard start < end else { return nil }
    return (
      ConvolutionGeometry.Axis(
        size: end - start, output: outputs.count, kernel: kernel, stride: stride,
        dilation: dilation, before: start - first), start, outputs.lowerBound
    )
  }

  /// The part with these places of the image, and the outputs whose windows see them; nil where none
  /// does, or where the first such window begins after the first place.
  fileprivate func seeing(_ places: Range<Int>) -> Part? {
    let least = places.lowerBound + before - reach
    let first = Swift.max(0, (least + stride - 1) / stride)
    let last = Swift.min(output - 1, (places.upperBound - 1 + before) / stride)
    let zeros = places.lowerBound + before - first * stride
    guard first <= last, zeros >= 0 else { return nil }
    return (
      ConvolutionGeometry.Axis(
        size: places.count, output: last - first + 1, kernel: kernel, stride: stride,
        dilation: dilation, before: zeros), places.lowerBound, first
    )
  }
}
