extension Diagnostic {
  /// The whole message as a person reads it, without a newline at its end.
  ///
  /// - Parameter inColor: whether to mark it with the escape codes of a terminal.
  package func rendered(inColor: Bool = false) -> String {
    let style = Style(isOn: inColor)
    var lines = [style.error("error:") + " " + Self.printable(message)]
    if !source.name.isEmpty { lines += locationLines(style) }
    lines += suggestions.map { "  " + style.gutter("=") + " " + Self.printable($0) }
    lines += callLines()
    return lines.joined(separator: "\n")
  }

  private func locationLines(_ style: Style) -> [String] {
    let (line, column) = source.position(of: span.start)
    let excerpt = SourceExcerpt(source, span)
    let number = "\(line)"
    let margin = String(repeating: " ", count: number.count) + " "
    let padding = String(repeating: " ", count: excerpt.caretColumn)
    let caret = "^" + String(repeating: "~", count: max(0, excerpt.caretWidth - 1))
    var lines = [
      "  \(Self.printable(source.name)):\(line):\(column)",
      style.gutter(number + " |") + (excerpt.text.isEmpty ? "" : " " + excerpt.text),
      style.gutter(margin + "|") + " " + padding + style.error(caret),
    ]
    for part in (label ?? "").split(separator: "\n") {
      lines.append(style.gutter(margin + "|") + " " + padding + Self.printable(String(part)))
    }
    return lines
  }

  private static let framesShown = 12

  /// The call chain, its middle left out where a recursion made it long.
  private func callLines() -> [String] {
    func line(_ frame: Frame) -> String {
      let (line, column) = frame.source.position(of: frame.span.start)
      let place = Self.printable(frame.source.name)
      return "  in \(frame.function)(…) called at \(place):\(line):\(column)"
    }
    guard callChain.count > Self.framesShown else { return callChain.map(line) }
    let half = Self.framesShown / 2
    let hidden = callChain.count - 2 * half
    return callChain.prefix(half).map(line) + ["  … \(hidden) more calls"]
      + callChain.suffix(half).map(line)
  }

  /// A text with its control characters made visible, so that it cannot steer the terminal.
  static func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: SourceExcerpt.isControl) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { result.append(SourceExcerpt.visible(scalar)) }
    return String(result)
  }

  private struct Style {
    let isOn: Bool

    func error(_ text: String) -> String { isOn ? "\u{1B}[1;31m\(text)\u{1B}[0m" : text }
    func gutter(_ text: String) -> String { isOn ? "\u{1B}[34m\(text)\u{1B}[0m" : text }
  }
}
