extension Chart.Curve {
  /// How many stretches a long curve is divided into: more than there are dots across a terminal
  /// or a picture. Beyond that gnuplot's time is spent on what nobody sees.
  static let stretches = 1024

  /// A curve that looks the same as one through all the numbers, however many there are.
  ///
  /// A long one keeps the first, least, greatest and last of each stretch, and its gaps.
  ///
  /// - Parameters:
  ///   - name: what the legend calls it.
  ///   - first: where the first number lies on the x axis; the others follow at a distance of 1.
  ///   - isJoined: whether a line joins what is left and right of numbers that are missing.
  package init(
    _ name: String, first: Double = 0, isJoined: Bool = false, thinning numbers: NumberBlocks
  ) throws {
    let length = max(1, (numbers.count + Self.stretches - 1) / Self.stretches)
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
