/// A picture of dots, two by four to a character, each character with at most one colour.
package struct BrailleCanvas {
  /// Its size in characters.
  package let columns: Int
  package let rows: Int
  private var dots: [UInt8]
  private var inks: [Int]
  private var letters: [Character?]

  /// - Parameters:
  ///   - columns: its width in characters, at least one.
  ///   - rows: its height in characters, at least one.
  package init(columns: Int, rows: Int) {
    self.columns = max(1, columns)
    self.rows = max(1, rows)
    dots = [UInt8](repeating: 0, count: self.columns * self.rows)
    inks = [Int](repeating: -1, count: dots.count)
    letters = [Character?](repeating: nil, count: dots.count)
  }

  /// Its size in dots.
  package var width: Int { columns * 2 }
  package var height: Int { rows * 4 }

  /// The bits of a braille character (U+2800…) by the dot's row and column.
  private static let bits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]

  /// Sets a dot; x to the right, y downwards; one outside is ignored.
  package mutating func dot(_ x: Int, _ y: Int, ink: Int = -1) {
    guard (0..<width).contains(x), (0..<height).contains(y) else { return }
    let cell = (y / 4) * columns + x / 2
    dots[cell] |= Self.bits[y % 4][x % 2]
    inks[cell] = ink
  }

  /// A straight line between two dots (Bresenham's), clipped to the canvas.
  package mutating func line(
    from start: (x: Int, y: Int), to end: (x: Int, y: Int), ink: Int = -1
  ) {
    var (x, y) = start
    let stepX = end.x > x ? 1 : -1
    let stepY = end.y > y ? 1 : -1
    let deltaX = abs(end.x - x)
    let deltaY = abs(end.y - y)
    var error = deltaX - deltaY
    // Callers clamp to the canvas; the bound keeps even a wrong call short.
    for _ in 0...(deltaX + deltaY) {
      dot(x, y, ink: ink)
      if x == end.x, y == end.y { return }
      let doubled = 2 * error
      if doubled > -deltaY {
        error -= deltaY
        x += stepX
      }
      if doubled < deltaX {
        error += deltaX
        y += stepY
      }
    }
  }

  /// Puts a character in the place of the dots.
  package mutating func letter(_ letter: Character, column: Int, row: Int, ink: Int = -1) {
    guard (0..<columns).contains(column), (0..<rows).contains(row) else { return }
    letters[row * columns + column] = letter
    inks[row * columns + column] = ink
  }

  /// Whether nothing stands in the character yet.
  package func isBlank(column: Int, row: Int) -> Bool {
    guard (0..<columns).contains(column), (0..<rows).contains(row) else { return false }
    return dots[row * columns + column] == 0 && letters[row * columns + column] == nil
  }

  /// The rows as text.
  ///
  /// - Parameters:
  ///   - style: the characters that the dots become.
  ///   - paint: colours a run of characters of one ink.
  package func lines(
    _ style: DotStyle = .braille, paint: (String, Int) -> String = { text, _ in text }
  ) -> [String] {
    (0..<rows).map { row in
      var line = ""
      var run = ""
      var runInk = -1
      for cell in row * columns..<(row + 1) * columns {
        let blank = dots[cell] == 0 && letters[cell] == nil
        let ink = blank ? -1 : inks[cell]
        if ink != runInk {
          line += run.isEmpty ? "" : paint(run, runInk)
          run = ""
          runInk = ink
        }
        run.append(character(of: cell, style))
      }
      return line + (run.isEmpty ? "" : paint(run, runInk))
    }
  }

  private func character(of cell: Int, _ style: DotStyle) -> Character {
    if let letter = letters[cell] { return letter }
    return dots[cell] != 0 ? style.character(dots[cell]) : " "
  }
}
