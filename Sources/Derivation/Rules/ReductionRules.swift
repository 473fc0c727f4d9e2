import Language
import Tensors

extension DerivationRule {
  /// Reductions: the derivative of the one is spread over the many.
  static let reductions: [String: DerivationRule] = [
    "sum": DerivationRule(isPassing: true) { Result(spread($0), nil) },
    "mean": DerivationRule(isPassing: true) { step in
      let count = Coefficient(1, dividedBy: reducedDimensions(step.node))
      return Result(spread(step).scaled(count), "mean: the factor 1 by the number of elements")
    },
    "max": extremum("maximum: to the largest element"),
    "min": extremum("minimum: to the smallest element"),
    "norm": DerivationRule { step in
      Result(
        spread(step) * step.operand(0) / kept(step.node), "norm: x / ‖x‖")
    },
    "prod": DerivationRule { step in
      guard step.input.tensor.doubles().contains(0) else {
        return Result(
          spread(step) * kept(step.node) / step.operand(0), "product: the product by the factor")
      }
      throw Unsupported(
        "a product with a factor 0", span: step.node.span, source: step.node.source,
        hint: "grad gives its gradient all the same")
    },
    "var": DerivationRule { step in
      let scale = divisor(step.node) * Coefficient(2)
      return Result(
        spread(step).scaled(scale) * deviation(step.node), "variance: 2 (x − mean) by its count")
    },
    "std": DerivationRule { step in
      guard !step.node.tensor.doubles().contains(0) else {
        throw Unsupported(
          "a standard deviation of 0", span: step.node.span, source: step.node.source,
          hint: "grad takes its gradient as 0")
      }
      return Result(
        spread(step).scaled(divisor(step.node)) * deviation(step.node) / kept(step.node),
        "standard deviation: (x − mean) by its count and itself")
    },
  ]

  private static func reducedDimensions(_ node: Node) -> [Dimension] {
    node.reducedAxes.map { node.inputs[0].axes[$0] }
  }

  /// The derivative, repeated along the axes that were reduced.
  static func spread(_ step: Application) -> Formula {
    withAxes(step.derivative, step.node).widened(to: step.input.axes)
  }

  /// A formula of the reduced shape, with the reduced axes again as axes of length 1.
  private static func withAxes(_ formula: Formula, _ node: Node) -> Formula {
    let input = node.inputs[0]
    let reduced = node.reducedAxes
    if let constant = formula.constantValue { return .constant(constant, input.axes) }
    let isLeading = reduced == Array(0..<reduced.count)
    if node.options.keepsDimensions || formula.axes.isEmpty || isLeading { return formula }
    let kept = input.axes.enumerated().map { axis, dimension in
      reduced.contains(axis) ? Dimension(1) : dimension
    }
    let sizes = kept.sizes
    guard reduced.count == 1, let axis = reduced.first else { return formula.reshaped(to: kept) }
    let (coefficient, factors) = formula.split
    let body = Formula.multiply(.one, factors, formula.axes).materialized
    return Formula.call(
      Formula.Call(
        name: "expand_dims", operands: [body], suffix: ", \(axis)",
        evaluate: { try $0[0].reshaped(sizes) }), kept
    ).scaled(coefficient)
  }

  /// The reduction's result, ready to broadcast against its operand.
  static func kept(_ node: Node) -> Formula { withAxes(.node(node), node) }

  private static func extremum(_ label: String) -> DerivationRule {
    DerivationRule { step in
      let mask = Formula.indicator(step.operand(0), .equal, kept(step.node))
      let axes = step.node.reducedAxes
      let ties = mask.reduced(over: axes, keepsDimensions: axes.count < step.input.rank)
      guard try ties.tensor().doubles().contains(where: { $0 > 1 }) else {
        return Result(spread(step) * mask, label)
      }
      return Result(spread(step) * mask / ties, label + ", in equal parts where several are")
    }
  }

  private static func divisor(_ node: Node) -> Coefficient {
    let dimensions = reducedDimensions(node)
    let ddof = node.options["ddof"]?.asNumber() ?? 0
    guard ddof != 0 else { return Coefficient(1, dividedBy: dimensions) }
    let count = dimensions.reduce(1.0) { $0 * Double($1.size) }
    return Coefficient(1 / (count - ddof))
  }

  /// x − mean(x) over the reduced axes.
  private static func deviation(_ node: Node) -> Formula {
    let x = Formula.node(node.inputs[0])
    let axes = node.reducedAxes
    let isWhole = axes.count == x.axes.count
    let kept = x.axes.enumerated().map { axes.contains($0) ? Dimension(1) : $1 }
    let place = axes.count == 1 ? "\(axes[0])" : "\(axes)"
    let mean = Formula.call(
      Formula.Call(
        name: "mean", operands: [x], suffix: isWhole ? "" : ", axis=\(place), keepdims=true",
        evaluate: { try $0[0].reduce(.mean, axes: axes, keepDimensions: !isWhole) }),
      isWhole ? [] : kept)
    return x - mean
  }
}
