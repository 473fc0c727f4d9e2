/// How values are spread, as a row of bars.
package struct Histogram {
  package let counts: [Int]
  package let lower: Double
  package let upper: Double

  /// - Parameters:
  ///   - values: only finite ones count.
  ///   - range: from the least of them to the greatest.
  ///   - bins: how many bars.
  package init(_ values: NumberBlocks, in range: ClosedRange<Double>, bins: Int) throws {
    (lower, upper) = (range.lowerBound, range.upperBound)
    // Halves, so that the distance of the two greatest numbers does not overflow.
    let half = lower / 2
    let span = upper / 2 - half
    let bins = max(1, bins)
    var counts = [Int](repeating: 0, count: bins)
    try values.forEach { _, block in
      for value in block where value.isFinite {
        let share = span > 0 ? (value / 2 - half) / span : 0.5
        counts[Int(min(Double(bins - 1), max(0, share * Double(bins))))] += 1
      }
    }
    self.counts = counts
  }

  /// The bars, `height` rows of eighths of blocks, the greatest filling them all.
  package func lines(height: Int) -> [String] {
    let greatest = Double(max(1, counts.max() ?? 1))
    let bars = Array(" ▁▂▃▄▅▆▇█")
    return (0..<max(1, height)).map { row in
      let below = Double((height - 1 - row) * 8)
      let line = counts.map { count -> Character in
        var eighths = (Double(count) / greatest * Double(height * 8)).rounded()
        if count > 0 { eighths = max(1, eighths) }
        return bars[Int(min(8, max(0, eighths - below)))]
      }
      return String(line)
    }
  }
}
