import Datasets
import Networks
import Syntax
import Tensors

extension Value {
  /// The value as its echo shows it: a string in quotes, a tensor with its header and edges.
  package func display(_ style: DisplayStyle = .plain) -> String {
    switch self {
    case .tensor(let box): TensorDisplay(tensor: box.content, style: style).text()
    case .traced(let box) where box.content.rank > 0:
      TensorDisplay(tensor: box.content.tensor, style: style).text()
    case .record(let box): Self.display(box.content, style, indentation: 0)
    case .table(let box): TableDisplay(table: box.content, style: style).text()
    default: inline(style)
    }
  }

  /// What `print` shows: a string bare, a short vector on one line, all else as its echo.
  package var printed: String {
    if case .number(let number) = self { return number.displayed }
    return printed(.plain)
  }

  /// The same where it is shown in a style.
  package func printed(_ style: DisplayStyle) -> String {
    switch self {
    case .string(let box): return box.content
    case .tensor(let box) where box.content.isShortVector: return inline(style)
    case .traced(let box) where box.content.tensor.isShortVector: return inline(style)
    default: return display(style)
    }
  }

  /// The value on one line, as inside a list or record.
  package func inline(_ style: DisplayStyle = .plain) -> String {
    var writer = InlineWriter(style: style)
    writer.write(self)
    return writer.text
  }

  /// A string as a literal: in double quotes, with its escapes.
  package static func quoted(_ string: String) -> String {
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

  /// Records in records, each on lines of its own, go no deeper than this.
  private static let depthLimit = 20
  /// More lines than this no record takes.
  private static let lineLimit = 500

  /// On one line where it fits the width, otherwise a line a field.
  private static func display(
    _ record: Record, _ style: DisplayStyle, indentation: Int
  ) -> String {
    var lines = 0
    return display(record, style, indentation: indentation, lines: &lines)
  }

  private static func display(
    _ record: Record, _ style: DisplayStyle, indentation: Int, lines: inout Int
  ) -> String {
    let value = Value.record(RecordBox(record))
    let line = value.inline()
    if line.count + indentation <= style.width || indentation > 2 * depthLimit {
      return value.inline(style)
    }
    let margin = String(repeating: " ", count: indentation + 2)
    var text = "{\n"
    for (name, value) in zip(record.names, record.values) {
      lines += 1
      guard lines <= lineLimit else {
        text += margin + "…\n"
        break
      }
      var shown: String
      if case .record(let box) = value {
        shown = display(box.content, style, indentation: indentation + 2, lines: &lines)
      } else {
        shown = value.inline(style)
      }
      text += "\(margin)\(ShownName.key(name)): \(shown),\n"
    }
    return text + String(repeating: " ", count: indentation) + "}"
  }
}

extension NumberRange {
  /// The range as it is written: `0..<10`, `1...9 by 2`.
  package var text: String {
    let ends = "\(lower.displayed)\(isInclusive ? "..." : "..<")\(upper.displayed)"
    return step == 1 ? ends : "\(ends) by \(step.displayed)"
  }
}
