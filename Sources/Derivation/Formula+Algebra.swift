import Operations
import Tensors

// The constructors simplify: constants are gathered in front, equal factors become powers and
// cancel, equal terms are added, transposes of transposes vanish. They look only at how things are
// written, so a formula stays what a person would arrive at by the same steps.

extension Formula {
  static func node(_ node: Node) -> Formula {
    if let dimension = node.dimension { return constant(Coefficient.one.times([dimension]), []) }
    if let number = node.number { return constant(Coefficient(number), []) }
    if node.symbol == nil, let written = arithmetic(of: node) { return written }
    return Formula(.node(node), node.axes, key: "n\(node.identifier)")
  }

  /// What a node without a symbol is made of, where that is plain arithmetic: its terms and factors
  /// take part in simplifying.
  private static func arithmetic(of node: Node) -> Formula? {
    let operands = { (index: Int) in Formula.node(node.inputs[index]) }
    switch node.operation {
    case "+": return sum([operands(0), operands(1)], node.axes)
    case "-": return sum([operands(0), operands(1).negated], node.axes)
    case "neg": return operands(0).negated
    case "*": return (operands(0) * operands(1)).widened(to: node.axes)
    case "/": return (operands(0) / operands(1)).widened(to: node.axes)
    case "^":
      guard let exponent = node.inputs[1].number, exponent > 0 else { return nil }
      return operands(0).power(exponent)
    default: return nil
    }
  }

  /// ∂L/∂z as a symbol.
  static func derivative(_ node: Node, _ value: Tensor) -> Formula {
    Formula(.derivative(node, value), node.axes, key: "d\(node.identifier)")
  }

  static func constant(_ coefficient: Coefficient, _ axes: [Dimension]) -> Formula {
    product(coefficient, [], axes)
  }

  static func number(_ value: Double) -> Formula { constant(Coefficient(value), []) }

  private static func product(
    _ coefficient: Coefficient, _ factors: [Factor], _ axes: [Dimension]
  ) -> Formula {
    let keys = factors.map { "\($0.base.key)^\($0.exponent)" }.sorted()
    let key = "(\(coefficient.number);\(coefficient.sizeKey);\(keys.joined(separator: "*")))"
    return Formula(.product(coefficient, factors), axes, key: key)
  }

  /// Its constant and the factors after it.
  var split: (coefficient: Coefficient, factors: [Factor]) {
    if case .product(let coefficient, let factors) = kind { return (coefficient, factors) }
    return (.one, [Factor(base: self, exponent: 1)])
  }

  /// The same with another constant before it.
  func scaled(_ by: Coefficient) -> Formula {
    if by.isOne { return self }
    let (coefficient, factors) = split
    return .multiply(by * coefficient, factors, axes)
  }

  var negated: Formula { scaled(Coefficient(-1)) }

  /// Gathers factors; `axes` are those of the result, which the factors may only broadcast to.
  static func multiply(
    _ coefficient: Coefficient, _ factors: [Factor], _ axes: [Dimension]
  ) -> Formula {
    var coefficient = coefficient
    if coefficient.number == 0 { return product(Coefficient(0), [], axes) }
    var gathered: [Factor] = []
    func add(_ base: Formula, _ exponent: Double) {
      if let index = gathered.firstIndex(where: { $0.base.key == base.key }) {
        gathered[index].exponent += exponent
        if gathered[index].exponent == 0 { gathered.remove(at: index) }
      } else {
        gathered.append(Factor(base: base, exponent: exponent))
      }
    }
    for factor in factors {
      let (inner, parts) = factor.base.split
      if factor.exponent != 1, Int(exactly: factor.exponent) == nil {
        add(factor.base, factor.exponent)
      } else if factor.exponent == 1 {
        coefficient = coefficient * inner
        for part in parts { add(part.base, part.exponent) }
      } else if let front = inner.raised(to: factor.exponent) {
        coefficient = coefficient * front
        for part in parts { add(part.base, part.exponent * factor.exponent) }
      } else {
        add(factor.base, factor.exponent)
      }
    }
    if coefficient.number == 0 { return product(Coefficient(0), [], axes) }
    if coefficient.isOne, gathered.count == 1, gathered[0].exponent == 1,
      gathered[0].base.shape == axes.sizes
    {
      return gathered[0].base
    }
    return product(coefficient, gathered, axes)
  }

  static func * (left: Formula, right: Formula) -> Formula {
    multiply(
      .one, [Factor(base: left, exponent: 1), Factor(base: right, exponent: 1)],
      .broadcast(left.axes, right.axes))
  }

  static func / (left: Formula, right: Formula) -> Formula {
    multiply(
      .one, [Factor(base: left, exponent: 1), Factor(base: right, exponent: -1)],
      .broadcast(left.axes, right.axes))
  }

  func power(_ exponent: Double) -> Formula {
    .multiply(.one, [Factor(base: self, exponent: exponent)], axes)
  }

  var isZero: Bool {
    if case .product(let coefficient, _) = kind { return coefficient.number == 0 }
    return false
  }

  /// The constant that all of its elements are, where it is one.
  var constantValue: Coefficient? {
    if case .product(let coefficient, let factors) = kind, factors.isEmpty { return coefficient }
    return nil
  }

  // MARK: Sums

  static func sum(_ terms: [Formula], _ axes: [Dimension]) -> Formula {
    var flat: [Formula] = []
    for term in terms {
      if case .sum(let inner) = term.kind { flat += inner } else { flat.append(term) }
    }
    var gathered: [(key: String, coefficient: Coefficient, factors: [Factor], axes: [Dimension])] =
      []
    for term in flat where !term.isZero {
      let (coefficient, factors) = term.split
      let keys = factors.map { "\($0.base.key)^\($0.exponent)" }.sorted()
      let key = keys.joined(separator: "*") + ";" + coefficient.sizeKey
      if let index = gathered.firstIndex(where: { $0.key == key }) {
        gathered[index].coefficient.number += coefficient.number
      } else {
        gathered.append((key, coefficient, factors, term.axes))
      }
    }
    let kept = gathered.filter { $0.coefficient.number != 0 }
      .map { multiply($0.coefficient, $0.factors, $0.axes) }
    guard kept.count > 1 else {
      return kept.first.map { $0.widened(to: axes) } ?? constant(Coefficient(0), axes)
    }
    // A leading minus reads badly where another term has none.
    var ordered = kept
    if ordered[0].split.coefficient.number < 0,
      let positive = ordered.firstIndex(where: { $0.split.coefficient.number > 0 })
    {
      ordered.insert(ordered.remove(at: positive), at: 0)
    }
    return Formula(
      .sum(ordered), axes, key: "[" + ordered.map(\.key).sorted().joined(separator: "+") + "]")
  }

  static func + (left: Formula, right: Formula) -> Formula {
    sum([left, right], .broadcast(left.axes, right.axes))
  }

  static func - (left: Formula, right: Formula) -> Formula { left + right.negated }

  /// The same, seen as a formula with more axes that it broadcasts to.
  func widened(to axes: [Dimension]) -> Formula {
    if shape == axes.sizes { return self }
    let (coefficient, factors) = split
    return .product(coefficient, factors, axes)
  }

  // MARK: Matrices

  /// The axes that the value has by itself.
  private var ownAxes: [Dimension] {
    switch kind {
    case .product(_, let factors):
      return factors.reduce([]) { .broadcast($0, $1.base.ownAxes) }
    case .sum(let terms): return terms.reduce([]) { .broadcast($0, $1.ownAxes) }
    default: return axes
    }
  }

  /// With ones written where the value is smaller than its axes.
  var materialized: Formula {
    guard ownAxes.sizes != axes.sizes else { return self }
    let ones = Formula(.ones, axes, key: "ones\(shape)")
    let (coefficient, factors) = split
    return .product(coefficient, factors + [Factor(base: ones, exponent: 1)], axes)
  }

  /// The product of matrices (or of a matrix and a vector), constants in front.
  static func matmul(_ left: Formula, _ right: Formula) -> Formula {
    let axes = left.axes.dropLast() + (right.axes.count > 1 ? right.axes.suffix(1) : [])
    var coefficient = Coefficient.one
    var parts: [Formula] = []
    for operand in [left, right] {
      let (own, factors) = operand.materialized.split
      coefficient = coefficient * own
      // Numbers without axes go in front too.
      let scalars = factors.filter { $0.base.axes.isEmpty }
      let rest = factors.filter { !$0.base.axes.isEmpty }
      let body = multiply(.one, rest, operand.axes)
      // (A B) v and u (A B) read the same without parentheses; u (v B) does not.
      if case .matmul(let inner) = body.kind, operand === left || body.axes.count == 2 {
        parts += inner
      } else {
        parts.append(body)
      }
      if !scalars.isEmpty {
        return matmul(parts, Array(axes), coefficient, scalars, left, right)
      }
    }
    return matmul(parts, Array(axes), coefficient, [], left, right)
  }

  private static func matmul(
    _ parts: [Formula], _ axes: [Dimension], _ coefficient: Coefficient, _ scalars: [Factor],
    _ left: Formula, _ right: Formula
  ) -> Formula {
    if !scalars.isEmpty {
      // Taken out of one side: the rest once more.
      func without(_ formula: Formula) -> Formula {
        let (own, factors) = formula.materialized.split
        return multiply(own, factors.filter { !$0.base.axes.isEmpty }, formula.axes)
      }
      func scalars(_ formula: Formula) -> [Factor] {
        formula.materialized.split.factors.filter { $0.base.axes.isEmpty }
      }
      let inner = matmul(without(left), without(right))
      return multiply(
        .one, scalars(left) + scalars(right) + [Factor(base: inner, exponent: 1)], axes)
    }
    let key = "@(" + parts.map(\.key).joined(separator: ",") + ")"
    return Formula(.matmul(parts), axes, key: key).scaled(coefficient)
  }

  var transposed: Formula {
    if axes.count < 2 { return self }
    switch kind {
    case .transpose(let inner): return inner
    case .node(let node) where node.isPlainTranspose && node.symbol == nil:
      return .node(node.inputs[0])
    case .ones: return Formula.constant(.one, axes.reversed()).materialized
    case .matmul(let parts) where parts.allSatisfy({ $0.axes.count == 2 }):
      // (A B)ᵀ = Bᵀ Aᵀ
      let transposed = parts.reversed().map(\.transposed)
      return transposed.dropFirst().reduce(transposed[0]) { .matmul($0, $1) }
    default: break
    }
    if case .product(let coefficient, let factors) = kind {
      if factors.isEmpty { return .constant(coefficient, axes.reversed()) }
      if !coefficient.isOne {
        return Formula.multiply(.one, factors, axes).transposed.scaled(coefficient)
      }
    }
    let operand = materialized
    return Formula(.transpose(operand), axes.reversed(), key: "'(\(operand.key))")
  }

  /// A sum over axes.
  func reduced(over reduced: [Int], keepsDimensions: Bool) -> Formula {
    if reduced.isEmpty { return self }
    let left = axes.enumerated().compactMap { axis, dimension in
      reduced.contains(axis) ? (keepsDimensions ? Dimension(1) : nil) : dimension
    }
    let (coefficient, factors) = split
    if factors.isEmpty {
      return .constant(coefficient.times(reduced.map { axes[$0] }), left)
    }
    let scalars = factors.filter { $0.base.axes.isEmpty }
    let body = Formula.multiply(.one, factors.filter { !$0.base.axes.isEmpty }, axes).materialized
    let key = "Σ\(reduced)\(keepsDimensions)(\(body.key))"
    let sum = Formula(
      .reduce(body, axes: reduced, keepsDimensions: keepsDimensions), left, key: key)
    return .multiply(coefficient, scalars + [Factor(base: sum, exponent: 1)], left)
  }

  /// Summed back to the axes of an operand that was broadcast.
  func summed(to target: [Dimension]) -> Formula {
    if shape == target.sizes { return self }
    let leading = axes.count - target.count
    guard leading >= 0 else { return widened(to: target) }
    var reduced = Array(0..<leading)
    for (axis, dimension) in target.enumerated()
    where dimension.size == 1 && axes[leading + axis].size != 1 {
      reduced.append(leading + axis)
    }
    let keeps = leading == 0
    let sum = self.reduced(over: reduced, keepsDimensions: keeps)
    return sum.shape == target.sizes ? sum : sum.reshaped(to: target)
  }
}
