import Console

/// Pictures in the terminal: pixels where it takes them, half blocks where there are colours,
/// dithered braille without.
package struct TerminalImage {
  /// A dot of the picture: each part from 0 (none) to 1 (full).
  package struct Pixel: Hashable, Sendable {
    package var red: Double
    package var green: Double
    package var blue: Double

    package init(red: Double, green: Double, blue: Double) {
      (self.red, self.green, self.blue) = (red, green, blue)
    }

    package init(gray: Double) { self.init(red: gray, green: gray, blue: gray) }

    /// Brightness as the eye weighs the colours (ITU-R BT.601).
    var brightness: Double { isGray ? red : 0.299 * red + 0.587 * green + 0.114 * blue }
    var isGray: Bool { red == green && green == blue }
  }

  /// Rows of dots, from the top.
  package let pixels: [[Pixel]]

  /// - Parameter pixels: rows of one length.
  package init(pixels: [[Pixel]]) { self.pixels = pixels }

  /// - Parameter brightness: rows of one length, of grey from 0 (black) to 1 (white).
  package init(brightness: [[Double]]) {
    pixels = brightness.map { $0.map(Pixel.init(gray:)) }
  }

  /// Values scaled so that the least is black and the greatest white; NaN is black.
  ///
  /// - Parameters:
  ///   - values: rows × columns × channels, the channels of a dot side by side.
  ///   - channels: 1 for grey, 3 for red, green and blue, 4 with an opacity that is left out;
  ///     of any other number the mean is shown.
  ///   - range: what is black and what is white; nil for the least and the greatest value.
  package init(
    values: [Double], rows: Int, columns: Int, channels: Int = 1,
    range: ClosedRange<Double>? = nil
  ) {
    let finite = values.lazy.filter(\.isFinite)
    let lower = range?.lowerBound ?? finite.min() ?? 0
    let upper = range?.upperBound ?? finite.max() ?? 1
    let span = upper > lower ? upper - lower : 1
    let channels = max(1, channels)
    func part(_ place: Int) -> Double {
      guard values.indices.contains(place), values[place].isFinite else { return 0 }
      return min(1, max(0, (values[place] - lower) / span))
    }
    pixels = (0..<max(0, rows)).map { row in
      (0..<max(0, columns)).map { column in
        let place = (row * columns + column) * channels
        if channels == 3 || channels == 4 {
          return Pixel(red: part(place), green: part(place + 1), blue: part(place + 2))
        }
        return Pixel(gray: (0..<channels).reduce(0) { $0 + part(place + $1) } / Double(channels))
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
          average(rows: top..<min(rows, top + factor), columns: left..<min(columns, left + factor))
        }
      })
  }

  private func average(rows: Range<Int>, columns: Range<Int>) -> Pixel {
    var sum = Pixel(gray: 0)
    for pixel in rows.lazy.flatMap({ pixels[$0][columns] }) {
      sum.red += pixel.red
      sum.green += pixel.green
      sum.blue += pixel.blue
    }
    let count = Double(max(1, rows.count * columns.count))
    return Pixel(red: sum.red / count, green: sum.green / count, blue: sum.blue / count)
  }

  /// A small picture made larger, each dot a square of them, so that it can be seen.
  package func enlarged(toward side: Int) -> TerminalImage {
    let factor = max(1, side / max(1, rows, columns))
    guard factor > 1 else { return self }
    return TerminalImage(
      pixels: pixels.flatMap { row in
        let wide = row.flatMap { Array(repeating: $0, count: factor) }
        return Array(repeating: wide, count: factor)
      })
  }

  /// The lines that show it.
  package func lines(_ ink: Ink) -> [String] {
    switch ink {
    case .dots: braille()
    case .marks: marks()
    case .palette, .trueColor: halfBlocks(ink)
    case .pixels(let form, let cell): pixelLines(form, cell)
    case .page: [pageFigure(toward: 432)]
    }
  }

  /// How many columns of the terminal it takes.
  package func displayColumns(_ ink: Ink) -> Int {
    switch ink {
    case .dots: (columns + 1) / 2
    case .marks, .palette, .trueColor: columns
    case .pixels(_, let cell): (columns + cell.width - 1) / cell.width
    case .page: columns
    }
  }

  /// How many dots fit side by side into so many columns of the terminal.
  package static func dots(across width: Int, _ ink: Ink) -> Int {
    switch ink {
    case .dots: max(1, width * 2)
    case .marks, .palette, .trueColor: max(1, width)
    case .pixels(_, let cell): max(1, width * cell.width)
    case .page: 640
    }
  }

  private func halfBlocks(_ ink: Ink) -> [String] {
    stride(from: 0, to: rows, by: 2).map { top in
      var line = ""
      var last = (upper: "", lower: "")
      for column in 0..<columns {
        let black = Pixel(gray: 0)
        let upper = Self.color(pixels[top][column], ink)
        let lower = Self.color(top + 1 < rows ? pixels[top + 1][column] : black, ink)
        if (upper, lower) != last { line += "\u{1B}[38;\(upper);48;\(lower)m" }
        last = (upper, lower)
        line += "▀"
      }
      return line + "\u{1B}[0m"
    }
  }

  /// The parameters that choose a colour.
  private static func color(_ pixel: Pixel, _ ink: Ink) -> String {
    func level(_ part: Double, of steps: Double) -> Int {
      Int((min(1, max(0, part)) * steps).rounded())
    }
    if pixel.isGray { return "5;\(232 + level(pixel.red, of: 23))" }
    let parts = [pixel.red, pixel.green, pixel.blue]
    if ink == .trueColor {
      return "2;" + parts.map { String(level($0, of: 255)) }.joined(separator: ";")
    }
    // The palette's cube of six levels a colour begins at 16.
    return "5;\(16 + parts.reduce(0) { $0 * 6 + level($1, of: 5) })"
  }

  private static let shades = Array(" .:-=+*#%@")

  /// Two rows of dots a line, as characters are about twice as high as wide.
  private func marks() -> [String] {
    stride(from: 0, to: rows, by: 2).map { top in
      let lower = min(rows - 1, top + 1)
      let line = (0..<columns).map { column -> Character in
        let mean = (pixels[top][column].brightness + pixels[lower][column].brightness) / 2
        let level = Int((min(1, max(0, mean)) * Double(Self.shades.count - 1)).rounded())
        return Self.shades[level]
      }
      return String(line).trimmingEnd
    }
  }

  /// Floyd and Steinberg's error diffusion, one dot a pixel.
  private func braille() -> [String] {
    var canvas = BrailleCanvas(columns: (columns + 1) / 2, rows: (rows + 3) / 4)
    var brightness = pixels.map { $0.map(\.brightness) }
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
    _ originals: [(image: TerminalImage, caption: String)], width: Int, ink: Ink
  ) -> [String] {
    if case .pixels(let form, let cell) = ink {
      return pixelGallery(originals, width: width, form, cell)
    }
    if ink == .page {
      return [
        originals.map {
          $0.image.fitted(rows: 640, columns: 640).pageFigure(caption: $0.caption, toward: 128)
        }.joined()
      ]
    }
    let images = originals.map { entry in
      (
        image: entry.image.fitted(rows: 4096, columns: dots(across: width, ink)),
        caption: entry.caption
      )
    }
    guard let first = images.first else { return [] }
    let captionWidth = images.map { $0.caption.count }.max() ?? 0
    let cell = max(first.image.displayColumns(ink), min(captionWidth, 24, max(1, width))) + 2
    let across = max(1, (width + 2) / cell)
    var lines: [String] = []
    for start in stride(from: 0, to: images.count, by: across) {
      let row = images[start..<min(images.count, start + across)]
      if start > 0 { lines.append("") }
      lines += sideBySide(row.map { $0.image }, cell: cell, ink)
      if captionWidth > 0 { lines.append(captions(row.map { $0.caption }, cell: cell)) }
    }
    return lines
  }

  /// The lines of pictures in a row, each in a cell of so many columns.
  private static func sideBySide(_ images: [TerminalImage], cell: Int, _ ink: Ink) -> [String] {
    let drawn = images.map { $0.lines(ink) }
    return (0..<(drawn.map(\.count).max() ?? 0)).map { line in
      var text = ""
      for (image, picture) in zip(images, drawn) {
        if line < picture.count { text += picture[line] }
        text += String(repeating: " ", count: max(0, cell - image.displayColumns(ink)))
      }
      return text.trimmingEnd
    }
  }

  /// The line below them.
  private static func captions(_ captions: [String], cell: Int) -> String {
    captions.map { TextLayout.padded(TextLayout.cut($0, to: cell - 2), to: cell) }.joined()
      .trimmingEnd
  }
}
