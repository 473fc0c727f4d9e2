import Tensors

extension DataTable {
  /// `self[subscripts]`: a column by its name, several by a list of names; a row, as a record, by
  /// its position; rows by a slice, mask or positions; both, rows first.
  func indexed(by subscripts: [SubscriptValue]) throws -> Value {
    guard let first = subscripts.first, subscripts.count <= 2 else {
      throw RuntimeError.other(
        "a table takes rows and columns between the brackets, not \(subscripts.count) indices",
        hint: nil)
    }
    if subscripts.count == 2 { return try chosen(first, columns: subscripts[1]) }
    if let names = try Self.names(first) {
      return names.isSingle ? try column(names.names[0]) : .table(Box(try selecting(names.names)))
    }
    return try chosenRows(first)
  }

  private func chosenRows(_ subscripted: SubscriptValue) throws -> Value {
    let (positions, isSingle) = try positions(subscripted)
    return isSingle ? try row(positions[0]) : .table(Box(try rows(positions)))
  }

  /// The positions of rows.
  func positions(_ subscripted: SubscriptValue) throws -> (positions: [Int], isSingle: Bool) {
    if case .index(.bool) = subscripted {
      throw RuntimeError.other(
        "the rows of a table are chosen by a mask, and this is a single truth value",
        hint: "a list is compared as a whole; for rows by their text: "
          + "filter(r -> r.name == \"…\", t)")
    }
    if case .index(.list(let box)) = subscripted, !box.content.isEmpty, box.content.count == count,
      box.content.allSatisfy(\.isTruth)
    {
      return (
        box.content.indices.filter {
          if case .bool(true) = box.content[$0] { true } else { false }
        },
        false
      )
    }
    return try subscripted.positions(in: count, of: "table")
  }

  private func chosen(
    _ rows: SubscriptValue, columns subscripted: SubscriptValue
  ) throws -> Value {
    let names: (names: [String], isSingle: Bool)
    if let written = try Self.names(subscripted) {
      names = written
    } else {
      let (places, isSingle) = try subscripted.positions(in: columns.count, of: "table's columns")
      names = (places.map { columns.keys[$0].content }, isSingle)
    }
    let chosen = try selecting(names.names).chosenRows(rows)
    guard names.isSingle else { return chosen }
    switch chosen {
    case .table(let box): return try box.content.column(names.names[0])
    case .record(let box): return box.content.values.first ?? .none
    default: return chosen
    }
  }

  /// The names that an index gives; nil where it gives none.
  private static func names(
    _ subscripted: SubscriptValue
  ) throws -> (names: [String], isSingle: Bool)? {
    switch subscripted {
    case .index(.string(let box)): return ([box.content], true)
    case .index(.list(let box)):
      guard case .string? = box.content.first else { return nil }
      return (
        try box.content.map { value in
          guard case .string(let name) = value else {
            throw RuntimeError.other(
              "columns are chosen by their names, and one is \(value.kindPhrase)", hint: nil)
          }
          return name.content
        }, false
      )
    default: return nil
    }
  }

  // MARK: Writing

  /// Changes a column, or a part of it; a new name adds a column.
  mutating func write(
    _ name: String, _ rest: ArraySlice<Accessor>, _ change: PartChange
  ) throws {
    if rest.isEmpty, case .replace(let value) = change { return try setColumn(name, to: value) }
    var column = try takeColumn(name)
    let before = column
    do {
      try column.write(rest, change)
      try setColumn(name, to: column)
    } catch {
      try setColumn(name, to: before)
      throw error
    }
  }

  /// Changes what `subscripts` choose: a column by its name, or rows of a column.
  mutating func write(
    at subscripts: [SubscriptValue], _ rest: ArraySlice<Accessor>, _ change: PartChange
  ) throws {
    switch (subscripts.first, subscripts.last) {
    case (.index(.string(let name))?, _) where subscripts.count == 1:
      try write(name.content, rest, change)
    case (let rows?, .index(.string(let name))?) where subscripts.count == 2:
      let (positions, isSingle) = try positions(rows)
      let index: Value =
        isSingle
        ? .number(Double(positions[0])) : .items(positions.map { .number(Double($0)) })
      try write(name.content, [.index([.index(index)])] + rest, change)
    default:
      throw RuntimeError.other(
        "a table is changed column by column",
        hint: "write t.age = e, or t[0:5, \"age\"] = e for some of its rows")
    }
  }
}
