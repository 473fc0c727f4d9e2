/// A matrix to be drawn as a picture whose colours are its numbers.
package struct HeatMap: Sendable {
  /// Its size as it was given.
  package let rows: Int
  package let columns: Int
  /// Its numbers as they are drawn, averaged where there are more than can be seen; NaN where there
  /// is none. Row by row.
  package let values: [[Double]]
  /// The least and the greatest of the numbers that are drawn.
  package let range: ClosedRange<Double>

  /// No picture has more rows or columns.
  private static let side = 512

  /// - Parameter numbers: rows × columns, the columns of a row side by side.
  package init(_ numbers: NumberBlocks, rows: Int, columns: Int) throws {
    self.rows = rows
    self.columns = columns
    let factor = max(1, (max(rows, columns) + Self.side - 1) / Self.side)
    let across = (columns + factor - 1) / factor
    let cells = across * ((rows + factor - 1) / factor)
    var sums = [Double](repeating: 0, count: cells)
    var counts = [Double](repeating: 0, count: cells)
    var (row, column) = (0, 0)
    try numbers.forEach { _, block in
      for value in block {
        if value.isFinite {
          let cell = row / factor * across + column / factor
          sums[cell] += value
          counts[cell] += 1
        }
        column += 1
        if column == columns { (row, column) = (row + 1, 0) }
      }
    }
    let means = zip(sums, counts).map { $1 > 0 ? $0 / $1 : .nan }
    values = stride(from: 0, to: cells, by: max(1, across)).map {
      Array(means[$0..<$0 + across])
    }
    let finite = means.lazy.filter(\.isFinite)
    let (least, greatest) = (finite.min() ?? 0, finite.max() ?? 1)
    // One number alone lies in the middle of the colours.
    let margin = greatest > least ? 0 : max(abs(least) * 0.5, 0.5)
    range = (least - margin)...(max(least, greatest) + margin)
  }

  /// The colours from the least to the greatest number: viridis, by Smith and van der Walt, at
  /// equal distances.
  static let colors: [(red: Double, green: Double, blue: Double)] = [
    (0.267, 0.005, 0.329), (0.283, 0.141, 0.458), (0.254, 0.265, 0.530), (0.207, 0.372, 0.553),
    (0.164, 0.471, 0.558), (0.128, 0.567, 0.551), (0.135, 0.659, 0.518), (0.267, 0.749, 0.441),
    (0.478, 0.821, 0.318), (0.741, 0.873, 0.150), (0.993, 0.906, 0.144),
  ]

  /// The colour of a share between the least and the greatest number.
  static func color(_ share: Double) -> TerminalImage.Pixel {
    let place = min(1, max(0, share)) * Double(colors.count - 1)
    let first = min(colors.count - 2, Int(place))
    let (a, b, part) = (colors[first], colors[first + 1], place - Double(first))
    return TerminalImage.Pixel(
      red: a.red + (b.red - a.red) * part, green: a.green + (b.green - a.green) * part,
      blue: a.blue + (b.blue - a.blue) * part)
  }

  /// The picture; grey where there are no colours.
  func image(inColor: Bool) -> TerminalImage {
    let span = range.upperBound - range.lowerBound
    return TerminalImage(
      pixels: values.map { row in
        row.map { value in
          guard value.isFinite else { return TerminalImage.Pixel(gray: 0) }
          let share = span > 0 ? (value - range.lowerBound) / span : 0.5
          return inColor ? Self.color(share) : TerminalImage.Pixel(gray: share)
        }
      })
  }
}
