import Console
import Syntax

extension Chart {
  /// The chart in braille, one panel below the other.
  ///
  /// - Parameters:
  ///   - width: the columns to fill.
  ///   - height: the rows of one panel's plotting area.
  ///   - paint: with colours curves are told apart by these, otherwise by letters on them.
  /// - Returns: the lines.
  package func lines(width: Int, height: Int, paint: Paint) -> [String] {
    var lines: [String] = []
    if !title.isEmpty { lines.append(Self.centered(paint.bold(title), title, width)) }
    for (index, panel) in panels.enumerated() {
      if index > 0 { lines.append("") }
      lines += PanelDrawing(panel, width: width, height: height, paint: paint).lines()
    }
    return lines
  }

  static func centered(_ text: String, _ plain: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, (width - DisplayWidth.of(plain)) / 2)) + text
  }
}

/// One panel on its way to text.
private struct PanelDrawing {
  let panel: Chart.Panel
  let paint: Paint
  let x: Axis
  let y: Axis
  let labelWidth: Int
  let canvasColumns: Int
  let canvasRows: Int

  /// What marks a curve where there is no colour.
  private static let markers: [Character] = ["o", "x", "+", "*", "#", "@"]

  init(_ panel: Chart.Panel, width: Int, height: Int, paint: Paint) {
    self.panel = panel
    self.paint = paint
    canvasRows = max(3, height)
    y = Axis(
      covering: panel.curves.lazy.flatMap(\.y), aimingAt: max(2, (canvasRows + 1) / 2 - 1),
      padded: true)
    let axis = y
    labelWidth = axis.ticks.map { axis.label($0).count }.max() ?? 1
    canvasColumns = max(8, width - labelWidth - 3)
    x = Axis(
      covering: panel.curves.lazy.flatMap(\.x), aimingAt: max(2, canvasColumns / 12),
      padded: false, wholeTicks: true)
  }

  func lines() -> [String] {
    var canvas = BrailleCanvas(columns: canvasColumns, rows: canvasRows)
    for (index, curve) in panel.curves.enumerated() { draw(curve, index, on: &canvas) }
    if !paint.isOn, panel.curves.count > 1 {
      for (index, curve) in panel.curves.enumerated() { mark(curve, index, on: &canvas) }
    }
    let ticks = tickRows()
    var lines: [String] = heading()
    let painted = canvas.lines { text, ink in
      ink < 0 ? text : paint(text, Paint.curves[ink % Paint.curves.count])
    }
    for (row, content) in painted.enumerated() {
      let label = ticks[row] ?? ""
      let gap = String(repeating: " ", count: max(0, labelWidth - label.count))
      let edge = ticks[row] == nil ? "│" : "┤"
      lines.append(Self.trimmed(gap + label + " " + edge + content))
    }
    return lines + bottom()
  }

  private static func trimmed(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }

  private func heading() -> [String] {
    var lines: [String] = []
    let indent = String(repeating: " ", count: labelWidth + 2)
    if !panel.title.isEmpty {
      lines.append(Chart.centered(paint.bold(panel.title), panel.title, canvasColumns + labelWidth))
    }
    let named = panel.curves.enumerated().filter { !$0.element.name.isEmpty }
    if named.count > 1 || (named.count == 1 && panel.yLabel.isEmpty) {
      let legend = named.map { index, curve in
        let sample = paint.isOn ? "━━" : "─\(marker(index))─"
        return paint(sample, Paint.curves[index % Paint.curves.count]) + " " + curve.name
      }
      lines += wrappedLegend(legend, names: named.map(\.element.name), indent: indent)
    }
    if !panel.yLabel.isEmpty { lines.append(indent + panel.yLabel) }
    return lines
  }

  private func wrappedLegend(_ entries: [String], names: [String], indent: String) -> [String] {
    var lines: [String] = []
    var line = indent
    var used = 0
    for (entry, name) in zip(entries, names) {
      let width = DisplayWidth.of(name) + 4
      if used > 0, used + 3 + width > canvasColumns {
        lines.append(line)
        (line, used) = (indent, 0)
      }
      line += (used > 0 ? "   " : "") + entry
      used += width + (used > 0 ? 3 : 0)
    }
    return lines + [line]
  }

  private func marker(_ index: Int) -> Character { Self.markers[index % Self.markers.count] }

  // MARK: curves

  private func place(
    _ point: (x: Double, y: Double), _ canvas: BrailleCanvas
  ) -> (x: Int, y: Int) {
    let across = x.share(point.x) * Double(canvas.width - 1)
    let down = (1 - y.share(point.y)) * Double(canvas.height - 1)
    // Shares lie between 0 and 1, so these fit.
    return (Int(across.rounded()), Int(down.rounded()))
  }

  private func draw(_ curve: Chart.Curve, _ ink: Int, on canvas: inout BrailleCanvas) {
    for run in curve.runs {
      var last = place(run[0], canvas)
      if run.count == 1 {
        canvas.letter("•", column: last.x / 2, row: last.y / 4, ink: ink)
        continue
      }
      for point in run.dropFirst() {
        let next = place(point, canvas)
        canvas.line(from: last, to: next, ink: ink)
        last = next
      }
    }
  }

  /// Puts a curve's letter on it at a few places, those of different curves apart.
  private func mark(_ curve: Chart.Curve, _ index: Int, on canvas: inout BrailleCanvas) {
    let points = curve.runs.flatMap { $0 }
    guard !points.isEmpty else { return }
    let wanted = max(1, canvas.columns / 16)
    let shift = Double(index + 1) / Double(panel.curves.count + 1)
    for number in 0..<wanted {
      let along = (Double(number) + shift) / Double(wanted) * Double(points.count - 1)
      let left = points[min(points.count - 1, Int(along))]
      let right = points[min(points.count - 1, Int(along) + 1)]
      let part = along - along.rounded(.down)
      let between = (
        x: left.x + (right.x - left.x) * part, y: left.y + (right.y - left.y) * part
      )
      let spot = place(between, canvas)
      canvas.letter(marker(index), column: spot.x / 2, row: spot.y / 4, ink: index)
    }
  }

  // MARK: axes

  private func tickRows() -> [Int: String] {
    var rows: [Int: String] = [:]
    for tick in y.ticks {
      let down = (1 - y.share(tick)) * Double(canvasRows * 4 - 1)
      rows[Int(down.rounded()) / 4] = y.label(tick)
    }
    return rows
  }

  private func bottom() -> [String] {
    var edge = Array(repeating: Character("─"), count: canvasColumns)
    var labels = Array(repeating: Character(" "), count: canvasColumns + labelWidth + 2)
    var free = 0
    for tick in x.ticks {
      let column = Int((x.share(tick) * Double(canvasColumns - 1)).rounded())
      let text = Array(x.label(tick))
      let start = min(
        max(free, column + labelWidth + 2 - text.count / 2), labels.count - text.count)
      guard start >= free else { continue }
      edge[column] = "┬"
      for (offset, character) in text.enumerated() { labels[start + offset] = character }
      free = start + text.count + 1
    }
    let indent = String(repeating: " ", count: labelWidth + 1)
    var lines = [indent + "└" + String(edge), Self.trimmed(String(labels))]
    if !panel.xLabel.isEmpty {
      lines.append(
        String(repeating: " ", count: labelWidth + 2)
          + Chart.centered(panel.xLabel, panel.xLabel, canvasColumns))
    }
    return lines
  }
}
