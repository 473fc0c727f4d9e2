/// Where the rows of a table end: spreadsheets write rows of separators alone after the last.
struct CSVEnding {
  /// Behind the line end of the last row that holds anything.
  private(set) var rowsEnd: Int
  /// The rows after it.
  private(set) var emptyRows = 0

  private static let chunk = 1 << 16

  /// Reads backwards from the end of the text, to the first byte that is part of a cell.
  init(_ source: any ByteSource, _ beginning: CSVBeginning) throws(DataError) {
    rowsEnd = source.count
    let separator = beginning.dialect.separator
    guard separator != CSVCursor.space else { return }
    var position = source.count
    // Whether the line that is being passed holds a separator.
    var isRow = false
    while position > beginning.rowsOffset {
      try throwIfInterrupted(source.place)
      let start = max(beginning.rowsOffset, position - Self.chunk)
      let bytes = try source.bytes(at: start, count: position - start, part: "rows")
      for index in bytes.indices.reversed() {
        switch bytes[index] {
        case separator: isRow = true
        case CSVCursor.newline, CSVCursor.carriageReturn:
          if isRow {
            emptyRows += 1
            rowsEnd = start + index + 1
          }
          isRow = false
        case CSVCursor.space, CSVCursor.tab: break
        default: return
        }
      }
      position = start
    }
    // Nothing but empty rows.
    if isRow { emptyRows += 1 }
    rowsEnd = beginning.rowsOffset
  }
}
