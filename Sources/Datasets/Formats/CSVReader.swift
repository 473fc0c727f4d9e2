import Tensors

/// A table of numbers as text: comma, semicolon, tab or spaces between the cells.
package struct CSVTable: Sendable {
  /// R×C, or R where there is one column.
  package var tensor: Tensor
  /// The header's cells; empty where the first row holds numbers.
  package var columnNames: [String]
}

/// Reads a table of numbers.
///
/// The separator is what the first line holds: a tab, else a semicolon (numbers may then have
/// decimal commas), else a comma, else spaces. A first row without any number is the header.
/// Cells may be quoted; empty ones, `NA` and `nan` read as nan. Lines that begin with `#` and
/// empty lines are passed over. The result is Float32 unless a number needs Float64: an integer
/// that Float32 skips, or more than nine digits that it cannot hold.
struct CSVReader {
  private let path: String
  private var position: UnsafePointer<UInt8>
  private let end: UnsafePointer<UInt8>
  private var line = 1
  private var separator = UInt8(ascii: ",")
  private var point = UInt8(ascii: ".")
  private var values: [Double] = []
  private var columns = 0
  private var rows = 0
  private var needsDouble = false
  private var names: [String] = []

  private static let quote = UInt8(ascii: "\"")
  private static let newline = UInt8(ascii: "\n")
  private static let space = UInt8(ascii: " ")

  /// Reads the whole text.
  static func read(_ source: any ByteSource) throws(DatasetError) -> CSVTable {
    try read(try source.bytes(at: 0, count: source.count, part: "text"), path: source.place)
  }

  static func read(_ bytes: [UInt8], path: String) throws(DatasetError) -> CSVTable {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      throw .malformed(path: path, reason: "it is UTF-16 text; save it as UTF-8")
    }
    let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
    return try bytes.withUnsafeBufferPointer { (buffer) throws(DatasetError) -> CSVTable in
      guard let start = buffer.baseAddress, !buffer.isEmpty else { throw .empty(path: path) }
      var reader = CSVReader(
        path: path, position: start + (hasMark ? 3 : 0), end: start + buffer.count)
      return try reader.table()
    }
  }

  private init(path: String, position: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>) {
    self.path = path
    self.position = position
    self.end = end
  }

  // MARK: Rows

  private mutating func table() throws(DatasetError) -> CSVTable {
    skipUnusedLines()
    detectSeparator()
    try readHeader()
    skipUnusedLines()
    while position < end {
      if rows & 0x3FF == 0 {
        try throwIfInterrupted(path)
        if rows == 0x400 { try reserve() }
      }
      try readRow()
      skipUnusedLines()
    }
    guard rows > 0 else { throw .noRows(path: path) }
    let shape = columns == 1 ? [rows] : [rows, columns]
    let tensor =
      needsDouble
      ? try makeTensor(values, shape) : try makeTensor(values.map { Float($0) }, shape)
    return CSVTable(tensor: tensor, columnNames: names)
  }

  /// After a thousand rows, room for as many cells as the rest will hold at the same density.
  private mutating func reserve() throws(DatasetError) {
    let remaining = Double(end - position)
    let consumed = Double(max(1, consumedBytes))
    let estimate = Double(values.count) * (1 + remaining / consumed) * 1.05
    guard let count = Int(exactly: estimate.rounded()) else { return }
    try MemoryLimit.require(count.multipliedSaturating(12), for: path)
    values.reserveCapacity(count)
  }

  private var consumedBytes = 0

  private mutating func readRow() throws(DatasetError) {
    let rowStart = position
    let rowLine = line
    var found = 0
    while true {
      try readCell(column: found + 1)
      found += 1
      if endsRow() { break }
    }
    if rows == 0, columns == 0 { columns = found }
    guard found == columns else {
      throw .raggedRow(path: path, line: rowLine, expected: columns, found: found)
    }
    rows += 1
    if rows <= 0x400 { consumedBytes += position - rowStart }
  }

  /// After a cell: passes over the separator, or over the line's end and says so.
  @inline(__always)
  private mutating func endsRow() -> Bool {
    guard position < end else { return true }
    let byte = position.pointee
    if byte == separator, byte != Self.space {
      position += 1
      return false
    }
    if byte == Self.space || byte == 0x09 {
      // Separating spaces: any number of them, and those before the line's end separate nothing.
      skipBlanks()
      guard position < end else { return true }
      guard isLineEnd(position.pointee) else { return false }
    }
    if position.pointee == 0x0D {
      position += 1
      if position < end, position.pointee == Self.newline { position += 1 }
    } else {
      position += 1
    }
    line += 1
    return true
  }

  // MARK: Cells

  @inline(__always)
  private mutating func readCell(column: Int) throws(DatasetError) {
    skipBlanks()
    if position < end, position.pointee == Self.quote {
      try readQuotedCell(column: column)
      return
    }
    let start = position
    if let number = CSVNumber.parsePrefix(&position, end, point: point),
      position == end || position.pointee == separator || isLineEnd(position.pointee)
    {
      values.append(number.value)
      if number.needsDouble { needsDouble = true }
      return
    }
    // Not a bare number up to the separator: blanks, a word such as nan, or a fault.
    position = start
    let cellEnd = skipCell()
    guard let number = CSVNumber.parse(start, cellEnd, point: point) else {
      throw notANumber(start, cellEnd, line: line, column: column)
    }
    values.append(number.value)
    if number.needsDouble { needsDouble = true }
  }

  /// Passes over an unquoted cell and returns its end, blanks before the separator left out.
  @inline(__always)
  private mutating func skipCell() -> UnsafePointer<UInt8> {
    let start = position
    while position < end {
      let byte = position.pointee
      if byte == separator || byte == Self.newline || byte == 0x0D { break }
      position += 1
    }
    var cellEnd = position
    while cellEnd > start, (cellEnd - 1).pointee == Self.space || (cellEnd - 1).pointee == 0x09 {
      cellEnd -= 1
    }
    return cellEnd
  }

  private mutating func readQuotedCell(column: Int) throws(DatasetError) {
    let startLine = line
    let content = try quotedCell()
    let number = content.withUnsafeBufferPointer { buffer -> CSVNumber.Result? in
      guard let start = buffer.baseAddress else {
        return CSVNumber.Result(value: .nan, needsDouble: false)
      }
      return CSVNumber.parse(start, start + buffer.count, point: point)
    }
    guard let number else {
      throw .notANumber(
        path: path, line: startLine, column: column, text: Self.excerpt(content[...]))
    }
    values.append(number.value)
    if number.needsDouble { needsDouble = true }
  }

  /// The content between quotation marks, two of which stand for one.
  private mutating func quotedCell() throws(DatasetError) -> [UInt8] {
    let startLine = line
    var content: [UInt8] = []
    position += 1
    while true {
      guard position < end else { throw .unclosedQuote(path: path, line: startLine) }
      let byte = position.pointee
      position += 1
      if byte == Self.newline { line += 1 }
      guard byte == Self.quote else {
        content.append(byte)
        continue
      }
      guard position < end, position.pointee == Self.quote else { break }
      content.append(byte)
      position += 1
    }
    // Anything between the closing mark and the separator belongs to the cell.
    let start = position
    let cellEnd = skipCell()
    content.append(contentsOf: UnsafeBufferPointer(start: start, count: cellEnd - start))
    while let last = content.last, last == Self.space || last == 0x09 { content.removeLast() }
    return content
  }

  private func notANumber(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, line: Int, column: Int
  ) -> DatasetError {
    let content = Array(UnsafeBufferPointer(start: start, count: min(end - start, 64)))
    return .notANumber(path: path, line: line, column: column, text: Self.excerpt(content[...]))
  }

  /// The beginning of a cell, for a message.
  private static func excerpt(_ bytes: ArraySlice<UInt8>) -> String {
    let text = String(decoding: bytes.prefix(64), as: UTF8.self)
    let printable = text.map { $0.isNewline ? "⏎" : $0 == "\u{0}" ? "␀" : $0 }
    return printable.count <= 30 ? String(printable) : String(printable.prefix(29)) + "…"
  }
}

// MARK: - The beginning of the text

extension CSVReader {
  private mutating func detectSeparator() {
    var counts: [UInt8: Int] = [:]
    var isQuoted = false
    var scan = position
    while scan < end, isQuoted || !isLineEnd(scan.pointee) {
      if scan.pointee == Self.quote { isQuoted.toggle() }
      if !isQuoted { counts[scan.pointee, default: 0] += 1 }
      scan += 1
    }
    if counts[0x09] != nil {
      separator = 0x09
    } else if counts[UInt8(ascii: ";")] != nil {
      separator = UInt8(ascii: ";")
      point = hasDecimalPoint() ? UInt8(ascii: ".") : UInt8(ascii: ",")
    } else if counts[UInt8(ascii: ",")] == nil, counts[Self.space] != nil,
      isQuoted || firstLineIsNumbers(separatedBy: Self.space)
    {
      separator = Self.space
    }
  }

  /// Whether the text writes its decimals with a point, as far as its beginning shows.
  private func hasDecimalPoint() -> Bool {
    let beginning = UnsafeBufferPointer(start: position, count: min(end - position, 1 << 16))
    return !beginning.contains(UInt8(ascii: ",")) || beginning.contains(UInt8(ascii: "."))
  }

  private func firstLineIsNumbers(separatedBy separator: UInt8) -> Bool {
    var copy = self
    copy.separator = separator
    while true {
      copy.skipBlanks()
      let start = copy.position
      let cellEnd = copy.skipCell()
      if CSVNumber.parse(start, cellEnd, point: point) == nil { return false }
      if copy.endsRow() { return true }
    }
  }

  /// Takes the first row as the header when none of its cells is a number. A row that mixes text
  /// and numbers is data with a fault: taking it for a header would lose it silently.
  private mutating func readHeader() throws(DatasetError) {
    guard position < end else { return }
    let start = (position: position, line: line)
    var cells: [String] = []
    var isHeader = true
    while isHeader {
      skipBlanks()
      let isQuoted = position < end && position.pointee == Self.quote
      let content: [UInt8]
      if isQuoted {
        content = try quotedCell()
      } else {
        let cellStart = position
        let cellEnd = skipCell()
        content = Array(UnsafeBufferPointer(start: cellStart, count: cellEnd - cellStart))
      }
      let isNumber = content.withUnsafeBufferPointer { buffer in
        buffer.baseAddress.map {
          CSVNumber.parse($0, $0 + buffer.count, point: point) != nil && buffer.count > 0
        } ?? false
      }
      if isNumber && !isQuoted { isHeader = false }
      cells.append(String(decoding: content, as: UTF8.self))
      if endsRow() { break }
    }
    guard isHeader, cells.contains(where: { !$0.isEmpty }), !cells.allSatisfy({ Double($0) != nil })
    else {
      (position, line) = start
      return
    }
    names = cells
    columns = cells.count
  }

  /// Passes over empty lines and comments.
  private mutating func skipUnusedLines() {
    while position < end {
      let start = position
      skipBlanks()
      if position < end, position.pointee == UInt8(ascii: "#") {
        while position < end, !isLineEnd(position.pointee) { position += 1 }
      }
      guard position < end else { return }
      guard isLineEnd(position.pointee) else {
        position = start
        return
      }
      position +=
        position.pointee == 0x0D && position + 1 < end
          && (position + 1).pointee == Self.newline ? 2 : 1
      line += 1
    }
  }

  /// Passes over spaces, and over tabs where they do not separate.
  @inline(__always)
  private mutating func skipBlanks() {
    while position < end,
      position.pointee == Self.space || (position.pointee == 0x09 && separator != 0x09)
    {
      position += 1
    }
  }

  @inline(__always)
  private func isLineEnd(_ byte: UInt8) -> Bool { byte == Self.newline || byte == 0x0D }
}

extension DatasetError {
  fileprivate static func malformed(path: String, reason: String) -> DatasetError {
    .malformed(place: path, format: .csv, reason: reason)
  }
}
