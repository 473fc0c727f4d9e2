import ONNX
import Operations
import Tensors

/// Functions of each number that nnsh has no layer for: a formula is one.
extension ChainReader {
  /// - Returns: whether the node is one of these.
  mutating func readFormula(_ index: Int) throws -> Bool {
    let node = graph.nodes[index]
    switch node.operation {
    case "PRelu": try readSlopes(index)
    case "Clip":
      let limits = try limits(node)
      if limits.isEmpty { pass(index) } else { add(try clip(limits), index) }
    default:
      guard let code = try expression(node, [value: "z"]) else { return false }
      add(try function(Self.bareName(code) ?? "(z -> \(code))"), index)
    }
    return true
  }

  /// A function whose bare name is the layer: code that calls it with nothing but z, or what it takes
  /// anyway.
  private static func bareName(_ code: String) -> String? {
    if let usual = ["leaky_relu(z, 0.01)": "leaky_relu", "elu(z, 1)": "elu"][code] { return usual }
    return names.values.first { code == "\($0)(z)" }
  }

  /// Nodes that the value goes into several ways and one comes out of, each of them a function of each
  /// number: softsign is x / (1 + |x|).
  ///
  /// - Returns: whether there are such nodes.
  mutating func readFormulaOfSeveral(_ next: [Int]) throws -> Bool {
    var codes = [value: "z"]
    var inside: Set<Int> = []
    guard let first = next.min() else { return false }
    for index in first..<graph.nodes.count where !done.contains(index) {
      let node = graph.nodes[index]
      guard node.inputs.contains(where: { codes[$0] != nil }) else { continue }
      guard node.domain.isEmpty, let code = try expression(node, codes), code.count < 500,
        let output = node.outputs.first
      else { return false }
      inside.insert(index)
      let isEnd = codes.keys.allSatisfy { users(of: $0).allSatisfy(inside.contains) }
      if isEnd {
        // x + f(x) has a layer of its own.
        if node.operation == "Add", node.inputs.contains(value) { return false }
        done.formUnion(inside)
        add(try function("(z -> \(code))"), index)
        return true
      }
      codes[output] = code
    }
    return false
  }

  /// - Parameter codes: the values at hand, as code.
  private func expression(_ node: ONNXNode, _ codes: [String: String]) throws -> String? {
    func operand(_ place: Int) throws -> String? {
      guard node.inputs.indices.contains(place) else { return nil }
      if let code = codes[node.inputs[place]] { return code }
      // One number of the model's own, as pictures are scaled by; more axes would make more.
      guard let number = numbers(node, place), number.rank <= (shape?.count ?? 0) + 1 else {
        return nil
      }
      return try number.item.map { try code($0, node) }
    }
    guard let x = try operand(0) else { return nil }
    if node.inputs.count == 2, let y = try operand(1) {
      if let sign = Self.signs[node.operation] {
        return "\(Self.grouped(x)) \(sign) \(Self.grouped(y))"
      }
      if let name = Self.ofTwo[node.operation] { return "\(name)(\(x), \(y))" }
    }
    return codes[node.inputs[0]] == nil ? nil : try ofOne(node, x)
  }

  /// Code between parentheses where an operator stands in it.
  private static func grouped(_ code: String) -> String {
    code.contains(" ") || code.hasPrefix("-") ? "(\(code))" : code
  }

  private static let signs = ["Add": "+", "Sub": "-", "Mul": "*", "Div": "/", "Pow": "^"]
  private static let ofTwo = ["Min": "minimum", "Max": "maximum"]
  private static let names = [
    "Relu": "relu", "Sigmoid": "sigmoid", "Tanh": "tanh", "Softplus": "softplus", "Erf": "erf",
    "Exp": "exp", "Log": "log", "Sqrt": "sqrt", "Abs": "abs", "Sin": "sin", "Cos": "cos",
    "Sign": "sign", "Floor": "floor", "Ceil": "ceil",
  ]

  private func ofOne(_ node: ONNXNode, _ operand: String) throws -> String? {
    func constant(_ name: String, default value: Double) throws -> String {
      try code(number(node, name, default: value), node)
    }
    if let name = Self.names[node.operation] { return "\(name)(\(operand))" }
    let x = Self.grouped(operand)
    switch node.operation {
    case "LeakyRelu": return "leaky_relu(\(x), \(try constant("alpha", default: 0.01)))"
    case "Elu": return "elu(\(x), \(try constant("alpha", default: 1)))"
    case "Celu":
      let alpha = try constant("alpha", default: 1)
      return "maximum(\(x), 0) + \(alpha) * expm1(minimum(\(x), 0) / \(alpha))"
    case "Selu":
      let alpha = try constant("alpha", default: 1.67326319217681884765625)
      let gamma = try constant("gamma", default: 1.05070102214813232421875)
      return "\(gamma) * (maximum(\(x), 0) + \(alpha) * expm1(minimum(\(x), 0)))"
    case "HardSigmoid":
      let slope = try constant("alpha", default: 0.2)
      return "clip(\(slope) * \(x) + \(try constant("beta", default: 0.5)), 0, 1)"
    case "HardSwish": return "\(x) * clip(\(x) / 6 + 0.5, 0, 1)"
    case "Mish": return "\(x) * tanh(softplus(\(x)))"
    case "Softsign": return "\(x) / (1 + abs(\(x)))"
    case "Gelu" where text(node, "approximate") == "tanh":
      return "0.5 * \(x) * (1 + tanh(0.7978845608 * (\(x) + 0.044715 * \(x)^3)))"
    case "Neg": return "-\(x)"
    case "Reciprocal": return "1 / \(x)"
    case "Clip":
      let limits = try limits(node)
      return limits.isEmpty ? x : "clip(\(([x] + limits).joined(separator: ", ")))"
    default: return nil
    }
  }

  /// A number as the language writes it.
  private func code(_ number: Double, _ node: ONNXNode) throws -> String {
    guard number.isFinite else { throw refused(node, "one of its numbers is not finite") }
    if let whole = Int(exactly: number), abs(number) < 1e15 { return "\(whole)" }
    return Double(Float(number)) == number ? "\(Float(number))" : "\(number)"
  }

  // MARK: limits

  /// The lower and the upper limit, the upper where there is one; empty where there are none.
  private func limits(_ node: ONNXNode) throws -> [String] {
    let ends = try [limit(node, "min", input: 1), limit(node, "max", input: 2)].map { limit in
      try limit.map { try code($0, node) } ?? "none"
    }
    return ends == ["none", "none"] ? [] : ends[1] == "none" ? [ends[0]] : ends
  }

  private func clip(_ limits: [String]) throws -> any Layer {
    limits == ["0"]
      ? ActivationLayer(.relu) : try function("(z -> clip(z, \(limits.joined(separator: ", "))))")
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
