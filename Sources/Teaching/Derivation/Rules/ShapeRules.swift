import Runtime
import Tensors

extension DerivationRule {
  /// What moves elements about: the derivative is moved back.
  static let shapes: [String: DerivationRule] = [
    "transpose": DerivationRule(isPassing: true) { step in
      if step.node.options.integers("axes") == nil, step.node.rank == 2 {
        return Result(step.derivative.transposed, "transpose")
      }
      guard step.node.rank != 1 else { return Result(step.derivative) }
      return Result(permuted(step), "transpose")
    },
    "reshape": reshaping, "flatten": reshaping, "squeeze": reshaping, "expand_dims": reshaping,
    "concat": DerivationRule(isPassing: true) { step in
      let axis = normalizedAxis(step)
      let before = step.node.inputs[..<step.position].reduce(0) { $0 + $1.axes[axis].size }
      let end = before + step.input.axes[axis].size
      let places = Array(repeating: ":", count: axis) + ["\(before):\(end)"]
      let indices =
        Array(repeating: Index.all, count: axis)
        + [.slice(start: before, stop: end, step: 1)]
      return Result(
        part(step.derivative, places, indices, step.input.axes), "concat: its own part")
    },
    "stack": DerivationRule(isPassing: true) { step in
      let axis = normalizedAxis(step)
      let places = Array(repeating: ":", count: axis) + ["\(step.position)"]
      let indices = Array(repeating: Index.all, count: axis) + [.at(step.position)]
      return Result(
        part(step.derivative, places, indices, step.input.axes), "stack: its own part")
    },
    "bracket": DerivationRule(isPassing: true) { step in
      Result(
        part(step.derivative, ["\(step.position)"], [.at(step.position)], step.input.axes),
        "brackets: its own part")
    },
    "index": DerivationRule(isPassing: true) { step in
      Result(placed(step), "indexing: back into its place, 0 elsewhere")
    },
  ]

  private static let reshaping = DerivationRule(isPassing: true) { step in
    Result(step.derivative.reshaped(to: step.input.axes), "reshape: back to the old shape")
  }

  private static func normalizedAxis(_ step: Application) -> Int {
    let axis = step.node.options.integers("axis")?.first ?? 0
    return (try? step.node.shape.normalized(axis: axis)) ?? 0
  }

  private static func permuted(_ step: Application) -> Formula {
    let order = step.node.options.integers("axes") ?? Array((0..<step.node.rank).reversed())
    let rank = step.node.rank
    var inverse = Array(0..<rank)
    for (position, axis) in order.enumerated() {
      let place = axis < 0 ? axis + rank : axis
      if inverse.indices.contains(place) { inverse[place] = position }
    }
    let back = inverse
    let (coefficient, factors) = step.derivative.split
    let body = Formula.multiply(.one, factors, step.derivative.axes).materialized
    return Formula.call(
      Formula.Call(
        name: "transpose", operands: [body], suffix: ", \(back)",
        evaluate: { try $0[0].transposed(back) }), step.input.axes
    ).scaled(coefficient)
  }

  /// G[places]
  private static func part(
    _ derivative: Formula, _ places: [String], _ indices: [Index], _ axes: [Dimension]
  ) -> Formula {
    if let constant = derivative.constantValue { return .constant(constant, axes) }
    let (coefficient, factors) = derivative.split
    let body = Formula.multiply(.one, factors, derivative.axes).materialized
    let text = "&0[\(places.joined(separator: ", "))]"
    return Formula.call(
      Formula.Call(
        name: "part\(places)", operands: [body], unicode: text, latex: text, nns: text,
        evaluate: { try $0[0].subscripted(indices) }), axes
    ).scaled(coefficient)
  }

  /// Zeros with G where the elements were taken from.
  private static func placed(_ step: Application) -> Formula {
    let indices = step.node.options.indices
    let sizes = step.input.axes.sizes
    let (coefficient, factors) = step.derivative.split
    let body = Formula.multiply(.one, factors, step.derivative.axes).materialized
    let text = step.node.options.indexText
    return Formula.call(
      Formula.Call(
        name: "placed[\(text)]", operands: [body],
        unicode: "place($0 at [\(text)])",
        latex: "\\mathrm{place}_{[\(SymbolText.escaped(text))]}\\left($0\\right)",
        nns: padding(indices, step.input),
        evaluate: {
          try Tensor.zeros(Shape(checking: sizes), .f64).accumulated(at: indices, adding: $0[0])
        }), step.input.axes
    ).scaled(coefficient)
  }

  /// How nns builds it: zeros before and behind, along the first axis; empty where it cannot.
  private static func padding(_ indices: [Index], _ input: Node) -> String {
    guard let length = input.axes.first?.size, let first = indices.first,
      indices.dropFirst().allSatisfy({
        if case .slice(nil, nil, 1) = $0 { true } else { false }
      })
    else { return "" }
    let rest = input.axes.dropFirst().map { ", \($0.size)" }.joined()
    func clamped(_ place: Int) -> Int { min(max(0, place < 0 ? place + length : place), length) }
    let (start, stop): (Int, Int)
    var inside = "$0"
    switch first {
    case .slice(let lower, let upper, 1):
      start = clamped(lower ?? 0)
      stop = max(start, clamped(upper ?? length))
    case .at(let place):
      start = clamped(place)
      stop = start + 1
      inside = input.axes.count == 1 ? "[$0]" : "expand_dims($0, 0)"
    default: return ""
    }
    var parts: [String] = []
    if start > 0 { parts.append("zeros(\(start)\(rest))") }
    parts.append(inside)
    if stop < length { parts.append("zeros(\(length - stop)\(rest))") }
    return parts.count == 1 ? inside : "concat([\(parts.joined(separator: ", "))])"
  }
}
