/// What the beginning of a table tells: how it is written, its header, how many columns it has.
struct CSVBeginning {
  private(set) var dialect = CSVDialect()
  private(set) var names: [String] = []
  /// As many as the header has, or the first row.
  private(set) var columns = 0
  /// Where the rows begin, in bytes from the beginning of the text, and the lines before them.
  private(set) var rowsOffset = 0
  private(set) var linesBefore = 0
  /// Line ends a byte, as far as the beginning shows.
  private var density = 0.0

  /// At first; doubled while the header and the first row do not fit.
  private static let size = 1 << 17

  /// How many cells so many bytes hold if the text goes on as it begins; each takes one at least.
  func cells(in bytes: Int) -> Int {
    Int(min(Double(bytes), (density * Double(bytes) * Double(columns)).rounded()))
  }

  /// Reads as much of the text as it takes.
  static func read(_ source: any ByteSource) throws(DatasetError) -> CSVBeginning {
    let window = TextWindow(source)
    try window.load(0, size)
    while true {
      if let beginning = try beginning(window, place: source.place) { return beginning }
      try window.grow()
    }
  }

  /// `nil` where the window may have to be larger to tell.
  private static func beginning(
    _ window: TextWindow, place: String
  ) throws(DatasetError) -> CSVBeginning? {
    let bytes = UnsafeBufferPointer(start: window.start, count: window.count)
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      throw .malformed(
        place: place, format: .csv, reason: "it is UTF-16 text; save it as UTF-8")
    }
    let mark = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var cursor = CSVCursor(
      CSVDialect(), from: window.start + mark, to: window.end, line: 1, path: place)
    var result = CSVBeginning()
    do throws(DatasetError) {
      while cursor.skipUnusedLine() {}
      guard result.detectDialect(&cursor) || window.reachesEnd else { return nil }
      try result.readHeader(&cursor)
      while cursor.skipUnusedLine() {}
      result.rowsOffset = cursor.position - window.start
      result.linesBefore = cursor.line - 1
      try result.countColumns(&cursor)
    } catch {
      // A quotation mark may be closed further on.
      guard window.reachesEnd else { return nil }
      throw error
    }
    guard window.reachesEnd || cursor.position < window.end - 1 else { return nil }
    let lines = bytes.count { CSVCursor.isLineEnd($0) }
    result.density = Double(lines) / Double(max(1, window.count))
    return result
  }

  // MARK: Separator and decimal point

  /// False where the line, or what the decimal point is told from, goes on behind the window.
  private mutating func detectDialect(_ cursor: inout CSVCursor) -> Bool {
    var counts = [Int](repeating: 0, count: 256)
    var isQuoted = false
    var scan = cursor.position
    while scan < cursor.end, isQuoted || !CSVCursor.isLineEnd(scan.pointee) {
      if scan.pointee == CSVCursor.quote { isQuoted.toggle() }
      if !isQuoted { counts[Int(scan.pointee)] += 1 }
      scan += 1
    }
    func has(_ byte: UInt8) -> Bool { counts[Int(byte)] > 0 }
    if has(CSVCursor.tab) {
      dialect.separator = CSVCursor.tab
    } else if has(UInt8(ascii: ";")) {
      dialect.separator = UInt8(ascii: ";")
      dialect.point = Self.hasDecimalPoint(cursor) ? UInt8(ascii: ".") : UInt8(ascii: ",")
    } else if !has(UInt8(ascii: ",")), has(CSVCursor.space),
      isQuoted || firstLineIsNumbers(cursor)
    {
      dialect.separator = CSVCursor.space
    }
    cursor.dialect = dialect
    return scan < cursor.end && cursor.end - cursor.position >= Self.decimalsShown
  }

  private static let decimalsShown = 1 << 16

  /// Whether the text writes its decimals with a point, as far as its beginning shows.
  private static func hasDecimalPoint(_ cursor: CSVCursor) -> Bool {
    let beginning = UnsafeBufferPointer(
      start: cursor.position, count: min(cursor.end - cursor.position, decimalsShown))
    return !beginning.contains(UInt8(ascii: ",")) || beginning.contains(UInt8(ascii: "."))
  }

  /// Whether the line is numbers between spaces.
  private func firstLineIsNumbers(_ cursor: CSVCursor) -> Bool {
    var copy = cursor
    copy.dialect.separator = CSVCursor.space
    while true {
      copy.skipBlanks()
      let start = copy.position
      let cellEnd = copy.skipCell()
      if CSVNumber<Double>.parse(start, cellEnd, point: dialect.point) == nil { return false }
      if copy.endsRow() { return true }
    }
  }

  // MARK: Header and columns

  /// Takes the first row as the header when none of its cells is a number. A row that mixes text
  /// and numbers is data with a fault: taking it for a header would lose it silently.
  private mutating func readHeader(_ cursor: inout CSVCursor) throws(DatasetError) {
    guard !cursor.isAtEnd else { return }
    var header = cursor
    var cells: [String] = []
    while true {
      let (content, isQuoted) = try Self.content(&header)
      let number: CSVNumber<Double>.Result? = CSVCursor.number(content, point: dialect.point)
      if number != nil, !content.isEmpty, !isQuoted { return }
      cells.append(String(decoding: content, as: UTF8.self))
      if header.endsRow() { break }
    }
    guard cells.contains(where: { !$0.isEmpty }), !cells.allSatisfy({ Double($0) != nil })
    else { return }
    names = cells
    columns = cells.count
    cursor = header
  }

  private static func content(
    _ cursor: inout CSVCursor
  ) throws(DatasetError) -> (bytes: [UInt8], isQuoted: Bool) {
    cursor.skipBlanks()
    if cursor.isAtQuote { return (try cursor.quotedCell(), true) }
    let start = cursor.position
    let cellEnd = cursor.skipCell()
    return (Array(UnsafeBufferPointer(start: start, count: cellEnd - start)), false)
  }

  /// Without a header the first row tells how many columns there are.
  private mutating func countColumns(_ cursor: inout CSVCursor) throws(DatasetError) {
    guard columns == 0, !cursor.isAtEnd else { return }
    repeat {
      cursor.skipBlanks()
      if cursor.isAtQuote { _ = try cursor.quotedCell() } else { _ = cursor.skipCell() }
      columns += 1
    } while !cursor.endsRow()
  }
}
