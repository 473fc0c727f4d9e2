import Tensors

/// Writes a table with a first row of names, so that `CSVTableReader` gives back the same columns.
///
/// A missing number is an empty cell. A column of text whose every text reads as a number comes
/// back as numbers: no quotation mark can tell that it is none.
struct CSVTableWriter {
  private let columns: [TableColumn]
  private let separator: UInt8

  private static let rowsInPiece = 4096

  init(_ columns: [TableColumn], separator: UInt8) {
    self.columns = columns
    self.separator = separator
  }

  func write(to sink: any ByteSink) throws(DataError) {
    let rows = columns.first?.count ?? 0
    let cells = try columns.map { (column) throws(DataError) in try CellTexts(column.content) }
    var bytes = header
    for row in 0..<rows {
      append(row, cells, to: &bytes)
      if row % Self.rowsInPiece == Self.rowsInPiece - 1 {
        try throwIfInterrupted("the table")
        try sink.write(bytes)
        bytes.removeAll(keepingCapacity: true)
      }
    }
    try sink.write(bytes)
  }

  /// The names. All are quoted where one could be read as a number: quoted names stand out from
  /// rows of numbers.
  private var header: [UInt8] {
    let names = columns.map { Array($0.name.utf8) }
    let mustQuote = names.contains { name in
      let number: CSVNumber<Double>.Result? = CSVCursor.number(name, point: UInt8(ascii: "."))
      return number != nil
    }
    return names.enumerated().flatMap { place, name -> [UInt8] in
      let cell = mustQuote || needsQuotes(name) ? Self.quoted(name) : name
      return cell + [place + 1 == names.count ? CSVCursor.newline : separator]
    }
  }

  private func append(_ row: Int, _ cells: [CellTexts], to bytes: inout [UInt8]) {
    let start = bytes.count
    for (place, column) in cells.enumerated() {
      if place > 0 { bytes.append(separator) }
      let cell = column.text(row)
      if column.isText, needsQuotes(cell) {
        bytes += Self.quoted(cell)
      } else {
        bytes += cell
      }
    }
    // An empty line is no row, nor are separators alone at the end of a file.
    if bytes.count - start == max(0, cells.count - 1), let first = cells.first {
      let blank = first.isText ? "\"\"" : "nan"
      bytes.insert(contentsOf: blank.utf8, at: start)
    }
    bytes.append(CSVCursor.newline)
  }

  private func needsQuotes(_ cell: [UInt8]) -> Bool {
    guard let first = cell.first, let last = cell.last else { return false }
    let edges = [CSVCursor.space, CSVCursor.tab]
    return first == UInt8(ascii: "#") || edges.contains(first) || edges.contains(last)
      || cell.contains {
        $0 == separator || $0 == CSVCursor.quote || $0 == CSVCursor.newline
          || $0 == CSVCursor.carriageReturn
      }
  }

  private static func quoted(_ cell: [UInt8]) -> [UInt8] {
    [CSVCursor.quote] + cell.flatMap { $0 == CSVCursor.quote ? [$0, $0] : [$0] }
      + [CSVCursor.quote]
  }
}

/// The cells of a column as they are written.
private enum CellTexts {
  case texts([String])
  case truths([Float])
  case floats([Float])
  /// Where one of them makes Float64 of the column, the fewest digits do for all.
  case doubles([Double], inFewestDigits: Bool)

  init(_ content: TableColumn.Content) throws(DataError) {
    switch content {
    case .texts(let texts): self = .texts(texts)
    case .numbers(let tensor) where tensor.elementType == .f64:
      var numbers: [Double] = []
      try tensor.readDoubles { (values) throws(DataError) in numbers = Array(values) }
      self = .doubles(numbers, inFewestDigits: numbers.contains(where: \.isReadAsDouble))
    case .numbers(let tensor):
      var numbers: [Float] = []
      try tensor.readFloats { (values) throws(DataError) in numbers = Array(values) }
      self = tensor.elementType == .bool ? .truths(numbers) : .floats(numbers)
    }
  }

  var isText: Bool { if case .texts = self { true } else { false } }

  func text(_ row: Int) -> [UInt8] {
    switch self {
    case .texts(let texts): Array(texts[row].utf8)
    case .truths(let numbers): Array((numbers[row] == 0 ? "false" : "true").utf8)
    case .floats(let numbers): CSVWriter.text(of: numbers[row])
    case .doubles(let numbers, let inFewestDigits):
      CSVWriter.text(of: numbers[row], inFewestDigits: inFewestDigits)
    }
  }
}

extension CSVWriter {
  /// A number as it reads back as itself; nothing for nan.
  fileprivate static func text<Value: CSVWritable & CustomStringConvertible>(
    of number: Value, inFewestDigits: Bool = false
  ) -> [UInt8] {
    guard !number.isNaN else { return [] }
    let digits = Array((inFewestDigits ? number.description : number.csvText).utf8)
    return digits.suffix(2).elementsEqual(".0".utf8) ? Array(digits.dropLast(2)) : digits
  }
}
