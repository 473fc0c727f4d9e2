import Language
import Tensors

/// Functions over lists, ranges, tensors and strings.
extension Builtin {
  static let sequenceGroup: [Builtin] = [map, filter, zip, range, keys]

  private static let items = Parameter("items", .sequence, "a list, range, tensor or string")

  static let map = Builtin(
    Declaration(
      "map", group: .other, "what a function gives for each element",
      parameters: [Parameter("f", .function, "of one argument"), items], result: "a list",
      examples: [.init("map(x -> x^2, 1...4)", "[1, 4, 9, 16]")], seeAlso: ["filter", "zip"]),
    differentiation: .differentiable
  ) { arguments, interpreter in
    let function = arguments[0]
    var elements = try arguments.sequence(1)
    defer { BackgroundRelease.take(&elements) }
    return .items(
      try interruptibleList(count: elements.count) {
        try interpreter.call(function, [elements[$0]])
      })
  }

  static let filter = Builtin(
    Declaration(
      "filter", group: .other, "the elements for which a function gives true",
      parameters: [Parameter("f", .function, "of one argument, giving true or false"), items],
      result: "a list", examples: [.init("filter(x -> x > 2, 1...4)", "[3, 4]")],
      seeAlso: ["map", "where"]),
    differentiation: .differentiable
  ) { arguments, interpreter in
    let function = arguments[0]
    var kept: [Value] = []
    var elements = try arguments.sequence(1)
    defer { BackgroundRelease.take(&elements) }
    for (place, element) in elements.enumerated() {
      if place & 0xFFF == 0 { try Interrupt.check() }
      let verdict = try interpreter.call(function, [element])
      guard case .bool(let keeps) = verdict else {
        throw RuntimeError.other(
          "filter: f must give true or false, and gave \(verdict.kindPhrase)", hint: nil)
      }
      if keeps { try kept.appendGuarded(element) }
    }
    return .items(kept)
  }

  static let zip = Builtin(
    Declaration(
      "zip", group: .other, "the elements of several sequences side by side",
      details: "As many as the shortest has.",
      parameters: [
        Parameter("items", .sequence, isVariadic: true, "lists, ranges, tensors or strings")
      ],
      result: "a list of lists",
      examples: [.init("zip([\"a\", \"b\"], 1...2)", "[[\"a\", 1], [\"b\", 2]]")],
      seeAlso: ["map"]),
    differentiation: .differentiable
  ) { arguments, _ in
    var columns: [[Value]] = []
    defer { for index in columns.indices { BackgroundRelease.take(&columns[index]) } }
    for value in try arguments.list(0) {
      let column = Arguments(declaration: arguments.declaration, values: [value], given: [true])
      columns.append(try column.sequence(0))
    }
    let count = columns.map(\.count).min() ?? 0
    return .items(
      try interruptibleList(count: count) { row in .items(columns.map { $0[row] }) })
  }

  static let range = Builtin(
    Declaration(
      "range", group: .other, "whole steps from start up to, not including, stop",
      details: "range(stop) starts at 0. The same as start..<stop by step.",
      parameters: [
        Parameter("start", .number, "the first number; the stop where it stands alone"),
        Parameter("stop", .number, default: .computed("start, and start becomes 0"), "the end"),
        Parameter("step", .number, default: .number(1), "the distance; below 0 it counts down"),
      ],
      result: "a range",
      examples: [.init("range(3)", "0..<3"), .init("map(x -> x, range(5, 0, -2))", "[5, 3, 1]")],
      seeAlso: ["arange", "linspace"]),
    differentiation: .stepwise("a range holds plain numbers")
  ) { arguments, _ in
    let range = try arguments.span(exclusive: "range")
    if arguments.isGiven(1), arguments[0].isDifferentiated || arguments[2].isDifferentiated {
      throw Value.rangeOfDifferentiated
    }
    return .range(Box(range))
  }

  static let keys = Builtin(
    Declaration(
      "keys", group: .other, "the names of a record's fields",
      parameters: [Parameter("record", .record, "a record")], result: "a list of strings",
      examples: [.init("keys({a: 1, b: 2})", "[\"a\", \"b\"]")], seeAlso: ["len", "type"])
  ) { arguments, _ in
    guard case .record(let box) = arguments[0] else {
      throw arguments.mismatch(0, expected: "a record")
    }
    return .items(box.content.names.map { .text($0) })
  }
}
