extension TerminalImage {
  /// A picture made smaller by averaging while its values are read, scaled so that the least is
  /// black and the greatest white; NaN is black.
  ///
  /// - Parameter side: how many rows and columns it may have at most.
  package init(averaging values: NumberBlocks, rows: Int, columns: Int, toFit side: Int) throws {
    let side = max(1, side)
    let factor = max((rows + side - 1) / side, (columns + side - 1) / side)
    guard factor > 1, rows > 0, columns > 0 else {
      self.init(values: try values.all(), rows: rows, columns: columns)
      return
    }
    var lower = Double.infinity
    var upper = -Double.infinity
    try values.forEach { _, block in
      for value in block where value.isFinite {
        lower = min(lower, value)
        upper = max(upper, value)
      }
    }
    let span = upper > lower ? upper - lower : 1
    let across = (columns + factor - 1) / factor
    var sums = [Double](repeating: 0, count: across * ((rows + factor - 1) / factor))
    var (row, column) = (0, 0)
    try values.forEach { _, block in
      for value in block {
        if value.isFinite {
          sums[row / factor * across + column / factor] += min(1, max(0, (value - lower) / span))
        }
        column += 1
        if column == columns { (row, column) = (row + 1, 0) }
      }
    }
    self.init(
      brightness: stride(from: 0, to: rows, by: factor).map { top in
        stride(from: 0, to: columns, by: factor).map { left in
          let size = min(factor, rows - top) * min(factor, columns - left)
          return sums[top / factor * across + left / factor] / Double(size)
        }
      })
  }
}
