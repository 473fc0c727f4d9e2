import Language
import Tensors

/// How formulas are written: for the terminal, as LaTeX, as nns code, or with each symbol replaced
/// by its axes, which justifies the shapes.
struct Notation {
  enum Style { case unicode, latex, nns, shapes }

  /// How tightly a text holds together, loosest first.
  enum Level: Int, Comparable {
    case sum, product, matmul, power, postfix, atom
    static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
  }

  let style: Style
  /// What the loss is called.
  var loss = "L"
  /// How nns names a node: its text and how tightly that holds together.
  var nodeText: (Node) -> (text: String, level: Level)?
  /// Variables whose axes give the lengths that formulas divide by.
  var sizeText: (Dimension) -> String

  static var unicode: Notation { Notation(style: .unicode) }
  static var latex: Notation { Notation(style: .latex) }
  static var shapes: Notation { Notation(style: .shapes) }

  init(
    style: Style, nodeText: @escaping (Node) -> (text: String, level: Level)? = { _ in nil },
    sizeText: @escaping (Dimension) -> String = { $0.text }
  ) {
    self.style = style
    self.nodeText = nodeText
    self.sizeText = sizeText
  }

  /// The formula's text, in parentheses where it is looser than `minimum`.
  func text(_ formula: Formula, from minimum: Level = .sum) -> String {
    let (text, level) = bare(formula)
    return level < minimum ? parenthesized(text) : text
  }

  func parenthesized(_ text: String) -> String {
    style == .latex ? "\\left(\(text)\\right)" : "(\(text))"
  }

  func bare(_ formula: Formula) -> (String, Level) {
    switch formula.kind {
    case .node(let node): return self.node(node)
    case .derivative(let node, _): return derivative(node)
    case .product(let coefficient, let factors): return product(coefficient, factors, formula)
    case .sum(let terms): return sum(terms, formula)
    case .matmul(let parts):
      let texts = parts.enumerated().map { text($1, from: $0 == 0 ? .matmul : .power) }
      return (
        texts.joined(separator: style == .nns ? " @ " : style == .latex ? " \\, " : " "), .matmul
      )
    case .transpose(let operand): return transpose(operand)
    case .indicator(let left, let relation, let right): return indicator(left, relation, right)
    case .reduce(let operand, let axes, let keeps): return reduce(operand, axes, keeps, formula)
    case .ones: return ones(formula)
    case .call(let call): return self.call(call, formula)
    }
  }

  // MARK: Symbols

  func node(_ node: Node) -> (String, Level) {
    switch style {
    case .shapes: return (shape(node.axes), .atom)
    case .nns:
      if let found = nodeText(node) { return found }
      return definition(node)
    case .unicode:
      if let symbol = node.symbol { return (SymbolText.unicode(symbol), .atom) }
      return definition(node)
    case .latex:
      if let symbol = node.symbol { return (SymbolText.latex(symbol), .atom) }
      return definition(node)
    }
  }

  private func derivative(_ node: Node) -> (String, Level) {
    let symbol = node.symbol ?? "?"
    switch style {
    case .shapes: return (shape(node.axes), .atom)
    case .unicode: return ("∂\(loss)/∂\(SymbolText.unicode(symbol))", .atom)
    case .latex:
      return ("\\frac{\\partial \(loss)}{\\partial \(SymbolText.latex(symbol))}", .atom)
    case .nns: return ("dL_d" + symbol, .atom)
    }
  }

  func shape(_ axes: [Dimension]) -> String { axes.isEmpty ? "number" : "(\(axes.text))" }

  private func transpose(_ operand: Formula) -> (String, Level) {
    let inside = text(operand, from: .postfix)
    switch style {
    case .unicode, .shapes: return (inside + "ᵀ", .postfix)
    case .latex: return (inside + "^\\top", .postfix)
    case .nns: return (inside + "'", .postfix)
    }
  }

  private func ones(_ formula: Formula) -> (String, Level) {
    switch style {
    case .shapes: return (shape(formula.axes), .atom)
    case .unicode: return ("𝟏", .atom)
    case .latex: return ("\\mathbf{1}", .atom)
    case .nns:
      return ("ones(\(formula.shape.map(String.init).joined(separator: ", ")))", .atom)
    }
  }

  private func indicator(
    _ left: Formula, _ relation: BinaryOperation, _ right: Formula
  ) -> (String, Level) {
    if style == .shapes { return (shape(.broadcast(left.axes, right.axes)), .atom) }
    let isRectifier = relation == .greater && right.isZero
    if style == .nns, isRectifier { return ("gradRelu(\(text(left)))", .atom) }
    let sign = Self.sign(of: relation, style)
    let inside = "\(text(left)) \(sign) \(text(right))"
    return (style == .nns ? "(\(inside))" : "[\(inside)]", .atom)
  }

  private static func sign(of relation: BinaryOperation, _ style: Style) -> String {
    switch (relation, style) {
    case (.greater, _): ">"
    case (.less, _): "<"
    case (.greaterOrEqual, .unicode): "≥"
    case (.greaterOrEqual, .latex): "\\ge"
    case (.greaterOrEqual, _): ">="
    case (.lessOrEqual, .unicode): "≤"
    case (.lessOrEqual, .latex): "\\le"
    case (.lessOrEqual, _): "<="
    case (.equal, .nns): "=="
    case (.notEqual, .unicode): "≠"
    case (.notEqual, .latex): "\\ne"
    case (.notEqual, _): "!="
    default: "="
    }
  }

  // MARK: Sums

  private func sum(_ terms: [Formula], _ formula: Formula) -> (String, Level) {
    if style == .shapes { return shapesOfParts(terms, " + ", formula) }
    var result = ""
    // Of many terms, as of a loop's turns, two and the last are enough to see.
    let isLong = terms.count > 8 && style != .nns
    for (index, term) in terms.enumerated() {
      if isLong, index >= 2, index < terms.count - 1 {
        if index == 2 { result += style == .latex ? " + \\dots" : " + … \(terms.count) terms …" }
        continue
      }
      let isNegative = term.split.coefficient.number < 0
      let text = self.text(isNegative ? term.negated : term, from: .product)
      if index == 0 {
        result = isNegative ? minus + text : text
      } else {
        result += (isNegative ? " \(minus) " : " + ") + text
      }
    }
    return (result, .sum)
  }

  var minus: String { style == .unicode ? "−" : "-" }

  /// The axes of parts that hold products of matrices, the others being of the result's axes.
  func shapesOfParts(
    _ parts: [Formula], _ separator: String, _ formula: Formula
  ) -> (String, Level) {
    guard parts.contains(where: \.holdsProduct) else { return (shape(formula.axes), .atom) }
    let texts = parts.map { text($0, from: .product) }
    return (texts.joined(separator: separator), separator == " + " ? .sum : .product)
  }

  private func reduce(
    _ operand: Formula, _ axes: [Int], _ keeps: Bool, _ formula: Formula
  ) -> (String, Level) {
    let isRows = operand.axes.count == 2 && axes == [0]
    let isColumns = operand.axes.count == 2 && axes == [1]
    switch style {
    case .shapes:
      let inside = text(operand, from: .postfix)
      if isRows { return ("(\(operand.axes[0].text)×1)ᵀ \(inside)", .matmul) }
      if isColumns { return ("\(inside) (\(operand.axes[1].text)×1)", .matmul) }
      return ("Σ \(inside)", .matmul)
    case .unicode:
      if isRows { return ("1ᵀ " + text(operand, from: .postfix), .matmul) }
      if isColumns { return (text(operand, from: .postfix) + " 𝟏", .matmul) }
      return (sumSign(operand, axes) + text(operand, from: .postfix), .matmul)
    case .latex:
      if isRows { return ("\\mathbf{1}^\\top " + text(operand, from: .postfix), .matmul) }
      if isColumns { return (text(operand, from: .postfix) + " \\mathbf{1}", .matmul) }
      return ("\\sum " + text(operand, from: .postfix), .matmul)
    case .nns:
      var arguments = text(operand)
      if axes.count < operand.axes.count || keeps {
        arguments += ", axis=" + (axes.count == 1 ? "\(axes[0])" : "\(axes)")
      }
      if keeps { arguments += ", keepdims=true" }
      return ("sum(\(arguments))", .atom)
    }
  }

  private func sumSign(_ operand: Formula, _ axes: [Int]) -> String {
    axes.count == operand.axes.count ? "Σ " : "Σ_\(axes.map(String.init).joined(separator: ",")) "
  }

  // MARK: Calls

  private func call(_ call: Formula.Call, _ formula: Formula) -> (String, Level) {
    switch style {
    case .shapes: return (shape(formula.axes), .atom)
    case .nns:
      if let pattern = call.nns {
        return (filled(pattern, call.operands), Self.level(of: pattern))
      }
    case .unicode:
      if let pattern = call.unicode {
        return (filled(pattern, call.operands), Self.isWrapped(pattern) ? .atom : .matmul)
      }
    case .latex:
      if let pattern = call.latex {
        return (
          filled(pattern, call.operands), pattern.hasPrefix("\\left(") ? .atom : .matmul
        )
      }
    }
    var inside = call.operands.map { text($0) }.joined(separator: ", ")
    if call.isList { inside = "[\(inside)]" }
    let name = style == .latex ? SymbolText.functionName(call.name) : call.name
    let suffix =
      style == .latex && !call.suffix.isEmpty
      ? "\\text{\(SymbolText.escaped(call.suffix))}" : call.suffix
    return (
      name + (style == .latex ? parenthesized(inside + suffix) : "(\(inside)\(suffix))"), .atom
    )
  }

  /// Whether a pattern is one pair of parentheses, perhaps with a function's name before it.
  private static func isWrapped(_ pattern: String) -> Bool {
    guard let first = pattern.firstIndex(of: "("), pattern.last == ")",
      pattern[..<first].allSatisfy({ $0.isLetter || $0.isNumber })
    else { return false }
    var depth = 0
    for character in pattern[first...].dropLast() {
      if character == "(" { depth += 1 }
      if character == ")" { depth -= 1 }
      if depth == 0 { return false }
    }
    return true
  }

  /// How tightly a pattern of nns holds together.
  private static func level(of pattern: String) -> Level {
    pattern.contains(" @ ") ? .matmul : pattern.contains("^") ? .power : .atom
  }

  private func filled(_ pattern: String, _ operands: [Formula]) -> String {
    var result = pattern
    for (index, operand) in operands.enumerated() {
      // `$0` is a whole operand, `&0` one that must hold together.
      result = result.replacing("$\(index)", with: text(operand))
      result = result.replacing("&\(index)", with: text(operand, from: .postfix))
    }
    return result
  }
}

extension Formula {
  /// Whether a product of matrices stands in it where shapes matter.
  var holdsProduct: Bool {
    switch kind {
    case .matmul, .reduce: true
    case .product(_, let factors): factors.contains { $0.base.holdsProduct }
    case .sum(let terms): terms.contains { $0.holdsProduct }
    case .transpose(let operand): operand.holdsProduct
    default: false
    }
  }

  var isDerivative: Bool { if case .derivative = kind { true } else { false } }

  /// Whether nns can write it.
  var isExpressible: Bool {
    switch kind {
    case .call(let call):
      return call.nns != "" && call.operands.allSatisfy(\.isExpressible)
    case .product(_, let factors): return factors.allSatisfy { $0.base.isExpressible }
    case .sum(let parts), .matmul(let parts): return parts.allSatisfy(\.isExpressible)
    case .transpose(let operand), .reduce(let operand, _, _): return operand.isExpressible
    case .derivative: return false
    default: return true
    }
  }
}
