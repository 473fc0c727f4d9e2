import Datasets
import Networks
import Tensors

extension Value {
  /// The value as its echo shows it: a string in quotes, a tensor with its header and edges.
  package func display(_ style: DisplayStyle = .plain) -> String {
    switch self {
    case .tensor(let box): TensorDisplay(tensor: box.content, style: style).text()
    case .traced(let box) where box.content.rank > 0:
      TensorDisplay(tensor: box.content.tensor, style: style).text()
    case .record(let box): Self.display(box.content, style, indentation: 0)
    case .list(let box): Self.display(box.content, style, depth: 0)
    default: inline(style)
    }
  }

  /// What `print` shows: a string bare, all else as its echo.
  package var printed: String {
    if case .string(let box) = self { return box.content }
    return display()
  }

  /// The value on one line, as inside a list or record.
  package func inline(_ style: DisplayStyle = .plain, depth: Int = 0) -> String {
    switch self {
    case .none: style.paint("none", .keyword)
    case .bool(let value): style.paint("\(value)", .keyword)
    case .number(let number): style.paint(number.displayed, .number)
    case .string(let box): style.paint(Self.quoted(box.content), .string)
    case .tensor(let box): style.paint(TensorDisplay.header(box.content), .header)
    case .traced(let box): Value(box.content.tensor).inline(style, depth: depth)
    case .list(let box): Self.display(box.content, style, depth: depth)
    case .record(let box): Self.inline(box.content, style, depth: depth)
    case .range(let box): box.content.text
    case .function(let function): function.displayName
    case .network(let box): NetworkDisplay.summary(box.content.network)
    case .optimizer(let box): box.content.description
    case .schedule(let box): box.content.description
    case .dataSet(let box): DataDisplay.summary(box.content)
    case .split(let box): DataDisplay.summary(box.content)
    }
  }

  /// A string as a literal: in double quotes, with its escapes.
  static func quoted(_ string: String) -> String {
    var text = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "{": text += "{{"
      case "}": text += "}}"
      case _ where ShownName.isUnsafe(scalar):
        text += "\\u{\(String(scalar.value, radix: 16))}"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }

  /// How many elements of a long list are shown at each end.
  private static let listEdge = 10
  /// Values nested more deeply are shown as `…`: no value may exhaust the stack.
  private static let depthLimit = 20

  private static func display(_ values: [Value], _ style: DisplayStyle, depth: Int) -> String {
    guard depth < depthLimit else { return "[…]" }
    var parts: [String]
    if values.count <= 2 * listEdge {
      parts = values.map { $0.inline(style, depth: depth + 1) }
    } else {
      parts = values.prefix(listEdge).map { $0.inline(style, depth: depth + 1) }
      parts.append("…")
      parts += values.suffix(3).map { $0.inline(style, depth: depth + 1) }
    }
    return "[" + parts.joined(separator: ", ") + "]"
  }

  private static func inline(_ record: Record, _ style: DisplayStyle, depth: Int) -> String {
    guard depth < depthLimit else { return "{…}" }
    let parts = zip(record.names, record.values).map { name, value in
      "\(ShownName.cleaned(name)): \(value.inline(style, depth: depth + 1))"
    }
    return "{" + parts.joined(separator: ", ") + "}"
  }

  /// On one line where it fits the width, otherwise a line a field.
  private static func display(
    _ record: Record, _ style: DisplayStyle, indentation: Int
  ) -> String {
    let line = inline(record, .plain, depth: 0)
    if line.count + indentation <= style.width || indentation > 2 * depthLimit {
      return inline(record, style, depth: 0)
    }
    let margin = String(repeating: " ", count: indentation + 2)
    let lines = zip(record.names, record.values).map { name, value in
      var text = value.inline(style, depth: 1)
      if case .record(let box) = value {
        text = display(box.content, style, indentation: indentation + 2)
      }
      return "\(margin)\(ShownName.cleaned(name)): \(text),\n"
    }
    return "{\n" + lines.joined() + String(repeating: " ", count: indentation) + "}"
  }
}

extension NumberRange {
  /// The range as it is written: `0..<10`, `1...9 by 2`.
  package var text: String {
    let ends = "\(lower.displayed)\(isInclusive ? "..." : "..<")\(upper.displayed)"
    return step == 1 ? ends : "\(ends) by \(step.displayed)"
  }
}
