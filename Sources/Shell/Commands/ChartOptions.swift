import Console
import Language
import Plot

/// What the options of `plot` ask for.
struct ChartOptions {
  enum Kind: String, CaseIterable {
    case line, scatter, bar, hist, heat
  }

  static let kinds = Kind.allCases.map(\.rawValue)

  var kind = Kind.line
  var x = Chart.Scale()
  var y = Chart.Scale()
  var title = ""
  var xLabel = ""
  var yLabel = ""
  /// The curves' names; nil for those that they have.
  var names: [String]?
  var size: (width: Int, height: Int)?
  var bins: Int?

  init() {}

  init(_ context: CommandContext) throws {
    if let word = try context.word("kind") {
      guard let known = Kind(rawValue: word) else {
        throw RuntimeError.other(
          "plot: there is no kind \(word)",
          hint: "it is one of " + Self.kinds.joined(separator: ", "))
      }
      kind = known
    }
    let log = try context.word("log") ?? ""
    guard ["", "x", "y", "xy", "yx"].contains(log) else {
      throw RuntimeError.other("plot: log= takes x, y or xy, not \(log)", hint: nil)
    }
    x = Chart.Scale(limits: try Self.limits("xlim", context), isLogarithmic: log.contains("x"))
    y = Chart.Scale(limits: try Self.limits("ylim", context), isLogarithmic: log.contains("y"))
    try Self.refuseNegative(x, "xlim")
    try Self.refuseNegative(y, "ylim")
    title = try context.word("title") ?? ""
    xLabel = try context.word("x") ?? ""
    yLabel = try context.word("y") ?? ""
    names = try Self.names(context)
    size = try Self.size(context)
    bins = try context.count("bins")
    if let bins, bins > 10_000 {
      throw RuntimeError.other("plot: bins must be at most 10000, not \(bins)", hint: nil)
    }
  }

  /// Two numbers: a list, a vector or a range.
  static func ends(of value: Value) throws -> (Double, Double)? {
    if case .range(let box) = value { return (box.content.lower, box.content.upper) }
    guard let numbers = try value.asNumbers(), numbers.count == 2 else { return nil }
    return (numbers[0], numbers[1])
  }

  private static func limits(
    _ option: String, _ context: CommandContext
  ) throws -> ClosedRange<Double>? {
    guard let value = try context.value(option) else { return nil }
    guard let (lower, upper) = try ends(of: value), lower.isFinite, upper.isFinite, lower < upper
    else {
      throw RuntimeError.other(
        "plot: \(option) takes two finite numbers, the lower one first",
        hint: "write \(option)=[0, 1]")
    }
    return lower...upper
  }

  private static func refuseNegative(_ scale: Chart.Scale, _ option: String) throws {
    guard scale.isLogarithmic, let limits = scale.limits, limits.lowerBound <= 0 else { return }
    throw RuntimeError.other(
      "plot: a logarithmic axis begins above 0, and \(option) at \(limits.lowerBound.displayed)",
      hint: nil)
  }

  private static func names(_ context: CommandContext) throws -> [String]? {
    guard let value = try context.value("names") else { return nil }
    if case .string(let box) = value { return [box.content] }
    guard case .list(let box) = value else {
      throw context.mismatch("names", "a list of strings", value)
    }
    return box.content.map(\.printed)
  }

  private static func size(_ context: CommandContext) throws -> (width: Int, height: Int)? {
    guard let value = try context.value("size") else { return nil }
    guard let numbers = try value.asNumbers(), numbers.count == 2,
      let width = Int(exactly: numbers[0]), let height = Int(exactly: numbers[1]),
      (1...10_000).contains(width), (1...10_000).contains(height)
    else {
      throw RuntimeError.other(
        "plot: size takes a width and a height, two whole numbers from 1 to 10000",
        hint: "write size=[720, 450]")
    }
    return (width, height)
  }
}
