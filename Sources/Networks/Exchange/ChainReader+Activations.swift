import ONNX
import Operations
import Tensors

/// Functions of each number, or of each row.
extension ChainReader {
  /// Activations that are layers of their own.
  private static let layers: [String: UnaryOperation] = [
    "Relu": .relu, "Sigmoid": .sigmoid, "Tanh": .tanh, "Softplus": .softplus, "Gelu": .gelu,
  ]
  /// Builtins that are used as layers.
  private static let functions: [String: String] = [
    "Exp": "exp", "Log": "log", "Sqrt": "sqrt", "Abs": "abs", "Sin": "sin", "Cos": "cos",
    "Sign": "sign", "Floor": "floor", "Ceil": "ceil",
  ]

  /// - Returns: whether the node is one of these.
  mutating func readActivation(_ index: Int) throws -> Bool {
    let node = graph.nodes[index]
    if let kind = Self.layers[node.operation] {
      if node.operation == "Gelu", text(node, "approximate") ?? "none" != "none" {
        throw refused(node, "nnsh has the exact form only")
      }
      add(ActivationLayer(kind), index)
      return true
    }
    if let name = Self.functions[node.operation] {
      add(try function(name), index)
      return true
    }
    guard node.operation == "Softmax" || node.operation == "LogSoftmax" else { return false }
    // Before operator set 13 all axes from the second on were one, where none is named.
    let axis = integer(node, "axis", default: operatorSet < 13 ? 1 : -1)
    guard axis == -1 || axis == shape?.count else {
      throw refused(node, "nnsh has it along the last axis")
    }
    if shape?.count != 1 { try requireOwn(node) }
    add(node.operation == "Softmax" ? Softmax() : try function("log_softmax"), index)
    return true
  }

  /// Activations that are written as several nodes: x · sigmoid(x) and its like, and
  /// x · (1 + erf(x / √2)) / 2 in one of its orders.
  ///
  /// - Returns: whether the nodes are one of these.
  mutating func readActivationOfSeveral(_ next: [Int]) throws -> Bool {
    guard next.count == 2 || next.count == 3 else { return false }
    if let sigmoid = next.first(where: { graph.nodes[$0].operation == "Sigmoid" }),
      let product = user(of: graph.nodes[sigmoid].outputs[0]), next.contains(product),
      graph.nodes[product].operation == "Mul", next.count == 2
    {
      done.insert(sigmoid)
      add(try function("silu"), product)
      return true
    }
    for factor in next where next.count == 2 {
      guard let (code, nodes, product) = try productWithItself(factor), next.contains(product)
      else {
        continue
      }
      done.formUnion(nodes)
      add(try function(code), product)
      return true
    }
    return readSoftplus(next) || readGelu(next)
  }

  /// x where x > 20 and log(1 + eˣ) elsewhere, as PyTorch writes it: the same in Float32.
  private mutating func readSoftplus(_ next: [Int]) -> Bool {
    guard next.count == 3,
      let plus = next.first(where: { graph.nodes[$0].operation == "Softplus" }),
      let large = next.first(where: { graph.nodes[$0].operation == "Greater" }),
      let choice = next.first(where: { graph.nodes[$0].operation == "Where" }),
      scalar(beside: value, at: large) ?? 0 >= 15, graph.nodes[large].inputs.first == value,
      graph.nodes[choice].inputs
        == [graph.nodes[large].outputs[0], value, graph.nodes[plus].outputs[0]]
    else { return false }
    done.formUnion([plus, large])
    add(ActivationLayer(.softplus), choice)
    return true
  }

  private mutating func readGelu(_ next: [Int]) -> Bool {
    for start in next where ["Mul", "Div"].contains(graph.nodes[start].operation) {
      guard let factor = scalar(beside: value, at: start),
        abs((graph.nodes[start].operation == "Mul" ? factor : 1 / factor) - 0.5.squareRoot())
          < 1e-4,
        let erf = user(of: graph.nodes[start].outputs[0]), graph.nodes[erf].operation == "Erf",
        let sum = user(of: graph.nodes[erf].outputs[0]), graph.nodes[sum].operation == "Add",
        scalar(beside: graph.nodes[erf].outputs[0], at: sum) == 1,
        let product = user(of: graph.nodes[sum].outputs[0]),
        graph.nodes[product].operation == "Mul"
      else { continue }
      var nodes = [start, erf, sum]
      if next.contains(product), let half = user(of: graph.nodes[product].outputs[0]),
        graph.nodes[half].operation == "Mul",
        scalar(beside: graph.nodes[product].outputs[0], at: half) == 0.5
      {
        nodes += [product]
        done.formUnion(nodes)
        add(ActivationLayer(.gelu), half)
        return true
      }
      // x / 2 first.
      if let half = next.first(where: {
        $0 != start && graph.nodes[$0].operation == "Mul" && scalar(beside: value, at: $0) == 0.5
      }), graph.nodes[product].inputs.contains(graph.nodes[half].outputs[0]) {
        nodes += [half]
        done.formUnion(nodes)
        add(ActivationLayer(.gelu), product)
        return true
      }
    }
    return false
  }

  /// The number that a node combines a value with.
  private func scalar(beside value: String, at index: Int) -> Double? {
    let node = graph.nodes[index]
    guard node.inputs.count == 2, let place = node.inputs.firstIndex(where: { $0 != value }) else {
      return nil
    }
    return numbers(node, place)?.item
  }
}
