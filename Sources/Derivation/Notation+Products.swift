import Tensors

extension Notation {
  func product(
    _ coefficient: Coefficient, _ factors: [Formula.Factor], _ formula: Formula
  ) -> (String, Level) {
    if style == .shapes {
      let parts = factors.filter { $0.base.axes.count > 0 }.map(\.base)
      if parts.count == 1, factors.allSatisfy({ $0.exponent == 1 }),
        parts[0].shape == formula.shape
      {
        return bare(parts[0])
      }
      return shapesOfParts(parts, " ⊙ ", formula)
    }
    let isNegative = coefficient.number < 0
    let sign = isNegative ? minus : ""
    let (text, level) = unsigned(coefficient, Self.ordered(factors), formula)
    // The sign is that of a whole sum, not of its first term.
    let body = isNegative && level == .sum ? parenthesized(text) : text
    return (sign + body, isNegative ? .matmul : level)
  }

  /// Numbers first, then what has axes; masks last.
  private static func ordered(_ factors: [Formula.Factor]) -> [Formula.Factor] {
    func rank(_ factor: Formula.Factor) -> Int {
      if factor.base.axes.isEmpty { return 0 }
      if case .indicator = factor.base.kind { return 3 }
      if factor.base.holdsProduct || factor.base.isDerivative { return 1 }
      return 2
    }
    return factors.enumerated().sorted {
      (rank($0.element), $0.offset) < (rank($1.element), $1.offset)
    }
    .map(\.element)
  }

  private func unsigned(
    _ coefficient: Coefficient, _ factors: [Formula.Factor], _ formula: Formula
  ) -> (String, Level) {
    let fraction = coefficient.fraction
    let above = factors.filter { $0.exponent > 0 }
    let below = factors.filter { $0.exponent < 0 }
    if style == .nns { return nnsProduct(fraction, above, below, formula) }
    let front = constant(fraction)
    if above.isEmpty, below.isEmpty {
      return (front.isEmpty ? (formula.axes.isEmpty ? "1" : onesText) : front, .atom)
    }
    if front.isEmpty, below.isEmpty, above.count == 1 { return powered(above[0], isAlone: true) }
    let body = joined(above)
    if !below.isEmpty {
      // The constant stands before the fraction, or above its line where nothing else does.
      let top = !body.isEmpty ? body : front.isEmpty ? "1" : front
      return (beside(body.isEmpty ? "" : front, quotient(top, below)), .product)
    }
    let isScaled = above.count == 1 || above.allSatisfy { $0.base.axes.isEmpty }
    return (beside(front, body), isScaled ? .matmul : .product)
  }

  private func beside(_ front: String, _ text: String) -> String {
    front.isEmpty ? text : front + " " + text
  }

  /// A fraction over factors of negative exponents.
  private func quotient(_ top: String, _ below: [Formula.Factor]) -> String {
    let bottom = below.map { factor in
      factor.exponent == -1
        ? text(factor.base, from: style == .latex ? .sum : .postfix)
        : powered(Formula.Factor(base: factor.base, exponent: -factor.exponent), isAlone: false).0
    }
    let under = bottom.joined(separator: " ")
    if style == .latex { return "\\frac{\(top)}{\(under)}" }
    return bottom.count == 1 ? "\(top) / \(under)" : "\(top) / (\(under))"
  }

  private var onesText: String {
    switch style {
    case .unicode: "𝟏"
    case .latex: "\\mathbf{1}"
    default: "1"
    }
  }

  private func joined(_ factors: [Formula.Factor]) -> String {
    var result = ""
    var previousHasAxes = false
    for factor in factors {
      let text = powered(factor, isAlone: false).0
      let hasAxes = !factor.base.axes.isEmpty
      if result.isEmpty {
        result = text
      } else if hasAxes, previousHasAxes {
        result += (style == .latex ? " \\odot " : " ⊙ ") + text
      } else {
        result += (style == .latex ? " \\, " : " ") + text
      }
      previousHasAxes = hasAxes
    }
    return result
  }

  private func powered(_ factor: Formula.Factor, isAlone: Bool) -> (String, Level) {
    if factor.exponent == 1 {
      if isAlone { return bare(factor.base) }
      // A quotient or several factors beside others stand in parentheses.
      return (text(factor.base, from: .matmul), .matmul)
    }
    let base = text(factor.base, from: style == .nns ? .postfix : .atom)
    return (SymbolText.power(base, factor.exponent, style), .power)
  }

  /// `2`, `(1/N)`, `(2/(N·K))`.
  private func constant(_ fraction: (above: [Coefficient.Piece], below: [Coefficient.Piece]))
    -> String
  {
    let dot = style == .latex ? " \\cdot " : "·"
    let above = fraction.above.map { $0.text }.joined(separator: dot)
    guard !fraction.below.isEmpty else { return above }
    let below = fraction.below.map { $0.text }.joined(separator: style == .latex ? " " : "·")
    let top = above.isEmpty ? "1" : above
    if style == .latex { return "\\frac{\(top)}{\(below)}" }
    return fraction.below.count == 1 ? "(\(top)/\(below))" : "(\(top)/(\(below)))"
  }

  private func nnsProduct(
    _ fraction: (above: [Coefficient.Piece], below: [Coefficient.Piece]),
    _ above: [Formula.Factor], _ below: [Formula.Factor], _ formula: Formula
  ) -> (String, Level) {
    func piece(_ piece: Coefficient.Piece) -> String {
      switch piece {
      case .number(let number): SymbolText.number(number)
      case .size(let dimension): sizeText(dimension)
      }
    }
    var parts = fraction.above.map(piece)
    for factor in above {
      let minimum: Level = parts.isEmpty ? .matmul : .power
      if factor.exponent == 1 {
        parts.append(text(factor.base, from: minimum))
      } else {
        parts.append(
          SymbolText.power(text(factor.base, from: .postfix), factor.exponent, style))
      }
    }
    if above.isEmpty, below.isEmpty, !formula.axes.isEmpty {
      let shape = formula.shape.map(String.init).joined(separator: ", ")
      parts.append("ones(\(shape))")
    }
    if parts.isEmpty { parts = ["1"] }
    var result = parts.joined(separator: " * ")
    for factor in below {
      let base = text(factor.base, from: .postfix)
      result += " / " + SymbolText.power(base, -factor.exponent, style)
    }
    for divisor in fraction.below { result += " / " + piece(divisor) }
    let isSingle = parts.count == 1 && below.isEmpty && fraction.below.isEmpty
    if isSingle, above.count == 1, above[0].exponent == 1 { return bare(above[0].base) }
    return (result, isSingle ? .power : .product)
  }
}
