import Files
import Tensors

/// Pictures side by side in one picture, as a contact sheet: for those who can look at pictures.
package struct PictureSheet {
  /// No sheet is wider, in dots, unless it is of one picture that is.
  package static let width = 896
  /// How many dots wide small pictures are made: one by itself, and one among others.
  private static let aloneSide = 320
  private static let side = 84
  private static let gap = 6

  private let images: [TerminalImage]
  private let columns: Int
  /// The dots that each picture has to itself.
  private let cell: (width: Int, height: Int)

  package init(_ images: [TerminalImage]) {
    let side = images.count == 1 ? Self.aloneSide : Self.side
    self.images = images.map { image in
      image.fitted(rows: 4096, columns: Self.width).enlarged(toward: side)
    }
    let width = self.images.map(\.columns).max() ?? 0
    cell = (width, self.images.map(\.rows).max() ?? 0)
    columns = max(1, min(images.count, (Self.width + Self.gap) / max(1, width + Self.gap)))
  }

  /// The bytes of a PNG file; nil where there is no dot to draw.
  package func png() throws(DataError) -> [UInt8]? {
    guard cell.width > 0, cell.height > 0 else { return nil }
    let rows = (images.count + columns - 1) / columns
    let width = columns * (cell.width + Self.gap) - Self.gap
    let height = rows * (cell.height + Self.gap) - Self.gap
    try MemoryLimit.require(width.multipliedSaturating(height) * 16, for: "the picture")
    var dots = [Double](repeating: 1, count: width * height * 3)
    for (place, image) in images.enumerated() {
      let left = place % columns * (cell.width + Self.gap)
      let top = place / columns * (cell.height + Self.gap)
      for (row, line) in image.pixels.enumerated() {
        var dot = ((top + row) * width + left) * 3
        for pixel in line {
          for part in [pixel.red, pixel.green, pixel.blue] {
            // In steps of eight bits: finer ones would be written with sixteen.
            dots[dot] = (part * 255).rounded() / 255
            dot += 1
          }
        }
      }
    }
    let pixels = dots
    let tensor = try tensorResult { () throws(TensorError) in
      try Tensor(doubles: pixels, [height, width, 3], elementType: .f32)
    }
    let sink = MemorySink()
    try PNGFile.write(tensor, to: sink)
    return sink.bytes
  }

  /// The captions in the order of the pictures, a line for each row of these; none where all are
  /// empty.
  package func captionLines(_ captions: [String]) -> [String] {
    guard captions.contains(where: { !$0.isEmpty }) else { return [] }
    return stride(from: 0, to: captions.count, by: columns).map { start in
      captions[start..<min(captions.count, start + columns)].joined(separator: "  ")
    }
  }
}
