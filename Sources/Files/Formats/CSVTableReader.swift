import Syntax
import Tensors

/// Reads a table some of whose columns hold text.
///
/// The text is gone through twice: first to find what each column holds (`CSVColumnForm`), for a
/// single word makes text of a column of numbers, then to read it as that.
struct CSVTableReader {
  private let source: any ByteSource
  private let beginning: CSVBeginning
  private let window: TextWindow

  /// A cell's place in its row, its bytes (zeros or other text follow them), and its line.
  private typealias Visit = (Int, UnsafeBufferPointer<UInt8>, Int) throws(DataError) -> Void

  init(_ source: any ByteSource, _ beginning: CSVBeginning) throws(DataError) {
    self.source = source
    self.beginning = beginning
    // A short text lies in its string; a number and its place in an array take no more.
    let cells = beginning.cells(in: source.count)
    try MemoryLimit.require(cells.multipliedSaturating(16), for: source.place)
    window = TextWindow(source)
    try window.load(0, source.count)
  }

  func read() throws(DataError) -> (columns: [TableColumn], remarks: [LoadRemark]) {
    let point = beginning.dialect.point
    var forms = Array(repeating: CSVColumnForm(point: point), count: beginning.columns)
    let comments = try visitCells { column, bytes, line in forms[column].add(bytes, line: line) }
    let builders = forms.map(CSVColumnBuilder.init)
    _ = try visitCells { (column, bytes, line) throws(DataError) in
      guard builders[column].add(bytes) else {
        throw DataError.notText(place: source.place, line: line)
      }
    }
    guard let rows = builders.first?.count, rows > 0 else { throw .noRows(path: source.place) }
    var remarks = beginning.remarks
    if comments > 0 { remarks.append(.commentLines(comments)) }
    let kept = columnsKept(forms)
    if kept < forms.count { remarks.append(.emptyColumns(forms.count - kept)) }
    let names = TableColumn.uniqueNames(Array(beginning.names.prefix(kept)))
    var columns: [TableColumn] = []
    for (place, name) in names.enumerated() {
      columns.append(TableColumn(name: name, content: try builders[place].content()))
      remarks += forms[place].remarks(name: name)
    }
    return (columns, remarks)
  }

  /// As many of the columns as there are without those at the right edge that hold nothing.
  private func columnsKept(_ forms: [CSVColumnForm]) -> Int {
    var kept = forms.count
    while kept > max(1, forms.count - beginning.blankColumns), forms[kept - 1].isBlank { kept -= 1 }
    return kept
  }

  /// Hands on each cell of each row.
  ///
  /// - Returns: how many lines were passed over as comments.
  private func visitCells(_ visit: Visit) throws(DataError) -> Int {
    var cursor = CSVCursor(
      beginning.dialect, from: window.start + beginning.rowsOffset,
      to: window.start + beginning.rowsEnd, line: beginning.linesBefore + 1, path: source.place)
    var (rows, comments) = (0, 0)
    while !cursor.isAtEnd {
      let isComment = cursor.beginsComment
      if cursor.skipUnusedLine() {
        if isComment { comments += 1 }
        continue
      }
      rows += 1
      if rows & 0xFFF == 0 { try throwIfInterrupted(source.place) }
      try visitRow(&cursor, visit)
    }
    return comments
  }

  private func visitRow(_ cursor: inout CSVCursor, _ visit: Visit) throws(DataError) {
    let line = cursor.line
    var column = 0
    repeat {
      try visitCell(&cursor) { (bytes) throws(DataError) in
        if column < beginning.columns { try visit(column, bytes, line) }
      }
      column += 1
    } while !cursor.endsRow()
    guard column == beginning.columns else {
      throw .raggedRow(
        path: source.place, line: line, expected: beginning.columns, found: column)
    }
  }

  private func visitCell(
    _ cursor: inout CSVCursor,
    _ visit: (UnsafeBufferPointer<UInt8>) throws(DataError) -> Void
  ) throws(DataError) {
    cursor.skipBlanks()
    guard cursor.isAtQuote else {
      let start = cursor.position
      let end = cursor.skipCell()
      return try visit(UnsafeBufferPointer(start: start, count: end - start))
    }
    let content = try cursor.quotedCell(keepsBlanks: true)
    let padded = content + [UInt8](repeating: 0, count: TextWindow.padding)
    try padded.withUnsafeBufferPointer { (buffer) throws(DataError) in
      try visit(UnsafeBufferPointer(rebasing: buffer[..<content.count]))
    }
  }
}

extension CSVCursor {
  /// Whether the line at the cursor is passed over for its `#`.
  fileprivate var beginsComment: Bool {
    var cursor = self
    cursor.skipBlanks()
    return !cursor.isAtEnd && cursor.position.pointee == UInt8(ascii: "#")
  }
}

/// Takes up the cells of one column.
private final class CSVColumnBuilder {
  private let form: CSVColumnForm
  private var floats: [Float] = []
  private var doubles: [Double] = []
  private var texts: [String] = []

  init(_ form: CSVColumnForm) { self.form = form }

  /// The cells so far.
  var count: Int { floats.count + doubles.count + texts.count }

  /// Takes up a cell; false where it is no text in UTF-8.
  func add(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    switch form.kind {
    case .text:
      if bytes.allSatisfy({ $0 < 0x80 }) {
        // Validating costs several times as much, and there is nothing to validate.
        texts.append(String(decoding: bytes, as: UTF8.self))
      } else {
        guard let text = String(validating: bytes, as: UTF8.self) else { return false }
        texts.append(text)
      }
    case .truths: floats.append(bytes.first.map { $0 | 0x20 } == UInt8(ascii: "t") ? 1 : 0)
    case .floats: floats.append(form.number(bytes)?.value ?? .nan)
    case .doubles: doubles.append(form.number(bytes)?.value ?? .nan)
    }
    return true
  }

  func content() throws(DataError) -> TableColumn.Content {
    switch form.kind {
    case .text: return .texts(texts)
    case .floats: return .numbers(try makeTensor(floats, [floats.count]))
    case .doubles: return .numbers(try makeTensor(doubles, [doubles.count]))
    case .truths:
      let numbers = try makeTensor(floats, [floats.count])
      return .numbers(try tensorResult { () throws(TensorError) in try numbers.cast(to: .bool) })
    }
  }
}
