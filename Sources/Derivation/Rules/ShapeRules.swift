import Language
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
    return step.derivative.mapped(to: step.input.axes) { body in
      Formula.Call(
        name: "transpose", operands: [body], suffix: ", \(back)",
        evaluate: { try $0[0].transposed(back) })
    }
  }

  /// G[places]
  static func part(
    _ derivative: Formula, _ places: [String], _ indices: [Index], _ axes: [Dimension]
  ) -> Formula {
    if let constant = derivative.constantValue { return .constant(constant, axes) }
    let text = "&0[\(places.joined(separator: ", "))]"
    return derivative.mapped(to: axes) { body in
      Formula.Call(
        name: "part\(places)", operands: [body], unicode: text, latex: text, nns: text,
        evaluate: { try $0[0].subscripted(indices) })
    }
  }

  /// Zeros with G where the elements were taken from.
  private static func placed(_ step: Application) -> Formula {
    if let masked = masked(step) { return masked }
    let indices = step.node.options.indices
    let sizes = step.input.axes.sizes
    let text = step.node.options.indexText
    let others = step.node.inputs.dropFirst().map { Formula.node($0) }
    return step.derivative.mapped(to: step.input.axes) { body in
      Formula.Call(
        name: "placed[\(text)]", operands: [body] + others,
        unicode: "place($0 at [\(text)])",
        latex: "\\mathrm{place}_{[\(SymbolText.escapedPlaces(text))]}\\left($0\\right)",
        nns: padding(indices, step.input, text),
        evaluate: {
          try Tensor.zeros(Shape(checking: sizes), .f64).accumulated(at: indices, adding: $0[0])
        })
    }
  }

  /// Where a mask chose the elements: what G is made of, taken everywhere, times the mask.
  private static func masked(_ step: Application) -> Formula? {
    guard step.node.inputs.count == 2, step.position == 0, let mask = step.node.inputs.last,
      mask.tensor.elementType == .bool, mask.shape == step.input.shape
    else { return nil }
    let whole = step.derivative.lifted(to: step.input.axes) { node in
      guard node.operation == "index", node.inputs.last === mask else { return nil }
      return node.inputs[0]
    }
    return whole.map { $0 * .node(mask) }
  }

  /// How nns builds it: zeros before and after, an axis at a time; empty where it cannot.
  ///
  /// - Parameter text: the places as they are written.
  static func padding(_ indices: [Index], _ input: Node, _ text: String) -> String {
    let lengths = input.axes.sizes
    if let scattered = scattering(indices, lengths, text) { return scattered }
    guard indices.count <= lengths.count else { return "" }
    var code = "$0"
    var sizes = lengths
    var parts: [(axis: Int, start: Int, stop: Int)] = []
    var isNumber = lengths.count == indices.count && indices.allSatisfy(\.isPosition)
    for (axis, index) in indices.enumerated() {
      let length = lengths[axis]
      func clamped(_ place: Int) -> Int { min(max(0, place < 0 ? place + length : place), length) }
      switch index {
      case .slice(nil, nil, 1): continue
      case .slice(let lower, let upper, 1):
        let start = clamped(lower ?? 0)
        parts.append((axis, start, max(start, clamped(upper ?? length))))
      case .at(let place):
        let start = clamped(place)
        parts.append((axis, start, start + 1))
        // The axis that the position took away comes back; a number becomes an element first.
        code = isNumber ? "[\(code)]" : "expand_dims(\(code), \(axis))"
        isNumber = false
      default: return ""
      }
      sizes[axis] = parts.last.map { $0.stop - $0.start } ?? length
    }
    for (axis, start, stop) in parts {
      func zeros(_ count: Int) -> String {
        var shape = sizes
        shape[axis] = count
        return "zeros(\(shape.map(String.init).joined(separator: ", ")))"
      }
      var row = [code]
      if start > 0 { row.insert(zeros(start), at: 0) }
      if stop < lengths[axis] { row.append(zeros(lengths[axis] - stop)) }
      sizes[axis] = lengths[axis]
      guard row.count > 1 else { continue }
      let suffix = axis == 0 ? "" : ", axis=\(axis)"
      code = "concat([\(row.joined(separator: ", "))]\(suffix))"
    }
    return code
  }

  /// Rows that were picked by their numbers: each is added where it came from.
  private static func scattering(
    _ indices: [Index], _ lengths: [Int], _ text: String
  ) -> String? {
    guard indices.count == 1, case .gather(let rows)? = indices.first, rows.rank == 1,
      (1...2).contains(lengths.count), text != "…",
      rows.doubles().allSatisfy({ $0 >= 0 })
    else { return nil }
    return "one_hot(\(text), \(lengths[0]))' @ &0"
  }
}

extension Index {
  fileprivate var isPosition: Bool { if case .at = self { true } else { false } }
}
