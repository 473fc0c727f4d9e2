import Language
import Tensors

/// Records as maps from names to values.
extension Builtin {
  static let recordGroup: [Builtin] = [keys, values, items, get, remove, counts, codes]

  private static let record = Parameter("record", .any, "a record or a table")

  static let keys = Builtin(
    Declaration(
      "keys", group: .records, "the names of a record's fields, or of a table's columns, in order",
      parameters: [record], result: "a list of strings",
      examples: [.init("keys({a: 1, b: 2})", "[\"a\", \"b\"]")], seeAlso: ["values", "items"])
  ) { arguments, _ in
    .items(try arguments.record(0).keys.map { .string($0) })
  }

  static let values = Builtin(
    Declaration(
      "values", group: .records, "the values of a record's fields, or a table's columns, in order",
      parameters: [record], result: "a list of the values",
      examples: [.init("values({a: 1, b: 2})", "[1, 2]")],
      seeAlso: ["keys", "items"]),
    differentiation: .differentiable
  ) { arguments, _ in
    .items(try arguments.record(0).values)
  }

  static let items = Builtin(
    Declaration(
      "items", group: .records, "the names and values of a record's fields, as lists of two",
      parameters: [record], result: "a list of lists",
      examples: [
        .init("items({a: 1, b: 2})", "[[\"a\", 1], [\"b\", 2]]"),
        .init("items({a: 3, b: 2}) |> sort(key=(name, n) -> n)", "[[\"b\", 2], [\"a\", 3]]"),
      ],
      seeAlso: ["keys", "values"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let record = try arguments.record(0)
    return .items(
      try interruptibleList(count: record.count) {
        .items([.string(record.keys[$0]), record.values[$0]])
      })
  }

  static let get = Builtin(
    Declaration(
      "get", group: .records, "a record's value under a name, or a default where there is none",
      details: "r[key] is an error where the record has no such name.",
      parameters: [
        record, Parameter("key", .any, "a string"),
        Parameter("default", .any, default: .some(.none), "what stands in for a missing value"),
      ],
      result: "the value",
      examples: [.init("get({a: 1}, \"b\", 0)", "0")], seeAlso: ["keys", "remove", "counts"]),
    differentiation: .differentiable,
    direct: DirectCall(
      two: { value(under: $1, in: $0, otherwise: .none) },
      three: { value(under: $1, in: $0, otherwise: $2) })
  ) { arguments, _ in
    let record = try arguments.record(0)
    return record[try arguments.key(1)] ?? arguments[2]
  }

  /// A record's value under a name; nil where one of the two is something else.
  private static func value(under key: Value, in record: Value, otherwise: Value) -> Value? {
    guard case .record(let box) = record, case .string(let name) = key else { return nil }
    return box[name] ?? otherwise
  }

  static let remove = Builtin(
    Declaration(
      "remove", group: .records, "a record without one of its names, a table without a column",
      parameters: [record, Parameter("key", .any, "a string")], result: "a record or a table",
      examples: [.init("remove({a: 1, b: 2}, \"a\")", "{b: 2}")], seeAlso: ["get", "keys"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let key = try arguments.key(1)
    if case .table(let box) = arguments[0] {
      var table = box.content
      try table.removeColumn(key.content)
      return .table(Box(table))
    }
    var record = try arguments.record(0)
    guard record[key] != nil else {
      throw RuntimeError.unknownField(key.content, of: "the record", known: record.names)
    }
    record[key] = nil
    return .record(RecordBox(record))
  }

  static let counts = Builtin(
    Declaration(
      "counts", group: .records, "how often each value of a sequence occurs",
      details: "In the order of first appearance; numbers are written as str writes them.",
      parameters: [Parameter("items", .sequence, "a list, range, tensor or string")],
      result: "a record of numbers",
      examples: [.init("counts([\"b\", \"a\", \"b\"])", "{b: 2, a: 1}")],
      seeAlso: ["codes", "unique", "bincount"]),
    differentiation: .stepwise("its result is a count, which jumps")
  ) { arguments, _ in
    var elements = try arguments.sequence(0)
    defer { BackgroundRelease.take(&elements) }
    let counts = try Record.building { counts in
      for (place, element) in elements.enumerated() {
        if place & 0xFFFF == 0 { try Interrupt.check() }
        counts.add(1, to: try arguments.name(of: element))
      }
    }
    return .record(RecordBox(counts))
  }

  static let codes = Builtin(
    Declaration(
      "codes", group: .records, "whole numbers in place of the values of a sequence",
      details: """
        Names are in the order of first appearance; numbers are written as str writes them. \
        one_hot(codes(x).codes) are rows of 0 and 1.
        """,
      parameters: [Parameter("items", .sequence, "a list, range, tensor or string")],
      result: "a record {codes, names}: a vector and a list of strings",
      examples: [
        .init("codes([\"b\", \"a\", \"b\"])", "{codes: [0, 1, 0], names: [\"b\", \"a\"]}")
      ],
      seeAlso: ["counts", "one_hot"]),
    differentiation: .stepwise("its result is a position, which jumps from one to the next")
  ) { arguments, _ in
    var elements = try arguments.sequence(0)
    defer { BackgroundRelease.take(&elements) }
    var codes: [Double] = []
    codes.reserveCapacity(elements.count)
    let places = try Record.building { places in
      for (place, element) in elements.enumerated() {
        if place & 0xFFFF == 0 { try Interrupt.check() }
        let name = try arguments.name(of: element)
        let known = places[name]?.asNumber()
        codes.append(known ?? Double(places.count))
        if known == nil { places[name] = .number(Double(places.count)) }
      }
    }
    return .fields([
      ("codes", Value(try Tensor(doubles: codes, elementType: .f32))),
      ("names", .items(places.keys.map { .string($0) })),
    ])
  }
}

extension Arguments {
  fileprivate func record(_ index: Int) throws -> Record {
    switch self[index] {
    case .record(let box): return box.content
    case .table(let box): return box.content.columns
    default: throw mismatch(index, expected: "a record")
    }
  }

  /// A key of a record: a string.
  fileprivate func key(_ index: Int) throws -> TextBox {
    guard case .string(let box) = self[index] else {
      throw RuntimeError.other(
        "the names in a record are strings, and this is \(self[index].kindPhrase)",
        hint: "write str(x)")
    }
    return box
  }

  /// What an element is called in a record.
  fileprivate func name(of element: Value) throws -> TextBox {
    switch element {
    case .string(let box): return box
    case .number, .bool: return TextBox(element.display())
    case .traced(let box) where box.content.rank == 0: return TextBox(element.display())
    default:
      throw RuntimeError.other(
        "\(declaration.name) takes strings and numbers, and one of the elements is "
          + element.kindPhrase, hint: nil)
    }
  }
}
