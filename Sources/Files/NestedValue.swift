import Tensors

/// What a file of nested parts holds: tensors among numbers, strings, lists and records of these.
package enum NestedValue: Sendable {
  case none
  case bool(Bool)
  case number(Double)
  case text(String)
  case tensor(Tensor)
  case list([NestedValue])
  /// Each name once, in the file's order.
  case record([(name: String, value: NestedValue)])
}

extension NestedValue {
  /// What it is, inside a sentence.
  var words: String {
    switch self {
    case .none: "none"
    case .bool(let truth): "\(truth)"
    case .number: "a number"
    case .text: "a string"
    case .tensor(let tensor): "a \(tensor.shape) tensor"
    case .list: "a list that holds more than numbers"
    case .record: "a record"
    }
  }

  /// Whether it holds no other values.
  var isScalar: Bool {
    switch self {
    case .none, .bool, .number, .text: true
    case .tensor(let tensor): tensor.rank == 0
    case .list, .record: false
    }
  }

  /// A table as a list of records, one a row; a missing number is none.
  package static func rows(of columns: [TableColumn]) throws(DataError) -> NestedValue {
    let count = columns.first?.count ?? 0
    try MemoryLimit.require(
      count.multipliedSaturating(
        columns.count.multipliedSaturating(MemoryLayout<(String, NestedValue)>.stride)),
      for: "the table")
    let cells = columns.map { column -> (name: String, cell: (Int) -> NestedValue) in
      switch column.content {
      case .texts(let texts): return (column.name, { .text(texts[$0]) })
      case .numbers(let tensor):
        let numbers = tensor.doubles()
        let areTruths = tensor.elementType == .bool
        return (
          column.name,
          { row in
            if areTruths { return .bool(numbers[row] != 0) }
            return numbers[row].isNaN ? .none : .number(numbers[row])
          }
        )
      }
    }
    var rows: [NestedValue] = []
    rows.reserveCapacity(count)
    for row in 0..<count {
      if row & 0xFFFF == 0xFFFF { try throwIfInterrupted("the table") }
      rows.append(.record(cells.map { ($0.name, $0.cell(row)) }))
    }
    return .list(rows)
  }
}

extension FileContents {
  /// The contents as one value; nil for a network.
  func nested() throws(DataError) -> NestedValue? {
    switch self {
    case .tree(let value, _): return value
    case .tensor(let tensor, _): return .tensor(tensor)
    case .text(let text): return .text(text)
    case .record(let arrays, _): return .record(arrays.map { ($0.name, .tensor($0.tensor)) })
    case .table(let columns, _): return try .rows(of: columns)
    case .json, .parameters, .model: return nil
    }
  }

  /// The contents of a file whose whole is this value: a record of tensors where it is one, so that
  /// it serves as any archive of arrays does.
  static func nested(_ value: NestedValue, remarks: [LoadRemark]) -> FileContents {
    switch value {
    case .tensor(let tensor): return .tensor(tensor, remarks: remarks)
    case .record(let fields):
      let tensors = fields.compactMap { field -> NamedTensor? in
        guard case .tensor(let tensor) = field.value else { return nil }
        return NamedTensor(name: field.name, tensor: tensor)
      }
      return tensors.count == fields.count
        ? .record(tensors, remarks: remarks) : .tree(value, remarks: remarks)
    default: return .tree(value, remarks: remarks)
    }
  }
}
