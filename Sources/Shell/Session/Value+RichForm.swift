import Console
import Language

extension Value {
  /// What pages and notebooks show of the value; nil where it is no more than its text.
  ///
  /// - Parameter rows: how many of a table's first rows; nil for as many as its echo has.
  func richForm(rows: Int? = nil) -> RichForm? {
    guard case .table(let box) = self else { return nil }
    return box.content.richForm(rows: rows)
  }
}

extension DataTable {
  /// More columns nobody reads.
  private static let mostColumns = 100

  /// The table's size, its columns and its first rows; a page has room for more columns than a
  /// terminal.
  func richForm(rows: Int? = nil) -> RichForm {
    let shown = beginning(rows: rows, columns: Self.mostColumns)
    var table = Table(shown.map { ($0.name, $0.isNumeric ? .right : .left) })
    let count = shown.first?.cells.count ?? 0
    for row in 0..<count { table.append(shown.map { $0.cells[row] }) }
    var rest: [String] = []
    if self.count > count { rest.append("\(self.count - count) more rows") }
    if columns.count > shown.count { rest.append("\(columns.count - shown.count) more columns") }
    func note(_ text: String) -> String { "<p class=\"note\">\(Markup.escaped(text))</p>" }
    return RichForm(
      html: note("\(self.count)×\(columns.count) table")
        + table.html(subheaders: shown.map(\.kind))
        + (rest.isEmpty ? "" : note("… " + rest.joined(separator: ", "))))
  }
}
