import Console
import Language
import Networks
import Plot
import Tensors

/// What `show net on DATA` draws: which class a network gives each point of the plane, with the
/// examples in it; of a network that predicts a number from a number, its curve.
struct DecisionRegions {
  private let context: CommandContext
  private let network: Network
  private let data: EvaluationData
  private let x: [Double]
  /// The class of each example; empty where numbers are predicted.
  private let labels: [Int]

  /// The dots across and down of a picture that is looked at as one.
  private static let pictureSide = 120
  /// Examples that are drawn.
  private static let mostPoints = 4000

  init(_ context: CommandContext, _ network: Network) throws {
    self.context = context
    self.network = network
    data = try EvaluationData(context.requiredValue("split"), slot: "split", context)
    let split = data.split
    guard split.x.rank == 2, [1, 2].contains(split.x.shape.dimensions[1]), split.count > 0 else {
      throw RuntimeError.other(
        "show NET on DATA draws regions of inputs of two numbers, and these are "
          + "\(Value(split.x).kindPhrase)",
        hint: "test NET on DATA measures; show mistakes of NET on DATA shows examples")
    }
    try NotFiniteData.check(split.x, "inputs")
    x = try split.x.guardedDoubles()
    labels = try split.labels?.guardedDoubles().map { Int(exactly: $0) ?? 0 } ?? []
  }

  func exhibits() throws -> [Exhibit] {
    if data.split.x.shape.dimensions[1] == 1 { return try curve() }
    guard !labels.isEmpty else {
      throw RuntimeError.other("regions need classes, and the targets are numbers", hint: nil)
    }
    return try regions()
  }

  // MARK: a curve

  private func curve() throws -> [Exhibit] {
    let y = try data.split.y.guardedDoubles()
    guard y.count == x.count, let least = x.min(), let greatest = x.max() else {
      throw RuntimeError.other("the targets of a curve are single numbers", hint: nil)
    }
    let points = (0..<200).map { least + (greatest - least) * Double($0) / 199 }
    let outputs = try network.forward(
      Tensor(doubles: points, [points.count, 1], elementType: .f32))
    guard outputs.count == points.count else {
      throw RuntimeError.other("the network gives several numbers for each", hint: nil)
    }
    let panel = Chart.Panel(curves: [
      try Chart.Curve(dots: "data", x: x, y: y, thinnedTo: (1024, 768)),
      Chart.Curve("network", x: points, y: try outputs.guardedDoubles()),
    ])
    return [.chart(Chart(panels: [panel]), height: 14)]
  }

  // MARK: regions

  private func regions() throws -> [Exhibit] {
    let ink = context.session.ink
    let isPicture = context.sendsPictures || context.session.drawsForPage
    let isColored = isPicture || ink.isColored && context.paint.isOn
    let across = isPicture ? Self.pictureSide : min(72, max(16, context.width - 2))
    // A character is about twice as high as wide, and holds two dots of a coloured picture.
    let horizontal = Axis.Span(x.enumerated().filter { $0.offset % 2 == 0 }.map(\.element))
    let vertical = Axis.Span(x.enumerated().filter { $0.offset % 2 == 1 }.map(\.element))
    let ratio = min(1.2, max(0.5, vertical.length / horizontal.length))
    let most =
      isPicture ? Self.pictureSide : max(8, (Terminal.size().rows - 4) * (isColored ? 2 : 1))
    let down = min(most, max(8, Int(Double(across) * ratio / (isColored ? 1 : 2))))
    let grid = Grid(columns: across, rows: down, horizontal, vertical)
    let taken = try classes(of: grid)
    let right = try rightCount()
    let heading = "\(right) of \(labels.count) examples lie in the region of their class"
    let body: Exhibit =
      isColored
      ? .pictures([(enlarged(picture(grid, taken), across, ink), "")])
      : .lines(letters(grid, taken))
    return [body, .lines([legend(isColored: isColored), heading])]
  }

  /// The picture as large as pixels need it, where it is shown in such: about as large as in blocks.
  private func enlarged(
    _ picture: TerminalImage, _ columns: Int, _ ink: Ink
  ) -> TerminalImage {
    guard case .pixels(_, let cell) = ink else { return picture }
    return picture.enlarged(toward: columns * cell.width * 2 / 3)
  }

  /// The class and the share that the network gives it, at each dot.
  private func classes(of grid: Grid) throws -> [(label: Int, share: Double)] {
    let outputs = try network.forward(
      Tensor(doubles: grid.points, [grid.rows * grid.columns, 2], elementType: .f32))
    let width = outputs.count / max(1, grid.rows * grid.columns)
    let numbers = try outputs.guardedDoubles()
    return (0..<grid.rows * grid.columns).map { place in
      Self.decision(numbers[place * width..<(place + 1) * width])
    }
  }

  private static func decision(_ outputs: ArraySlice<Double>) -> (label: Int, share: Double) {
    guard outputs.count > 1, let greatest = outputs.max() else {
      let share = outputs.first ?? 0
      return share > 0.5 ? (1, share) : (0, 1 - share)
    }
    let label = (outputs.firstIndex(of: greatest) ?? outputs.startIndex) - outputs.startIndex
    return (label, greatest)
  }

  private func rightCount() throws -> Int {
    let outputs = try network.forward(data.split.x)
    let width = outputs.count / max(1, data.split.count)
    let numbers = try outputs.guardedDoubles()
    return labels.indices.count {
      Self.decision(numbers[$0 * width..<($0 + 1) * width]).label == labels[$0]
    }
  }

  /// Regions in dark shades, lighter where the network is less certain, examples in bright ones.
  private func picture(_ grid: Grid, _ taken: [(label: Int, share: Double)]) -> TerminalImage {
    var pixels = (0..<grid.rows).map { row in
      (0..<grid.columns).map { column in
        let (label, share) = taken[row * grid.columns + column]
        return Self.color(label, brightness: 0.2 + 0.25 * min(1, max(0, share)))
      }
    }
    for place in labels.indices.prefix(Self.mostPoints) {
      let (column, row) = grid.dot(x[2 * place], x[2 * place + 1])
      pixels[row][column] = Self.color(labels[place], brightness: 1)
    }
    return TerminalImage(pixels: pixels)
  }

  private static let colors: [(Double, Double, Double)] = [
    (0.35, 0.6, 1), (1, 0.65, 0.2), (0.35, 0.9, 0.4), (0.85, 0.45, 0.95), (1, 0.35, 0.35),
    (0.3, 0.9, 0.9), (0.95, 0.9, 0.35), (0.7, 0.7, 0.7),
  ]
  /// What the same are called, where no text can be coloured.
  private static let colorNames = [
    "blue", "orange", "green", "violet", "red", "turquoise", "yellow", "grey",
  ]

  fileprivate static func color(_ label: Int, brightness: Double) -> TerminalImage.Pixel {
    let (red, green, blue) = colors[((label % colors.count) + colors.count) % colors.count]
    return TerminalImage.Pixel(
      red: red * brightness, green: green * brightness, blue: blue * brightness)
  }

  private static let fills: [Character] = [" ", "·", ":", "-", "=", "~", "'", "\""]
  private static let markers: [Character] = Array("ox+*#@%&")

  private func letters(_ grid: Grid, _ taken: [(label: Int, share: Double)]) -> [String] {
    var rows = (0..<grid.rows).map { row in
      (0..<grid.columns).map { Self.fills[taken[row * grid.columns + $0].label % Self.fills.count] }
    }
    for place in labels.indices.prefix(Self.mostPoints) {
      let (column, row) = grid.dot(x[2 * place], x[2 * place + 1])
      rows[row][column] = Self.markers[max(0, labels[place]) % Self.markers.count]
    }
    return rows.map { row in
      var line = String(row)
      while line.last == " " { line.removeLast() }
      return line
    }
  }

  private func legend(isColored: Bool) -> String {
    if context.session.drawsForPage { return pageLegend }
    return Set(labels).sorted().prefix(8).map { label in
      let name = data.name(of: label)
      if context.sendsPictures {
        return "\(Self.colorNames[max(0, label) % Self.colorNames.count]) \(name)"
      }
      guard isColored else {
        return "\(Self.markers[label % Self.markers.count]) \(name)"
      }
      let sample = TerminalImage(
        pixels: Array(repeating: [Self.color(label, brightness: 1)], count: 2)
      ).lines(context.session.ink.inText).joined()
      return "\(sample) \(name)"
    }.joined(separator: "   ")
  }
}

extension DecisionRegions {
  /// A sample of each class's colour, with its name.
  fileprivate var pageLegend: String {
    let samples = Set(labels).sorted().prefix(8).map { label in
      let color = Self.color(label, brightness: 1)
      return (
        image: TerminalImage(pixels: Array(repeating: Array(repeating: color, count: 8), count: 2)),
        caption: data.name(of: label)
      )
    }
    return TerminalImage.gallery(Array(samples), width: context.width, ink: .page).joined()
  }
}

/// A grid of points over the plane, the first row at the top.
private struct Grid {
  let columns: Int
  let rows: Int
  private let horizontal: Axis.Span
  private let vertical: Axis.Span

  init(columns: Int, rows: Int, _ horizontal: Axis.Span, _ vertical: Axis.Span) {
    self.columns = columns
    self.rows = rows
    self.horizontal = horizontal
    self.vertical = vertical
  }

  /// Row by row, two numbers a point.
  var points: [Double] {
    (0..<rows).flatMap { row in
      (0..<columns).flatMap { column in
        [
          horizontal.value((Double(column) + 0.5) / Double(columns)),
          vertical.value(1 - (Double(row) + 0.5) / Double(rows)),
        ]
      }
    }
  }

  /// The dot that a point falls upon.
  func dot(_ x: Double, _ y: Double) -> (column: Int, row: Int) {
    let across = Int(horizontal.share(x) * Double(columns))
    let down = Int((1 - vertical.share(y)) * Double(rows))
    return (min(columns - 1, max(0, across)), min(rows - 1, max(0, down)))
  }
}

extension Axis {
  /// A stretch of numbers with a little room at either end.
  fileprivate struct Span {
    private let lower: Double
    let length: Double

    init(_ values: [Double]) {
      let (least, greatest) = (values.min() ?? 0, values.max() ?? 1)
      let room = greatest > least ? (greatest - least) * 0.08 : 1
      lower = least - room
      length = greatest - least + 2 * room
    }

    func value(_ share: Double) -> Double { lower + length * share }
    func share(_ value: Double) -> Double { (value - lower) / length }
  }
}
