/// Formatted text of other languages as nnsh's interpolation: what a hint writes for `"%d" % x` and
/// `"{}".format(x)`.
public enum ForeignFormats {
  /// `"%d of %.2f"` and its arguments as `"{a} of {b:.2f}"`; nil where it is none, or where an
  /// argument cannot stand inside a string.
  public static func interpolation(ofPercent format: String, _ arguments: [String]) -> String? {
    var rest = format[...]
    var remaining = arguments[...]
    var text = ""
    while let character = rest.popFirst() {
      guard character == "%" else {
        text += escaped(character)
        continue
      }
      if rest.first == "%" {
        text += "%"
        rest.removeFirst()
        continue
      }
      let layout = rest.prefix { "-+ #0123456789.".contains($0) }
      rest = rest.dropFirst(layout.count)
      guard let letter = rest.popFirst(), let argument = remaining.popFirst(),
        let hole = hole(argument, String(layout), letter)
      else { return nil }
      text += hole
    }
    return remaining.isEmpty && !arguments.isEmpty ? "\"\(text)\"" : nil
  }

  private static func hole(_ argument: String, _ layout: String, _ letter: Character) -> String? {
    guard "diufFeEgGsr".contains(letter), !layout.contains("#") else { return nil }
    let isNumber = "fFeEgG".contains(letter)
    let width = layout.filter { $0 != "-" }
    let specification = isNumber ? width + letter.lowercased() : width
    return hole(argument, specification)
  }

  private static func hole(_ argument: String, _ specification: String) -> String? {
    guard !argument.contains(where: { "\"{}\n".contains($0) }), !argument.isEmpty,
      specification.isEmpty || FormatSpecification(specification) != nil
    else { return nil }
    return specification.isEmpty ? "{\(argument)}" : "{\(argument):\(specification)}"
  }

  /// `"{} of {:.2f}".format(a, b)` as `"{a} of {b:.2f}"`, by the text between the quotes as it is
  /// written.
  static func interpolation(ofBraces format: String, _ arguments: [String]) -> String? {
    var rest = format[...]
    var remaining = arguments[...]
    var text = ""
    while let character = rest.popFirst() {
      guard character == "{" else {
        text.append(character)
        continue
      }
      if rest.first == "{" {
        text += "{{"
        rest.removeFirst()
        continue
      }
      let inside = rest.prefix { $0 != "}" }
      guard rest.dropFirst(inside.count).first == "}" else { return nil }
      rest = rest.dropFirst(inside.count + 1)
      let parts = inside.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      let argument: String?
      if let place = Int(parts[0]) {
        argument = arguments.indices.contains(place) ? arguments[place] : nil
        remaining = []
      } else {
        argument = parts[0].isEmpty ? remaining.popFirst() : nil
      }
      guard let argument, let hole = hole(argument, parts.count > 1 ? String(parts[1]) : "") else {
        return nil
      }
      text += hole
    }
    return remaining.isEmpty && !arguments.isEmpty ? "\"\(text)\"" : nil
  }

  private static func escaped(_ character: Character) -> String {
    switch character {
    case "{": "{{"
    case "}": "}}"
    case "\n": "\\n"
    case "\t": "\\t"
    case "\"": "\\\""
    case "\\": "\\\\"
    default: String(character)
    }
  }

  /// The arguments of a call, as written: split at the commas outside brackets and strings.
  public static func arguments(in text: String) -> [String] {
    var parts: [String] = []
    var part = ""
    var depth = 0
    var isString = false
    for character in text {
      if character == "\"" { isString.toggle() }
      if !isString {
        if "([{".contains(character) { depth += 1 }
        if ")]}".contains(character) { depth -= 1 }
      }
      if character == ",", depth == 0, !isString {
        parts.append(part)
        part = ""
      } else {
        part.append(character)
      }
    }
    parts.append(part)
    return parts.map { String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
      .filter { !$0.isEmpty }
  }
}
