/// Tells from a table's first lines how it is written: what separates its cells, and whether its
/// decimals follow a point or a comma.
///
/// Of tab, semicolon and comma that separator is taken which the first lines hold equally often,
/// in this order; else the first that the first line holds at all; else spaces, where a line is
/// numbers between spaces. A line `sep=;`, which Excel reads, decides alone.
struct CSVDialectDetection {
  /// Whether the lines looked at are whole.
  let isComplete: Bool
  private var separator: UInt8?
  private var isSpaced = false

  private static let candidates = [
    CSVCursor.tab, UInt8(ascii: ";"), UInt8(ascii: ","), UInt8(ascii: "|"),
  ]
  private static let linesLookedAt = 10
  private static let decimalsShown = 1 << 16

  /// Looks at the lines from `cursor` on, which is moved past a `sep=` line.
  init(_ cursor: inout CSVCursor) throws(DataError) {
    if let declared = Self.declaredSeparator(&cursor) {
      separator = declared
      isComplete = true
      return
    }
    var lines: [[Int]] = []
    var scan = cursor
    var isWhole = false
    while lines.count < Self.linesLookedAt, !scan.isAtEnd {
      if scan.skipUnusedLine() { continue }
      let (counts, ended) = try Self.separators(&scan)
      isWhole = ended
      if !ended, !lines.isEmpty { break }
      lines.append(counts)
    }
    isComplete =
      isWhole && !lines.isEmpty && cursor.end - cursor.position >= Self.decimalsShown
    separator = Self.chosen(lines)
    if separator == nil { isSpaced = try Self.isSpaced(cursor) }
  }

  /// The separator that the line `sep=…` names, quoted or not.
  private static func declaredSeparator(_ cursor: inout CSVCursor) -> UInt8? {
    var line = cursor
    while line.position < line.end, !CSVCursor.isLineEnd(line.position.pointee) {
      line.position += 1
    }
    var text = Substring(
      decoding: UnsafeBufferPointer(
        start: cursor.position, count: min(8, line.position - cursor.position)), as: UTF8.self)
    if text.hasPrefix("\""), text.hasSuffix("\"") { text = text.dropFirst().dropLast() }
    guard text.prefix(4).lowercased() == "sep=", line.position < line.end,
      text.utf8.count == 5, let separator = text.utf8.last
    else { return nil }
    cursor.position = line.position
    cursor.skipLineEnd()
    return separator
  }

  /// How often each candidate stands in the line outside quotation marks, and whether the line
  /// has ended. A mark opens a quotation only where a cell begins.
  private static func separators(
    _ cursor: inout CSVCursor
  ) throws(DataError) -> (counts: [Int], ended: Bool) {
    var counts = [Int](repeating: 0, count: candidates.count)
    var (isQuoted, isAtStart) = (false, true)
    let start = cursor.position
    while cursor.position < cursor.end {
      if (cursor.position - start) & 0xF_FFFF == 0 { try throwIfInterrupted(cursor.path) }
      let byte = cursor.position.pointee
      if byte == CSVCursor.quote, isQuoted || isAtStart {
        isQuoted.toggle()
        // Two marks stand for one, which goes on with the quotation.
        isAtStart = !isQuoted
      } else if !isQuoted {
        if CSVCursor.isLineEnd(byte) {
          cursor.skipLineEnd()
          return (counts, true)
        }
        if let candidate = candidates.firstIndex(of: byte) {
          counts[candidate] += 1
          isAtStart = true
        } else if byte != CSVCursor.space {
          isAtStart = false
        }
      }
      cursor.position += 1
    }
    return (counts, false)
  }

  private static func chosen(_ lines: [[Int]]) -> UInt8? {
    guard let first = lines.first else { return nil }
    let present = candidates.indices.filter { first[$0] > 0 }
    let regular = present.first { candidate in
      lines.count > 1 && lines.allSatisfy { $0[candidate] == first[candidate] }
    }
    return (regular ?? present.first).map { candidates[$0] }
  }

  /// Whether the first line, or the second after a line of names, is numbers between spaces.
  private static func isSpaced(_ cursor: CSVCursor) throws(DataError) -> Bool {
    var line = cursor
    line.dialect.separator = CSVCursor.space
    for _ in 0..<2 {
      while line.skipUnusedLine() {}
      guard !line.isAtEnd else { return false }
      var (cells, areNumbers) = (0, true)
      repeat {
        guard let cell = try? CSVCell(&line) else { return false }
        cells += 1
        if cells & 0xFFFF == 0 { try throwIfInterrupted(cursor.path) }
        if cell.kind == .text { areNumbers = false }
      } while !line.endsRow()
      if cells < 2 { return false }
      if areNumbers { return true }
    }
    return false
  }

  // MARK: The dialect

  /// How the table is written; `cursor` stands at its first line.
  func dialect(_ cursor: CSVCursor) throws(DataError) -> CSVDialect {
    var dialect = CSVDialect()
    if let separator {
      guard separator != UInt8(ascii: "|"), separator < 0x80, !CSVCursor.isLineEnd(separator),
        separator != CSVCursor.quote
      else {
        throw .separator(
          path: cursor.path, line: cursor.line, text: String(Unicode.Scalar(separator)))
      }
      dialect.separator = separator
    } else if isSpaced {
      dialect.separator = CSVCursor.space
    }
    var cells = cursor
    cells.dialect = dialect
    if Self.hasDecimalCommas(cells) { dialect.point = UInt8(ascii: ",") }
    return dialect
  }

  /// Whether decimals follow a comma, as far as the beginning shows: some cell has one, and none
  /// has a point but before groups of three digits.
  private static func hasDecimalCommas(_ cursor: CSVCursor) -> Bool {
    var cursor = cursor
    let end = cursor.position + min(cursor.end - cursor.position, decimalsShown)
    let isComma = cursor.dialect.separator == UInt8(ascii: ",")
    var hasComma = false
    while cursor.position < end {
      cursor.skipBlanks()
      var writing: NumberWriting?
      if cursor.isAtQuote {
        guard let content = try? cursor.quotedCell() else { break }
        writing = NumberWriting(content[...])
      } else {
        let start = cursor.position
        let cellEnd = cursor.skipCell()
        writing = NumberWriting(UnsafeBufferPointer(start: start, count: cellEnd - start)[...])
      }
      switch writing {
      case .decimalPoint: return false
      case .decimalComma: hasComma = true
      // Excel writes semicolons where the comma stands before decimals.
      case .commaBeforeThree: hasComma = hasComma || !isComma
      default: break
      }
      _ = cursor.endsRow()
    }
    return hasComma
  }
}

/// What the signs between a number's digits show.
enum NumberWriting {
  /// `1.5`, `1,234.5`
  case decimalPoint
  /// `1,5`, `1.234,5`
  case decimalComma
  /// `1,234`: a decimal comma or thousands.
  case commaBeforeThree
  /// `1.234`, `1.234.567`: a decimal point or thousands.
  case pointBeforeThree

  /// `nil` where the bytes are not digits with points or commas between them.
  init?(_ cell: some Collection<UInt8>) {
    guard cell.count <= 40 else { return nil }
    var digits = 0
    var startsWithZero = false
    var signs: [(sign: UInt8, digitsBefore: Int)] = []
    // The sign of an exponent and what follows it are of no account.
    let isExponent = { (byte: UInt8) in byte | 0x20 == UInt8(ascii: "e") }
    for (index, byte) in cell.prefix(while: { !isExponent($0) }).enumerated() {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        if digits == 0, signs.isEmpty { startsWithZero = byte == UInt8(ascii: "0") }
        digits += 1
      case UInt8(ascii: "."), UInt8(ascii: ","):
        signs.append((byte, digits))
        digits = 0
      case UInt8(ascii: "-"), UInt8(ascii: "+"):
        guard index == 0 else { return nil }
      default: return nil
      }
    }
    guard let last = signs.last else { return nil }
    let isComma = last.sign == UInt8(ascii: ",")
    let hasExponent = cell.contains(where: isExponent)
    // Three digits after the last and one to three before the first; no thousands begin with 0.
    let mayGroup =
      digits == 3 && !startsWithZero && !hasExponent && (1...3).contains(signs[0].digitsBefore)
      && signs.allSatisfy { $0.sign == last.sign }
    if mayGroup {
      self = isComma ? .commaBeforeThree : .pointBeforeThree
    } else if signs.dropLast().contains(where: { $0.sign == last.sign }) {
      return nil
    } else {
      self = isComma ? .decimalComma : .decimalPoint
    }
  }
}

extension NumberWriting {
  /// What to do about a cell that is no number.
  static func advice(_ text: String) -> String {
    let digits = text.filter(\.isNumber)
    switch NumberWriting(Array(text.utf8)) {
    case .decimalComma where text.contains("."), .commaBeforeThree, .pointBeforeThree:
      return "write numbers without thousands separators: \(digits)"
    case .decimalComma:
      return "write decimals after a point: \(text.map { $0 == "," ? "." : String($0) }.joined())"
    case .decimalPoint where text.contains(","):
      return "write numbers without thousands separators: \(text.filter { $0 != "," })"
    case .decimalPoint: return "write decimals as this table begins: after a comma"
    case nil: break
    }
    if !digits.isEmpty, text.allSatisfy({ $0.isNumber || " '’.,_\u{A0}\u{202F}".contains($0) }) {
      return "write numbers without thousands separators: 1234567"
    }
    if !digits.isEmpty, "%$€£¥".contains(where: text.contains) {
      return "write the number alone, without its unit"
    }
    if ["?", "-", "--", ".", "*", "missing", "nil"].contains(text.lowercased()) {
      return "leave the cell of a missing value empty, or write NA"
    }
    return "text may stand in columns with names: write them into a first line, as name,age"
  }
}
