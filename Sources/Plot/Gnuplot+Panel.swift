/// What gnuplot is told of one pair of axes.
extension Gnuplot {
  private static let end = "NNSH_END_OF_DATA"

  /// The data of a panel, in blocks that its commands name.
  static func data(of panel: Chart.Panel, _ index: Int) -> String {
    if let heat = panel.heat {
      let rows = heat.values.map { row in
        row.map { $0.isFinite ? "\($0)" : "NaN" }.joined(separator: " ")
      }
      return "$heat\(index) << \(end)\n" + rows.joined(separator: "\n") + "\n\(end)\n"
    }
    return panel.curves.enumerated().map { number, curve in
      "$data\(index)_\(number) << \(end)\n\(table(curve))\(end)\n"
        + "$dots\(index)_\(number) << \(end)\n\(dots(curve))\(end)\n"
    }.joined()
  }

  private static func table(_ curve: Chart.Curve) -> String {
    var text = ""
    var isBroken = false
    for (x, y) in zip(curve.x, curve.y) {
      if x.isFinite, y.isFinite {
        if case .bars(let width) = curve.style {
          text += "\(x) \(y) \(width)\n"
        } else {
          text += "\(x) \(y)\n"
        }
        isBroken = false
      } else if !isBroken {
        // An empty line interrupts the curve.
        text += "\n"
        isBroken = true
      }
    }
    return text
  }

  /// The points that no line reaches, which would be invisible.
  private static func dots(_ curve: Chart.Curve) -> String {
    curve.runs.filter { $0.count == 1 }.joined().map { "\($0.x) \($0.y)\n" }.joined()
  }

  // MARK: curves

  /// A curve's colour; beyond these its line is broken, too.
  private static let colors = [
    "#1f77b4", "#ff7f0e", "#2ca02c", "#9467bd", "#d62728", "#17becf", "#8c564b", "#e377c2",
    "#7f7f7f", "#bcbd22", "#000000", "#5254a3",
  ]

  static func commands(_ panel: Chart.Panel, _ index: Int, title: String) -> String {
    var text = title.isEmpty ? "unset title\n" : "set title \(quoted(title))\n"
    text += "set xlabel \(quoted(panel.xLabel))\nset ylabel \(quoted(panel.yLabel))\n"
    let rising = panel.curves.allSatisfy { ($0.y.last ?? 0) > ($0.y.first ?? 0) }
    // Many names would cover the curves.
    text +=
      panel.curves.count > 6
      ? "set key outside right top\n" : "set key inside \(rising ? "bottom" : "top") right\n"
    text += axes(panel)
    let plots = panel.curves.enumerated().flatMap { self.plots($1, $0, panel: index) }
    return text + "plot " + plots.joined(separator: ", ") + "\n"
  }

  private static func axes(_ panel: Chart.Panel) -> String {
    var text = ""
    for (letter, scale) in [("x", panel.x), ("y", panel.y)] {
      text +=
        scale.isLogarithmic
        ? "set logscale \(letter)\nset format \(letter) '%g'\n" : "unset logscale \(letter)\n"
      let hasRange = scale.limits != nil || scale.isLogarithmic || panel.hasBars
      let axis =
        letter == "x" ? panel.horizontalAxis(aimingAt: 8) : panel.verticalAxis(aimingAt: 8)
      text +=
        hasRange
        ? "set \(letter)range [\(axis.lower):\(axis.upper)]\n" : "set autoscale \(letter)\n"
    }
    text +=
      panel.hasBars
      ? "set style fill solid 0.8 border lc rgb '#ffffff'\nset xzeroaxis lt 1 lc rgb '#404040'\n"
      : "unset xzeroaxis\n"
    guard !panel.categories.isEmpty else { return text + "set xtics auto\n" }
    let names = panel.categories.enumerated().map { "\(quoted($1)) \($0)" }
    let turned = panel.categories.reduce(0) { $0 + $1.count } > 60 ? " rotate by -35" : ""
    return text + "set xtics nomirror\(turned) (\(names.joined(separator: ", ")))\n"
  }

  private static func plots(_ curve: Chart.Curve, _ number: Int, panel: Int) -> [String] {
    let title = curve.name.isEmpty ? "notitle" : "title \(quoted(curve.name))"
    let color = "lc rgb '\(colors[number % colors.count])'"
    let data = "$data\(panel)_\(number)"
    switch curve.style {
    case .bars: return ["\(data) using 1:2:3 with boxes \(color) \(title)"]
    case .dots:
      let small = curve.x.count > 2000 ? "0.3" : "0.7"
      return ["\(data) using 1:2 with points pt 7 ps \(small) \(color) \(title)"]
    case .line:
      let runs = curve.runs
      let isolated = runs.contains { $0.count == 1 }
      let joined = runs.contains { $0.count > 1 }
      let dash = number < colors.count ? "" : " dt \(2 + number / colors.count % 4)"
      let line = "\(data) using 1:2 with lines lw 2\(dash) \(color) \(title)"
      let points = "$dots\(panel)_\(number) using 1:2 with points pt 7 \(color) "
      return (joined ? [line] : []) + (isolated ? [points + (joined ? "notitle" : title)] : [])
    }
  }

  // MARK: heat maps

  static func commands(
    _ heat: HeatMap, _ panel: Chart.Panel, _ index: Int, title: String
  ) -> String {
    let colors = HeatMap.colors.enumerated().map { place, color in
      "\(place) \(color.red) \(color.green) \(color.blue)"
    }
    let (rows, columns) = (heat.values.count, heat.values.first?.count ?? 0)
    // What was averaged keeps the numbers of its rows and columns.
    let (down, across) = (
      Double(heat.rows) / Double(max(1, rows)), Double(heat.columns) / Double(max(1, columns))
    )
    return (title.isEmpty ? "unset title\n" : "set title \(quoted(title))\n")
      + """
      set xlabel \(quoted(panel.xLabel))
      set ylabel \(quoted(panel.yLabel))
      unset key
      unset grid
      set palette defined (\(colors.joined(separator: ", ")))
      set cbrange [\(heat.range.lowerBound):\(heat.range.upperBound)]
      set xrange [-0.5:\(Double(heat.columns) - 0.5)]
      set yrange [\(Double(heat.rows) - 0.5):-0.5]
      plot $heat\(index) matrix using (($1 + 0.5) * \(across) - 0.5):(($2 + 0.5) * \(down) - 0.5):3 \
      with image

      """
  }
}
