import Console

extension Chart {
  /// The chart as a picture for a page, one panel below the other.
  package var svg: String {
    let (width, height) = (640.0, 300.0)
    var body = ""
    var top = 0.0
    if !title.isEmpty {
      body += SVG.text(title, x: width / 2, y: 18, anchor: "middle", weight: "bold")
      top = 26
    }
    for panel in panels {
      let drawing = SVGPanel(panel, width: width, height: height)
      body += "<g transform=\"translate(0 \(SVG.number(top)))\">\(drawing.body)</g>"
      top += height + 12
    }
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(SVG.number(width)) "
      + "\(SVG.number(top))\" width=\"\(SVG.number(width))\" font-family=\"sans-serif\" "
      + "font-size=\"12\" role=\"img\">\(body)</svg>"
  }
}

/// Parts of a picture in SVG.
enum SVG {
  static func number(_ value: Double) -> String { NumberForm.fixed(value, 1) }

  static func text(
    _ text: String, x: Double, y: Double, anchor: String = "start", weight: String = "normal",
    rotated: Bool = false
  ) -> String {
    let turn = rotated ? " transform=\"rotate(-90 \(number(x)) \(number(y)))\"" : ""
    return "<text x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor)\" "
      + "font-weight=\"\(weight)\" fill=\"currentColor\"\(turn)>\(Markup.escaped(text))</text>"
  }

  static func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, color: String, width: Double = 1
  ) -> String {
    "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\" "
      + "stroke=\"\(color)\" stroke-width=\"\(number(width))\"/>"
  }

  /// Blue, orange, green, purple, red, cyan, olive, grey: distinct on white and on black.
  static let colors = [
    "#3b82f6", "#f59e0b", "#22a559", "#a855f7", "#ef4444", "#06b6d4", "#a3a300", "#888888",
  ]
}

/// One panel of curves.
private struct SVGPanel {
  private let panel: Chart.Panel
  private let left: Double
  private let right: Double
  private let top: Double
  private let bottom: Double
  private let x: Axis
  private let y: Axis

  init(_ panel: Chart.Panel, width: Double, height: Double) {
    self.panel = panel
    x = panel.horizontalAxis(aimingAt: 8)
    let vertical = panel.verticalAxis(aimingAt: 6)
    y = vertical
    let longest = vertical.ticks.map { vertical.label($0).count }.max() ?? 1
    left = Double(longest) * 7 + (panel.yLabel.isEmpty ? 16 : 34)
    right = width - 12
    top = (panel.title.isEmpty ? 10 : 26) + (Self.hasLegend(panel) ? 20 : 0)
    bottom = height - (panel.xLabel.isEmpty ? 24 : 42)
  }

  private static func hasLegend(_ panel: Chart.Panel) -> Bool {
    let named = panel.curves.filter { !$0.name.isEmpty }
    return named.count > 1 || named.count == 1 && panel.yLabel.isEmpty
  }

  private func across(_ value: Double) -> Double { left + x.share(value) * (right - left) }
  private func up(_ value: Double) -> Double { bottom - y.share(value) * (bottom - top) }

  var body: String {
    if let heat = panel.heat { return picture(heat) }
    let curves = panel.curves.enumerated().map { draw($0.element, $0.offset) }.joined()
    return heading + axes + curves
  }

  private var heading: String {
    var result = ""
    if !panel.title.isEmpty {
      result += SVG.text(
        panel.title, x: (left + right) / 2, y: 16, anchor: "middle", weight: "bold")
    }
    guard Self.hasLegend(panel) else { return result }
    var place = left
    for (index, curve) in panel.curves.enumerated() where !curve.name.isEmpty {
      let color = SVG.colors[index % SVG.colors.count]
      result += SVG.line(place, top - 12, place + 18, top - 12, color: color, width: 3)
      result += SVG.text(curve.name, x: place + 24, y: top - 8)
      place += 40 + Double(curve.name.count) * 7
    }
    return result
  }

  private var axes: String {
    var result = ""
    for tick in y.ticks {
      result += SVG.line(left, up(tick), right, up(tick), color: "#8883")
      result += SVG.text(y.label(tick), x: left - 6, y: up(tick) + 4, anchor: "end")
    }
    let marks =
      panel.categories.isEmpty
      ? x.ticks.map { (value: $0, label: x.label($0)) }
      : panel.categories.enumerated().map { (value: Double($0.offset), label: $0.element) }
    for mark in marks where x.place(mark.value) != nil {
      result += SVG.line(across(mark.value), bottom, across(mark.value), bottom + 4, color: "#888")
      result += SVG.text(mark.label, x: across(mark.value), y: bottom + 17, anchor: "middle")
    }
    result += SVG.line(left, bottom, right, bottom, color: "#888")
    result += SVG.line(left, top, left, bottom, color: "#888")
    if !panel.xLabel.isEmpty {
      result += SVG.text(panel.xLabel, x: (left + right) / 2, y: bottom + 35, anchor: "middle")
    }
    if !panel.yLabel.isEmpty {
      result += SVG.text(
        panel.yLabel, x: 14, y: (top + bottom) / 2, anchor: "middle", rotated: true)
    }
    return result
  }

  private func isInside(_ point: (x: Double, y: Double)) -> Bool {
    x.place(point.x) != nil && y.place(point.y) != nil
  }

  private func draw(_ curve: Chart.Curve, _ index: Int) -> String {
    let color = SVG.colors[index % SVG.colors.count]
    switch curve.style {
    case .line:
      return curve.runs.map { run in
        let points = run.filter(isInside)
        guard points.count > 1 else { return points.map { dot($0, color) }.joined() }
        let path = points.map { "\(SVG.number(across($0.x))),\(SVG.number(up($0.y)))" }
        return "<polyline points=\"\(path.joined(separator: " "))\" fill=\"none\" "
          + "stroke=\"\(color)\" stroke-width=\"1.8\" stroke-linejoin=\"round\"/>"
      }.joined()
    case .dots:
      return zip(curve.x, curve.y).map { (x: $0, y: $1) }
        .filter { $0.x.isFinite && $0.y.isFinite && isInside($0) }
        .map { dot($0, color) }.joined()
    case .bars(let width):
      let base = y.isLogarithmic ? y.lower : 0
      return zip(curve.x, curve.y).filter { $0.isFinite && $1.isFinite }.map { value, height in
        let (from, to) = (across(value - width / 2), across(value + width / 2))
        let (first, last) = (up(max(base, height)), up(min(base, height)))
        return "<rect x=\"\(SVG.number(from + 0.5))\" y=\"\(SVG.number(first))\" "
          + "width=\"\(SVG.number(max(1, to - from - 1)))\" "
          + "height=\"\(SVG.number(last - first))\" fill=\"\(color)\"/>"
      }.joined()
    }
  }

  private func dot(_ point: (x: Double, y: Double), _ color: String) -> String {
    "<circle cx=\"\(SVG.number(across(point.x)))\" cy=\"\(SVG.number(up(point.y)))\" r=\"2.5\" "
      + "fill=\"\(color)\"/>"
  }

  private func picture(_ heat: HeatMap) -> String {
    let image = heat.image(inColor: true)
    let side = min(
      (right - left) / Double(max(1, image.columns)), (bottom - top) / Double(max(1, image.rows)))
    let (width, height) = (side * Double(image.columns), side * Double(image.rows))
    return heading
      + "<image x=\"\(SVG.number(left))\" y=\"\(SVG.number(top))\" width=\"\(SVG.number(width))\" "
      + "height=\"\(SVG.number(height))\" preserveAspectRatio=\"none\" "
      + "style=\"image-rendering:pixelated\" href=\"data:image/png;base64,\(image.pngText)\"/>"
      + SVG.text(
        "\(heat.rows)×\(heat.columns), \(NumberForm.significant(heat.range.lowerBound, 4)) to "
          + NumberForm.significant(heat.range.upperBound, 4), x: left, y: top + height + 18)
  }
}
