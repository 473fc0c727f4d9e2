import Files

extension Value {
  /// What a file of nested parts holds: its records as records, its lists as lists.
  package init(_ nested: NestedValue) throws {
    switch nested {
    case .none: self = .none
    case .bool(let truth): self = .bool(truth)
    case .number(let number): self = .number(number)
    case .text(let text): self = .text(text)
    case .tensor(let tensor): self = Value(tensor)
    case .list(let elements):
      self = .items(try interruptibleList(count: elements.count) { try Value(elements[$0]) })
    case .record(let fields):
      self = .fields(try fields.map { ($0.name, try Value($0.value)) })
    }
  }
}
