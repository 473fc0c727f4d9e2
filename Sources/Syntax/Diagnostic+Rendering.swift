extension Diagnostic {
  /// The whole message as a person reads it, without a newline at its end.
  ///
  /// - Parameters:
  ///   - inColor: whether to mark it with the escape codes of a terminal.
  ///   - width: the columns of the terminal, at which lines wrap between words; nil for no limit.
  public func rendered(inColor: Bool = false, width: Int? = nil) -> String {
    let style = Style(isOn: inColor)
    let width = max(20, width ?? .max)
    let first = Self.wrapped("error: " + Self.printable(message), to: width, hanging: 2)
    var lines = first
    lines[0] = style.error("error:") + lines[0].dropFirst("error:".count)
    if !source.name.isEmpty { lines += locationLines(style, width) }
    for suggestion in suggestions {
      var wrapped = Self.wrapped("  = " + Self.printable(suggestion), to: width, hanging: 4)
      wrapped[0] = "  " + style.gutter("=") + wrapped[0].dropFirst("  =".count)
      lines += wrapped
    }
    lines += callLines()
    return lines.joined(separator: "\n")
  }

  /// A text in lines of at most `width` columns, broken between words; those after the first begin
  /// with `hanging` blanks. A word that is longer than a line has one to itself.
  public static func wrapped(_ text: String, to width: Int, hanging: Int) -> [String] {
    guard DisplayWidth.of(text) > width else { return [text] }
    var lines: [String] = []
    let indent = text.prefix { $0 == " " }
    var line = String(indent)
    var columns = indent.count
    var isEmpty = true
    for word in text.dropFirst(indent.count).split(separator: " ", omittingEmptySubsequences: false)
    {
      let own = DisplayWidth.of(word)
      if !isEmpty, columns + 1 + own > width {
        lines.append(line)
        line = String(repeating: " ", count: hanging)
        columns = hanging
        isEmpty = true
      }
      line += isEmpty ? String(word) : " " + word
      columns += isEmpty ? own : 1 + own
      isEmpty = false
    }
    return lines + [line]
  }

  private func locationLines(_ style: Style, _ width: Int) -> [String] {
    let (line, column) = source.position(of: span.start)
    let number = "\(line)"
    let margin = String(repeating: " ", count: number.count) + " "
    let room = width - margin.count - 2
    let excerpt = SourceExcerpt(source, span, columns: room)
    let padding = String(repeating: " ", count: excerpt.caretColumn)
    let caret = "^" + String(repeating: "~", count: max(0, excerpt.caretWidth - 1))
    var lines = [
      "  \(Self.printable(source.name)):\(line):\(column)",
      style.gutter(number + " |") + (excerpt.text.isEmpty ? "" : " " + excerpt.text),
      style.gutter(margin + "|") + " " + padding + style.error(caret),
    ]
    for part in (label ?? "").split(separator: "\n") {
      let text = Self.printable(String(part))
      // Under the caret, or further left where it would not fit.
      let blanks = max(0, min(excerpt.caretColumn, room - DisplayWidth.of(text)))
      let indent = String(repeating: " ", count: blanks)
      lines += Self.wrapped(indent + text, to: room, hanging: 0)
        .map { style.gutter(margin + "|") + " " + $0 }
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

  /// More characters of a text nobody reads: a message may name a record's key of any length.
  private static let longestText = 10_000

  /// A text with its control characters made visible, so that it cannot steer the terminal; of one
  /// that is too long to be read, the beginning.
  static func printable(_ text: String) -> String {
    if text.utf8.count > longestText {
      let beginning = String(text.unicodeScalars.prefix(longestText))
      if beginning.utf8.count < text.utf8.count { return visible(beginning) + "…" }
    }
    return visible(text)
  }

  private static func visible(_ text: String) -> String {
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
