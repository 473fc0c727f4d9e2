import Console

/// Formulas in LaTeX as MathML, which browsers set without a script.
///
/// Not all of LaTeX: what `Notation` and the rules of derivation write of it.
struct MathML {
  private var rest: Substring
  /// Commands of LaTeX that are none of these, in the order in which they stand.
  private(set) var unknownCommands: [String] = []

  private init(_ latex: String) { rest = latex[...] }

  /// The formula as elements that a `math` or a cell of a table can hold.
  static func elements(_ latex: String) -> String { read(latex).elements }

  /// The same, with the commands that could not be set.
  static func read(_ latex: String) -> (elements: String, unknownCommands: [String]) {
    var reader = MathML(latex)
    return (reader.row(until: .end), reader.unknownCommands)
  }

  /// What a part of a formula ends at.
  private enum Ending { case end, brace, right, cell }

  /// An element, with what stands below and above it.
  private struct Item {
    var base: String
    /// Whether limits stand under and over it, as those of a sum.
    var hasLimits = false
    var low: String?
    var high: String?

    var markup: String {
      let kind = hasLimits ? ("munder", "mover", "munderover") : ("msub", "msup", "msubsup")
      switch (low, high) {
      case (nil, nil): return base
      case (let low?, nil): return "<\(kind.0)>\(base)\(low)</\(kind.0)>"
      case (nil, let high?): return "<\(kind.1)>\(base)\(high)</\(kind.1)>"
      case (let low?, let high?): return "<\(kind.2)>\(base)\(low)\(high)</\(kind.2)>"
      }
    }
  }

  // MARK: reading

  private mutating func row(until ending: Ending) -> String {
    var items: [Item] = []
    while let next = rest.first {
      if ending == .brace, next == "}" {
        rest.removeFirst()
        break
      }
      if ending == .right, rest.hasPrefix("\\right") { break }
      if ending == .cell, next == "&" || rest.hasPrefix("\\\\") || rest.hasPrefix("\\end") {
        break
      }
      switch next {
      case "_", "^":
        rest.removeFirst()
        let script = argument()
        if items.isEmpty { items.append(Item(base: "<mrow></mrow>")) }
        if next == "_" {
          items[items.count - 1].low = script
        } else {
          items[items.count - 1].high = script
        }
      default: if let item = atom(next) { items.append(item) }
      }
    }
    return items.map(\.markup).joined()
  }

  /// What a command or a script applies to: a group, or a single atom.
  private mutating func argument() -> String {
    while rest.first == " " { rest.removeFirst() }
    guard let next = rest.first else { return "<mrow></mrow>" }
    return atom(next)?.markup ?? "<mrow></mrow>"
  }

  private mutating func atom(_ next: Character) -> Item? {
    if next == "\\" { return command() }
    if next.isNumber, next.isASCII { return Item(base: "<mn>\(number())</mn>") }
    rest.removeFirst()
    switch next {
    case " ", "}": return nil
    case "{": return Item(base: "<mrow>\(row(until: .brace))</mrow>")
    case "-": return sign("−")
    case _ where next.isLetter: return Item(base: "<mi>\(next)</mi>")
    default: return sign(String(next))
    }
  }

  /// Digits with their point and exponent, as `1e-05`.
  private mutating func number() -> String {
    var text = ""
    while let next = rest.first {
      let isExponent =
        next == "e" && rest.dropFirst().first.map { $0.isNumber || $0 == "-" } == true
      let isSign = next == "-" && text.last == "e"
      let isPoint = next == "." && rest.dropFirst().first?.isNumber == true
      guard next.isNumber || isExponent || isSign || isPoint else { break }
      text.append(next)
      rest.removeFirst()
    }
    return text
  }

  private func sign(_ text: String) -> Item {
    let isFence = "()[]|".contains(text)
    return Item(base: "<mo\(isFence ? " stretchy=\"false\"" : "")>\(Markup.escaped(text))</mo>")
  }

  // MARK: commands

  private mutating func command() -> Item? {
    rest.removeFirst()
    let letters = rest.prefix { $0.isLetter && $0.isASCII }
    guard !letters.isEmpty else { return escape() }
    let name = String(letters)
    rest = rest[letters.endIndex...]
    switch name {
    case "frac":
      let (above, below) = (argument(), argument())
      return Item(base: "<mfrac>\(above)\(below)</mfrac>")
    case "left": return fenced()
    case "begin": return cases()
    case "right": return nil
    case "mathrm": return Item(base: "<mi mathvariant=\"normal\">\(text())</mi>")
    case "mathbf": return Item(base: "<mi style=\"font-weight:bold\">\(text())</mi>")
    case "text": return Item(base: "<mtext>\(text())</mtext>")
    case "texttt": return Item(base: "<mtext style=\"font-family:monospace\">\(text())</mtext>")
    case "quad": return space("1em")
    case "sum": return Item(base: "<mo>∑</mo>", hasLimits: true)
    default: return named(name)
    }
  }

  private mutating func named(_ name: String) -> Item {
    if Self.functions.contains(name) {
      // As LaTeX sets it: a little apart from what it is of, unless that stands in brackets.
      let isBracketed = rest.hasPrefix("\\left") || rest.hasPrefix("(") || rest.hasPrefix(" \\sum")
      let gap = isBracketed ? "" : "<mspace width=\"0.17em\"></mspace>"
      return Item(base: gap.isEmpty ? "<mi>\(name)</mi>" : "<mrow><mi>\(name)</mi>\(gap)</mrow>")
    }
    if let letter = Self.letters[name] { return Item(base: "<mi>\(letter)</mi>") }
    if let sign = Self.signs[name] { return Item(base: "<mo>\(sign)</mo>") }
    unknownCommands.append(name)
    return Item(base: "<mtext>\(name)</mtext>")
  }

  /// A space, or a sign that would be a command without its backslash.
  private mutating func escape() -> Item? {
    guard let next = rest.popFirst() else { return nil }
    switch next {
    case ",": return space("0.17em")
    case ";": return space("0.28em")
    case "^", "~":
      if rest.hasPrefix("{}") { rest.removeFirst(2) }
      return sign(String(next))
    case "_", "#", "%", "&", "$", "{", "}": return sign(String(next))
    default:
      unknownCommands.append(String(next))
      return sign(String(next))
    }
  }

  private func space(_ width: String) -> Item {
    Item(base: "<mspace width=\"\(width)\"></mspace>")
  }

  /// Between brackets as high as what they hold.
  private mutating func fenced() -> Item {
    let left = delimiter()
    let inside = row(until: .right)
    guard rest.hasPrefix("\\right") else { return Item(base: "<mrow>\(left)\(inside)</mrow>") }
    rest.removeFirst("\\right".count)
    return Item(base: "<mrow>\(left)\(inside)\(delimiter())</mrow>")
  }

  /// Rows of cells after a brace: LaTeX's `cases`, the only environment that formulas here contain.
  private mutating func cases() -> Item {
    let name = text()
    if name != "cases" { unknownCommands.append("begin{\(name)}") }
    var rows: [[String]] = [[]]
    while !rest.isEmpty, !rest.hasPrefix("\\end") {
      rows[rows.count - 1].append("<mtd><mrow>\(row(until: .cell))</mrow></mtd>")
      if rest.first == "&" {
        rest.removeFirst()
      } else if rest.hasPrefix("\\\\") {
        rest.removeFirst(2)
        rows.append([])
      }
    }
    if rest.hasPrefix("\\end") {
      rest.removeFirst("\\end".count)
      _ = text()
    }
    let table = rows.map { "<mtr>\($0.joined())</mtr>" }.joined()
    return Item(base: "<mrow><mo>{</mo><mtable>\(table)</mtable></mrow>")
  }

  private mutating func delimiter() -> String {
    if rest.first == "\\" { rest.removeFirst() }
    guard let next = rest.popFirst(), next != "." else { return "" }
    return "<mo>\(Markup.escaped(String(next)))</mo>"
  }

  /// The words of a group, its spaces kept.
  private mutating func text() -> String {
    guard rest.first == "{" else { return rest.popFirst().map { Markup.escaped(String($0)) } ?? "" }
    rest.removeFirst()
    var (text, depth) = ("", 1)
    while let next = rest.popFirst() {
      if next == "\\", let escaped = rest.popFirst() {
        text.append(escaped)
        if "^~".contains(escaped), rest.hasPrefix("{}") { rest.removeFirst(2) }
        continue
      }
      if next == "{" { depth += 1 }
      if next == "}" { depth -= 1 }
      if depth == 0 { break }
      text.append(next == " " ? "\u{A0}" : next)
    }
    return Markup.escaped(text)
  }

  // MARK: names

  private static let functions: Set = ["exp", "log", "sin", "cos", "tanh", "max", "min"]

  private static let letters: [String: String] = [
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "eta": "η",
    "theta": "θ", "lambda": "λ", "mu": "μ", "nu": "ν", "pi": "π", "rho": "ρ", "sigma": "σ",
    "tau": "τ", "phi": "ϕ", "omega": "ω", "varphi": "φ", "Phi": "Φ", "partial": "∂",
  ]

  private static let signs: [String: String] = [
    "top": "⊤", "odot": "⊙", "ne": "≠", "le": "≤", "ge": "≥", "dots": "…", "vdots": "⋮",
    "times": "×", "star": "⋆", "lor": "∨", "land": "∧", "cdot": "·",
  ]
}
