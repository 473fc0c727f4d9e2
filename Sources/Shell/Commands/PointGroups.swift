import Language
import Plot
import Tensors

/// The classes of points: what `by=` gives, a label a point.
struct PointGroups {
  private let labels: [String]
  /// In the order of the legend: numbers by size, strings as they come.
  private let order: [String]

  init(_ value: Value, _ context: CommandContext) throws {
    if case .list(let box) = value, !box.content.isEmpty,
      box.content.allSatisfy({ if case .string = $0 { true } else { false } })
    {
      labels = box.content.map(\.printed)
      var seen: Set<String> = []
      order = labels.filter { seen.insert($0).inserted }
    } else {
      let numbers = try Self.numbers(value, context)
      labels = numbers.map(\.displayed)
      order = Set(numbers).sorted().map(\.displayed)
    }
    guard order.count <= 24 else {
      throw RuntimeError.other(
        "plot: by gives \(order.count) classes, and 24 can be told apart", hint: nil)
    }
  }

  /// Labels, or the places of the greatest number in one-hot rows.
  private static func numbers(_ value: Value, _ context: CommandContext) throws -> [Double] {
    if case .tensor(let box) = value, box.content.rank == 2 {
      let columns = box.content.shape.dimensions[1]
      let numbers = try box.content.guardedDoubles()
      guard columns > 1 else { return numbers }
      return stride(from: 0, to: numbers.count, by: columns).map { start in
        let row = numbers[start..<start + columns]
        return Double((row.firstIndex(of: row.max() ?? 0) ?? start) - start)
      }
    }
    guard let blocks = try NumberBlocks(value) else {
      throw context.mismatch("by", "a label for each point", value)
    }
    return try blocks.all()
  }

  /// A curve of each class.
  func curves(_ name: String, x: [Double], y: [Double]) throws -> [Chart.Curve] {
    guard x.count == labels.count else {
      throw RuntimeError.other(
        "plot: \(name) has \(x.count) points and by \(labels.count) labels", hint: nil)
    }
    return order.map { label in
      let own = labels.indices.filter { labels[$0] == label }
      return Chart.Curve(label, x: own.map { x[$0] }, y: own.map { y[$0] })
    }
  }
}
