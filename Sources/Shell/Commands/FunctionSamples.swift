import Language
import Networks
import Platform
import Plot
import Tensors

/// A function's values over an interval.
struct FunctionSamples {
  /// A curve for each column that the function gives.
  private(set) var curves: [Chart.Curve] = []

  /// How many points are computed, where the interval does not say.
  private static let count = 500

  /// - Parameter interval: a range, or its two ends; a range with a step gives the points itself, and
  ///   so does a vector of more than two numbers.
  init(
    _ function: Value, _ name: String, over interval: Value, _ builder: ChartBuilder
  ) throws {
    switch function {
    case .function, .network: break
    default:
      throw RuntimeError.other(
        "\(name) is \(function.kindPhrase): over takes functions",
        hint: "for values at known places write plot \(name) against x")
    }
    let x = try Self.points(interval, builder.options)
    let columns = try Self.values(of: function, name, at: x, builder.context)
    for (index, y) in columns.enumerated() {
      let own = columns.count > 1 ? "\(name)[\(index)]" : name
      try builder.tellGaps(in: NumberBlocks(y), own)
      curves.append(try Chart.Curve(own, x: x, y: y, thinnedTo: builder.pictureWidth))
    }
  }

  private static func points(_ interval: Value, _ options: ChartOptions) throws -> [Double] {
    if case .range(let box) = interval, box.content.step != 1 {
      return try NumberBlocks(interval)?.all() ?? []
    }
    guard let (lower, upper) = try ChartOptions.ends(of: interval) else {
      guard let points = try NumberBlocks(interval), points.count > 2 else {
        throw RuntimeError.other(
          "plot: over takes an interval, not \(interval.kindPhrase)",
          hint: "write over 0...6, or over [-1, 1]")
      }
      return try points.all()
    }
    guard lower.isFinite, upper.isFinite, lower < upper else {
      throw RuntimeError.other(
        "plot: the interval from \(lower.displayed) to \(upper.displayed) is empty or endless",
        hint: "write over 0...6")
    }
    let shares = (0..<count).map { Double($0) / Double(count - 1) }
    guard options.x.isLogarithmic else {
      return shares.map { $0 == 1 ? upper : lower + (upper - lower) * $0 }
    }
    guard lower > 0 else {
      throw RuntimeError.other(
        "plot: a logarithmic axis begins above 0, and the interval at \(lower.displayed)", hint: nil
      )
    }
    return shares.map { $0 == 1 ? upper : lower * pow(upper / lower, $0) }
  }

  /// The function's values, a list a column: of all points at once, where it takes a vector as
  /// NumPy's functions do, otherwise one by one.
  private static func values(
    of function: Value, _ name: String, at x: [Double], _ context: CommandContext
  ) throws -> [[Double]] {
    var input = try Tensor(doubles: x, [x.count], elementType: .f64)
    if case .network = function { input = try input.expandedDimensions(axis: 1) }
    do {
      let result = try context.machine.callApart(
        function, [.tensor(Box(input))], silently: true)
      if case .tensor(let box) = result, let columns = columns(box.content, rows: x.count) {
        return columns
      }
    } catch  where RuntimeError(error).isInterruption {
      throw error
    } catch  where { if case .network = function { true } else { false } }() {
      throw error
    } catch {
      // A function of one number, as with an `if` in it, is called for each.
    }
    var values: [Double] = []
    for point in x {
      try Interrupt.check()
      let result = try context.machine.call(function, [.number(point)])
      guard let value = result.asNumber() else {
        throw RuntimeError.other(
          "\(name) gives \(result.kindPhrase) for the number \(point.displayed): a curve needs a "
            + "number", hint: nil)
      }
      values.append(value)
    }
    return [values]
  }

  private static func columns(_ tensor: Tensor, rows: Int) -> [[Double]]? {
    guard tensor.rank >= 1, tensor.rank <= 2, tensor.shape.dimensions[0] == rows else { return nil }
    let count = tensor.rank == 2 ? tensor.shape.dimensions[1] : 1
    guard (1...24).contains(count) else { return nil }
    let numbers = tensor.doubles()
    return (0..<count).map { column in (0..<rows).map { numbers[$0 * count + column] } }
  }
}
