import Language
import Syntax

/// Help on what the user has defined.
enum UserHelp {
  /// A function's head with the comment above it, a variable's description; nil for other names.
  static func lines(_ name: String, _ machine: Machine) -> [String]? {
    guard machine.globals.isUserDefined(name), let value = machine.globals[name]
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
