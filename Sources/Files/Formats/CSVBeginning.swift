import Syntax

/// What the beginning of a table tells: how it is written, its header, how many columns it has;
/// and where the rows end.
struct CSVBeginning {
  private(set) var dialect = CSVDialect()
  private(set) var names: [String] = []
  /// As many as the header has, or the first row.
  private(set) var columns = 0
  /// Columns at the right edge whose name and first cell are blank.
  private(set) var blankColumns = 0
  /// Whether the first row below the names holds text, or words for true and false.
  private(set) var hasText = false
  /// Where the rows begin and end, in bytes from the beginning of the text, and the lines before
  /// them.
  private(set) var rowsOffset = 0
  private(set) var rowsEnd = 0
  private(set) var linesBefore = 0
  /// What should be told about the reading.
  private(set) var remarks: [LoadRemark] = []
  /// Line ends a byte, as far as the beginning shows.
  private var density = 0.0

  /// At first; doubled while the header and the first row do not fit.
  private static let size = 1 << 17
  /// The header and the first row of no table that anybody writes are longer: a small compressed
  /// file may unfold into a line of thousands of millions of cells.
  private static let longest = 1 << 26

  /// How many cells so many bytes hold if the text goes on as it begins; each takes one at least.
  func cells(in bytes: Int) -> Int {
    Int(min(Double(bytes), (density * Double(bytes) * Double(columns)).rounded()))
  }

  /// Reads as much of the text as it takes, and no more than `longest` bytes.
  static func read(
    _ source: any ByteSource, longest: Int = longest
  ) throws(DataError) -> CSVBeginning {
    let window = TextWindow(source)
    try window.load(0, size)
    while true {
      if var beginning = try beginning(window, place: source.place) {
        let ending = try CSVEnding(source, beginning)
        beginning.rowsEnd = ending.rowsEnd
        if ending.emptyRows > 0 { beginning.remarks.append(.emptyRows(ending.emptyRows)) }
        return beginning
      }
      try throwIfInterrupted(source.place)
      guard window.count < longest else { throw tooLong(window, place: source.place) }
      try window.grow()
    }
  }

  /// The error for first rows that have no end in a window: a quotation mark that is not closed, or
  /// too much between them.
  private static func tooLong(_ window: TextWindow, place: String) -> DataError {
    let cursor = CSVCursor(
      CSVDialect(), from: window.start, to: window.end, line: 1, path: place)
    do throws(DataError) { _ = try CSVFirstRows(cursor) } catch { return error }
    return .malformed(
      place: place, format: .csv,
      reason: "its first rows take more than \(window.count >> 20) MB")
  }

  /// `nil` where the window may have to be larger to tell.
  private static func beginning(
    _ window: TextWindow, place: String
  ) throws(DataError) -> CSVBeginning? {
    let mark = try byteOrderMark(window, place)
    var cursor = CSVCursor(
      CSVDialect(), from: window.start + mark, to: window.end, line: 1, path: place)
    var result = CSVBeginning()
    do throws(DataError) {
      while cursor.skipUnusedLine() {}
      let detection = try CSVDialectDetection(&cursor)
      guard detection.isComplete || window.reachesEnd else { return nil }
      result.dialect = try detection.dialect(cursor)
      cursor.dialect = result.dialect
      while cursor.skipUnusedLine() || cursor.skipBlankRow() {}
      try result.readHeader(&cursor, mayGoOn: !window.reachesEnd)
      while cursor.skipUnusedLine() {}
      result.rowsOffset = cursor.position - window.start
      result.linesBefore = cursor.line - 1
    } catch {
      if case .interrupted = error { throw error }
      // A quotation mark may be closed further on.
      guard window.reachesEnd else { return nil }
      throw error
    }
    guard window.reachesEnd || cursor.position < window.end - 1 else { return nil }
    let bytes = UnsafeBufferPointer(start: window.start, count: window.count)
    let lines = bytes.count { CSVCursor.isLineEnd($0) }
    result.density = Double(lines) / Double(max(1, window.count))
    return result
  }

  /// The length of UTF-8's mark; an error where the bytes are another encoding, or no text.
  private static func byteOrderMark(
    _ window: TextWindow, _ place: String
  ) throws(DataError) -> Int {
    let bytes = UnsafeBufferPointer(start: window.start, count: window.count)
    func malformed(_ reason: String) -> DataError {
      .malformed(place: place, format: .csv, reason: reason)
    }
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      throw malformed("it is UTF-16 text; save it as UTF-8")
    }
    if bytes.prefix(4096).contains(0) {
      throw malformed("it holds zero bytes: it is no text, or UTF-16; save it as UTF-8")
    }
    return bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  /// Reads the names and moves the cursor past them, where the first row holds names.
  private mutating func readHeader(
    _ cursor: inout CSVCursor, mayGoOn: Bool
  ) throws(DataError) {
    guard !cursor.isAtEnd else { return }
    let rows = try CSVFirstRows(cursor)
    // Where the second row is cut off nothing is decided, and the window grows.
    guard !mayGoOn || rows.end < cursor.end - 1 else {
      cursor.position = cursor.end
      return
    }
    columns = rows.columns
    blankColumns = rows.blankColumns
    if let remark = rows.remark { remarks.append(remark) }
    guard rows.isHeader else { return }
    hasText = rows.hasText
    // A cell of text takes a string and its bytes.
    try MemoryLimit.require(columns.multipliedSaturating(48), for: cursor.path)
    names.reserveCapacity(columns)
    let line = cursor.line
    repeat {
      guard let name = String(validating: try cursor.content(), as: UTF8.self) else {
        throw .notText(place: cursor.path, line: line)
      }
      names.append(ShownName.cleaned(name))
    } while !cursor.endsRow()
    if names.count > columns { names.removeLast(names.count - columns) }
    while names.count < columns { names.append("") }
  }
}

extension CSVCursor {
  /// The content of the cell at `position`, which is moved past it.
  mutating func content() throws(DataError) -> [UInt8] {
    skipBlanks()
    if isAtQuote { return try quotedCell() }
    let start = position
    let cellEnd = skipCell()
    return Array(UnsafeBufferPointer(start: start, count: cellEnd - start))
  }

  /// Passes over a row that holds separators alone, as spreadsheets write empty rows; false, and
  /// not moved, where there is another.
  mutating func skipBlankRow() -> Bool {
    guard dialect.separator != Self.space else { return false }
    let start = self
    while position < end, !Self.isLineEnd(position.pointee) {
      guard
        position.pointee == dialect.separator || position.pointee == Self.space
          || position.pointee == Self.tab
      else {
        self = start
        return false
      }
      position += 1
    }
    guard position < end else {
      self = start
      return false
    }
    return skipUnusedLine()
  }
}
