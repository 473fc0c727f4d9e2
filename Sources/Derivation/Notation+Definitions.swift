import Language
import Operations
import Tensors

extension Notation {
  /// How a node is computed, its operands by their symbols.
  func definition(_ node: Node) -> (text: String, level: Level) {
    switch node.kind {
    case .number where node.dimension != nil && style != .nns:
      return (node.dimension?.text ?? "", .atom)
    case .number(let number): return (numberText(number), number < 0 ? .matmul : .atom)
    case .leaf(let text) where node.isLiteral && style != .shapes && node.symbol == text:
      return (style == .latex ? "\\texttt{\(SymbolText.escaped(text))}" : text, .atom)
    case .leaf(let text):
      switch style {
      case .unicode: return (SymbolText.unicode(text), .atom)
      case .latex: return (SymbolText.latex(text), .atom)
      case .nns: return (Self.isName(text) ? text : "(\(text))", .atom)
      case .shapes: return (shape(node.axes), .atom)
      }
    case .operation(let name): return operation(name, node)
    }
  }

  private static func isName(_ text: String) -> Bool {
    text.allSatisfy { $0.isLetter || $0.isNumber || "_.".contains($0) }
      || text.first?.isLetter == true && text.last == "]"
        && text.allSatisfy { $0.isLetter || $0.isNumber || "_.[]".contains($0) }
      || text.last == ")" && text.first?.isLetter == true || text.first == "["
  }

  private func numberText(_ number: Double) -> String {
    guard style != .nns else { return SymbolText.number(number) }
    return (number < 0 && style == .unicode ? "−" : number < 0 ? "-" : "")
      + number.magnitude.displayed
  }

  /// An operand by its symbol, or written out.
  private func operand(_ node: Node, from minimum: Level) -> String {
    let (text, level) = self.node(node)
    return level < minimum ? parenthesized(text) : text
  }

  private func operation(_ name: String, _ node: Node) -> (String, Level) {
    let inputs = node.inputs
    switch name {
    case "+", "-", "neg": return sum(name, inputs)
    case "*", "@", "/", "%": return infix(name, inputs)
    case "^": return power(inputs)
    case ">", "<", ">=", "<=", "==", "!=", "and", "or", "not": return logical(name, inputs)
    case "bracket": return bracket(inputs)
    case "logsumexp" where node.options.companion != nil: return logSumExp(node)
    case "transpose" where node.options.arguments.isEmpty:
      let mark = style == .nns ? "'" : style == .latex ? "^\\top" : "ᵀ"
      return (operand(inputs[0], from: .postfix) + mark, .postfix)
    case "index": return ("\(operand(inputs[0], from: .postfix))[\(places(node))]", .postfix)
    case "assign": return (assignment(node), .atom)
    case "layer": return (layer(node), .atom)
    case "sum" where style != .nns && node.options.arguments.isEmpty:
      let sign = style == .latex ? "\\sum " : "Σ "
      return (sign + operand(inputs[0], from: .product), .matmul)
    case "cross_entropy" where style != .nns, "averageCE" where style != .nns,
      "mse" where style != .nns:
      return loss(name, inputs)
    default: return symbol(name, inputs) ?? call(name, node)
    }
  }

  private func sum(_ name: String, _ inputs: [Node]) -> (String, Level) {
    let minus = style == .unicode ? "−" : "-"
    if name == "neg" { return (minus + operand(inputs[0], from: .matmul), .matmul) }
    let right = operand(inputs[1], from: name == "-" ? .product : .sum)
    return ("\(operand(inputs[0], from: .sum)) \(name == "-" ? minus : name) \(right)", .sum)
  }

  /// A comparison, or a connective of masks.
  private func logical(_ name: String, _ inputs: [Node]) -> (String, Level) {
    if name == "not" { return ("(not \(operand(inputs[0], from: .postfix)))", .atom) }
    let sign =
      switch name {
      case "and": style == .latex ? "\\land" : name
      case "or": style == .latex ? "\\lor" : name
      default: style == .nns ? name : relation(name)
      }
    return ("(\(operand(inputs[0], from: .sum)) \(sign) \(operand(inputs[1], from: .sum)))", .atom)
  }

  private func bracket(_ inputs: [Node]) -> (String, Level) {
    let inside = inputs.map { operand($0, from: .sum) }.joined(separator: ", ")
    // What stands in brackets by name is a list for nns, where it is no number.
    if style == .nns, inputs.contains(where: { $0.rank > 0 }) {
      return ("stack([\(inside)])", .atom)
    }
    return (style == .latex ? "\\left[\(inside)\\right]" : "[\(inside)]", .atom)
  }

  /// A tensor of which a part has been assigned; in nns, which has no expression for that, the
  /// tensor and what the assignment adds to it.
  private func assignment(_ node: Node) -> String {
    let places = places(node)
    let whole = operand(node.inputs[0], from: .postfix)
    if style == .nns {
      let change = "(\(operand(node.inputs[1], from: .product)) - \(whole)[\(places)])"
      let placed = DerivationRule.placed(
        at: node.options.indices, in: node, change, node.options.indexText)
      return "(\(whole) + \(placed ?? change))"
    }
    let part = operand(node.inputs[1], from: .sum)
    return style == .latex
      ? "\\left(\(whole) \\text{ with } [\(places)] = \(part)\\right)"
      : "(\(whole) with [\(places)] = \(part))"
  }

  /// A layer with parameters by its name and those; one without as the language writes it.
  private func layer(_ node: Node) -> String {
    var layer = node.options.layer?.description ?? "layer"
    if node.inputs.count > 1 { layer = String(layer.prefix { $0 != "(" }) }
    let shown = style == .latex ? "\\mathrm{\(SymbolText.escaped(layer))}" : layer
    let inside = node.inputs.map { operand($0, from: .sum) }.joined(separator: ", ")
    return "\(shown)(\(inside))"
  }

  /// A function of each element, where its record has a symbol for it.
  private func symbol(_ name: String, _ inputs: [Node]) -> (String, Level)? {
    guard style != .nns, inputs.count == 1, let symbol = UnaryOperation(name: name)?.record.symbol
    else { return nil }
    let pattern = style == .latex ? symbol.latex : symbol.unicode
    let filled = pattern.replacing("$0", with: operand(inputs[0], from: .sum))
      .replacing("&0", with: operand(inputs[0], from: .postfix))
    return (filled, .atom)
  }

  /// A loss by its formula: `−(1/N) Σ y ⊙ log(p)`.
  private func loss(_ name: String, _ inputs: [Node]) -> (String, Level) {
    let axes = inputs[1].axes
    let count = Coefficient(1, dividedBy: name == "cross_entropy" ? Array(axes.dropLast()) : axes)
    let isScaled = !count.isOne
    let front = isScaled ? text(.constant(count, [])) + " " : ""
    let (target, prediction) = (
      operand(inputs[0], from: .matmul), operand(inputs[1], from: .sum)
    )
    let sign = style == .latex ? "\\sum " : "Σ "
    if name == "mse" {
      let minus = style == .latex ? "-" : "−"
      let square = SymbolText.power(parenthesized("\(prediction) \(minus) \(target)"), 2, style)
      return (front + sign + square, .matmul)
    }
    let minus = style == .latex ? "-" : "−"
    let product = style == .latex ? "\\odot \\log" : "⊙ log"
    return ("\(minus)\(front)\(sign)\(target) \(product)\(parenthesized(prediction))", .matmul)
  }

  private func relation(_ name: String) -> String {
    switch (name, style) {
    case (">=", .unicode): "≥"
    case ("<=", .unicode): "≤"
    case ("!=", .unicode): "≠"
    case ("==", _): "="
    case (">=", .latex): "\\ge"
    case ("<=", .latex): "\\le"
    case ("!=", .latex): "\\ne"
    default: name
    }
  }

  private func infix(_ name: String, _ inputs: [Node]) -> (String, Level) {
    if style == .nns {
      let right = operand(inputs[1], from: .power)
      return ("\(operand(inputs[0], from: .product)) \(name) \(right)", .product)
    }
    if name == "/", style == .latex {
      return (
        "\\frac{\(operand(inputs[0], from: .sum))}{\(operand(inputs[1], from: .sum))}", .matmul
      )
    }
    if name == "@" {
      var (left, right) = (operand(inputs[0], from: .matmul), operand(inputs[1], from: .postfix))
      // A vector on the left is a row.
      if inputs[0].rank == 1, inputs[0].symbol != nil { left += style == .latex ? "^\\top" : "ᵀ" }
      return ("\(left)\(style == .latex ? " \\, " : " ")\(right)", .matmul)
    }
    let haveAxes = inputs[0].rank > 0 && inputs[1].rank > 0
    let sign =
      name != "*"
      ? " \(name) "
      : haveAxes ? (style == .latex ? " \\odot " : " ⊙ ") : (style == .latex ? " \\, " : " ")
    // A number stands in front.
    let isTurned = name == "*" && inputs[0].rank > 0 && inputs[1].rank == 0
    let (first, second) = isTurned ? (inputs[1], inputs[0]) : (inputs[0], inputs[1])
    let left = operand(first, from: name == "*" && !isTurned ? .product : .matmul)
    return ("\(left)\(sign)\(operand(second, from: .matmul))", .product)
  }

  private func power(_ inputs: [Node]) -> (String, Level) {
    let base = operand(inputs[0], from: style == .nns ? .postfix : .atom)
    if let exponent = inputs[1].number {
      return (SymbolText.power(base, exponent, style), .power)
    }
    let exponent = operand(inputs[1], from: style == .latex ? .sum : .postfix)
    return (style == .latex ? "\(base)^{\(exponent)}" : "\(base)^\(exponent)", .power)
  }

  /// log Σ exp(z) along the last axis.
  private func logSumExp(_ node: Node) -> (String, Level) {
    let inside = operand(node.inputs[0], from: .sum)
    let axis = node.inputs[0].rank - 1
    switch style {
    case .nns:
      let keeps = node.options.keepsDimensions ? ", keepdims=true" : ""
      let settings = node.inputs[0].rank == 1 ? "" : ", axis=\(axis)\(keeps)"
      return ("log(sum(exp(\(inside))\(settings)))", .atom)
    case .latex: return ("\\log \\sum_k \\exp\\left(\(inside)\\right)_k", .matmul)
    default: return ("log Σₖ exp(\(inside))ₖ", .matmul)
    }
  }

  /// A setting as nns reads it back unchanged; nil for what is too long for a formula, or no
  /// literal.
  static func code(of value: Value) -> String? {
    switch value {
    case .none: return "none"
    case .bool(let truth): return truth ? "true" : "false"
    case .number(let number): return SymbolText.number(number)
    case .string(let box):
      let text = box.content
      let isPlain = text.allSatisfy { $0.isLetter || $0.isNumber || " _-.,:/".contains($0) }
      return isPlain && text.utf8.count <= 60 ? "\"\(text)\"" : nil
    case .list(let box) where box.content.count <= 32:
      let parts = box.content.compactMap { code(of: $0) }
      return parts.count == box.content.count ? "[\(parts.joined(separator: ", "))]" : nil
    case .tensor(let box):
      let tensor = box.content
      guard tensor.count <= 32, tensor.rank >= 1, tensor.count > 0 else { return nil }
      let isMask = tensor.elementType == .bool
      var parts = tensor.doubles().map {
        isMask ? ($0 != 0 ? "true" : "false") : SymbolText.number($0)
      }
      for size in tensor.shape.dimensions.dropFirst().reversed() {
        parts = stride(from: 0, to: parts.count, by: size).map {
          "[\(parts[$0..<$0 + size].joined(separator: ", "))]"
        }
      }
      return "[\(parts.joined(separator: ", "))]"
    default: return nil
    }
  }

  /// What stands between the brackets of an operation on parts.
  private func places(_ node: Node) -> String {
    let texts = node.options.places.map { place -> String in
      guard let place else { return style == .latex ? "\\dots" : "…" }
      guard place.first == "$", let index = Int(place.dropFirst()) else {
        return style == .latex ? SymbolText.escaped(place) : place
      }
      let text = operand(node.inputs[index], from: .sum)
      let isWrapped = style != .latex && text.first == "(" && text.last == ")"
      return isWrapped ? String(text.dropFirst().dropLast()) : text
    }
    return texts.joined(separator: ", ")
  }

  /// The places between brackets as nns reads them back; nil where they are too long for a formula.
  static func code(of indices: [Index]) -> String? {
    let texts = indices.map { index -> String? in
      switch index {
      case .at(let place): return "\(place)"
      case .slice(let start, let stop, let step):
        let ends = (start.map(String.init) ?? "") + ":" + (stop.map(String.init) ?? "")
        return step == 1 ? ends : ends + ":\(step)"
      case .mask(let tensor), .gather(let tensor): return code(of: .tensor(Box(tensor)))
      case .ellipsis: return "..."
      case .newAxis: return "none"
      }
    }
    return texts.contains { $0 == nil } ? nil : texts.compactMap { $0 }.joined(separator: ", ")
  }

  private func call(_ name: String, _ node: Node) -> (String, Level) {
    var inside = node.inputs.map { operand($0, from: .sum) }
    if name == "concat" || name == "stack" { inside = ["[\(inside.joined(separator: ", "))]"] }
    for (argument, value) in node.options.arguments {
      let text = Self.code(of: value) ?? "…"
      let isBare =
        ["shape", "reps"].contains(argument) || argument == "axes" && name == "transpose"
      let setting = isBare ? text : "\(argument)=\(text)"
      inside.append(
        style == .latex ? "\\text{\(SymbolText.escaped(setting))}" : setting)
    }
    let list = inside.joined(separator: ", ")
    if style == .latex {
      return (
        "\(SymbolText.functionName(name))\\left(\(list)\\right)", .atom
      )
    }
    return ("\(name)(\(list))", .atom)
  }
}
