import Tensors

/// Where examples hold NaN or infinite numbers, counted, with what to do about it.
package struct NotFiniteData: Sendable {
  /// `inputs` or `targets`.
  let what: String
  /// `the validation part`, where it is not the one at hand.
  let part: String?
  let count: Int
  let rows: (bad: Int, all: Int)
  /// The columns that hold one, with how many each, the worst first; empty for images.
  let columns: [(column: Int, count: Int)]
  let firstRow: Int

  /// Throws where `data`, N×…, holds a number that is not finite, and where Ctrl-C is met.
  package static func check(
    _ data: Tensor?, _ what: String, of part: String? = nil
  ) throws {
    guard let data, let found = try NotFiniteData(data, what, part) else { return }
    throw TrainingError.dataNotFinite(found)
  }

  private init?(_ data: Tensor, _ what: String, _ part: String?) throws {
    // One pass without a copy decides: a sum is finite only if every element is, or nearly so.
    if let sum = try data.reduce(.sum).item, sum.isFinite { return nil }
    let width = max(1, data.shape.dimensions.dropFirst().reduce(1, *))
    var counts = [Int](repeating: 0, count: width)
    var (count, badRows, first, lastRow, row) = (0, 0, -1, -1, -1)
    try data.forEachElement(columns: width) { column, value in
      if column == 0 { row += 1 }
      if value.isFinite { return }
      if first < 0 { first = row }
      if row != lastRow { badRows += 1 }
      (count, lastRow) = (count + 1, row)
      counts[column] += 1
    }
    // Finite numbers whose sum is not.
    if count == 0 { return nil }
    self.what = what
    self.part = part
    self.count = count
    rows = (badRows, data.shape.dimensions.first ?? 1)
    firstRow = first
    columns =
      data.rank > 2
      ? []
      : counts.enumerated().filter { $0.element > 0 }.map { ($0.offset, $0.element) }
        .sorted { ($0.1, -$0.0) > ($1.1, -$1.0) }
  }

  /// The message, in words, with what to do.
  package var message: String {
    let name = what == "inputs" ? "x" : "y"
    var text = "the \(what)" + (part.map { " of \($0)" } ?? "")
    text += " are not finite: \(count) nan or infinite "
    text += "\(count == 1 ? "number" : "numbers") in \(rows.bad) of \(rows.all) rows"
    text += ", the first in row \(firstRow)"
    if !columns.isEmpty {
      let shown = columns.prefix(4).map { "column \($0.column) (\($0.count))" }
      text += "; " + shown.joined(separator: ", ")
      if columns.count > 4 { text += " and \(columns.count - 4) more columns" }
    }
    return text
      + "\n  put a number in their place, \(name) = where(isfinite(\(name)), \(name), 0), "
      + "or leave those rows out"
  }
}
