import Console
import Syntax

/// One panel of curves on its way to text.
struct PanelDrawing {
  let panel: Chart.Panel
  let paint: Paint
  let style: DotStyle
  let x: Axis
  let y: Axis
  private let labelWidth: Int
  private let canvasColumns: Int
  private let canvasRows: Int

  init(
    _ panel: Chart.Panel, width: Int, height: Int, paint: Paint, _ style: DotStyle = .braille
  ) {
    self.panel = panel
    self.paint = paint
    self.style = style
    canvasRows = max(3, height)
    let axis = panel.verticalAxis(aimingAt: max(2, (canvasRows + 1) / 2 - 1))
    y = axis
    labelWidth = axis.ticks.map { axis.label($0).count }.max() ?? 1
    canvasColumns = max(8, width - labelWidth - 3)
    x = panel.horizontalAxis(aimingAt: max(2, canvasColumns / 12))
  }

  func lines() -> [String] {
    var canvas = BrailleCanvas(columns: canvasColumns, rows: canvasRows)
    for (index, curve) in panel.curves.enumerated() { draw(curve, index, on: &canvas) }
    if !paint.isOn, panel.curves.count > 1 {
      for (index, curve) in panel.curves.enumerated() { mark(curve, index, on: &canvas) }
    }
    let ticks = tickRows()
    var lines: [String] = heading()
    let painted = canvas.lines(style) { text, ink in
      ink < 0 ? text : paint(text, Paint.curves[ink % Paint.curves.count])
    }
    for (row, content) in painted.enumerated() {
      let label = ticks[row] ?? ""
      let gap = String(repeating: " ", count: max(0, labelWidth - label.count))
      let edge = String(ticks[row] == nil ? style.axis.vertical : style.axis.tick)
      lines.append(Self.trimmed(gap + label + " " + edge + content))
    }
    return lines + bottom()
  }

  private static func trimmed(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }

  // MARK: what stands above

  private func heading() -> [String] {
    var lines: [String] = []
    let indent = String(repeating: " ", count: labelWidth + 2)
    if !panel.title.isEmpty {
      lines.append(Chart.centered(paint.bold(panel.title), panel.title, canvasColumns + labelWidth))
    }
    let named = panel.curves.enumerated().filter { !$0.element.name.isEmpty }
    if named.count > 1 || (named.count == 1 && panel.yLabel.isEmpty) {
      let legend = named.map { index, curve in
        let sample =
          paint.isOn
          ? (style == .ascii ? "==" : "━━")
          : "\(style.axis.line)\(Self.marker(index))\(style.axis.line)"
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

  // MARK: axes

  private func tickRows() -> [Int: String] {
    var rows: [Int: String] = [:]
    for tick in y.ticks {
      let down = (1 - y.share(tick)) * Double(canvasRows * 4 - 1)
      rows[Int(down.rounded()) / 4] = y.label(tick)
    }
    return rows
  }

  /// What stands below the axis, and where.
  private var horizontalTicks: [(value: Double, label: String)] {
    guard !panel.categories.isEmpty else { return x.ticks.map { ($0, x.label($0)) } }
    let room = max(1, canvasColumns / panel.categories.count - 1)
    return panel.categories.enumerated().map {
      (Double($0.offset), TextLayout.cut($0.element, to: room))
    }.filter { x.place($0.0) != nil }
  }

  private func bottom() -> [String] {
    var edge = Array(repeating: style.axis.line, count: canvasColumns)
    let indent = String(repeating: " ", count: labelWidth + 1)
    var labels = ""
    var used = 0
    for tick in horizontalTicks {
      let column = Int((x.share(tick.value) * Double(canvasColumns - 1)).rounded())
      let width = DisplayWidth.of(tick.label)
      let room = canvasColumns + labelWidth + 2
      let start = min(max(used, column + labelWidth + 2 - width / 2), room - width)
      guard start >= used, start == 0 || start > used || used == 0 else { continue }
      edge[column] = style.axis.mark
      labels += String(repeating: " ", count: start - used) + tick.label
      used = start + width
    }
    var lines = [indent + String(style.axis.corner) + String(edge), Self.trimmed(labels)]
    if !panel.xLabel.isEmpty {
      lines.append(
        String(repeating: " ", count: labelWidth + 2)
          + Chart.centered(panel.xLabel, panel.xLabel, canvasColumns))
    }
    return lines
  }
}
