import Syntax
import Tensors

/// Lays a table out as text: its size, the names and kinds of its columns, and its first rows.
struct TableDisplay {
  let table: DataTable
  let style: DisplayStyle
  /// How many of the first rows are shown; nil for a few.
  var rowCount: Int?

  private static let longestCell = 32
  /// As many rows are shown where that is all of them, otherwise fewer.
  private static let mostRows = 10
  private static let firstRows = 5

  /// `150×5 table`
  static func header(_ table: DataTable) -> String {
    "\(table.count)×\(table.columns.count) table"
  }

  func text() -> String {
    let rows = shownRows
    let (columns, isCut) = fitting(rows)
    var lines = [style.paint(Self.header(table), .header)]
    for line in 0..<(columns.first?.cells.count ?? 0) {
      let cells = columns.map(\.cells[line])
      var text = "  " + (cells + (isCut ? ["…"] : [])).joined(separator: "  ")
      while text.last == " " { text.removeLast() }
      lines.append(line < 2 ? style.paint(text, .header) : text)
    }
    let rest = table.count - rows
    if rest > 0 { lines.append("  … \(rest) more row\(rest == 1 ? "" : "s")") }
    if isCut {
      let left = table.names.dropFirst(columns.count)
      lines.append(
        "  … \(left.count) more column\(left.count == 1 ? "" : "s"): "
          + left.prefix(20).map(ShownName.cleaned).joined(separator: ", ")
          + (left.count > 20 ? ", …" : ""))
    }
    return lines.joined(separator: "\n")
  }

  /// How many rows are shown.
  var shownRows: Int {
    let few = table.count <= Self.mostRows ? table.count : Self.firstRows
    return min(table.count, rowCount ?? few)
  }

  /// A column's name, kind and first cells, filled up to one width.
  struct Column {
    let cells: [String]
    let width: Int

    init(_ name: String, _ value: Value, rows: Int) {
      let (kind, isRight, texts) = Column.contents(value, rows)
      let all = [Column.cut(ShownName.cleaned(name)), kind] + texts
      let width = all.map { DisplayWidth.of($0) }.max() ?? 0
      self.width = width
      cells = all.map { cell in
        let gap = String(repeating: " ", count: width - DisplayWidth.of(cell))
        return isRight ? gap + cell : cell + gap
      }
    }

    static func contents(
      _ value: Value, _ rows: Int
    ) -> (kind: String, isRight: Bool, texts: [String]) {
      let elements = (0..<rows).map { (try? value.element($0)) ?? .none }
      switch value {
      case .tensor(let box):
        return ("\(box.content.elementType)", true, elements.map { $0.inline() })
      default:
        let texts = elements.map { element in
          if case .string(let box) = element { return cut(ShownName.cleaned(box.content)) }
          return cut(element.inline())
        }
        return (DataTable.kind(of: value), false, texts)
      }
    }

    static func cut(_ text: String) -> String {
      text.count <= TableDisplay.longestCell
        ? text : String(text.prefix(TableDisplay.longestCell - 1)) + "…"
    }
  }

  /// As many of the first columns as the width has room for, one at least.
  private func fitting(_ rows: Int) -> (columns: [Column], isCut: Bool) {
    var columns: [Column] = []
    var room = style.width
    for (place, name) in table.names.enumerated() {
      let column = Column(name, table.columns.values[place], rows: rows)
      let mark = place + 1 < table.columns.count ? 3 : 0
      if !columns.isEmpty, room < column.width + 2 + mark { return (columns, true) }
      room -= column.width + 2
      columns.append(column)
    }
    return (columns, false)
  }
}

extension DataTable {
  /// The table as its echo shows it, with so many of its first rows.
  package func display(_ style: DisplayStyle, rows: Int) -> String {
    TableDisplay(table: self, style: style, rowCount: max(0, rows)).text()
  }

  /// The first cells of the first columns, as the table's echo writes them.
  ///
  /// - Parameter rows: how many; nil for as many as the echo has.
  package func beginning(
    rows: Int?, columns: Int
  ) -> [(name: String, kind: String, isNumeric: Bool, cells: [String])] {
    let rows = TableDisplay(table: self, style: .plain, rowCount: rows.map { max(0, $0) }).shownRows
    return zip(names, self.columns.values).prefix(columns).map { name, value in
      let (kind, isNumeric, cells) = TableDisplay.Column.contents(value, rows)
      return (TableDisplay.Column.cut(ShownName.cleaned(name)), kind, isNumeric, cells)
    }
  }

  /// What a column holds: `f32`, `f64`, `bool`, `text`; `list` for anything else.
  package static func kind(of column: Value) -> String {
    switch column {
    case .tensor(let box): return "\(box.content.elementType)"
    case .list(let box):
      let areTexts = box.content.allSatisfy { if case .string = $0 { true } else { false } }
      return areTexts ? "text" : "list"
    default: return column.kindName
    }
  }
}
