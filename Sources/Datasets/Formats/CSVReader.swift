import Synchronization
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
///
/// All threads read: the text is cut into blocks, and a block's rows are those whose lines begin
/// in it. That a line end may lie between quotation marks does no harm. Rows hold numbers, and no
/// number contains one: such a cell is an error of its block, and of all errors the first in the
/// text is thrown.
struct CSVReader {
  private let source: any ByteSource
  private let beginning: CSVBeginning

  /// Bytes a block: its text and its numbers fit a level-2 cache.
  static let blockSize = 1 << 18

  /// Reads the whole text. The size of the blocks does not change the result.
  static func read(
    _ source: any ByteSource, blockSize: Int = blockSize
  ) throws(DatasetError) -> CSVTable {
    guard source.count > 0 else { throw .empty(path: source.place) }
    let beginning = try CSVBeginning.read(source)
    let reader = CSVReader(source: source, beginning: beginning)
    var tensor = try reader.tensor(of: Float.self, blockSize)
    if tensor == nil { tensor = try reader.tensor(of: Double.self, blockSize) }
    guard let tensor else { throw .noRows(path: source.place) }
    return CSVTable(tensor: tensor, columnNames: beginning.names)
  }

  /// The table as numbers of one type; `nil` where Float32 is too narrow for one.
  private func tensor<Value: CSVValue>(
    of _: Value.Type, _ blockSize: Int
  ) throws(DatasetError) -> Tensor? {
    try requireMemory(for: Value.self)
    let blocks = CSVBlocks<Value>(
      source, beginning, blockSize: blockSize, count: source.count)
    let workers = min(Threads.count, blocks.count)
    if workers > 1 {
      Threads.run(workers) { _ in blocks.work() }
    } else {
      blocks.work()
    }
    guard let parts = try blocks.result() else { return nil }
    let count = parts.reduce(0) { $0 + $1.count }
    guard count > 0 else { throw .noRows(path: source.place) }
    let rows = count / beginning.columns
    return try joined(parts, beginning.columns == 1 ? [rows] : [rows, beginning.columns])
  }

  /// Asks for twice what the numbers take, for a moment as blocks and as a tensor, if the text
  /// goes on as it begins.
  private func requireMemory<Value: CSVValue>(for _: Value.Type) throws(DatasetError) {
    let cells = beginning.cells(in: source.count)
    try MemoryLimit.require(
      cells.multipliedSaturating(2 * MemoryLayout<Value>.size), for: source.place)
  }

  private func joined<Value: CSVValue>(
    _ parts: [CSVBlock<Value>], _ dimensions: [Int]
  ) throws(DatasetError) -> Tensor {
    var tensor = try tensorResult { () throws(TensorError) in
      try Tensor(
        uninitialized: Shape(checking: dimensions), Value.isNarrow ? .f32 : .f64)
    }
    let offsets = parts.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.count) }
    try tensorResult { () throws(TensorError) in
      try tensor.withMutableBytes { bytes in
        guard let base = bytes.baseAddress else { return }
        // SAFETY: the tensor was made for the parts' numbers together; each goes to its own place.
        nonisolated(unsafe) let target = base
        Threads.run(parts.count) { index in
          target.advanced(by: offsets[index] * MemoryLayout<Value>.stride)
            .copyMemory(
              from: parts[index].values, byteCount: parts[index].count * MemoryLayout<Value>.stride)
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
  let count: Int

  private struct Progress {
    var next = 0
    /// No block from here on is wanted: an error lies before it, or Float32 is too narrow.
    var limit: Int
    var blocks: [CSVBlock<Value>?]
    var failure: DatasetError?
    var needsDouble = false
  }
  private let progress: Mutex<Progress>

  init(_ source: any ByteSource, _ beginning: CSVBeginning, blockSize: Int, count size: Int) {
    self.source = source
    self.beginning = beginning
    self.blockSize = blockSize
    count = max(0, size - beginning.rowsOffset + blockSize - 1) / blockSize
    progress = Mutex(Progress(limit: count, blocks: Array(repeating: nil, count: count)))
  }

  /// Reads blocks until none is left.
  func work() {
    let window = TextWindow(source)
    let expected = beginning.cells(in: blockSize + blockSize / 8)
    while let index = next() {
      let block = CSVBlock<Value>(capacity: expected + beginning.columns)
      let start = beginning.rowsOffset + index * blockSize
      let reader = CSVBlockReader(
        beginning: beginning, source: source, window: window, start: start,
        end: min(start + blockSize, source.count))
      do throws(DatasetError) {
        try throwIfInterrupted(source.place)
        try reader.read(into: block)
        finish(index, block, nil)
      } catch {
        finish(index, block, error)
      }
    }
  }

  private func next() -> Int? {
    progress.withLock { progress in
      guard progress.next < progress.limit else { return nil }
      progress.next += 1
      return progress.next - 1
    }
  }

  private func finish(_ index: Int, _ block: CSVBlock<Value>, _ failure: DatasetError?) {
    progress.withLock { progress in
      if block.needsDouble {
        progress.needsDouble = true
        progress.limit = 0
      }
      if let failure, index < progress.limit {
        progress.limit = index
        progress.failure = failure
      }
      progress.blocks[index] = block
    }
  }

  /// The blocks in order, `nil` where Float32 is too narrow; throws the first error in the text.
  func result() throws(DatasetError) -> [CSVBlock<Value>]? {
    let (blocks, limit, failure, needsDouble) = progress.withLock {
      ($0.blocks, $0.limit, $0.failure, $0.needsDouble)
    }
    if needsDouble { return nil }
    if let failure {
      let lines = blocks[..<limit].reduce(beginning.linesBefore) { $0 + ($1?.lines ?? 0) }
      throw failure.movedDown(by: lines)
    }
    return blocks.compactMap { $0 }
  }
}

extension DatasetError {
  /// The same error in a text with so many lines before.
  fileprivate func movedDown(by lines: Int) -> DatasetError {
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
