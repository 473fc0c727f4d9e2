import Language
import Syntax

/// Help on what the user has defined.
enum UserHelp {
  /// A function's head with the comment above it, a variable's description; nil for other names.
  static func lines(_ name: String, _ machine: Machine) -> [String]? {
    let first = name.prefix { $0 != "." }
    guard machine.globals.isUserDefined(String(first)), let value = machine.value(at: name)
    else { return nil }
    guard case .function(let function) = value, let definition = function.definition else {
      let extent = ValueMeasure(value).extent
      return ["\(name) is a \(value.kindName)\(extent.isEmpty ? "" : ": \(extent)")"]
    }
    let (line, _) = definition.source.position(of: definition.span.start)
    return [value.display()] + comment(above: definition.span.start, in: definition.source)
      + ["defined at \(definition.source.name):\(line); source \(name) shows it"]
  }

  private static func comment(above offset: Int, in source: SourceText) -> [String] {
    var lines: [String] = []
    var start = source.line(around: offset).start
    while start > 0 {
      let above = source.line(around: start - 1)
      let text = above.text.drop { $0 == " " }
      guard text.hasPrefix("#") else { break }
      lines.append(String(text.dropFirst().drop { $0 == " " }))
      start = above.start
    }
    return lines.reversed()
  }
}

extension Machine {
  /// The value of a variable, or of a field of one, as of what `use` has bound: `lib.inc`.
  func value(at path: String) -> Value? {
    let names = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard var value = names.first.flatMap({ globals[$0] }) else { return nil }
    for name in names.dropFirst() {
      guard case .record(let box) = value, let field = box.content[name] else { return nil }
      value = field
    }
    return value
  }
}
