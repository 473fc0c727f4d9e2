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
