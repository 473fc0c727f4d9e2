/// Names that come from outside, as they may be shown.
///
/// A file can name an array or a column by anything, escape codes of a terminal among it. Every
/// name is cleaned as it is read, so that whatever shows it later, a table, a legend, an error,
/// cannot be steered by it; what a script names itself is cleaned where it is shown. `print` alone
/// writes strings as they are.
public enum ShownName {
  /// The text with its control characters replaced by pictures of them (ESC by ␛), and with marks
  /// that turn the direction of writing left out: one such makes the rest of a line read backwards.
  public static func cleaned(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if !isUnsafe(scalar) {
        result.append(scalar)
      } else if let picture = picture(scalar) {
        result.append(picture)
      }
    }
    return String(result)
  }

  /// The characters of a key that are shown.
  private static let longestKey = 1000

  /// The text as the key of a record that is shown: in quotes where it would not be told from what
  /// stands around it; of one that is too long to be read, the beginning.
  public static func key(_ text: String) -> String {
    let shown = String(text.unicodeScalars.prefix(longestKey))
    let name = cleaned(shown) + (shown.utf8.count < text.utf8.count ? "…" : "")
    return name.isEmpty || name.contains(where: { $0.isWhitespace || ",:{}\"".contains($0) })
      ? "\"\(name)\"" : name
  }

  /// Whether a scalar could steer a terminal, or turn the direction of what follows.
  public static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029: true
    case 0x202A...0x202E, 0x2066...0x2069, 0x200E, 0x200F, 0x061C: true
    default: false
    }
  }

  private static func picture(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
    switch scalar.value {
    case 0x0A, 0x0D, 0x2028, 0x2029: "⏎"
    case 0..<0x20: Unicode.Scalar(0x2400 + scalar.value)
    case 0x7F: "␡"
    case 0x80..<0xA0: "?"
    default: nil
    }
  }

  /// `(A…J)`; all names where there are at most two.
  public static func shortList(_ names: [String]) -> String {
    guard names.count > 2, let first = names.first, let last = names.last else {
      return "(\(names.joined(separator: ", ")))"
    }
    return "(\(first)…\(last))"
  }
}
