import Language
import Plot
import Tensors

/// Where the points of curves lie: what stands after `against`.
struct ChartPositions {
  /// How it is written, for the axis.
  let name: String
  /// Strings in place of numbers, at 0, 1, ….
  let categories: [String]
  private let numbers: [Double]

  init(_ value: Value, _ context: CommandContext) throws {
    let text = context.command.first("X").map { context.sourceText($0) } ?? ""
    name = text.first?.isLetter == true && text.utf8.count <= 40 ? text : ""
    if case .list(let box) = value, let strings = Self.strings(box.content) {
      categories = strings
      numbers = strings.indices.map(Double.init)
      return
    }
    categories = []
    var value = value
    if case .tensor(let box) = value, box.content.rank == 2, box.content.shape.dimensions[1] == 1 {
      value = .tensor(Box(try box.content.flattened()))
    }
    guard let blocks = try NumberBlocks(value) else {
      throw context.mismatch("X", "numbers or strings, one for each point", value)
    }
    numbers = try blocks.all()
  }

  private static func strings(_ values: [Value]) -> [String]? {
    let strings = values.compactMap { if case .string(let box) = $0 { box.content } else { nil } }
    return strings.count == values.count && !values.isEmpty ? strings : nil
  }

  /// The curve of values at these positions.
  ///
  /// - Parameter whole: whether every point is kept, however many there are.
  func curve(
    _ name: String, _ values: NumberBlocks, whole: Bool = false, _ options: ChartOptions,
    _ context: CommandContext
  ) throws -> Chart.Curve {
    guard values.count == numbers.count else {
      throw RuntimeError.other(
        "plot: \(name) has \(values.count) values and \(self.name.isEmpty ? "against" : self.name) \(numbers.count)",
        hint: "each point needs both")
    }
    let y = try values.all()
    let bad = numbers.count { !$0.isFinite }
    if bad > 0 {
      context.note(
        "\(self.name.isEmpty ? "against" : self.name): \(bad) of \(numbers.count) values are not finite, and their points left out"
      )
    }
    guard options.kind == .line, !whole else { return Chart.Curve(name, x: numbers, y: y) }
    let width = max(Chart.Curve.stretches, options.size?.width ?? 0)
    return try Chart.Curve(name, x: numbers, y: y, thinnedTo: width)
  }
}

extension ChartBuilder {
  /// Tells of values that cannot be drawn.
  func tellGaps(in numbers: NumberBlocks, _ name: String) throws {
    var (count, first) = (0, 0)
    var below = 0
    try numbers.forEach { start, block in
      for (offset, value) in block.enumerated() {
        if !value.isFinite {
          if count == 0 { first = start + offset }
          count += 1
        } else if value <= 0 {
          below += 1
        }
      }
    }
    if count > 0 {
      context.note(
        "\(name): \(count) of \(numbers.count) values \(count == 1 ? "is" : "are") not finite and "
          + "left out, the first at \(first)")
    }
    if options.y.isLogarithmic, below > 0, options.kind != .hist {
      context.note(
        "\(name): \(below) of \(numbers.count) values \(below == 1 ? "is" : "are") not above 0: "
          + "a logarithmic axis has no place for them")
    }
  }
}
