import Console
import Language
import Plot
import Tensors

/// What `describe` prints of a table: a line a column.
struct TableDescription {
  let exhibits: [Exhibit]

  /// Longer tables are read by a program, not by a person.
  private static let columnLimit = 100
  private static let textsShown = 3

  init(_ table: DataTable) throws {
    var rows = Table([
      ("column", .left), ("kind", .left), ("missing", .right), ("mean", .right), ("std", .right),
      ("min", .right), ("25%", .right), ("50%", .right), ("75%", .right), ("max", .right),
      ("texts", .left),
    ])
    for (name, column) in zip(table.names, table.columns.values).prefix(Self.columnLimit) {
      let shown = TextLayout.cut(EscapeCodes.shown(name), to: 40)
      rows.append([shown, DataTable.kind(of: column)] + (try Self.cells(column)))
    }
    let rest = table.columns.count - Self.columnLimit
    exhibits =
      [.lines(["\(table.count)×\(table.columns.count) table"])]
      + (table.columns.count > 0 ? [.table(rows, isCut: false)] : [])
      + (rest > 0 ? [.lines(["… and \(rest) more"])] : [])
  }

  private static func cells(_ column: Value) throws -> [String] {
    switch column {
    case .tensor(let box): return try numbers(box.content)
    case .list(let box): return texts(box.content)
    default: return []
    }
  }

  private static func numbers(_ tensor: Tensor) throws -> [String] {
    let summary = try NumberSummary(NumberBlocks(tensor))
    let sorted = try tensor.guardedDoubles().filter(\.isFinite).sorted()
    func quantile(_ part: Double) -> Double {
      let place = part * Double(sorted.count - 1)
      let below = Int(place)
      guard below + 1 < sorted.count else { return sorted.last ?? .nan }
      return sorted[below] + (place - Double(below)) * (sorted[below + 1] - sorted[below])
    }
    let measures =
      [summary.mean, summary.deviation, summary.least]
      + (sorted.isEmpty ? [0, 0, 0] : [quantile(0.25), quantile(0.5), quantile(0.75)])
      + [summary.greatest]
    return ["\(summary.nanCount)"] + measures.map { summary.finiteCount > 0 ? $0.displayed : "-" }
  }

  private static func texts(_ values: [Value]) -> [String] {
    var counts = Record()
    var missing = 0
    for value in values {
      let text = value.printed
      if text.isEmpty {
        missing += 1
      } else {
        counts[text] = .number((counts[text]?.asNumber() ?? 0) + 1)
      }
    }
    let ordered = zip(counts.names, counts.values).map { ($0, $1.asNumber() ?? 0) }
      .enumerated().sorted { ($1.element.1, $0.offset) < ($0.element.1, $1.offset) }
    var shown = ordered.prefix(textsShown).map { _, entry in
      "\(TextLayout.cut(EscapeCodes.shown(entry.0), to: 20)) \(entry.1.displayed)"
    }
    if ordered.count > textsShown { shown.append("… \(ordered.count) different") }
    return ["\(missing)"] + Array(repeating: "", count: 7) + [shown.joined(separator: ", ")]
  }
}
