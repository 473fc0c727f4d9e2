import Datasets
import Language
import Networks
import Tensors

/// From one kind of value to another, and what kind and length a value has.
extension Builtin {
  static let conversionGroup: [Builtin] = [len, type, str, number, tolist]

  static let len = Builtin(
    Declaration(
      "len", group: .other, "how many elements, rows, characters or fields there are",
      details: """
        Of a list its elements, of a string its characters, of a tensor its first axis, of a range \
        its numbers, of a record its fields, of a table or split its rows, of a network its layers.
        """,
      parameters: [Parameter("x", .any, "anything but a number, bool, none or function")],
      result: "a number", examples: [.init("len(\"nnsh\")", "4"), .init("len(zeros(2, 3))", "2")],
      seeAlso: ["size", "shape"]),
    direct: DirectCall { length(of: $0).map { .number(Double($0)) } }
  ) { arguments, _ in
    if case .range(let box) = arguments[0] {
      guard box.content.exactCount.isFinite else {
        throw RuntimeError.other("len: \(box.content.text) has no end", hint: nil)
      }
      return .number(box.content.exactCount)
    }
    guard let count = length(of: arguments[0]) else {
      throw arguments.mismatch(0, expected: "a list, string, tensor, range or record")
    }
    return .number(Double(count))
  }

  private static func length(of value: Value) -> Int? {
    switch value {
    case .list(let box): box.count
    case .string(let box): box.count
    case .tensor(let box): box.content.shape.dimensions.first
    case .traced(let box): box.content.shape.dimensions.first
    case .record(let box): box.content.count
    case .network(let box): box.content.network.layers.count
    case .split(let box): box.content.count
    case .table(let box): box.content.count
    default: nil
    }
  }

  static let type = Builtin(
    Declaration(
      "type", group: .other, "the kind of a value",
      details: """
        One of none, bool, number, string, tensor, list, record, table, range, function, network, \
        optimizer, schedule, data set, split.
        """,
      parameters: [Parameter("x", .any, "any value")], result: "a string",
      examples: [.init("type([1, 2])", "\"tensor\"")], seeAlso: ["shape", "str"])
  ) { arguments, _ in
    .text(arguments[0].kindName)
  }

  static let str = Builtin(
    Declaration(
      "str", group: .other, "the text that print would show",
      details: "For a format, interpolate: \"{x:.4f}\".",
      parameters: [Parameter("x", .any, "any value")], result: "a string",
      examples: [.init("str(0.5) + \"!\"", "\"0.5!\"")], seeAlso: ["number", "print"]),
    direct: DirectCall {
      switch $0 {
      case .number, .string: .text($0.printed)
      default: nil
      }
    }
  ) { arguments, _ in
    let text = arguments[0].printed
    DifferentiatedText.note(text, of: arguments[0])
    return .text(text)
  }

  static let number = Builtin(
    Declaration(
      "number", aliases: ["float"], group: .other,
      "the number that a string, a bool or a tensor of one element stands for",
      parameters: [Parameter("x", .any, "a string, bool, number or tensor of one element")],
      result: "a number", examples: [.init("number(\"3.5\") * 2", "7")], seeAlso: ["str"]),
    differentiation: .differentiable,
    direct: DirectCall {
      guard case .string(let box) = $0, !DifferentiatedText.isWatched else { return nil }
      return box.plainNumber.map { .number($0) }
    }
  ) { arguments, _ in
    switch arguments[0] {
    case .string(let box):
      if DifferentiatedText.isPart(of: box.content) {
        throw RuntimeError.notDifferentiable("number", reason: "a text passes no derivative")
      }
      return .number(try number(from: box.content))
    case .traced(let box) where box.content.count == 1:
      return Value(try .reshape(box.content, to: .scalar))
    default:
      guard let number = arguments[0].asNumber() else {
        throw arguments.mismatch(
          0, expected: "a string, true, false, a number or a tensor of one element")
      }
      return .number(number)
    }
  }

  static let tolist = Builtin(
    Declaration(
      "tolist", group: .other, "the elements of a tensor as numbers in lists",
      details:
        "As deep as the tensor has axes; of a mask true and false; a range is a list of its numbers.",
      parameters: [Parameter("x", .any, "a tensor, range, list or number")],
      result: "a list; of a number that number",
      examples: [
        .init("tolist([[1, 2], [3, 4]])", "[[1, 2], [3, 4]]"),
        .init("type(tolist([1, 2]))", "\"list\""),
      ],
      seeAlso: ["tensor", "len"]),
    differentiation: .refused("its result holds plain numbers")
  ) { arguments, _ in
    try list(of: arguments[0], arguments)
  }

  private static func list(of value: Value, _ arguments: borrowing Arguments) throws -> Value {
    switch value {
    case .number, .bool, .list: return value
    case .tensor, .range:
      let elements = Arguments(declaration: arguments.declaration, values: [value], given: [true])
      let parts = try elements.sequence(0)
      return .items(
        try interruptibleList(count: parts.count) { try list(of: parts[$0], arguments) })
    default: throw arguments.mismatch(0, expected: "a tensor, range, list or number")
    }
  }

  private static func noNumber(_ text: String) -> RuntimeError {
    .other("number: \(Value.quoted(String(text.prefix(40)))) is no number", hint: nil)
  }

  /// Longer texts are refused unread: no sensible number is that long.
  private static let longestNumber = 4096

  private static func number(from text: String) throws -> Double {
    if text.utf8.count > longestNumber { throw noNumber(text) }
    let trimmed = text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()
    let digits = String(trimmed).replacing("_", with: "")
    let isPlain = digits.allSatisfy { $0.isASCII && ($0.isNumber || ".eE+-".contains($0)) }
    let isNamed = ["inf", "+inf", "-inf", "nan"].contains(digits.lowercased())
    guard isPlain || isNamed, let number = Double(digits) else { throw noNumber(text) }
    return number
  }
}
