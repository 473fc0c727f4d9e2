/// Images as layers see them: height × width × channels, the channels next to each other.
package struct ImageShape: Hashable {
  package var height: Int
  package var width: Int
  package var channels: Int

  /// An example's shape as an image with that many channels (any number if nil): H×W×C as it is,
  /// H×W as one channel, and a row of s·s·C numbers as a square. Nil if it is none of these.
  package init?(_ shape: [Int], channels: Int?) {
    switch shape.count {
    case 3: (height, width, self.channels) = (shape[0], shape[1], shape[2])
    case 2: (height, width, self.channels) = (shape[0], shape[1], 1)
    case 1:
      let depth = channels ?? 1
      guard depth > 0, shape[0] > 0, shape[0] % depth == 0 else { return nil }
      let side = Int(Double(shape[0] / depth).squareRoot().rounded())
      guard side * side * depth == shape[0] else { return nil }
      (height, width, self.channels) = (side, side, depth)
    default: return nil
    }
    if let channels, channels != self.channels { return nil }
    if height < 1 || width < 1 || self.channels < 1 { return nil }
  }

  init(height: Int, width: Int, channels: Int) {
    (self.height, self.width, self.channels) = (height, width, channels)
  }

  var dimensions: [Int] { [height, width, channels] }
  var count: Int { height * width * channels }
}

/// Which windows of an image a convolution or pooling looks at.
struct Windows: Hashable, Sendable {
  let height: Int
  let width: Int
  let channels: Int
  let kernel: Int
  let stride: Int
  let top: Int
  let left: Int
  let outputHeight: Int
  let outputWidth: Int

  var positions: Int { outputHeight * outputWidth }
  var windowCount: Int { kernel * kernel * channels }
  var imageCount: Int { height * width * channels }

  /// Calls `body(from, to, count)` for each run of floats that a window shares with the image of
  /// one example: `from` counts in the image, `to` in the example's windows.
  @inline(__always)
  func forEachRun(_ body: (_ from: Int, _ to: Int, _ count: Int) -> Void) {
    for line in 0..<outputHeight {
      let start = line * outputWidth * windowCount
      forEachRun(line: line) { body($0, start + $1, $2) }
    }
  }

  /// The same for the windows of one line of the output, among which `to` counts.
  @inline(__always)
  func forEachRun(line: Int, _ body: (_ from: Int, _ to: Int, _ count: Int) -> Void) {
    let firstRow = line * stride - top
    for x in 0..<outputWidth {
      let window = x * windowCount
      let firstColumn = x * stride - left
      let low = max(0, -firstColumn)
      let high = min(kernel, width - firstColumn)
      guard high > low else { continue }
      for row in 0..<kernel where firstRow + row >= 0 && firstRow + row < height {
        body(
          ((firstRow + row) * width + firstColumn + low) * channels,
          window + (row * kernel + low) * channels, (high - low) * channels)
      }
    }
  }
}
