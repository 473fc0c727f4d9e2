import Language
import Tensors

/// Tables of named columns.
extension Builtin {
  static let tableGroup: [Builtin] = [table, group]

  static let table = Builtin(
    Declaration(
      "table", group: .records, "a table of named columns of one length",
      details: """
        Of a record of columns, of a list of records, a row each, or of a matrix and the names of \
        its columns. t.age and t["age"] are a column, t[["age", "fare"]] a table of some; t[0] is \
        a row as a record, t[0:5] and t[t.age > 30] are tables of some rows; t.z = … sets a \
        column. tensor(t) is the matrix of columns of numbers.
        """,
      parameters: [
        Parameter("columns", .any, "a record of columns, a list of records, or a matrix"),
        Parameter("names", .list, default: .computed("the record's"), "of a matrix' columns"),
      ],
      result: "a table",
      examples: [
        .init(
          "table({name: [\"Ada\", \"Bo\"], age: [36, 41]})",
          "2×2 table\n  name  age\n  text  f32\n  Ada    36\n  Bo     41")
      ],
      seeAlso: ["group", "sort", "dataset"]),
    differentiation: .refused("a table holds plain numbers")
  ) { arguments, _ in
    switch arguments[0] {
    case .table: return arguments[0]
    case .record(let box):
      return .table(
        Box(try DataTable(Swift.zip(box.content.names, box.content.values).map { ($0, $1) })))
    case .list(let box) where !arguments.isGiven(1):
      if let records = Self.records(box.content) { return .table(Box(try table(of: records))) }
    default: break
    }
    let names = try arguments.isGiven(1) ? arguments.strings(1) : []
    guard let matrix = try arguments[0].asTensor(), matrix.rank == 2,
      matrix.shape[1] == names.count
    else {
      throw arguments.mismatch(
        0,
        expected:
          "a record of columns, a list of records, or a matrix with the names of its columns")
    }
    return .table(
      Box(
        try DataTable(
          names.enumerated().map { place, name in
            (name, Value(try matrix.subscripted([.all, .at(place)]).contiguous()))
          })))
  }

  /// The records that all elements of a list are; nil where one is none, or the list is empty.
  private static func records(_ values: [Value]) -> [Record]? {
    let records = values.compactMap { if case .record(let box) = $0 { box.content } else { nil } }
    return records.isEmpty || records.count < values.count ? nil : records
  }

  /// A column for each name of any record; what a record lacks, or has as none, is missing.
  private static func table(of records: [Record]) throws -> DataTable {
    var columns = Record()
    for record in records { for name in record.names { columns[name] = Value.none } }
    return try DataTable(
      columns.names.map { name in
        let cells = try interruptibleList(count: records.count) { records[$0][name] ?? .none }
        let areTexts = cells.contains { if case .string = $0 { true } else { false } }
        return (
          name,
          .items(
            cells.map { cell in
              guard case .none = cell else { return cell }
              return areTexts ? .text("") : .number(.nan)
            })
        )
      })
  }

  static let group = Builtin(
    Declaration(
      "group", group: .records, "the rows of a table by what stands in a column",
      details: """
        Without f a record of tables, one for each value of the column, in the order of first \
        appearance. With f, as mean, a table with a row for each value and what f gives for each \
        column of numbers, missing ones left out; f may also be a record of a function for each \
        column wanted.
        """,
      parameters: [
        Parameter("t", .any, "a table"),
        Parameter("by", .any, "the name of a column, or several"),
        Parameter(
          "f", .any, default: .some(.none), isAwaited: true,
          "a function of a vector, or a record of them"),
      ],
      result: "a record of tables, or a table",
      examples: [
        .init(
          "t = table({team: [\"a\", \"b\", \"a\"], goals: [1, 4, 3]})\n"
            + "group(t, \"team\", mean)",
          "2×2 table\n  team  goals\n  text    f32\n  a         2\n  b         4"),
        .init(
          "t = table({team: [\"a\", \"b\", \"a\"], goals: [1, 4, 3]})\n"
            + "for name, rows in group(t, by=\"team\") { print(name, len(rows)) }", "a 2\nb 1"),
      ],
      seeAlso: ["table", "sort", "counts"]),
    differentiation: .refused("a table holds plain numbers")
  ) { arguments, interpreter in
    guard case .table(let box) = arguments[0] else {
      throw arguments.mismatch(0, expected: "a table")
    }
    let table = box.content
    let names = try arguments.columnNames(1)
    let groups = try Self.groups(of: table, by: names)
    if case .none = arguments[2] {
      return .fields(try groups.map { ($0.key, .table(Box(try table.rows($0.rows)))) })
    }
    return .table(Box(try summary(of: table, groups, by: names, arguments, interpreter)))
  }

  /// The rows with equal values in some columns, in the order of first appearance.
  private static func groups(
    of table: DataTable, by names: [String]
  ) throws -> [(key: String, rows: [Int])] {
    var keys = [String](repeating: "", count: table.count)
    for name in names {
      let column = try table.column(name)
      for row in keys.indices {
        if row & 0xFFF == 0 { try Interrupt.check() }
        keys[row] += "\u{1F}" + (try column.element(row).printed)
      }
    }
    var places: [String: Int] = [:]
    var groups: [(key: String, rows: [Int])] = []
    for (row, key) in keys.enumerated() {
      if let place = places[key] {
        groups[place].rows.append(row)
      } else {
        places[key] = groups.count
        let words = key.split(separator: "\u{1F}", omittingEmptySubsequences: false)
        groups.append((words.dropFirst().joined(separator: ", "), [row]))
      }
    }
    return groups
  }

  /// A row for each group: what its rows have in common, and what functions give for their columns.
  private static func summary(
    of table: DataTable, _ groups: [(key: String, rows: [Int])], by names: [String],
    _ arguments: borrowing Arguments, _ interpreter: any Interpreter
  ) throws -> DataTable {
    var functions: [(name: String, function: Value)] = []
    if case .record(let box) = arguments[2] {
      functions = Swift.zip(box.content.names, box.content.values).map { ($0, $1) }
    } else {
      for name in table.names where !names.contains(name) {
        if case .tensor? = table.columns[name] { functions.append((name, arguments[2])) }
      }
    }
    guard functions.allSatisfy({ $0.function.isComposable }) else {
      throw arguments.mismatch(2, expected: "a function, or a record of functions")
    }
    let firsts = try table.selecting(names).rows(groups.map { $0.rows[0] })
    var columns = Swift.zip(firsts.columns.names, firsts.columns.values).map { ($0, $1) }
    for (name, function) in functions {
      let column = try DataTable([(name, table.column(name))])
      let results = try groups.map { group in
        let part = try column.rows(group.rows).column(name)
        return try interpreter.call(function, [part.withoutMissing()])
      }
      columns.append((name, .items(results)))
    }
    return try DataTable(columns)
  }
}

extension Value {
  /// A column without its missing numbers, where some are there.
  fileprivate func withoutMissing() throws -> Value {
    guard case .tensor(let box) = self, box.content.elementType != .bool else { return self }
    let numbers = try box.content.guardedDoubles()
    let present = numbers.filter { !$0.isNaN }
    guard !present.isEmpty, present.count < numbers.count else { return self }
    return .tensor(
      Box(try Tensor(doubles: present, elementType: box.content.elementType)))
  }
}

extension DataTable {
  /// The rows ordered by columns, the first of them first; equal ones keep their order, and what is
  /// missing comes last.
  func sorted(by names: [String], descending: Bool) throws -> DataTable {
    var order = Array(0..<count)
    for name in names.reversed() {
      let column = try column(name)
      let cells = try order.map { try column.element($0) }
      let places = try Builtin.order(of: cells, descending) { kind in
        RuntimeError.other("sort: the column \(name) holds \(kind)", hint: nil)
      }
      order = places.map { order[$0] }
    }
    return try rows(order)
  }
}

extension Arguments {
  /// The names of columns: one, or a list of them.
  func columnNames(_ index: Int) throws -> [String] {
    if case .string(let box) = self[index] { return [box.content] }
    let names = try strings(index)
    guard !names.isEmpty else { throw mismatch(index, expected: "the name of a column") }
    return names
  }

  /// A list of strings.
  func strings(_ index: Int) throws -> [String] {
    guard case .list(let box) = self[index] else {
      throw mismatch(index, expected: "a list of strings")
    }
    return try box.content.map { value in
      guard case .string(let name) = value else {
        throw mismatch(index, expected: "a list of strings")
      }
      return name.content
    }
  }
}
