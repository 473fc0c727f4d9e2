import Console

extension Chart {
  /// The chart in words, a line a curve: for a terminal that draws nothing, and for who hears it.
  package var summary: [String] {
    var lines = title.isEmpty ? [] : [title]
    for panel in panels {
      if let heat = panel.heat {
        let (least, greatest) = (heat.range.lowerBound, heat.range.upperBound)
        lines.append(
          "\(heat.rows)×\(heat.columns) matrix, from \(Self.text(least)) to \(Self.text(greatest))")
      }
      lines += panel.curves.enumerated().map { index, curve in
        Self.summary(of: curve, index, panel)
      }
    }
    return lines
  }

  private static func summary(of curve: Curve, _ index: Int, _ panel: Panel) -> String {
    let name = curve.name.isEmpty ? "curve \(index + 1)" : curve.name
    let points = curve.runs.joined()
    guard let first = points.first, let last = Array(points).last,
      let least = points.min(by: { $0.y < $1.y }), let greatest = points.max(by: { $0.y < $1.y })
    else { return "\(name): no points" }
    let noun = if case .bars = curve.style { "bars" } else { "points" }
    func place(_ point: (x: Double, y: Double)) -> String {
      "\(text(point.y)) at \(label(of: point.x, panel))"
    }
    return "\(name): \(Array(points).count) \(noun), from \(place(first)) to \(place(last)), "
      + "least \(place(least)), greatest \(place(greatest))"
  }

  private static func label(of x: Double, _ panel: Panel) -> String {
    guard let place = Int(exactly: x.rounded()), panel.categories.indices.contains(place) else {
      return text(x)
    }
    return panel.categories[place]
  }

  private static func text(_ number: Double) -> String { NumberForm.significant(number, 4) }
}
