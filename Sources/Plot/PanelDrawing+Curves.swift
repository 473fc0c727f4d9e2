import Console

extension PanelDrawing {
  /// What marks a curve where there is no colour.
  private static let markers: [Character] = Array("ox+*#@%&$=^abcdefghijklm")

  static func marker(_ index: Int) -> Character { markers[index % markers.count] }

  /// The dot of a point; nil for one that the axes do not reach.
  private func place(
    _ point: (x: Double, y: Double), _ canvas: BrailleCanvas
  ) -> (x: Int, y: Int)? {
    guard x.place(point.x) != nil, y.place(point.y) != nil else { return nil }
    return nearest(point, canvas)
  }

  /// The same, at the edge for a point outside.
  private func nearest(
    _ point: (x: Double, y: Double), _ canvas: BrailleCanvas
  ) -> (x: Int, y: Int) {
    let across = x.share(point.x) * Double(canvas.width - 1)
    let down = (1 - y.share(point.y)) * Double(canvas.height - 1)
    // Shares lie between 0 and 1, so these fit.
    return (Int(across.rounded()), Int(down.rounded()))
  }

  func draw(_ curve: Chart.Curve, _ ink: Int, on canvas: inout BrailleCanvas) {
    switch curve.style {
    case .line: drawLine(curve, ink, on: &canvas)
    case .dots:
      for point in zip(curve.x, curve.y) {
        guard let spot = place((point.0, point.1), canvas) else { continue }
        // A single dot is hardly seen among few.
        if curve.x.count <= 200 {
          canvas.letter(style.point, column: spot.x / 2, row: spot.y / 4, ink: ink)
        } else {
          canvas.dot(spot.x, spot.y, ink: ink)
        }
      }
    case .bars(let width): drawBars(curve, width, ink, on: &canvas)
    }
  }

  private func drawLine(_ curve: Chart.Curve, _ ink: Int, on canvas: inout BrailleCanvas) {
    for run in curve.runs {
      if run.count == 1 {
        guard let spot = place(run[0], canvas) else { continue }
        canvas.letter(style.point, column: spot.x / 2, row: spot.y / 4, ink: ink)
        continue
      }
      for (start, end) in zip(run, run.dropFirst()) {
        guard let (from, to) = clipped(start, end) else { continue }
        canvas.line(from: nearest(from, canvas), to: nearest(to, canvas), ink: ink)
      }
    }
  }

  /// The part of a straight line that lies within the axes (Liang and Barsky's); nil for none.
  private func clipped(
    _ start: (x: Double, y: Double), _ end: (x: Double, y: Double)
  ) -> ((x: Double, y: Double), (x: Double, y: Double))? {
    if x.isLogarithmic || y.isLogarithmic {
      let isInside = [start, end].allSatisfy { x.place($0.x) != nil && y.place($0.y) != nil }
      return isInside ? (start, end) : nil
    }
    var (first, last) = (0.0, 1.0)
    let sides = [
      (start.x - end.x, start.x - x.lower), (end.x - start.x, x.upper - start.x),
      (start.y - end.y, start.y - y.lower), (end.y - start.y, y.upper - start.y),
    ]
    for (direction, distance) in sides {
      if direction == 0 {
        if distance < 0 { return nil }
      } else if direction < 0 {
        first = max(first, distance / direction)
      } else {
        last = min(last, distance / direction)
      }
    }
    guard first <= last else { return nil }
    func point(_ share: Double) -> (x: Double, y: Double) {
      (start.x + (end.x - start.x) * share, start.y + (end.y - start.y) * share)
    }
    return (point(first), point(last))
  }

  private func drawBars(
    _ curve: Chart.Curve, _ width: Double, _ ink: Int, on canvas: inout BrailleCanvas
  ) {
    let base = y.isLogarithmic ? y.lower : 0
    for (x, y) in zip(curve.x, curve.y) where x.isFinite && y.isFinite {
      let left = nearest((x - width / 2, y), canvas)
      let right = nearest((x + width / 2, base), canvas)
      guard self.x.place(x) != nil else { continue }
      // A gap of a dot between neighbours, where there is room for one.
      let last = right.x - left.x > 2 ? right.x - 1 : max(left.x, right.x)
      for column in left.x...max(left.x, last) {
        canvas.line(from: (column, left.y), to: (column, right.y), ink: ink)
      }
    }
  }

  /// Puts a curve's letter on it at a few places, those of different curves apart.
  func mark(_ curve: Chart.Curve, _ index: Int, on canvas: inout BrailleCanvas) {
    let points = curve.runs.flatMap { $0 }
    guard !points.isEmpty else { return }
    if curve.style == .dots {
      for point in points {
        guard let spot = place(point, canvas) else { continue }
        canvas.letter(Self.marker(index), column: spot.x / 2, row: spot.y / 4, ink: index)
      }
      return
    }
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
      guard let spot = place(curve.style == .line ? between : left, canvas) else { continue }
      canvas.letter(Self.marker(index), column: spot.x / 2, row: spot.y / 4, ink: index)
    }
  }
}
