import Console
import Syntax

extension Chart {
  /// The chart in the terminal, one panel below the other.
  ///
  /// - Parameters:
  ///   - width: the columns to fill.
  ///   - height: the rows of one panel's plotting area.
  ///   - paint: with colours curves are told apart by these, otherwise by letters on them.
  ///   - ink: what heat maps are drawn with.
  ///   - style: the characters of curves and axes.
  /// - Returns: the lines.
  package func lines(
    width: Int, height: Int, paint: Paint, ink: Ink = .dots, style: DotStyle = .braille
  ) -> [String] {
    let width = size.map { max(16, $0.width) } ?? width
    let height = size.map { max(3, $0.height) } ?? height
    var lines: [String] = []
    if !title.isEmpty { lines.append(Self.centered(paint.bold(title), title, width)) }
    for (index, panel) in panels.enumerated() {
      if index > 0 { lines.append("") }
      if let heat = panel.heat {
        lines += HeatDrawing(heat, panel, width: width, paint: paint, ink: ink).lines()
      } else {
        lines += PanelDrawing(panel, width: width, height: height, paint: paint, style).lines()
      }
    }
    return lines
  }

  static func centered(_ text: String, _ plain: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, (width - DisplayWidth.of(plain)) / 2)) + text
  }
}

/// A heat map on its way to text: the picture, its axes' lengths, and what its colours mean.
struct HeatDrawing {
  private let heat: HeatMap
  private let panel: Chart.Panel
  private let width: Int
  private let paint: Paint
  private let ink: Ink

  init(_ heat: HeatMap, _ panel: Chart.Panel, width: Int, paint: Paint, ink: Ink) {
    self.heat = heat
    self.panel = panel
    self.width = width
    self.paint = paint
    // Colours that are switched off are switched off here too.
    self.ink = paint.isOn || !ink.isColored ? ink : .dots
  }

  func lines() -> [String] {
    let room = TerminalImage.dots(across: max(1, width - 2), ink)
    let image = heat.image(inColor: ink.isColored)
      .fitted(rows: 4096, columns: room).enlarged(toward: min(64, room))
    var lines: [String] = []
    if !panel.title.isEmpty {
      lines.append(Chart.centered(paint.bold(panel.title), panel.title, width))
    }
    if !panel.yLabel.isEmpty { lines.append(panel.yLabel) }
    lines += image.lines(ink)
    if !panel.xLabel.isEmpty { lines.append(panel.xLabel) }
    return lines + [key()]
  }

  /// `3×4   0 ░▒▓█ 1`
  private func key() -> String {
    let (least, greatest) = (heat.range.lowerBound, heat.range.upperBound)
    let count = 10
    let bar: String
    if !ink.inText.isColored {
      bar = "dark to light"
    } else {
      let shades = (0..<count).map { HeatMap.color(Double($0) / Double(count - 1)) }
      bar = TerminalImage(pixels: [shades, shades]).lines(ink.inText).joined()
    }
    return "\(heat.rows)×\(heat.columns)   \(NumberForm.significant(least, 4)) \(bar) "
      + NumberForm.significant(greatest, 4)
  }
}
