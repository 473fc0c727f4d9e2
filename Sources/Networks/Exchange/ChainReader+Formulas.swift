import ONNX
import Operations
import Tensors

/// Functions of each number that nnsh has no layer for: a formula is one.
extension ChainReader {
  /// - Returns: whether the node is one of these.
  mutating func readFormula(_ index: Int) throws -> Bool {
    let node = graph.nodes[index]
    switch node.operation {
    case "Clip": try readClip(index)
    case "PRelu": try readSlopes(index)
    default:
      guard let code = try formula(node) ?? withNumber(node) else { return false }
      add(try function(code), index)
    }
    return true
  }

  private func formula(_ node: ONNXNode) throws -> String? {
    func constant(_ name: String, default value: Double) throws -> String {
      try code(number(node, name, default: value), node)
    }
    switch node.operation {
    case "LeakyRelu":
      let slope = try constant("alpha", default: 0.01)
      return slope == "0.01" ? "leaky_relu" : "(z -> leaky_relu(z, \(slope)))"
    case "Elu", "Celu":
      let alpha = try constant("alpha", default: 1)
      if alpha == "1" { return "elu" }
      return node.operation == "Elu"
        ? "(z -> elu(z, \(alpha)))"
        : "(z -> maximum(z, 0) + \(alpha) * expm1(minimum(z, 0) / \(alpha)))"
    case "Selu":
      let alpha = try constant("alpha", default: 1.67326319217681884765625)
      let gamma = try constant("gamma", default: 1.05070102214813232421875)
      return "(z -> \(gamma) * (maximum(z, 0) + \(alpha) * expm1(minimum(z, 0))))"
    case "HardSigmoid": return "(z -> \(try hardSigmoid(node)))"
    case "HardSwish": return "(z -> z * clip(z / 6 + 0.5, 0, 1))"
    case "Mish": return "(z -> z * tanh(softplus(z)))"
    case "Softsign": return "(z -> z / (1 + abs(z)))"
    case "Neg": return "(z -> -z)"
    case "Reciprocal": return "(z -> 1 / z)"
    default: return nil
    }
  }

  private func hardSigmoid(_ node: ONNXNode) throws -> String {
    let slope = try code(number(node, "alpha", default: 0.2), node)
    let offset = try code(number(node, "beta", default: 0.5), node)
    return "clip(\(slope) * z + \(offset), 0, 1)"
  }

  /// Products x · f(x) whose f is none of nnsh's functions.
  ///
  /// - Parameter factor: the first node of f.
  /// - Returns: the formula, the nodes of f, and the product; nil where it is no such product.
  func productWithItself(_ factor: Int) throws -> (code: String, nodes: [Int], product: Int)? {
    let node = graph.nodes[factor]
    guard let next = user(of: node.outputs[0]) else { return nil }
    switch (node.operation, graph.nodes[next].operation) {
    case ("HardSigmoid", "Mul"): return ("(z -> z * \(try hardSigmoid(node)))", [factor], next)
    case ("Softplus", "Tanh"):
      guard let product = user(of: graph.nodes[next].outputs[0]) else { return nil }
      return ("(z -> z * tanh(softplus(z)))", [factor, next], product)
    default: return nil
    }
  }

  private static let signs = ["Add": "+", "Sub": "-", "Mul": "*", "Div": "/"]

  /// Arithmetic with one number of the model's own, as pictures are scaled by.
  private func withNumber(_ node: ONNXNode) throws -> String? {
    guard let sign = Self.signs[node.operation], node.inputs.count == 2,
      let place = node.inputs.firstIndex(where: { $0 != value }),
      let number = numbers(node, place)?.item
    else { return nil }
    let operand = try code(number, node)
    return place == 0 ? "(z -> \(operand) \(sign) z)" : "(z -> z \(sign) \(operand))"
  }

  /// A number as the language writes it.
  private func code(_ number: Double, _ node: ONNXNode) throws -> String {
    guard number.isFinite else { throw refused(node, "one of its numbers is not finite") }
    if let whole = Int(exactly: number), abs(number) < 1e15 { return "\(whole)" }
    return Double(Float(number)) == number ? "\(Float(number))" : "\(number)"
  }

  // MARK: limits

  private mutating func readClip(_ index: Int) throws {
    let node = graph.nodes[index]
    let lower = try limit(node, "min", input: 1)
    let upper = try limit(node, "max", input: 2)
    switch (lower, upper) {
    case (nil, nil): pass(index)
    case (0, nil): add(ActivationLayer(.relu), index)
    default:
      let ends = try [lower, upper].map { try $0.map { try code($0, node) } ?? "none" }
      add(try function("(z -> clip(z, \(ends.joined(separator: ", "))))"), index)
    }
  }

  /// A limit, which operator sets before 11 have as an attribute; nil where all numbers are within it.
  private func limit(_ node: ONNXNode, _ name: String, input: Int) throws -> Double? {
    let limit: Double
    if node.inputs.indices.contains(input), !node.inputs[input].isEmpty {
      guard let own = numbers(node, input)?.item else {
        throw refused(node, "its limits are not the model's own")
      }
      limit = own
    } else {
      limit = number(node, name, default: .infinity)
    }
    return abs(limit) >= Double(Float.greatestFiniteMagnitude) ? nil : limit
  }

  // MARK: slopes

  /// A slope below 0 that is learned, one for all or for each feature.
  private mutating func readSlopes(_ index: Int) throws {
    let node = graph.nodes[index]
    guard node.inputs.first == value, let slopes = numbers(node, 1) else {
      throw refused(node, "its slopes are not the model's own")
    }
    let sizes = slopes.shape.dimensions
    if let place = sizes.lastIndex(where: { $0 != 1 }) {
      let rank = (shape?.count ?? 1) + 1
      // Counted from the last axis, by which ONNX aligns them.
      let axis = sizes.count - 1 - place
      if axis > 0 { try requireFeaturesSecond(node, rank: rank) }
      let isSecond = if case .featuresSecond = arrangement { true } else { false }
      guard pendingImage == nil, sizes[place] == slopes.count, axis == (isSecond ? rank - 2 : 0)
      else {
        throw refused(node, "its slopes are not one for each feature")
      }
    }
    var layer = try function(
      "layer({slope: [\(slopes.count)]}, (p, z) -> maximum(z, 0) + p.slope * minimum(z, 0))")
    layer.parameterGroups = [
      [LayerParameter(letter: "slope", tensor: try slopes.contiguous().reshaped([slopes.count]))]
    ]
    add(layer, index)
  }
}
