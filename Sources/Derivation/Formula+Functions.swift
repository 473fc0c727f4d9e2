import Operations
import Tensors

// Functions of formulas, and formulas in another shape.

extension Formula {
  static func call(_ call: Call, _ axes: [Dimension]) -> Formula {
    let operands = call.operands.map(\.key).joined(separator: ",")
    return Formula(.call(call), axes, key: "\(call.name)(\(operands)\(call.suffix))")
  }

  /// A function of each element, as its record writes it.
  static func function(_ operation: UnaryOperation, _ operand: Formula) -> Formula {
    let symbol = operation.record.symbol
    return call(
      Call(
        name: operation.name, operands: [operand], unicode: symbol?.unicode, latex: symbol?.latex,
        nns: symbol?.nns, evaluate: { try Tensor.apply(operation, $0[0]) }), operand.axes)
  }

  /// The same with other intermediates in the place of those that have axes; nil where one has none
  /// to take its place, or where something but arithmetic is done with it.
  func lifted(to axes: [Dimension], _ replacement: (Node) -> Node?) -> Formula? {
    if self.axes.isEmpty { return self }
    switch kind {
    case .node(let node): return replacement(node).map { .node($0) }
    case .product(let coefficient, let factors):
      var lifted: [Factor] = []
      for factor in factors {
        guard let base = factor.base.lifted(to: axes, replacement) else { return nil }
        lifted.append(Factor(base: base, exponent: factor.exponent))
      }
      return .multiply(coefficient, lifted, axes)
    case .sum(let terms):
      let lifted = terms.compactMap { $0.lifted(to: axes, replacement) }
      return lifted.count == terms.count ? .sum(lifted, axes) : nil
    default: return nil
    }
  }

  /// A linear function of it: what is constant stays in front.
  func mapped(to axes: [Dimension], _ function: (Formula) -> Call) -> Formula {
    let (coefficient, factors) = split
    let body = Formula.multiply(.one, factors, self.axes).materialized
    return Formula.call(function(body), axes).scaled(coefficient)
  }

  func reshaped(to target: [Dimension]) -> Formula {
    if shape == target.sizes { return self }
    if let value = constantValue { return .constant(value, target) }
    if target.isEmpty { return reduced(over: Array(axes.indices), keepsDimensions: false) }
    let sizes = target.sizes
    let list = sizes.map(String.init).joined(separator: ", ")
    return mapped(to: target) { body in
      Call(
        name: "reshape", operands: [body], suffix: ", \(list)",
        evaluate: { try $0[0].reshaped(sizes) })
    }
  }

  static func indicator(
    _ left: Formula, _ relation: BinaryOperation, _ right: Formula
  ) -> Formula {
    Formula(
      .indicator(left, relation, right), .broadcast(left.axes, right.axes),
      key: "[\(left.key)\(relation)\(right.key)]")
  }

  /// Whether the formula has a denominator.
  var hasDenominator: Bool {
    switch kind {
    case .product(_, let factors):
      factors.contains { $0.exponent < 0 || $0.base.hasDenominator }
    case .sum(let terms): terms.contains { $0.hasDenominator }
    default: false
    }
  }

  /// A product with its sums multiplied out, where that leaves no more than two terms.
  var expanded: Formula {
    guard let terms = multipliedOut(limit: 40) else { return self }
    let result = Formula.sum(terms, axes)
    if case .sum(let left) = result.kind, left.count > 2 { return self }
    return result.factored
  }

  /// The terms of the product, sums multiplied out one after the other so that what cancels does;
  /// nil for more than `limit` of them.
  private func multipliedOut(limit: Int) -> [Formula]? {
    let (coefficient, factors) = split
    let position = factors.firstIndex {
      if case .sum = $0.base.kind { return $0.exponent == 1 }
      return false
    }
    guard let position, case .sum(let inner) = factors[position].base.kind else { return [self] }
    var rest = factors
    rest.remove(at: position)
    var result: [Formula] = []
    for term in inner {
      let product = Formula.multiply(
        coefficient, [Factor(base: term, exponent: 1)] + rest, axes)
      guard let parts = product.multipliedOut(limit: limit - result.count) else { return nil }
      result += parts
      if result.count > limit { return nil }
    }
    return result
  }

  /// The terms' common constant in front.
  var factored: Formula {
    guard case .sum(let terms) = kind, let first = terms.first?.split.coefficient else {
      return self
    }
    var front = first
    front.number = first.number.magnitude
    guard front.value != 1,
      terms.allSatisfy({
        $0.split.coefficient.sizeKey == front.sizeKey
          && $0.split.coefficient.number.magnitude == front.number
      })
    else { return self }
    let inner = terms.map { term -> Formula in
      let (own, factors) = term.split
      return .multiply(Coefficient(own.number < 0 ? -1 : 1), factors, term.axes)
    }
    return .multiply(front, [Factor(base: .sum(inner, axes), exponent: 1)], axes)
  }
}
