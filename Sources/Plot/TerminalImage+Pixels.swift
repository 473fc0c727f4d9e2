import Console
import Files
import Tensors

/// Pictures as pixels, for terminals that take them.
///
/// The picture's place is made first, by empty rows: then nothing scrolls while it is drawn, and
/// where the cursor goes after a picture, on which terminals disagree, does not matter.
struct PixelSheet {
  let width: Int
  let height: Int
  /// Red, green, blue and opacity, a byte each, row by row; nothing is drawn where it is 0.
  private(set) var bytes: [UInt8]

  init(width: Int, height: Int) {
    self.width = max(1, width)
    self.height = max(1, height)
    bytes = [UInt8](repeating: 0, count: self.width * self.height * 4)
  }

  /// Draws a picture, its left upper corner at these pixels; what lies outside is cut off.
  mutating func draw(_ image: TerminalImage, left: Int, top: Int) {
    func level(_ part: Double) -> UInt8 { UInt8((min(1, max(0, part)) * 255).rounded()) }
    for (row, pixels) in image.pixels.enumerated() where (0..<height).contains(top + row) {
      for (column, pixel) in pixels.enumerated() where (0..<width).contains(left + column) {
        let place = ((top + row) * width + left + column) * 4
        bytes[place] = level(pixel.red)
        bytes[place + 1] = level(pixel.green)
        bytes[place + 2] = level(pixel.blue)
        bytes[place + 3] = 255
      }
    }
  }

  /// The lines that show it.
  func lines(_ form: GraphicsProtocol, cell: CellSize) -> [String] {
    let picture: String
    // Sixels come in rows of six, and the cursor ends below them.
    let drawnHeight = form == .sixel ? (height + 5) / 6 * 6 + cell.height : height
    let rows = (drawnHeight + cell.height - 1) / cell.height
    switch form {
    case .sixel: picture = Sixel(self).text
    case .kitty: picture = Self.kitty(png)
    case .iterm2: picture = iterm2(png)
    }
    let moves = rows - 1
    let up = moves > 0 ? "\u{1B}[\(moves)A" : ""
    let down = moves > 0 ? "\u{1B}[\(moves)B" : ""
    return Array(repeating: "", count: moves) + [up + "\u{1B}7" + picture + "\u{1B}8" + down]
  }

  /// As a file; empty where there is no memory for one.
  var png: [UInt8] {
    let numbers = bytes.map { Float($0) / 255 }
    let sink = BytesSink()
    guard let tensor = try? makeTensor(numbers, [height, width, 4]),
      (try? PNGFile.write(tensor, to: sink)) != nil
    else { return [] }
    return sink.bytes
  }

  /// At most 4,096 bytes a piece, of which all but the last say that more follow; `q=2` asks for no
  /// answer, which nobody would read.
  private static func kitty(_ png: [UInt8]) -> String {
    var rest = Base64.text(png)[...]
    var text = ""
    var control = "a=T,f=100,q=2,C=1,"
    repeat {
      let piece = rest.prefix(4096)
      rest = rest.dropFirst(piece.count)
      text += "\u{1B}_G\(control)m=\(rest.isEmpty ? 0 : 1);\(piece)\u{1B}\\"
      control = ""
    } while !rest.isEmpty
    return text
  }

  private func iterm2(_ png: [UInt8]) -> String {
    "\u{1B}]1337;File=inline=1;size=\(png.count);width=\(width)px;height=\(height)px;"
      + "preserveAspectRatio=1;doNotMoveCursor=1:\(Base64.text(png))\u{7}"
  }
}

/// Collects what is written.
private final class BytesSink: ByteSink {
  private(set) var bytes: [UInt8] = []

  func write(_ raw: UnsafeRawBufferPointer) throws(DataError) { bytes.append(contentsOf: raw) }
}

extension TerminalImage {
  /// How many columns of the terminal a small picture is made to take, about.
  private static let usualColumns = (alone: 24, amongOthers: 16)

  func pixelLines(_ form: GraphicsProtocol, _ cell: CellSize) -> [String] {
    let image = enlarged(toward: Self.usualColumns.alone * cell.width)
    var sheet = PixelSheet(width: image.columns, height: image.rows)
    sheet.draw(image, left: 0, top: 0)
    return sheet.lines(form, cell: cell)
  }

  /// Pictures side by side as one sheet for each row of them, with their captions below.
  static func pixelGallery(
    _ originals: [(image: TerminalImage, caption: String)], width: Int,
    _ form: GraphicsProtocol, _ cell: CellSize
  ) -> [String] {
    let room = max(1, width) * cell.width
    let images = originals.map { entry in
      (
        image: entry.image.fitted(rows: 4096, columns: room)
          .enlarged(toward: usualColumns.amongOthers * cell.width),
        caption: entry.caption
      )
    }
    guard let widest = images.map({ $0.image.columns }).max() else { return [] }
    let captionWidth = images.map { $0.caption.count }.max() ?? 0
    let columns = max((widest + cell.width - 1) / cell.width, min(captionWidth, 24, width)) + 1
    let across = max(1, (width + 1) / columns)
    var lines: [String] = []
    for start in stride(from: 0, to: images.count, by: across) {
      let row = images[start..<min(images.count, start + across)]
      var sheet = PixelSheet(
        width: min(room, ((row.count - 1) * columns) * cell.width + widest),
        height: row.map { $0.image.rows }.max() ?? 1)
      for (place, entry) in row.enumerated() {
        sheet.draw(entry.image, left: place * columns * cell.width, top: 0)
      }
      lines += sheet.lines(form, cell: cell)
      guard captionWidth > 0 else { continue }
      lines.append(
        row.map { TextLayout.padded(TextLayout.cut($0.caption, to: columns - 1), to: columns) }
          .joined().trimmingEnd)
    }
    return lines
  }
}

extension String {
  /// Without the spaces at its end.
  var trimmingEnd: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}
