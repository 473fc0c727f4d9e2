import Language

/// Names and numbers as they are set.
enum SymbolText {
  private static let subscripts: [Character] = ["₀", "₁", "₂", "₃", "₄", "₅", "₆", "₇", "₈", "₉"]
  private static let superscripts: [Character] = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]
  private static let greek: Set<String> = [
    "alpha", "beta", "gamma", "delta", "epsilon", "eta", "theta", "lambda", "mu", "nu", "pi",
    "rho", "sigma", "tau", "phi", "omega",
  ]

  /// A name that is written as it stands, so that it looks like no other.
  static func verbatim(_ symbol: String) -> String { "`" + symbol }

  /// A name for the terminal: as the user wrote it, `h~1` as h₁, a network's `net.W1` as W₁.
  static func unicode(_ symbol: String) -> String {
    if symbol.first == "`" { return String(symbol.dropFirst()) }
    if let (letters, digits) = numbered(symbol) {
      return letters + String(digits.compactMap { $0.wholeNumberValue.map { subscripts[$0] } })
    }
    return symbol
  }

  /// The letter and the number of a symbol that the derivation chose, or of a layer's parameter.
  private static func numbered(_ symbol: String) -> (String, String)? {
    if let mark = symbol.firstIndex(of: "~") {
      return (String(symbol[..<mark]), String(symbol[symbol.index(after: mark)...]))
    }
    guard let dot = symbol.lastIndex(of: ".") else { return nil }
    let field = symbol[symbol.index(after: dot)...]
    let letters = field.prefix { $0.isLetter }
    let digits = field.dropFirst(letters.count)
    guard !letters.isEmpty, !digits.isEmpty, digits.allSatisfy({ $0.wholeNumberValue != nil })
    else { return nil }
    return (String(letters), String(digits))
  }

  /// A name as LaTeX: W_h with its subscript, longer words upright.
  static func latex(_ symbol: String) -> String {
    if symbol.first == "`" { return "\\texttt{\(escaped(String(symbol.dropFirst())))}" }
    if let (letters, digits) = numbered(symbol) { return "\(word(letters))_{\(digits)}" }
    guard symbol.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) else {
      return "\\texttt{\(escaped(symbol))}"
    }
    let parts = symbol.split(separator: "_", maxSplits: 1)
    if parts.count == 2 {
      return parts[0].count == 1 || greek.contains(String(parts[0]))
        ? "\(word(String(parts[0])))_{\(word(String(parts[1])))}" : "\\mathrm{\(escaped(symbol))}"
    }
    let letters = symbol.prefix { $0.isLetter }
    let digits = symbol.dropFirst(letters.count)
    if letters.count == 1, !digits.isEmpty { return "\(letters)_{\(digits)}" }
    return word(symbol)
  }

  private static func word(_ text: String) -> String {
    if text.count == 1 { return text }
    if greek.contains(text) { return "\\" + text }
    return "\\mathrm{\(escaped(text))}"
  }

  /// Code inside LaTeX.
  static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "_", "#", "%", "&", "$", "{", "}": result += "\\\(character)"
      case "^": result += "\\^{}"
      case "~": result += "\\~{}"
      default: result.append(character)
      }
    }
    return result
  }

  /// The same of places between brackets, in which `$1` stands for an operand.
  static func escapedPlaces(_ text: String) -> String { escaped(text).replacing("\\$", with: "$") }

  static func functionName(_ name: String) -> String {
    ["exp", "log", "sin", "cos", "tanh", "max", "min"].contains(name)
      ? "\\" + name : "\\mathrm{\(escaped(name))}"
  }

  /// A power, as nns and people write it.
  static func power(_ base: String, _ exponent: Double, _ style: Notation.Style) -> String {
    if exponent == 1 { return base }
    switch style {
    case .unicode, .shapes:
      if let whole = Int(exactly: exponent), (0...9).contains(whole) {
        return base + String(superscripts[whole])
      }
      return base + "^" + exponent.displayed
    case .latex: return "\(base)^{\(exponent.displayed)}"
    case .nns: return "\(base)^" + (exponent < 0 ? "(\(number(exponent)))" : number(exponent))
    }
  }

  /// A number that nns reads back unchanged.
  static func number(_ value: Double) -> String {
    let short = value.displayed
    return Double(short) == value ? short : "\(value)"
  }
}
