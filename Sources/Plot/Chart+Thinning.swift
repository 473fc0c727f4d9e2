import Tensors

extension Chart.Curve {
  /// How many stretches a long curve is divided into, unless the picture is wider: more than there
  /// are dots across a terminal. Beyond that gnuplot's time is spent on what nobody sees.
  package static let stretches = 1024

  /// A curve that looks the same as one through all the numbers, however many there are.
  ///
  /// A long one keeps the first, least, greatest and last of each stretch, and its gaps.
  ///
  /// - Parameters:
  ///   - name: what the legend calls it.
  ///   - first: where the first number lies on the x axis; the others follow at a distance of 1.
  ///   - isJoined: whether a line joins what is left and right of numbers that are missing.
  ///   - width: the dots across the picture.
  package init(
    _ name: String, first: Double = 0, isJoined: Bool = false, thinning numbers: NumberBlocks,
    width: Int = stretches
  ) throws {
    let length = max(1, (numbers.count + width - 1) / max(1, width))
    var x: [Double] = []
    var y: [Double] = []
    var stretch = Stretch()
    func keep() {
      for point in stretch.points where point.y.isFinite || !isJoined {
        x.append(first + Double(point.place))
        y.append(point.y)
      }
      stretch = Stretch()
    }
    try numbers.forEach { start, block in
      for (offset, number) in block.enumerated() {
        stretch.append(number, at: start + offset)
        if stretch.count == length { keep() }
      }
    }
    keep()
    self.init(name, x: x, y: y)
  }
}

extension Chart.Curve {
  /// The same of points whose x is given, in the order in which they are joined.
  package init(
    _ name: String, x: [Double], y: [Double], thinnedTo width: Int
  ) throws {
    let count = min(x.count, y.count)
    let length = max(1, (count + width - 1) / max(1, width))
    guard length > 4 else {
      self.init(name, x: x, y: y)
      return
    }
    var kept: [Int] = []
    for start in stride(from: 0, to: count, by: length) {
      try Interrupt.check()
      kept += Self.outline(of: start..<min(count, start + length), x, y)
    }
    self.init(name, x: kept.map { x[$0] }, y: kept.map { y[$0] })
  }

  /// The first, the last and the outermost points of a stretch, and a gap where there is one.
  private static func outline(of range: Range<Int>, _ x: [Double], _ y: [Double]) -> [Int] {
    let drawn = range.filter { x[$0].isFinite && y[$0].isFinite }
    var places: Set<Int> = []
    if drawn.count < range.count,
      let gap = range.first(where: { !(x[$0].isFinite && y[$0].isFinite) })
    {
      places.insert(gap)
    }
    guard let first = drawn.first, let last = drawn.last else { return places.sorted() }
    places.formUnion([first, last])
    for values in [x, y] {
      if let least = drawn.min(by: { values[$0] < values[$1] }) { places.insert(least) }
      if let greatest = drawn.max(by: { values[$0] < values[$1] }) { places.insert(greatest) }
    }
    return places.sorted()
  }

  /// Points that are not joined: of those that would fall upon one dot, the first.
  package init(
    dots name: String, x: [Double], y: [Double], thinnedTo size: (width: Int, height: Int),
    _ xScale: Chart.Scale = Chart.Scale(), _ yScale: Chart.Scale = Chart.Scale()
  ) throws {
    let points = zip(x, y).filter { $0.isFinite && $1.isFinite }
    guard points.count > size.width * 4 else {
      self.init(name, x: points.map(\.0), y: points.map(\.1), style: .dots)
      return
    }
    try Interrupt.check()
    let across = Axis(covering: points.map(\.0), aimingAt: 2, padded: false, xScale)
    let up = Axis(covering: points.map(\.1), aimingAt: 2, padded: false, yScale)
    var seen: Set<Int> = []
    var kept: [(Double, Double)] = []
    for (index, point) in points.enumerated() {
      if index & 0xFFFF == 0 { try Interrupt.check() }
      let column = Int(across.share(point.0) * Double(size.width))
      let row = Int(up.share(point.1) * Double(size.height))
      if seen.insert(row * (size.width + 1) + column).inserted { kept.append(point) }
    }
    self.init(name, x: kept.map(\.0), y: kept.map(\.1), style: .dots)
  }
}

/// What is worth drawing of a stretch of neighbouring numbers.
private struct Stretch {
  typealias Point = (place: Int, y: Double)

  private(set) var count = 0
  private var first: Point?
  private var least: Point?
  private var greatest: Point?
  private var last: Point?
  private var firstGap: Point?
  private var lastGap: Point?

  mutating func append(_ number: Double, at place: Int) {
    count += 1
    let point = (place, number)
    guard number.isFinite else {
      if firstGap == nil { firstGap = point }
      lastGap = point
      return
    }
    last = point
    guard let lowest = least?.y, let highest = greatest?.y else {
      (first, least, greatest) = (point, point, point)
      return
    }
    if number < lowest { least = point }
    if number > highest { greatest = point }
  }

  /// In their order, each once.
  var points: [Point] {
    let kept = [first, least, greatest, last, firstGap, lastGap].compactMap { $0 }
    var points: [Point] = []
    for point in kept.sorted(by: { $0.place < $1.place }) where points.last?.place != point.place {
      points.append(point)
    }
    return points
  }
}
