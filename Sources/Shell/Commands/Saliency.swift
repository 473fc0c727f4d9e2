import Console
import Language
import Networks
import Plot
import Syntax
import Tensors

/// What `show saliency of NET on x[3]` shows: how much each number of an example changes what the
/// network takes it for (Simonyan, Vedaldi, Zisserman, 2014).
struct Saliency {
  private let context: CommandContext
  private let example: Tensor
  private let outputs: [Double]
  private let gradient: Tensor

  init(_ context: CommandContext) throws {
    self.context = context
    guard context.has("net"), context.has("split") else {
      throw RuntimeError.other(
        "saliency of which network, on what?", hint: "write show saliency of NET on x[3]")
    }
    let network = try context.network("net")
    let value = try context.requiredValue("split")
    guard let tensor = try value.asTensor(), tensor.count > 0 else {
      throw context.mismatch("split", "one example, as letters.test.x[3]", value)
    }
    example = tensor
    let row = try Self.row(tensor, network)
    outputs = try network.forward(row).guardedDoubles()
    // The logarithm of a share moves also where the share is nearly 1.
    let shares = outputs.allSatisfy { $0 >= 0 && $0 <= 1 } && outputs.count > 1
    let text = shares ? "grad log(max(net(x)) + 1e-30) wrt x" : "grad max(net(x)) wrt x"
    let source = SourceText(text, name: "saliency")
    let result = try context.machine.evaluate(
      try Parser.parseExpression(source), in: source,
      variables: [
        ("net", .network(Box(NetworkValue(network)))), ("x", .tensor(Box(row))),
      ])
    guard let found = try result.asTensor() else {
      throw RuntimeError.other("the network has no gradient by its input", hint: nil)
    }
    gradient = try found.reshaped(tensor.shape.dimensions)
  }

  /// The example as the one row that the network takes.
  private static func row(_ tensor: Tensor, _ network: Network) throws -> Tensor {
    let whole = try tensor.expandedDimensions(axis: 0).cast(to: tensor.elementType.arithmetic)
    if (try? network.forward(whole)) != nil { return whole }
    // A row of one already, or a picture for a network that takes rows of numbers.
    if tensor.rank > 1, tensor.shape.dimensions[0] == 1 { return tensor }
    return try whole.reshaped([1, tensor.count])
  }

  func exhibits() throws -> [Exhibit] {
    let strengths = try gradient.guardedDoubles().map(abs)
    let taken = outputs.enumerated().max { $0.element < $1.element }
    let heading =
      outputs.count > 1
      ? "taken for class \(taken?.offset ?? 0) (\((taken?.element ?? 0).displayed))"
      : "gives \((outputs.first ?? 0).displayed)"
    guard let (rows, columns) = pictureSize else {
      return [.lines([heading]), .table(strongest(strengths))]
    }
    let images = [
      (image(try example.guardedDoubles(), rows, columns), "example"),
      (image(strengths, rows, columns), "saliency"),
    ]
    return [.lines([heading]), .pictures(images)]
  }

  private func image(_ numbers: [Double], _ rows: Int, _ columns: Int) -> TerminalImage {
    TerminalImage(
      values: numbers, rows: rows, columns: columns,
      channels: numbers.count / max(1, rows * columns))
  }

  /// The rows and columns of an example that is a picture; nil for other ones.
  private var pictureSize: (Int, Int)? {
    var sizes = example.shape.dimensions
    if sizes.count > 1, sizes[0] == 1 { sizes.removeFirst() }
    if sizes.count >= 2 { return (sizes[0], sizes[1]) }
    let side = Int(Double(example.count).squareRoot().rounded())
    return side >= 8 && side * side == example.count ? (side, side) : nil
  }

  /// The numbers that decide most; those whose share is no finite number come last, without a bar.
  private func strongest(_ strengths: [Double]) -> Table {
    var table = Table([("input", .right), ("saliency", .right), ("", .left)])
    let finite = strengths.indices.filter { strengths[$0].isFinite }
    let order = finite.sorted { (-strengths[$0], $0) < (-strengths[$1], $1) }
    let greatest = max(order.first.map { strengths[$0] } ?? 0, .leastNormalMagnitude)
    for place in (order + strengths.indices.filter { !strengths[$0].isFinite }).prefix(12) {
      let share = strengths[place] / greatest
      let bar = String(repeating: "█", count: share.isFinite ? Int((share * 20).rounded()) : 0)
      table.append(["\(place)", NumberForm.significant(strengths[place], 3), bar])
    }
    return table
  }
}
