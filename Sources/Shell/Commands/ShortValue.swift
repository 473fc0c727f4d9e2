import Console
import Language
import Syntax
import Tensors

/// A value in a few words, as a table has room for: only as much of it is looked at as is shown.
enum ShortValue {
  /// - Returns: empty where its shape says as much as there is room for.
  static func text(of value: Value, width: Int) -> String {
    switch value {
    case .string(let box):
      // A character fills a column, mostly; what is cut off anyway need not be quoted.
      return cut(Value.text(String(box.content.prefix(width + 1))).inline(), width)
    case .tensor(let box): return text(of: box.content, width)
    case .list(let box): return list(box.content.prefix(width).lazy.map(element), width)
    case .number, .bool, .none, .range, .function, .optimizer, .schedule:
      return cut(value.inline(), width)
    default: return ""
    }
  }

  private static func text(of tensor: Tensor, _ width: Int) -> String {
    guard tensor.count > 0, tensor.shape.dimensions.count < 2 else { return "" }
    if let item = tensor.item { return item.displayed }
    let elements = (0..<min(tensor.count, width)).lazy.map { index in
      (try? tensor.element(at: [index])).map(\.displayed) ?? "?"
    }
    return list(elements, width)
  }

  /// An element of a list; what holds others is told by its kind.
  private static func element(_ value: Value) -> String {
    switch value {
    case .list: return "[…]"
    case .record: return "{…}"
    case .tensor(let box) where box.content.item == nil: return "\(box.content.shape) tensor"
    default:
      let short = text(of: value, width: 40)
      return short.isEmpty ? value.kindName : short
    }
  }

  /// As many as fit.
  private static func list(_ elements: some Sequence<String>, _ width: Int) -> String {
    var parts: [String] = []
    var used = 2
    for element in elements {
      used += DisplayWidth.of(element) + 2
      parts.append(element)
      if used > width { break }
    }
    return cut("[" + parts.joined(separator: ", ") + "]", width)
  }

  private static func cut(_ text: String, _ width: Int) -> String {
    TextLayout.cut(EscapeCodes.shown(text), to: width)
  }
}
