/// Colours of a terminal, as ANSI escape codes; nothing where colours are off.
package struct Paint: Sendable {
  package enum Color: Int, Sendable {
    case red = 31
    case green = 32
    case yellow = 33
    case blue = 34
    case magenta = 35
    case cyan = 36
    case gray = 90
    case lightRed = 91
    case lightGreen = 92
    case lightYellow = 93
    case lightBlue = 94
    case lightMagenta = 95
    case lightCyan = 96
  }

  package let isOn: Bool

  package init(isOn: Bool) { self.isOn = isOn }

  /// The text in a colour.
  package func callAsFunction(_ text: String, _ color: Color, bold: Bool = false) -> String {
    guard isOn, !text.isEmpty else { return text }
    return "\u{1B}[\(bold ? "1;" : "")\(color.rawValue)m\(text)\u{1B}[0m"
  }

  /// The text in bold.
  package func bold(_ text: String) -> String {
    isOn ? "\u{1B}[1m\(text)\u{1B}[0m" : text
  }

  /// The text, dimmed.
  package func dim(_ text: String) -> String {
    isOn ? "\u{1B}[2m\(text)\u{1B}[0m" : text
  }

  /// The colours in which the curves of a plot follow each other.
  package static let curves: [Color] = [
    .blue, .yellow, .green, .magenta, .red, .cyan, .lightBlue, .lightYellow, .lightGreen,
    .lightMagenta, .lightRed, .lightCyan,
  ]
}
