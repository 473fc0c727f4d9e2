import Console

/// A picture on its way to a page: inside a text, between marks that no text holds, so that what is
/// drawn for a page goes the way of all output. It never reaches a terminal.
package enum PageFigure {
  private static let start = "\u{1B}_nnsh-figure;"
  private static let end = "\u{1B}\\"

  /// A piece of a text.
  package enum Piece: Equatable, Sendable {
    case text(String)
    /// A figure, as markup.
    case figure(String)
  }

  /// Markup as a part of a text.
  package static func text(_ markup: String) -> String { start + markup + end }

  /// The text between figures, and these.
  package static func pieces(of text: String) -> [Piece] {
    var pieces: [Piece] = []
    var rest = text[...]
    while let from = rest.firstRange(of: start) {
      guard let to = rest[from.upperBound...].firstRange(of: end) else { break }
      if from.lowerBound > rest.startIndex {
        pieces.append(.text(String(rest[..<from.lowerBound])))
      }
      pieces.append(.figure(String(rest[from.upperBound..<to.lowerBound])))
      rest = rest[to.upperBound...]
    }
    if !rest.isEmpty { pieces.append(.text(String(rest))) }
    return pieces
  }
}

extension TerminalImage {
  /// The picture as a PNG file, in letters.
  var pngText: String {
    var sheet = PixelSheet(width: columns, height: rows)
    sheet.draw(self, left: 0, top: 0)
    return Base64.text(sheet.png)
  }

  /// A picture for a page, each dot a square of pixels as long as it is no larger than `side`.
  func pageFigure(caption: String = "", toward side: Int) -> String {
    let scale = max(1, side / max(1, rows, columns))
    let words = Markup.escaped(caption)
    return PageFigure.text(
      "<figure><img width=\"\(columns * scale)\" height=\"\(rows * scale)\" alt=\"\(words)\" "
        + "src=\"data:image/png;base64,\(pngText)\">"
        + (words.isEmpty ? "" : "<figcaption>\(words)</figcaption>") + "</figure>")
  }
}
