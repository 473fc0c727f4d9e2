// For the mathematical library that Int(exactly:) is linked against. Not by `Platform`: this module is
// a product of its own and depends on nothing.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension SourcePrinter {
  /// A number as source code: whole ones without a point, otherwise the shortest that reads back.
  static func numberText(_ value: Double) -> String {
    if value.isNaN { return "nan" }
    if value.sign == .minus { return "-" + numberText(-value) }
    if value.isInfinite { return "inf" }
    if value == Double.pi { return "pi" }
    if value < 1e15, let whole = Int(exactly: value) { return "\(whole)" }
    return "\(value)"
  }

  /// The text of a string between its quotes.
  static func escaped(_ string: String) -> String {
    var result = ""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "{": result += "{{"
      case "}": result += "}}"
      case _ where SourceExcerpt.isControl(scalar):
        result += "\\u{" + String(scalar.value, radix: 16) + "}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  mutating func writeInterpolation(_ parts: [InterpolationPart]) {
    text += "\""
    for part in parts {
      switch part {
      case .text(let piece): text += Self.escaped(piece)
      case .value(let value, let format):
        var inner = SourcePrinter(commands: commands)
        inner.indentation = indentation
        inner.write(value, from: .pipe)
        // `{{` would be a brace of the text.
        text += (inner.text.hasPrefix("{") ? "{ " : "{") + inner.text
        if let format { text += ":" + format.sourceText }
        text += "}"
      }
    }
    text += "\""
  }
}
