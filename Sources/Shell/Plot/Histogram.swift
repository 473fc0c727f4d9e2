/// How values are spread, as a row of bars.
package struct Histogram {
  package let counts: [Int]
  package let lower: Double
  package let upper: Double

  /// - Parameters:
  ///   - values: only finite ones count.
  ///   - bins: how many bars.
  package init(_ values: [Double], bins: Int) {
    var lower = Double.infinity
    var upper = -Double.infinity
    for value in values where value.isFinite {
      lower = min(lower, value)
      upper = max(upper, value)
    }
    var counts = [Int](repeating: 0, count: max(1, bins))
    if lower <= upper {
      // Halves, so that the distance of the two greatest numbers does not overflow.
      let span = upper / 2 - lower / 2
      for value in values where value.isFinite {
        let share = span > 0 ? (value / 2 - lower / 2) / span : 0.5
        counts[min(counts.count - 1, max(0, Int(share * Double(counts.count))))] += 1
      }
    }
    self.counts = counts
    self.lower = lower
    self.upper = upper
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
