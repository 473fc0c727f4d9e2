/// Grey pictures in the terminal: half blocks in 24 greys with colours, dithered braille without.
package struct TerminalImage {
  /// Rows of brightness from 0 (black) to 1 (white).
  package let pixels: [[Double]]

  /// - Parameter pixels: rows of one length.
  package init(pixels: [[Double]]) { self.pixels = pixels }

  /// Values scaled so that the least is black and the greatest white; NaN is black.
  package init(values: [Double], rows: Int, columns: Int, range: ClosedRange<Double>? = nil) {
    let finite = values.lazy.filter(\.isFinite)
    let lower = range?.lowerBound ?? finite.min() ?? 0
    let upper = range?.upperBound ?? finite.max() ?? 1
    let span = upper > lower ? upper - lower : 1
    pixels = (0..<max(0, rows)).map { row in
      (0..<max(0, columns)).map { column in
        let place = row * columns + column
        guard values.indices.contains(place), values[place].isFinite else { return 0 }
        return min(1, max(0, (values[place] - lower) / span))
      }
    }
  }

  package var rows: Int { pixels.count }
  package var columns: Int { pixels.first?.count ?? 0 }

  /// The picture made smaller by averaging, so that it fits.
  package func fitted(rows maximumRows: Int, columns maximumColumns: Int) -> TerminalImage {
    let factor = max(
      (rows + maximumRows - 1) / max(1, maximumRows),
      (columns + maximumColumns - 1) / max(1, maximumColumns))
    guard factor > 1 else { return self }
    return TerminalImage(
      pixels: stride(from: 0, to: rows, by: factor).map { top in
        stride(from: 0, to: columns, by: factor).map { left in
          var sum = 0.0
          var count = 0.0
          for row in top..<min(rows, top + factor) {
            for column in left..<min(columns, left + factor) {
              sum += pixels[row][column]
              count += 1
            }
          }
          return count > 0 ? sum / count : 0
        }
      })
  }

  /// The lines that show it.
  package func lines(colored: Bool) -> [String] { colored ? halfBlocks() : braille() }

  /// How many columns of the terminal it takes.
  package func displayColumns(colored: Bool) -> Int { colored ? columns : (columns + 1) / 2 }

  private func halfBlocks() -> [String] {
    stride(from: 0, to: rows, by: 2).map { top in
      var line = ""
      var last = (upper: -1, lower: -1)
      for column in 0..<columns {
        let upper = Self.gray(pixels[top][column])
        let lower = Self.gray(top + 1 < rows ? pixels[top + 1][column] : 0)
        if (upper, lower) != last { line += "\u{1B}[38;5;\(upper);48;5;\(lower)m" }
        last = (upper, lower)
        line += "▀"
      }
      return line + "\u{1B}[0m"
    }
  }

  /// One of the 24 greys of the 256-colour palette.
  private static func gray(_ brightness: Double) -> Int {
    232 + Int((min(1, max(0, brightness)) * 23).rounded())
  }

  /// Floyd and Steinberg's error diffusion, one dot a pixel.
  private func braille() -> [String] {
    var canvas = BrailleCanvas(columns: (columns + 1) / 2, rows: (rows + 3) / 4)
    var brightness = pixels
    for row in 0..<rows {
      for column in 0..<columns {
        let wanted = brightness[row][column]
        let drawn = wanted >= 0.5 ? 1.0 : 0
        if drawn == 1 { canvas.dot(column, row) }
        let error = wanted - drawn
        for (right, down, share) in [(1, 0, 7.0), (-1, 1, 3), (0, 1, 5), (1, 1, 1)] {
          let (x, y) = (column + right, row + down)
          if y < rows, (0..<columns).contains(x) { brightness[y][x] += error * share / 16 }
        }
      }
    }
    return canvas.lines()
  }

  /// Pictures side by side, as many a row as fit, each with a line below it.
  package static func gallery(
    _ images: [(image: TerminalImage, caption: String)], width: Int, colored: Bool
  ) -> [String] {
    guard let first = images.first else { return [] }
    let captionWidth = images.map { $0.caption.count }.max() ?? 0
    let cell = max(first.image.displayColumns(colored: colored), min(captionWidth, 24)) + 2
    let across = max(1, (width + 2) / cell)
    var lines: [String] = []
    for start in stride(from: 0, to: images.count, by: across) {
      let row = images[start..<min(images.count, start + across)]
      if start > 0 { lines.append("") }
      let drawn = row.map { $0.image.lines(colored: colored) }
      for line in 0..<(drawn.map(\.count).max() ?? 0) {
        var text = ""
        for (place, picture) in drawn.enumerated() {
          let isLast = place == drawn.count - 1
          let shown = line < picture.count ? picture[line] : ""
          let used = row[row.startIndex + place].image.displayColumns(colored: colored)
          text += shown
          if !isLast { text += String(repeating: " ", count: max(0, cell - used)) }
        }
        while text.last == " " { text.removeLast() }
        lines.append(text)
      }
      guard captionWidth > 0 else { continue }
      var captions = ""
      for (place, entry) in row.enumerated() {
        let text = TextLayout.cut(entry.caption, to: cell - 2)
        captions += place == row.count - 1 ? text : TextLayout.padded(text, to: cell)
      }
      lines.append(captions)
    }
    return lines
  }
}
