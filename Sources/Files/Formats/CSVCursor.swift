import Syntax

/// How a table is written.
struct CSVDialect: Sendable {
  var separator = UInt8(ascii: ",")
  /// What stands before the decimals.
  var point = UInt8(ascii: ".")
  /// The same in cells without quotation marks, where a comma separates before all else; no byte of
  /// a text is 255.
  var barePoint: UInt8 { point == separator ? 0xFF : point }
}

/// A place in the text of a table, and the ways to go on from there: past blanks, cells, lines.
///
/// The text lies in a `TextWindow`; a line that touches the window's end may go on after it.
struct CSVCursor {
  typealias Bytes = UnsafePointer<UInt8>

  var dialect: CSVDialect
  var position: Bytes
  let end: Bytes
  /// Counted from 1 at the beginning of the text, or of the part that is read.
  var line: Int
  let path: String

  static let quote = UInt8(ascii: "\"")
  static let newline = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")
  static let space = UInt8(ascii: " ")
  static let tab = UInt8(ascii: "\t")

  /// No cell that anybody writes is longer: its quotation mark is closed by accident, if at all.
  private static let longestCell = 1 << 28

  init(_ dialect: CSVDialect, from position: Bytes, to end: Bytes, line: Int, path: String) {
    self.dialect = dialect
    self.position = position
    self.end = end
    self.line = line
    self.path = path
  }

  var isAtEnd: Bool { position >= end }
  var isAtQuote: Bool { position < end && position.pointee == Self.quote }

  // MARK: Blanks and lines

  /// Passes over spaces, and over tabs where they do not separate.
  @inline(__always)
  mutating func skipBlanks() {
    while position < end,
      position.pointee == Self.space
        || (position.pointee == Self.tab && dialect.separator != Self.tab)
    {
      position += 1
    }
  }

  @inline(__always)
  static func isLineEnd(_ byte: UInt8) -> Bool { byte == newline || byte == carriageReturn }

  mutating func skipLineEnd() {
    let isPair =
      position.pointee == Self.carriageReturn && position + 1 < end
      && (position + 1).pointee == Self.newline
    position += isPair ? 2 : 1
    line += 1
  }

  /// Passes over one empty line or comment; false, and not moved, where another line begins.
  mutating func skipUnusedLine() -> Bool {
    let start = position
    skipBlanks()
    if position < end, position.pointee == UInt8(ascii: "#") {
      while position < end, !Self.isLineEnd(position.pointee) { position += 1 }
    }
    guard position < end else { return position > start }
    guard Self.isLineEnd(position.pointee) else {
      position = start
      return false
    }
    skipLineEnd()
    return true
  }

  /// After a cell: passes over the separator, or over the line's end and says so.
  @inline(__always)
  mutating func endsRow() -> Bool {
    guard position < end else { return true }
    let byte = position.pointee
    if byte == dialect.separator, byte != Self.space {
      position += 1
      return false
    }
    if byte == Self.space || byte == Self.tab {
      // Separating spaces: any number of them, and those before the line's end separate nothing.
      skipBlanks()
      guard position < end else { return true }
      guard Self.isLineEnd(position.pointee) else { return false }
    }
    skipLineEnd()
    return true
  }

  // MARK: Cells

  /// Passes over an unquoted cell and returns its end, blanks before the separator left out.
  mutating func skipCell() -> Bytes {
    let start = position
    while position < end {
      let byte = position.pointee
      if byte == dialect.separator || Self.isLineEnd(byte) { break }
      position += 1
    }
    var cellEnd = position
    while cellEnd > start, (cellEnd - 1).pointee == Self.space || (cellEnd - 1).pointee == Self.tab
    {
      cellEnd -= 1
    }
    return cellEnd
  }

  /// The content between quotation marks, two of which stand for one.
  ///
  /// - Parameter keepsBlanks: whether those before the closing mark count.
  mutating func quotedCell(keepsBlanks: Bool = false) throws(DataError) -> [UInt8] {
    let startLine = line
    var content: [UInt8] = []
    position += 1
    while true {
      guard position < end, content.count < Self.longestCell else {
        throw .unclosedQuote(path: path, line: startLine)
      }
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
    while !keepsBlanks, let last = content.last, last == Self.space || last == Self.tab {
      content.removeLast()
    }
    return content
  }

  /// The number that a cell's content spells.
  static func number<Value>(
    _ content: [UInt8], point: UInt8
  ) -> CSVNumber<Value>.Result? {
    let padded = content + [UInt8](repeating: 0, count: TextWindow.padding)
    return padded.withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return nil }
      return CSVNumber.parse(start, start + content.count, point: point)
    }
  }

  /// The number in the cell at `position`, which is moved past it.
  mutating func readNumber<Value>(
    column: Int
  ) throws(DataError) -> CSVNumber<Value>.Result {
    skipBlanks()
    let startLine = line
    if isAtQuote {
      if let number: CSVNumber<Value>.Result = bareQuotedNumber() { return number }
      let content = try quotedCell()
      if let number: CSVNumber<Value>.Result = Self.number(content, point: dialect.point) {
        return number
      }
      throw .notANumber(path: path, line: startLine, column: column, text: excerpt(content[...]))
    }
    let start = position
    let cellEnd = skipCell()
    if let number = CSVNumber<Value>.parse(start, cellEnd, point: dialect.barePoint) {
      return number
    }
    let content = Array(UnsafeBufferPointer(start: start, count: min(cellEnd - start, 64)))
    throw .notANumber(path: path, line: line, column: column, text: excerpt(content[...]))
  }

  /// The number between quotation marks, where nothing else stands before the separator.
  private mutating func bareQuotedNumber<Value>() -> CSVNumber<Value>.Result? {
    guard let number = CSVNumber<Value>.parsePrefix(position + 1, point: dialect.point),
      number.end < end, number.end.pointee == Self.quote
    else { return nil }
    // SAFETY: the mark lies before the end, and zeros follow that.
    let next = number.end + 1
    guard next.pointee == dialect.separator || Self.isLineEnd(next.pointee) else { return nil }
    position = next
    return number
  }

  /// The beginning of a cell, for a message.
  private func excerpt(_ bytes: ArraySlice<UInt8>) -> String {
    let text = ShownName.cleaned(String(decoding: bytes.prefix(64), as: UTF8.self))
    return text.count <= 30 ? text : String(text.prefix(29)) + "…"
  }
}
