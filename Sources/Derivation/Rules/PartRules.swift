import Language
import Operations
import Tensors

extension DerivationRule {
  /// What writes to a part of a tensor, or puts its elements in another order.
  static let parts: [String: DerivationRule] = [
    "assign": DerivationRule(isPassing: true, operands: 2) { step in
      step.position == 0
        ? Result(overwritten(step), "assignment to a part: 0 where it was overwritten")
        : Result(written(step), "assignment to a part: what was written there")
    },
    "repeat": DerivationRule(isPassing: true) { step in
      Result(collected(step), "repeat: summed over the copies")
    },
    "tile": DerivationRule(isPassing: true) { step in
      Result(untiled(step), "tile: summed over the copies")
    },
    "pad": DerivationRule(isPassing: true) { step in
      Result(try inside(step), "pad: without the border")
    },
    "diag": DerivationRule(isPassing: true) { step in
      Result(diagonal(step), "diag: the diagonal alone")
    },
    "cumsum": DerivationRule { step in
      Result(
        summedFromTheEnd(step, step.derivative), "running sum: the sum from each place to the end")
    },
    "sort": DerivationRule { step in
      Result(unsorted(step), "sort: each back to where it came from")
    },
  ]

  /// Code of zeros with something at some places of a tensor; nil where nns has none.
  static func placed(
    at indices: [Index], in tensor: Node, _ part: String, _ places: String
  ) -> String? {
    let code = padding(indices, tensor, places)
    if code.isEmpty { return nil }
    return code.contains("&0")
      ? code.replacing("&0", with: "(\(part))") : code.replacing("$0", with: part)
  }

  /// G without what lies where the part was written.
  private static func overwritten(_ step: Application) -> Formula {
    let (indices, text) = (step.node.options.indices, step.node.options.indexText)
    return step.derivative.mapped(to: step.node.axes) { body in
      Formula.Call(
        name: "without[\(text)]", operands: [body], unicode: "($0 with 0 at [\(text)])",
        latex: "\\left($0 \\text{ with 0 at } [\(SymbolText.escaped(text))]\\right)",
        nns: placed(at: indices, in: step.node, "&0[\(text)]", text).map { "(&0 - \($0))" } ?? "",
        evaluate: { inputs in
          var kept = inputs[0]
          try kept.assign(indices, .scalar(0, .f64))
          return kept
        })
    }
  }

  /// G[places]
  private static func written(_ step: Application) -> Formula {
    let (indices, text) = (step.node.options.indices, step.node.options.indexText)
    let part = try? step.node.tensor.subscripted(indices).shape
    return step.derivative.mapped(to: (part?.dimensions ?? []).map { Dimension($0) }) { body in
      Formula.Call(
        name: "part[\(text)]", operands: [body], unicode: "&0[\(text)]",
        latex: "&0[\(SymbolText.escaped(text))]", nns: "&0[\(text)]",
        evaluate: { try $0[0].subscripted(indices) })
    }
  }

  /// The copies of each element side by side, summed.
  private static func collected(_ step: Application) -> Formula {
    let count = step.node.options.integers("repeats")?.first ?? 1
    let flat = [Dimension(step.input.shape.count)]
    let axis = step.node.options.integers("axis")?.first
    var axes = axis == nil ? flat : step.input.axes
    let place = axis.map { $0 < 0 ? $0 + axes.count : $0 } ?? 0
    axes.insert(Dimension(count), at: place + 1)
    return step.derivative.reshaped(to: axes).reduced(over: [place + 1], keepsDimensions: false)
      .reshaped(to: step.input.axes)
  }

  /// The copies along each axis, summed.
  private static func untiled(_ step: Application) -> Formula {
    if step.node.shape.count == 0 { return .constant(Coefficient(0), step.input.axes) }
    let missing = step.node.rank - step.input.rank
    let lengths = [Dimension](repeating: Dimension(1), count: missing) + step.input.axes
    var axes: [Dimension] = []
    var copies: [Int] = []
    for (whole, length) in zip(step.node.axes, lengths) {
      let count = length.size == 0 ? 1 : whole.size / length.size
      if count > 1 {
        copies.append(axes.count)
        axes.append(Dimension(count))
      }
      axes.append(length)
    }
    return step.derivative.reshaped(to: axes).reduced(over: copies, keepsDimensions: false)
      .reshaped(to: step.input.axes)
  }

  /// G within the border.
  private static func inside(_ step: Application) throws -> Formula {
    let starts = try borders(step)
    let ends = zip(starts, step.input.axes).map { $0 + $1.size }
    return part(
      step.derivative, zip(starts, ends).map { "\($0):\($1)" },
      zip(starts, ends).map { .slice(start: $0, stop: $1, step: 1) }, step.input.axes)
  }

  /// How wide the border is before each axis: of every side, a pair, or one of them an axis.
  private static func borders(_ step: Application) throws -> [Int] {
    let rank = step.input.rank
    guard let width = step.node.options["width"] else { return [Int](repeating: 0, count: rank) }
    if case .list(let box) = width {
      return try box.content.map { Int(try $0.asNumbers()?.first ?? 0) }
    }
    guard let tensor = try width.asTensor(), tensor.count > 0 else {
      return [Int](repeating: 0, count: rank)
    }
    let numbers = tensor.doubles().map { Int($0) }
    guard tensor.rank == 2 else { return [Int](repeating: numbers[0], count: rank) }
    return stride(from: 0, to: numbers.count, by: tensor.shape[1]).map { numbers[$0] }
  }

  private static func diagonal(_ step: Application) -> Formula {
    let sizes = step.input.axes.sizes
    return step.derivative.mapped(to: step.input.axes) { body in
      Formula.Call(
        name: "diag", operands: [body], nns: sizes.count == 1 || sizes[0] == sizes[1] ? nil : "",
        evaluate: { inputs in
          guard sizes.count == 2 else { return try inputs[0].diagonal() }
          let places = try Tensor.sequence(
            from: 0, step: Double(sizes[1] + 1), count: min(sizes[0], sizes[1]), .f64)
          return try Tensor.zeros(Shape(checking: [sizes[0] * sizes[1]]), .f64)
            .accumulated(at: [.gather(places)], adding: inputs[0]).reshaped(sizes)
        })
    }
  }

  /// The sums of terms from each place to the end, as the operation ran from the beginning.
  static func summedFromTheEnd(_ step: Application, _ terms: Formula) -> Formula {
    let axis = step.node.options.integers("axis")?.first
    let place = axis.map { $0 < 0 ? $0 + step.node.rank : $0 } ?? 0
    let back = Array(repeating: Index.all, count: place) + [.slice(start: nil, stop: nil, step: -1)]
    let code = (Array(repeating: ":", count: place) + ["::-1"]).joined(separator: ", ")
    let along = step.node.rank == 1 ? "" : ", axis=\(place)"
    return terms.mapped(to: step.node.axes) { body in
      Formula.Call(
        name: "cumsum[\(code)]", operands: [body], unicode: "cumsum(&0[\(code)]\(along))[\(code)]",
        latex: "\\mathrm{cumsum}\\left(&0[\(code)]\(along)\\right)[\(code)]",
        nns: "cumsum(&0[\(code)]\(along))[\(code)]",
        evaluate: {
          try $0[0].subscripted(back).cumulativeSum(axis: place).subscripted(back)
        })
    }.reshaped(to: step.input.axes)
  }

  /// G at the rank of each element.
  private static func unsorted(_ step: Application) -> Formula {
    let options = step.node.options
    let axis = options.integers("axis")?.first ?? -1
    let isDescending = if case .bool(true)? = options["descending"] { true } else { false }
    let settings = isDescending ? ", descending=true" : ""
    return step.derivative.mapped(to: step.input.axes) { body in
      Formula.Call(
        name: "unsorted\(axis)", operands: [body, step.operand(0)], unicode: "&0[rank of $1]",
        latex: "&0[\\text{rank of } $1]",
        nns: step.input.rank == 1 ? "&0[argsort(argsort($1\(settings)))]" : "",
        evaluate: { inputs in
          let tape = Tape()
          let x = tape.watch(inputs[1])
          let sorted = try Variable.sorted(x, axis: axis, isDescending: isDescending)
          return try tape.sweep(from: sorted, seed: Variable(inputs[0]), to: [x])[0].tensor
        })
    }
  }
}
