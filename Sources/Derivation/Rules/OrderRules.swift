import Language
import Operations
import Tensors

extension DerivationRule {
  /// What moves elements along axes, or picks among them by their order: the derivative is moved
  /// back.
  static let orders: [String: DerivationRule] = [
    "flip": moving("flip: back into the old order") { step in
      let axes = try step.input.shape.normalized(axes: step.node.options.integers("axis"))
      let places = step.input.axes.indices.map { axis in
        axes.contains(axis) ? Index.slice(start: nil, stop: nil, step: -1) : .all
      }
      return (along(step.node), { try $0.subscripted(places) })
    },
    "roll": moving("roll: back by as many places") { step in
      let shift = step.node.options.integers("shift")?.first ?? 0
      let axis = try step.node.options.integers("axis")?.first.map {
        try step.input.shape.normalized(axis: $0)
      }
      return (
        ", \(-shift)\(along(step.node))",
        { derivative in
          guard let axis else {
            return try rolled(derivative.reshaped([derivative.count]), by: -shift, axis: 0)
              .reshaped(derivative.shape.dimensions)
          }
          return try rolled(derivative, by: -shift, axis: axis)
        }
      )
    },
    "swapaxes": moving("swapaxes: the axes back in their places") { step in
      let pair = ["a", "b"].compactMap { step.node.options.integers($0)?.first }
      guard pair.count == 2 else { throw untreated(step) }
      let (a, b) = (
        try step.input.shape.normalized(axis: pair[0]),
        try step.input.shape.normalized(axis: pair[1])
      )
      return (", \(a), \(b)", { try $0.swappingAxes(a, b) })
    },
    "tril": triangle("tril") { $0 >= $1 }, "triu": triangle("triu") { $0 <= $1 },
    "diff": DerivationRule { step in
      Result(try differences(step), "differences: those of the derivative, with 0 around it")
    },
    "cumprod": DerivationRule { step in
      guard !step.input.tensor.doubles().contains(0) else {
        throw Unsupported(
          "a product with a factor 0", span: step.node.span, source: step.node.source,
          hint: "grad gives its gradient all the same")
      }
      let terms = (step.derivative * step.result).materialized
      return Result(
        summedFromTheEnd(step, terms) / step.operand(0),
        "running product: the products from each place to the end, by the factor")
    },
    "median": quantile { _ in 0.5 },
    "quantile": quantile { $0.options["q"]?.asNumber() },
    "percentile": quantile { $0.options["q"]?.asNumber().map { $0 / 100 } },
  ]

  /// A rule that applies the operation's own kind to the derivative, with other settings.
  private static func moving(
    _ label: String,
    _ back:
      @escaping @Sendable (Application) throws -> (
        suffix: String, evaluate: (Tensor) throws -> Tensor
      )
  ) -> DerivationRule {
    DerivationRule(isPassing: true) { step in
      let (suffix, evaluate) = try back(step)
      let name = step.node.operation ?? ""
      return Result(
        step.derivative.mapped(to: step.input.axes) { body in
          Formula.Call(
            name: name, operands: [body], suffix: suffix, evaluate: { try evaluate($0[0]) })
        }, label)
    }
  }

  private static func triangle(
    _ name: String, _ keeps: @escaping @Sendable (_ row: Int, _ column: Int) -> Bool
  ) -> DerivationRule {
    moving("\(name): the same part") { step in
      let diagonal = step.node.options.integers("k")?.first ?? 0
      let sizes = step.input.axes.sizes.suffix(2)
      guard let rows = sizes.first, let columns = sizes.last else { throw untreated(step) }
      let mask = (0..<rows * columns).map { place in
        keeps(place / columns + diagonal, place % columns) ? 1.0 : 0.0
      }
      let kept = try Tensor(doubles: mask, Shape(checking: [rows, columns]), elementType: .f64)
      return (diagonal == 0 ? "" : ", \(diagonal)", { try Tensor.apply(.multiply, $0, kept) })
    }
  }

  /// (−1)ⁿ times the n-th differences of the derivative, with n zeros before and after it.
  private static func differences(_ step: Application) throws -> Formula {
    let axis = try step.input.shape.normalized(
      axis: step.node.options.integers("axis")?.first ?? -1)
    let times = step.input.axes[axis].size - step.node.axes[axis].size
    guard times > 0 else { return step.derivative }
    let rank = step.input.rank
    let borders = (0..<rank).map { $0 == axis ? "[\(times), \(times)]" : "[0, 0]" }
    let width = rank == 1 ? "\(times)" : "[\(borders.joined(separator: ", "))]"
    let settings = (times == 1 ? "" : ", n=\(times)") + (rank == 1 ? "" : ", axis=\(axis)")
    let back = step.derivative.mapped(to: step.input.axes) { body in
      Formula.Call(
        name: "diff\(axis)", operands: [body], unicode: "diff(0, &0, 0\(settings))",
        latex: "\\mathrm{diff}\\left(0, &0, 0\(settings)\\right)",
        nns: "diff(pad($0, \(width))\(settings))",
        evaluate: { inputs in
          var sizes = inputs[0].shape.dimensions
          sizes[axis] = times
          let zeros = try Tensor.zeros(Shape(checking: sizes), .f64)
          var result = try Tensor.concatenate([zeros, inputs[0], zeros], axis: axis)
          let before = [Index](repeating: .all, count: axis)
          for _ in 0..<times {
            result = try Tensor.apply(
              .subtract,
              result.subscripted(before + [.slice(start: 1, stop: nil, step: 1)]),
              result.subscripted(before + [.slice(start: nil, stop: -1, step: 1)]))
          }
          return result
        })
    }
    return times % 2 == 0 ? back : back.negated
  }

  /// The derivative at the elements between which the value lies.
  private static func quantile(
    _ part: @escaping @Sendable (Node) -> Double?
  ) -> DerivationRule {
    DerivationRule { step in
      guard let part = part(step.node) else { throw untreated(step) }
      let label = "\(step.node.operation ?? ""): to the elements that it lies between"
      let mask = Formula.indicator(step.operand(0), .equal, kept(step.node))
      let axes = step.node.reducedAxes
      let chosen = mask.reduced(over: axes, keepsDimensions: axes.count < step.input.rank)
      if try chosen.tensor().doubles().allSatisfy({ $0 == 1 }) {
        return Result(spread(step) * mask, label)
      }
      let name = step.node.operation ?? ""
      let spreadOut = spread(step).materialized
      return Result(
        Formula.call(
          Formula.Call(
            name: "\(name)\(part)\(axes)", operands: [spreadOut, step.operand(0)],
            unicode: "&0[nearest to \(name) of $1]",
            latex: "&0[\\text{nearest to \(name) of } $1]", nns: "",
            evaluate: { try weighted($0[0], $0[1], part, axes) }), step.input.axes), label)
    }
  }

  /// The derivative times the weight that each element has in a quantile along the axes: one of
  /// them, or all.
  private static func weighted(
    _ derivative: Tensor, _ x: Tensor, _ part: Double, _ axes: [Int]
  ) throws -> Tensor {
    let isWhole = axes.count == x.rank
    let tape = Tape()
    let watched = tape.watch(x)
    let axis = isWhole ? 0 : axes.first ?? 0
    let sorted = try Variable.sorted(isWhole ? .flatten(watched) : watched, axis: axis)
    let last = sorted.shape[axis] - 1
    let place = part * Double(last)
    let below = Int(place.rounded(.down))
    let share = place - Double(below)
    var sizes = [Int](repeating: 1, count: sorted.rank)
    sizes[axis] = last + 1
    let weights = (0...last).map { $0 == below ? 1 - share : $0 == below + 1 ? share : 0 }
    let seed = try Tensor(doubles: weights, Shape(checking: sizes), elementType: .f64)
      .broadcast(to: sorted.shape)
    let shares = try tape.sweep(from: sorted, seed: Variable(seed), to: [watched])[0].tensor
    return try Tensor.apply(.multiply, derivative, shares)
  }

  private static func rolled(_ tensor: Tensor, by shift: Int, axis: Int) throws -> Tensor {
    let length = tensor.shape[axis]
    guard length > 0 else { return tensor }
    let cut = ((-shift) % length + length) % length
    let before = [Index](repeating: .all, count: axis)
    return try Tensor.concatenate(
      [
        tensor.subscripted(before + [.slice(start: cut, stop: nil, step: 1)]),
        tensor.subscripted(before + [.slice(start: 0, stop: cut, step: 1)]),
      ], axis: axis)
  }

  /// The axis as it was given.
  private static func along(_ node: Node) -> String {
    guard let axis = node.options["axis"], let text = Notation.code(of: axis), text != "none" else {
      return ""
    }
    return ", axis=\(text)"
  }

  private static func untreated(_ step: Application) -> Unsupported {
    Unsupported(
      step.node.operation ?? "this", span: step.node.span, source: step.node.source,
      hint: "grad gives its gradient all the same")
  }
}

extension Tensor {
  /// The same with two axes in each other's place.
  func swappingAxes(_ a: Int, _ b: Int) throws -> Tensor {
    var axes = Array(0..<rank)
    axes.swapAt(a, b)
    return try transposed(axes)
  }
}
