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

  /// The bytes of a PNG file, nothing between the pictures; nil where there is no dot to draw.
  package var png: [UInt8]? {
    guard cell.width > 0, cell.height > 0 else { return nil }
    let rows = (images.count + columns - 1) / columns
    var sheet = PixelSheet(
      width: columns * (cell.width + Self.gap) - Self.gap,
      height: rows * (cell.height + Self.gap) - Self.gap)
    for (place, image) in images.enumerated() {
      sheet.draw(
        image, left: place % columns * (cell.width + Self.gap),
        top: place / columns * (cell.height + Self.gap))
    }
    let bytes = sheet.png
    return bytes.isEmpty ? nil : bytes
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
