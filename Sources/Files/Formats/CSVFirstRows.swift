/// A table's first two rows, as far as they tell whether the first one holds names, and how many
/// columns there are. Nothing is kept of the cells: a line may hold millions.
///
/// A first row without numbers is names. So is one that counts, as pandas names columns without
/// names: `,0,1,2`, `label,0,1,2`; one that has text above a number and otherwise numbers that
/// rise or fall, as years do; text above text where the numbers are years, or 0, 1, 2, …; and one
/// all in quotation marks above numbers without any. Other rows that mix text and numbers are data
/// without names: taking one for names would lose it silently.
struct CSVFirstRows {
  let isHeader: Bool
  /// Whether the second row holds text, or words for true and false.
  let hasText: Bool
  private(set) var columns: Int
  /// Columns at the right edge that are blank in the header and in the first row of data.
  private(set) var blankColumns: Int
  private(set) var remark: LoadRemark?
  /// Behind the last of the two rows.
  let end: UnsafePointer<UInt8>

  /// Reads the rows from `cursor` on.
  init(_ cursor: CSVCursor) throws(DataError) {
    let (first, second, end) = try Self.rows(cursor)
    self.end = end
    (isHeader, remark) = Self.judged(first, second)
    hasText = (second?.texts ?? 0) + (second?.truths ?? 0) > 0
    columns = first.columns
    blankColumns = first.trailingBlanks
    guard isHeader, let second else { return }
    let more = second.columns - first.columns
    if more > 0, second.trailingBlanks >= more {
      columns = second.columns
      blankColumns = min(first.trailingBlanks + more, second.trailingBlanks)
    } else if more < 0, first.trailingBlanks >= -more {
      columns = second.columns
      blankColumns = min(first.trailingBlanks + more, second.trailingBlanks)
    } else {
      blankColumns = more == 0 ? min(first.trailingBlanks, second.trailingBlanks) : 0
    }
  }

  // MARK: Rows

  /// What is counted of a row while its cells pass.
  private struct Row {
    var columns = 0
    var (texts, numbers, blanks, quoted, truths) = (0, 0, 0, 0, 0)
    var trailingBlanks = 0
    /// Text that has a letter stands above a number or nothing.
    var hasTextAboveNumber = false
    var startsWithoutNumber = false
    /// The numbers count 0, 1, 2, … in the first columns, or in those from the second on.
    var (counts, countsFromSecond) = (true, true)
    /// The numbers rise, or fall, from each to the next.
    var (rises, falls) = (true, true)
    /// The numbers are whole and each is one more than the one before.
    var isConsecutive = true
    /// What each number is more than the one before, where all are whole and it is the same
    /// everywhere.
    var step: Double? { hasEqualSteps ? firstStep : nil }
    private var firstStep: Double?
    private var hasEqualSteps = true
    /// Every cell is blank or has decimals or an exponent.
    var isFractional = true
    var (first, last): (Double?, Double?)

    mutating func add(_ cell: CSVCell, above below: CSVCell?) {
      if cell.isQuoted { quoted += 1 }
      trailingBlanks = cell.kind == .blank ? trailingBlanks + 1 : 0
      if columns == 0 { startsWithoutNumber = cell.kind != .number }
      if cell.kind != .blank, !cell.isFractional { isFractional = false }
      if cell.kind != .blank {
        if cell.whole != columns { counts = false }
        if cell.whole != columns - 1 { countsFromSecond = false }
      }
      switch cell.kind {
      case .blank: blanks += 1
      case .missing: if cell.isTruth { truths += 1 }
      case .text:
        texts += 1
        if cell.hasLetter, let below, below.kind != .text { hasTextAboveNumber = true }
      case .number: add(number: cell.value, isWhole: cell.whole != nil)
      }
      columns += 1
    }

    private mutating func add(number: Double, isWhole: Bool) {
      numbers += 1
      if let last {
        if number <= last { rises = false }
        if number >= last { falls = false }
        if number != last + 1 { isConsecutive = false }
        if number - last != firstStep ?? (number - last) || number <= last { hasEqualSteps = false }
        firstStep = firstStep ?? (number - last)
      }
      if !isWhole { (isConsecutive, hasEqualSteps) = (false, false) }
      first = first ?? number
      last = number
    }
  }

  private static func rows(
    _ cursor: CSVCursor
  ) throws(DataError) -> (first: Row, second: Row?, end: UnsafePointer<UInt8>) {
    var below = cursor
    var passed = 0
    repeat {
      passed += 1
      if passed & 0xFFFF == 0 { try throwIfInterrupted(cursor.path) }
      _ = try CSVCell(&below)
    } while !below.endsRow()
    while below.skipUnusedLine() {}
    var (above, first, second) = (cursor, Row(), Row())
    var belowEnds = below.isAtEnd
    let hasSecond = !belowEnds
    var aboveEnds = false
    while !aboveEnds || !belowEnds {
      if (first.columns + second.columns) & 0xFFFF == 0 { try throwIfInterrupted(cursor.path) }
      var belowCell: CSVCell?
      if !belowEnds {
        let cell = try CSVCell(&below)
        second.add(cell, above: nil)
        belowCell = cell
        belowEnds = below.endsRow()
      }
      if !aboveEnds {
        first.add(try CSVCell(&above), above: belowCell)
        aboveEnds = above.endsRow()
      }
    }
    return (first, hasSecond ? second : nil, max(above.position, below.position))
  }

  // MARK: Names or numbers

  private static func judged(_ first: Row, _ second: Row?) -> (isHeader: Bool, LoadRemark?) {
    if first.texts > 0, first.numbers == 0 { return (true, nil) }
    guard let second else { return (false, nil) }
    if first.quoted == first.columns, second.quoted == 0, second.numbers > 0 { return (true, nil) }
    if first.texts > 0 {
      let (start, last) = (first.first ?? 0, first.last ?? 0)
      let isCount = first.isConsecutive && (start == 0 || last - start >= 2)
      let isOrdered = first.startsWithoutNumber && (first.rises || first.falls)
      let isHeader =
        first.hasTextAboveNumber ? isCount || isOrdered : namesColumns(first, of: second)
      return (isHeader, nil)
    }
    if first.blanks == first.trailingBlanks + 1, first.startsWithoutNumber, first.numbers > 0 {
      // The index that pandas writes has no name.
      return (first.countsFromSecond || (first.isConsecutive && first.numbers > 1), nil)
    }
    guard first.counts, first.numbers > 1 else { return regular(first, second) }
    // Whole numbers above decimals alone: no program writes one column both ways.
    return second.isFractional && second.numbers > 0
      ? (true, .countedNames(first.numbers)) : (false, .countingRow(first.numbers))
  }

  /// Whether the numbers in a row of text and numbers are 0, 1, 2, … or years with equal steps,
  /// unlike those of the row below it.
  private static func namesColumns(_ first: Row, of second: Row) -> Bool {
    guard first.startsWithoutNumber, second.texts > 0, let step = first.step,
      first.numbers > 1, let start = first.first, second.step != step
    else { return false }
    return (1500..<2200).contains(start) || (start == 0 && step == 1)
  }

  /// Whole numbers with equal steps, as the years of a wide table are, unlike the row below.
  private static func regular(_ first: Row, _ second: Row) -> (isHeader: Bool, LoadRemark?) {
    guard let step = first.step, second.step != step, let start = first.first,
      let last = first.last, first.numbers > 2 || (1500..<2200).contains(start)
    else { return (false, nil) }
    return second.isFractional && second.numbers > 0
      ? (true, .regularNames(first: start, last: last))
      : (false, .regularRow(first: start, last: last))
  }
}

/// One cell of a table's first rows.
struct CSVCell {
  /// `missing` is a word that stands for a value, as NA.
  enum Kind { case blank, missing, number, text }

  private(set) var kind: Kind
  let isQuoted: Bool
  private(set) var value = 0.0
  /// The number where it is digits alone.
  private(set) var whole: Int?
  /// Written with decimals or an exponent.
  private(set) var isFractional = false
  private(set) var hasLetter = false
  /// A word for true or false.
  private(set) var isTruth = false

  /// Reads the cell at the cursor, which is moved past it.
  init(_ cursor: inout CSVCursor) throws(DataError) {
    cursor.skipBlanks()
    isQuoted = cursor.isAtQuote
    kind = .blank
    let point = cursor.dialect.point
    if isQuoted {
      let content = try cursor.quotedCell()
      let padded = content + [UInt8](repeating: 0, count: TextWindow.padding)
      padded.withUnsafeBufferPointer { buffer in
        if let start = buffer.baseAddress { classify(start, start + content.count, point) }
      }
    } else {
      let start = cursor.position
      classify(start, cursor.skipCell(), cursor.dialect.barePoint)
    }
  }

  private mutating func classify(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ point: UInt8
  ) {
    guard start < end else { return }
    let bytes = UnsafeBufferPointer(start: start, count: end - start)
    if let number = CSVNumber<Double>.parsePrefix(start, point: point), number.end == end {
      kind = .number
      value = number.value
      let isDigits = bytes.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      whole = isDigits ? Int(exactly: value) : nil
      isFractional = bytes.contains { $0 == point || $0 | 0x20 == UInt8(ascii: "e") }
    } else if CSVNumber<Double>.parse(start, end, point: point) != nil {
      kind = .missing
      isTruth = [UInt8(ascii: "t"), UInt8(ascii: "f")].contains(start.pointee | 0x20)
    } else {
      kind = .text
      hasLetter = bytes.contains { byte in
        byte >= 0x80 || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
      }
    }
  }
}
