import Files

extension Value {
  /// What a text in JSON holds: objects as records, arrays as lists, null as none.
  package init(_ json: JSONValue) throws {
    switch json {
    case .null: self = .none
    case .bool(let truth): self = .bool(truth)
    case .integer(let number): self = .number(Double(number))
    case .number(let number): self = .number(number)
    case .string(let text): self = .text(text)
    case .array(let elements):
      self = .items(try interruptibleList(count: elements.count) { try Value(elements[$0]) })
    case .object(let members):
      var record = Record()
      for (name, value) in members { record[name] = try Value(value) }
      self = .record(RecordBox(record))
    }
  }
}
