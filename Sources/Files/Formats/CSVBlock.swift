/// Rows of a table that one thread has read: their numbers, row after row or column after column.
final class CSVBlock<Value: CSVValue>: @unchecked Sendable {
  // `@unchecked Sendable`: one thread fills it; others look at it only when that has ended.
  private var storage = UnsafeMutableBufferPointer<Value>(start: nil, count: 0)
  private let columns: Int
  private let byColumn: Bool
  /// The rows there is memory for.
  private var capacity = 0
  private(set) var rows = 0
  /// The lines that were passed over, rows and others.
  fileprivate(set) var lines = 0
  /// Whether a number was found that Float32 cannot hold; the block then ends there.
  fileprivate(set) var needsDouble = false
  /// The whole numbers that Float64 skips.
  fileprivate(set) var rounded = RoundedIntegers()
  /// What ended it early.
  var failure: DataError?

  init(columns: Int, byColumn: Bool) {
    (self.columns, self.byColumn) = (columns, byColumn)
  }

  deinit { storage.deallocate() }

  /// The numbers read.
  var count: Int { rows * columns }

  /// How far apart the numbers of a row lie.
  fileprivate var columnStep: Int { byColumn ? capacity : 1 }

  /// Makes room for more rows after those that there are.
  func reserve(rows more: Int, for source: any ByteSource) throws(DataError) {
    guard capacity - rows < more else { return }
    let wanted = roomy(2 * capacity + more)
    let size = wanted.multipliedSaturating(columns)
    try MemoryLimit.require(
      size.multipliedSaturating(MemoryLayout<Value>.stride), for: source.place)
    let larger = UnsafeMutableBufferPointer<Value>.allocate(capacity: size)
    copy(to: larger, firstRow: 0, height: wanted)
    storage.deallocate()
    (storage, capacity) = (larger, wanted)
  }

  /// Where columns lie a power of two apart, a row's numbers would share few places of the cache.
  private func roomy(_ rows: Int) -> Int {
    byColumn && rows > 64 ? (rows + 15) / 32 * 32 + 16 : rows
  }

  /// Writes the rows into memory of the same order for `height` rows, from the first on.
  func copy(to target: UnsafeMutableBufferPointer<Value>, firstRow: Int, height: Int) {
    guard byColumn else {
      _ = UnsafeMutableBufferPointer(rebasing: target[(firstRow * columns)...])
        .update(fromContentsOf: storage[..<count])
      return
    }
    for column in 0..<columns {
      let first = column * capacity
      _ = UnsafeMutableBufferPointer(rebasing: target[(column * height + firstRow)...])
        .update(fromContentsOf: storage[first..<first + rows])
    }
  }

  /// Where the next row begins, with room for all of it.
  fileprivate func room(
    in source: any ByteSource
  ) throws(DataError) -> UnsafeMutablePointer<Value> {
    try reserve(rows: 1, for: source)
    // SAFETY: a row has one column at least, so there is memory by now.
    return storage.baseAddress.unsafelyUnwrapped + rows * (byColumn ? 1 : columns)
  }

  /// Takes in the row that was written to that room.
  fileprivate func addRow() { rows += 1 }
}

/// Reads the rows whose lines begin in a given range of bytes.
struct CSVBlockReader {
  let beginning: CSVBeginning
  let source: any ByteSource
  let window: TextWindow
  /// Where the range begins and ends.
  let start: Int
  let end: Int

  /// Room after the range for the end of the last line, so that most windows need not grow.
  private static let slack = 1 << 12

  /// What a line turned out to be.
  private enum Line { case unused, row, needsDouble }

  /// Lines are counted from 1 at the first that the block reads, in errors too.
  func read<Value>(into block: CSVBlock<Value>) throws(DataError) {
    // The byte before the range tells whether a line begins with it.
    let lookback = start > beginning.rowsOffset ? 1 : 0
    try window.load(start - lookback, end - start + lookback + Self.slack)
    guard let first = firstLine(lookback) else { return }
    var cursor = cursor(at: first, line: 1)
    while !cursor.isAtEnd, window.offset + (cursor.position - window.start) < end {
      let (place, line) = (cursor.position - window.start, cursor.line)
      var found = Line.unused
      var failure: DataError?
      do throws(DataError) {
        if !cursor.skipUnusedLine() { found = try readRow(&cursor, into: block) }
      } catch {
        failure = error
      }
      if cursor.position >= window.end - 1, !window.reachesEnd {
        // The line may go on after the window: once more, from more bytes.
        try throwIfInterrupted(source.place)
        try window.grow()
        cursor = self.cursor(at: place, line: line)
        continue
      }
      if let failure { throw failure }
      block.lines = cursor.line - 1
      switch found {
      case .unused: break
      case .row: block.addRow()
      case .needsDouble:
        block.needsDouble = true
        return
      }
    }
  }

  private func cursor(at place: Int, line: Int) -> CSVCursor {
    CSVCursor(
      beginning.dialect, from: window.start + place, to: window.end, line: line,
      path: source.place)
  }

  /// Where the first line begins that begins in the range, counted from the window's beginning.
  private func firstLine(_ lookback: Int) -> Int? {
    guard lookback > 0 else { return 0 }
    let bytes = UnsafeBufferPointer(start: window.start, count: window.count)
    guard let lineEnd = bytes.firstIndex(where: { CSVCursor.isLineEnd($0) }) else { return nil }
    let isPair =
      bytes[lineEnd] == CSVCursor.carriageReturn && lineEnd + 1 < bytes.count
      && bytes[lineEnd + 1] == CSVCursor.newline
    return lineEnd + (isPair ? 2 : 1)
  }

  // MARK: One row

  /// Writes a row's numbers after the block's last; the caller adds them when all is well.
  private func readRow<Value>(
    _ cursor: inout CSVCursor, into block: CSVBlock<Value>
  ) throws(DataError) -> Line {
    let columns = beginning.columns
    let row = try block.room(in: source)
    let step = block.columnStep
    let line = cursor.line
    var found = 0
    while !readBareNumbers(&cursor, row, by: step, &found) {
      let number: CSVNumber<Value>.Result = try cursor.readNumber(column: found + 1)
      if number.needsDouble { return .needsDouble }
      // SAFETY: the block has room for `columns` numbers, `step` apart, from `row` on.
      if found < columns { row[found * step] = number.value }
      if number.isRounded { block.rounded.note(number.value.double) }
      found += 1
      if cursor.endsRow() { break }
    }
    guard found == columns else {
      throw .raggedRow(path: source.place, line: line, expected: columns, found: found)
    }
    return .row
  }

  /// Reads numbers up to a cell that is no bare number, or that is one too many, or that needs
  /// Float64; true where the row has ended.
  @inline(__always)
  private func readBareNumbers<Value: CSVValue>(
    _ cursor: inout CSVCursor, _ row: UnsafeMutablePointer<Value>, by step: Int,
    _ found: inout Int
  ) -> Bool {
    let columns = beginning.columns
    let dialect = beginning.dialect
    // Several spaces separate as one does: left to the cursor.
    let separator =
      dialect.separator == CSVCursor.space ? CSVCursor.newline : dialect.separator
    let point = dialect.barePoint
    var position = cursor.position
    var count = found
    var target = row + count * step
    defer { found = count }
    while count < columns,
      let number = CSVNumber<Value>.parsePrefix(position, point: point),
      !number.needsDouble, !number.isRounded
    {
      let next = number.end.pointee
      let isPlain = next == separator && next != CSVCursor.newline
      guard
        isPlain || next == dialect.separator || CSVCursor.isLineEnd(next)
          || number.end == cursor.end
      else { break }
      // SAFETY: count < columns, and the block has room for `columns` numbers, `step` apart, from
      // `row` on.
      target.pointee = number.value
      target += step
      count += 1
      position = number.end + 1
      if isPlain { continue }
      cursor.position = number.end
      if cursor.endsRow() { return true }
      position = cursor.position
    }
    cursor.position = position
    return false
  }
}
