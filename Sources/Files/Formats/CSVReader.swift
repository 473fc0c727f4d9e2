import Synchronization
import Tensors

/// A table of numbers as text: comma, semicolon, tab or spaces between the cells.
package struct CSVTable: Sendable {
  /// R×C, or R where there is one column.
  package var tensor: Tensor
  /// The header's cells; empty where the first row holds numbers.
  package var columnNames: [String]
  /// What should be told about the reading.
  package var remarks: [LoadRemark] = []
}

/// Reads a table of numbers.
///
/// The cells are separated by commas, semicolons, tabs or spaces (`CSVDialectDetection`), the
/// first row may hold names (`CSVFirstRows`). Cells may be quoted; empty ones, `NA` and `nan` read
/// as nan. Lines that begin with `#`, empty lines, and rows and columns at the edges that hold
/// nothing are passed over. The result is Float32 unless a number needs Float64: one of which
/// Float32 cannot give back the digits.
///
/// All threads read: the text is cut into blocks, and a block's rows are those whose lines begin
/// in it. That a line end may lie between quotation marks does no harm. Rows hold numbers, and no
/// number contains one: such a cell is an error of its block, and of all errors the first in the
/// text is thrown.
package struct CSVReader {
  private let source: any ByteSource
  private let beginning: CSVBeginning
  private let byColumn: Bool

  /// Bytes a block: its text and its numbers fit a level-2 cache.
  static let blockSize = 1 << 18

  /// Reads the whole text. The size of the blocks does not change the result.
  package static func read(
    _ source: any ByteSource, blockSize: Int = blockSize
  ) throws(DataError) -> CSVTable {
    guard source.count > 0 else { throw .empty(path: source.place) }
    return try read(source, try CSVBeginning.read(source), blockSize: blockSize)
  }

  /// The same where the beginning has been read. With `byColumn` the tensor is a view of memory in
  /// which one column follows the other, so that each is cheap to take out.
  static func read(
    _ source: any ByteSource, _ beginning: CSVBeginning, byColumn: Bool = false,
    blockSize: Int = blockSize
  ) throws(DataError) -> CSVTable {
    let reader = CSVReader(
      source: source, beginning: beginning, byColumn: byColumn && beginning.columns > 1)
    var rounded = RoundedIntegers()
    var tensor = try reader.tensor(of: Float.self, blockSize, &rounded)
    if tensor == nil { tensor = try reader.tensor(of: Double.self, blockSize, &rounded) }
    guard let tensor else { throw .noRows(path: source.place) }
    return try CSVTable(
      tensor: tensor, columnNames: beginning.names,
      remarks: beginning.remarks + rounded.remarks(name: nil)
    ).withoutBlankColumns(beginning.blankColumns)
  }

  /// The table as numbers of one type; `nil` where Float32 is too narrow for one.
  private func tensor<Value: CSVValue>(
    of _: Value.Type, _ blockSize: Int, _ rounded: inout RoundedIntegers
  ) throws(DataError) -> Tensor? {
    try requireMemory(for: Value.self)
    let blocks = CSVBlocks<Value>(source, beginning, byColumn: byColumn, blockSize: blockSize)
    let workers = max(1, min(Threads.count, blocks.count))
    if workers > 1 {
      Threads.run(workers) { _ in blocks.work() }
    } else {
      blocks.work()
    }
    guard let parts = try blocks.result() else { return nil }
    for part in parts { rounded.add(part.rounded) }
    let count = parts.reduce(0) { $0 + $1.count }
    guard count > 0 else { throw .noRows(path: source.place) }
    let (rows, columns) = (count / beginning.columns, beginning.columns)
    if byColumn {
      let tensor = try joined(parts, [columns, rows])
      return try tensorResult { () throws(TensorError) in try tensor.transposed() }
    }
    return try joined(parts, columns == 1 ? [rows] : [rows, columns])
  }

  /// Asks for twice what the numbers take, for a moment as blocks and as a tensor, if the text
  /// goes on as it begins.
  private func requireMemory<Value: CSVValue>(for _: Value.Type) throws(DataError) {
    let cells = beginning.cells(in: source.count)
    try MemoryLimit.require(
      cells.multipliedSaturating(2 * MemoryLayout<Value>.size), for: source.place)
  }

  private func joined<Value: CSVValue>(
    _ parts: [CSVBlock<Value>], _ dimensions: [Int]
  ) throws(DataError) -> Tensor {
    var tensor = try tensorResult { () throws(TensorError) in
      try Tensor(
        uninitialized: Shape(checking: dimensions), Value.isNarrow ? .f32 : .f64)
    }
    let firstRows = parts.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.rows) }
    let height = firstRows.last ?? 0
    try tensorResult { () throws(TensorError) in
      try tensor.withMutableBytes { bytes in
        // SAFETY: each part's numbers go to their own place.
        nonisolated(unsafe) let target = bytes.bindMemory(to: Value.self)
        Threads.run(parts.count) { index in
          parts[index].copy(to: target, firstRow: firstRows[index], height: height)
        }
      }
    }
    return tensor
  }
}

/// The blocks of a text, which threads take one after another.
private final class CSVBlocks<Value: CSVValue>: Sendable {
  private let source: any ByteSource
  private let beginning: CSVBeginning
  private let blockSize: Int
  /// In the order of the text. Each is filled by the thread that has taken it.
  private let blocks: [CSVBlock<Value>]
  private let taken = Atomic(0)
  /// The numbers in the blocks that are done.
  private let read = Atomic(0)
  private static var numbersUnasked: Int { 1 << 23 }
  /// No block from here on is wanted: an error lies before it, or Float32 is too narrow.
  private let limit: Atomic<Int>

  var count: Int { blocks.count }

  init(
    _ source: any ByteSource, _ beginning: CSVBeginning, byColumn: Bool, blockSize: Int
  ) {
    self.source = source
    self.beginning = beginning
    self.blockSize = blockSize
    let count = (beginning.rowsEnd - beginning.rowsOffset + blockSize - 1) / blockSize
    blocks = (0..<count).map { _ in CSVBlock(columns: beginning.columns, byColumn: byColumn) }
    limit = Atomic(count)
  }

  /// Reads blocks until none is left.
  func work() {
    let window = TextWindow(source)
    while true {
      let index = taken.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < limit.load(ordering: .relaxed) else { return }
      let block = blocks[index]
      do throws(DataError) {
        try throwIfInterrupted(source.place)
        try read(index, window, into: block)
        if block.needsDouble { limit.store(0, ordering: .relaxed) }
      } catch {
        block.failure = error
        limit.min(index, ordering: .relaxed)
      }
    }
  }

  private func read(
    _ index: Int, _ window: TextWindow, into block: CSVBlock<Value>
  ) throws(DataError) {
    let start = beginning.rowsOffset + index * blockSize
    let cells = beginning.cells(in: blockSize + blockSize / 8)
    try block.reserve(rows: cells / max(1, beginning.columns) + 1, for: source)
    let reader = CSVBlockReader(
      beginning: beginning, source: source, window: window, start: start,
      end: min(start + blockSize, beginning.rowsEnd))
    try reader.read(into: block)
    try requireMemory(block.count)
  }

  /// Asks anew for what the tensor takes whenever so many more numbers have been read: the text
  /// need not go on as it begins.
  private func requireMemory(_ count: Int) throws(DataError) {
    let total = read.wrappingAdd(count, ordering: .relaxed)
    guard total.newValue / Self.numbersUnasked > total.oldValue / Self.numbersUnasked else {
      return
    }
    try MemoryLimit.require(
      total.newValue.multipliedSaturating(MemoryLayout<Value>.size), for: source.place)
  }

  /// The blocks in order, `nil` where Float32 is too narrow; throws the first error in the text.
  func result() throws(DataError) -> [CSVBlock<Value>]? {
    if blocks.contains(where: \.needsDouble) { return nil }
    var lines = beginning.linesBefore
    for block in blocks {
      if let failure = block.failure { throw failure.movedDown(by: lines) }
      lines += block.lines
    }
    return blocks
  }
}

extension DataError {
  /// The same error in a text with so many lines before.
  fileprivate func movedDown(by lines: Int) -> DataError {
    switch self {
    case .raggedRow(let path, let line, let expected, let found):
      .raggedRow(path: path, line: line + lines, expected: expected, found: found)
    case .notANumber(let path, let line, let column, let text):
      .notANumber(path: path, line: line + lines, column: column, text: text)
    case .unclosedQuote(let path, let line):
      .unclosedQuote(path: path, line: line + lines)
    default: self
    }
  }
}

extension CSVTable {
  /// Without those of the last columns that hold nothing, at most `count` of them.
  fileprivate func withoutBlankColumns(_ count: Int) throws(DataError) -> CSVTable {
    guard count > 0, tensor.rank == 2 else { return self }
    let columns = tensor.shape.dimensions[1]
    var kept = columns
    while kept > max(0, columns - count), try isBlank(column: kept - 1) { kept -= 1 }
    guard kept < columns else { return self }
    guard kept > 0 else { throw .noRows(path: "the table") }
    var table = self
    table.tensor = try tensorResult { () throws(TensorError) in
      let selection: Index = kept == 1 ? .at(0) : .slice(start: nil, stop: kept, step: 1)
      return try tensor.subscripted([.slice(start: nil, stop: nil, step: 1), selection])
        .contiguous()
    }
    if !columnNames.isEmpty { table.columnNames = Array(columnNames.prefix(kept)) }
    table.remarks.append(.emptyColumns(columns - kept))
    return table
  }

  private func isBlank(column: Int) throws(DataError) -> Bool {
    try tensorResult { () throws(TensorError) in
      try tensor.subscripted([.slice(start: nil, stop: nil, step: 1), .at(column)]).doubles()
        .allSatisfy(\.isNaN)
    }
  }
}
