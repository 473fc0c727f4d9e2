import Files
import Tensors

/// Named columns of one length: vectors, masks among them, and lists, as of strings.
package struct DataTable: Sendable {
  /// The columns under their names, in order.
  package private(set) var columns = Record()
  /// The number of rows.
  package private(set) var count = 0

  package init() {}

  /// - Throws: where a column is none, or the lengths differ.
  package init(_ columns: [(name: String, value: Value)]) throws {
    for (name, value) in columns {
      if self.columns[name] != nil {
        throw RuntimeError.other("a table has one column \(name), not two", hint: nil)
      }
      try setColumn(name, to: value)
    }
  }

  /// Columns that are known to be sound and of `count` rows.
  init(sound columns: Record, count: Int) {
    self.columns = columns
    self.count = count
  }

  /// The columns of a file.
  package init(_ columns: [TableColumn]) {
    for column in columns {
      switch column.content {
      case .numbers(let tensor): self.columns[column.name] = .tensor(Box(tensor))
      case .texts(let texts): self.columns[column.name] = .items(Self.shared(texts))
      }
    }
    count = columns.first?.count ?? 0
  }

  package var names: [String] { columns.names }

  /// Texts as values; equal ones share their memory, where there are not too many.
  private static func shared(_ texts: [String]) -> [Value] {
    var known: [String: TextBox] = [:]
    return texts.map { text in
      if let box = known[text] { return .string(box) }
      let box = TextBox(text)
      if known.count < 10_000 { known[text] = box }
      return .string(box)
    }
  }

  // MARK: Columns

  /// The column of a name, or the error that there is none.
  package func column(_ name: String) throws -> Value {
    guard let column = columns[name] else { throw unknown(name) }
    return column
  }

  func unknown(_ name: String) -> RuntimeError {
    .unknownField(name, of: "the table", known: names)
  }

  /// Adds a column, or puts another into its place; a single value stands in every row.
  package mutating func setColumn(_ name: String, to value: Value) throws {
    let isOnly = columns.count == 0 || (columns.count == 1 && columns[name] != nil)
    let (column, length) = try Self.column(value, named: name, rows: isOnly ? nil : count)
    guard isOnly || length == count else {
      throw RuntimeError.other(
        "the column \(name) has \(length) row\(length == 1 ? "" : "s"), and the table \(count)",
        hint: nil)
    }
    columns[name] = column
    count = length
  }

  /// Takes a column out, to be changed where it is; `setColumn` puts it back.
  mutating func takeColumn(_ name: String) throws -> Value {
    let column = try column(name)
    columns[name] = Value.none
    return column
  }

  /// The table without a column.
  package mutating func removeColumn(_ name: String) throws {
    guard columns[name] != nil else { throw unknown(name) }
    columns[name] = nil
    if columns.count == 0 { count = 0 }
  }

  /// Some of the columns, in the order given.
  package func selecting(_ names: [String]) throws -> DataTable {
    var chosen = Record()
    for name in names { chosen[name] = try column(name) }
    return DataTable(sound: chosen, count: count)
  }

  /// A value as a column, with its length.
  private static func column(
    _ value: Value, named name: String, rows: Int?
  ) throws -> (Value, length: Int) {
    switch value {
    case .traced:
      throw RuntimeError.notDifferentiable("a table", reason: "its columns are plain numbers")
    case .number(let number):
      let type: ElementType = number.fitsFloat32 ? .working : .f64
      return (.tensor(Box(try Tensor.full([rows ?? 1], number, type))), rows ?? 1)
    case .bool(let truth):
      return (.tensor(Box(try Tensor.full([rows ?? 1], truth ? 1 : 0, .bool))), rows ?? 1)
    case .string: return (.items(Array(repeating: value, count: rows ?? 1)), rows ?? 1)
    case .list(let box):
      if let tensor = try value.asTensor(), tensor.rank == 1 {
        return (.tensor(Box(tensor)), tensor.count)
      }
      return (value, box.content.count)
    default: break
    }
    guard var tensor = try value.asTensor() else {
      throw RuntimeError.other(
        "the column \(name) is a vector, a list or a single value, not \(value.kindPhrase)",
        hint: nil)
    }
    if tensor.rank == 2, tensor.shape[1] == 1 { tensor = try tensor.flattened() }
    guard tensor.rank == 1 else {
      throw RuntimeError.other(
        "the column \(name) is a vector, not \(value.kindPhrase)", hint: "name each of its columns")
    }
    return (.tensor(Box(tensor)), tensor.count)
  }

  // MARK: Rows

  /// A row as a record.
  package func row(_ position: Int) throws -> Value {
    .fields(try zip(columns.names, columns.values).map { ($0, try $1.element(position)) })
  }

  /// The rows at some positions, in that order.
  package func rows(_ positions: [Int]) throws -> DataTable {
    let gathered = try Tensor(doubles: positions.map(Double.init), elementType: .f64)
    var chosen = Record()
    for (name, column) in zip(columns.names, columns.values) {
      switch column {
      case .list(let box):
        chosen[name] = .items(
          try interruptibleList(count: positions.count) { box.content[positions[$0]] })
      case .tensor(let box):
        chosen[name] = .tensor(Box(try box.content.subscripted([.gather(gathered)])))
      default: break
      }
    }
    return DataTable(sound: chosen, count: positions.count)
  }

  // MARK: As other things

  /// Rows×columns, of tables whose columns are all numbers or truth values.
  package func matrix() throws -> Tensor {
    var tensors: [Tensor] = []
    for (name, column) in zip(columns.names, columns.values) {
      guard case .tensor(let box) = column else {
        throw RuntimeError.other(
          "the column \(name) holds text, which is no number",
          hint: "choose columns of numbers, as t[[\"a\", \"b\"]]; or codes(t.\(name)).codes")
      }
      let tensor = box.content
      tensors.append(try tensor.cast(to: tensor.elementType.arithmetic))
    }
    guard !tensors.isEmpty else { return try Tensor.zeros([0, 0]) }
    return try Tensor.stack(tensors, axis: 1)
  }

  /// The columns as a file holds them; what is neither number nor text is written as `print` does.
  package var fileColumns: [TableColumn] {
    zip(columns.names, columns.values).map { name, column in
      switch column {
      case .tensor(let box): TableColumn(name: name, content: .numbers(box.content))
      case .list(let box):
        TableColumn(
          name: name,
          content: .texts(box.content.map { if case .none = $0 { "" } else { $0.printed } }))
      default: TableColumn(name: name, content: .texts([]))
      }
    }
  }

  /// The columns beside each other, of several tables with the same names, one table's rows after
  /// another's.
  package static func joined(_ tables: [DataTable]) throws -> DataTable {
    guard let first = tables.first else { return DataTable() }
    var columns: [(String, Value)] = []
    for name in first.names {
      let parts = try tables.map { try $0.column(name) }
      let tensors = parts.compactMap { if case .tensor(let box) = $0 { box.content } else { nil } }
      if tensors.count == parts.count {
        columns.append((name, .tensor(Box(try Tensor.concatenate(tensors, axis: 0)))))
      } else {
        let lists = try parts.map { part in
          try interruptibleList(count: part.elementCount ?? 0) { try part.element($0) }
        }
        columns.append((name, .items(Array(lists.joined()))))
      }
    }
    if let other = tables.first(where: { $0.columns.count != first.columns.count }) {
      throw RuntimeError.other(
        "the tables have \(first.columns.count) and \(other.columns.count) columns", hint: nil)
    }
    return try DataTable(columns)
  }
}
