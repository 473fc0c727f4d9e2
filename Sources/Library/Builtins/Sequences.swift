import Language
import Tensors

/// Functions over lists, ranges, tensors and strings.
extension Builtin {
  static let sequenceGroup: [Builtin] = [map, filter, zip, enumerate, range]

  /// Function and items of `map` and `filter`, which take them in either order.
  private static func functionAndItems(
    _ arguments: borrowing Arguments
  ) throws -> (function: Value, items: [Value]) {
    let (first, second) = (arguments[0], arguments[1])
    let isSwapped = !first.isCallable && second.isCallable
    let (function, place) = isSwapped ? (second, 0) : (first, 1)
    guard function.isCallable else { throw arguments.mismatch(0, expected: "a function") }
    return (function, try arguments.sequence(place))
  }

  static let map = Builtin(
    Declaration(
      "map", group: .other, "what a function gives for each element",
      details: """
        A function that needs several arguments takes a list or a row apart: its elements are the \
        arguments. \
        Function and items may stand in either order.
        """,
      parameters: [
        Parameter("f", .any, "a function of one argument"),
        Parameter("items", .any, "a list, range, tensor or string"),
      ],
      result: "a list",
      examples: [
        .init("map(x -> x^2, 1...4)", "[1, 4, 9, 16]"),
        .init("zip([1, 2], [3, 4]) |> map((a, b) -> a * b)", "[3, 8]"),
      ], seeAlso: ["filter", "zip", "enumerate"]),
    differentiation: .differentiable
  ) { arguments, interpreter in
    let function: Value
    var elements: [Value]
    (function, elements) = try functionAndItems(arguments)
    defer { BackgroundRelease.take(&elements) }
    return .items(
      try interruptibleList(count: elements.count) {
        try interpreter.call(function, element: elements[$0])
      })
  }

  static let filter = Builtin(
    Declaration(
      "filter", group: .other, "the elements for which a function gives true",
      details:
        "As in map, lists and rows are taken apart, and function and items stand in either order.",
      parameters: [
        Parameter("f", .any, "a function of one argument, giving true or false"),
        Parameter("items", .any, "a list, range, tensor, string or table"),
      ],
      result: "a list; of a table, a table",
      examples: [.init("filter(x -> x > 2, 1...4)", "[3, 4]")],
      seeAlso: ["map", "where"]),
    differentiation: .differentiable
  ) { arguments, interpreter in
    let function: Value
    var elements: [Value]
    (function, elements) = try functionAndItems(arguments)
    defer { BackgroundRelease.take(&elements) }
    let tables = [arguments[0], arguments[1]].compactMap { value in
      if case .table(let box) = value { box.content } else { nil }
    }
    var kept: [Value] = []
    var places: [Int] = []
    for (place, element) in elements.enumerated() {
      if place & 0xFFF == 0 { try Interrupt.check() }
      let verdict = try interpreter.call(function, element: element)
      guard case .bool(let keeps) = verdict else {
        throw RuntimeError.other(
          "filter: f must give true or false, and gave \(verdict.kindPhrase)", hint: nil)
      }
      guard keeps else { continue }
      if tables.isEmpty { try kept.appendGuarded(element) } else { places.append(place) }
    }
    if let table = tables.first { return .table(Box(try table.rows(places))) }
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
      seeAlso: ["map", "enumerate"]),
    differentiation: .differentiable
  ) { arguments, _ in
    var columns: [[Value]] = []
    defer { for index in columns.indices { BackgroundRelease.take(&columns[index]) } }
    for value in try arguments.list(0) {
      let column = Arguments(declaration: arguments.declaration, values: [value], given: [true])
      columns.append(try column.sequence(0))
    }
    let count = columns.map(\.count).min() ?? 0
    if columns.count == 2 {
      return .items(
        try interruptibleList(count: count) { .items([columns[0][$0], columns[1][$0]]) })
    }
    return .items(
      try interruptibleList(count: count) { row in .items(columns.map { $0[row] }) })
  }

  static let enumerate = Builtin(
    Declaration(
      "enumerate", group: .other, "the elements of a sequence, each beside its position",
      parameters: [
        Parameter("items", .sequence, "a list, range, tensor or string"),
        Parameter("start", .integer, default: .number(0), "the position of the first"),
      ],
      result: "a list of lists",
      examples: [
        .init("for i, name in enumerate([\"a\", \"b\"]) { print(i, name) }", "0 a\n1 b")
      ],
      seeAlso: ["zip", "map"]),
    differentiation: .differentiable
  ) { arguments, _ in
    var elements = try arguments.sequence(0)
    defer { BackgroundRelease.take(&elements) }
    let start = try arguments.integer(1)
    return .items(
      try interruptibleList(count: elements.count) { place in
        .items([.number(Double(start + place)), elements[place]])
      })
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
}
