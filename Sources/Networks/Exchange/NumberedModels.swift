import ONNX
import Tensors

extension Network {
  /// The network with the numbers of a model that a network of the same layers was written as.
  ///
  /// Which number of the model is which of the network's, no layer says: its nodes hold them
  /// transposed, in another order of gates, several parameters in one. So the network is written
  /// with numbers that tell their own places, and these are found again in the model.
  ///
  /// - Returns: nil where the model is not, node by node and constant by constant, what the network
  ///   is written as: another program may have changed it.
  package func taking(numbersOf model: ONNXModel) throws -> Network? {
    var copy = try isResolved ? self : completedForAnyData()
    let tensors = copy.parameters.map(\.tensor) + copy.statistics
    let numbered = try NumberedModels(copy, shapes: tensors.map(\.shape))
    guard let found = try numbered.numbers(of: model.graph) else { return nil }
    try copy.setAllNumbers(found)
    return copy
  }

  /// Gives parameters and statistics their values, in this order.
  fileprivate mutating func setAllNumbers(_ tensors: [Tensor]) throws {
    let count = parameterNames.count
    try setParameters(Array(tensors.prefix(count)))
    statistics = Array(tensors.dropFirst(count))
  }
}

/// A network as models whose numbers tell which of the network's they are.
private struct NumberedModels {
  private let shapes: [Shape]
  /// With zeros, with each tensor's number, and with the low and the high digit of the place in the
  /// tensor. All but the zeros count from 1.
  private let zeros: ONNXGraph
  private let tensors: ONNXGraph
  private let lows: ONNXGraph
  private let highs: ONNXGraph

  /// Float32 holds all whole numbers up to 16 of these.
  private static let base = 1 << 20

  init(_ network: Network, shapes: [Shape]) throws {
    self.shapes = shapes
    func written(_ number: (_ tensor: Int, _ place: Int) -> Int) throws -> ONNXGraph {
      var copy = network
      try copy.setAllNumbers(
        shapes.enumerated().map { index, shape in
          try Interrupt.check()
          var tensor = try Tensor.zeros(shape)
          try tensor.withMutableFloats { floats in
            for place in floats.indices { floats[place] = Float(number(index, place)) }
          }
          return tensor
        })
      return try copy.onnxModel().graph
    }
    zeros = try written { _, _ in 0 }
    tensors = try written { tensor, _ in tensor + 1 }
    lows = try written { _, place in place % Self.base + 1 }
    highs = try written { _, place in place / Self.base + 1 }
  }

  /// The network's numbers as a graph has them; nil where it is another graph.
  func numbers(of graph: ONNXGraph) throws -> [Tensor]? {
    guard graph.hasNodes(of: zeros), graph.constants.count == zeros.constants.count else {
      return nil
    }
    try MemoryGuard.check(elements: 8 * shapes.reduce(0) { $0 + Double($1.count) })
    var numbers = shapes.map { [Float](repeating: 0, count: $0.count) }
    var isKnown = shapes.map { [Bool](repeating: false, count: $0.count) }
    for (index, constant) in graph.constants.enumerated() {
      try Interrupt.check()
      let form = zeros.constants[index]
      guard constant.name == form.name, constant.dimensions == form.dimensions else { return nil }
      switch (constant.elements, form.elements) {
      case (.integers(let own), .integers(let expected)):
        guard own == expected else { return nil }
      case (.numbers(let own), .numbers):
        guard try read(own, index, into: &numbers, &isKnown) else { return nil }
      default: return nil
      }
    }
    guard isKnown.allSatisfy({ $0.allSatisfy(\.self) }) else { return nil }
    return try zip(numbers, shapes).map { try Tensor($0, $1) }
  }

  /// Puts the numbers of a constant into their places.
  ///
  /// - Returns: whether each has a place, or is the same in any network of these layers.
  private func read(
    _ own: Tensor, _ constant: Int, into numbers: inout [[Float]], _ isKnown: inout [[Bool]]
  ) throws -> Bool {
    func floats(_ graph: ONNXGraph) throws -> [Float] {
      guard graph.constants.indices.contains(constant),
        case .numbers(let tensor) = graph.constants[constant].elements
      else { return [] }
      return try tensor.withFloats { Array($0) }
    }
    let values = try own.withFloats { Array($0) }
    let fixed = try floats(zeros)
    let (tensor, low, high) = (try floats(tensors), try floats(lows), try floats(highs))
    guard [fixed, tensor, low, high].allSatisfy({ $0.count == values.count }) else { return false }
    for (index, value) in values.enumerated() {
      guard tensor[index] != fixed[index] else {
        guard value == fixed[index] else { return false }
        continue
      }
      guard let owner = Int(exactly: tensor[index]).map({ $0 - 1 }),
        numbers.indices.contains(owner),
        let lowest = Int(exactly: low[index]), let highest = Int(exactly: high[index]),
        lowest > 0, highest > 0, highest <= Self.base
      else { return false }
      let place = (highest - 1) * Self.base + lowest - 1
      guard numbers[owner].indices.contains(place),
        !isKnown[owner][place] || numbers[owner][place] == value
      else { return false }
      numbers[owner][place] = value
      isKnown[owner][place] = true
    }
    return true
  }
}

extension ONNXGraph {
  /// Whether the nodes are the same, with the same names and values.
  fileprivate func hasNodes(of other: ONNXGraph) -> Bool {
    inputs.map(\.name) == other.inputs.map(\.name)
      && outputs.map(\.name) == other.outputs.map(\.name) && nodes.count == other.nodes.count
      && zip(nodes, other.nodes).allSatisfy { $0.isSame(as: $1) }
  }
}

extension ONNXNode {
  fileprivate func isSame(as other: ONNXNode) -> Bool {
    name == other.name && operation == other.operation && domain == other.domain
      && inputs == other.inputs && outputs == other.outputs
      && attributes.count == other.attributes.count
      && attributes.allSatisfy { name, attribute in
        other.attributes[name].map(attribute.isSame) ?? false
      }
  }
}

extension ONNXAttribute {
  fileprivate func isSame(as other: ONNXAttribute) -> Bool {
    switch (self, other) {
    case (.integer(let own), .integer(let others)): own == others
    case (.number(let own), .number(let others)): own == others
    case (.text(let own), .text(let others)): own == others
    case (.integers(let own), .integers(let others)): own == others
    case (.numbers(let own), .numbers(let others)): own == others
    case (.graph(let own), .graph(let others)):
      own.hasNodes(of: others) && own.constants.isSame(as: others.constants)
    case (.tensor(let own), .tensor(let others)): [own].isSame(as: [others])
    default: false
    }
  }
}

extension [ONNXTensor] {
  /// Whether they hold the same: those inside a node are no parameters.
  fileprivate func isSame(as other: [ONNXTensor]) -> Bool {
    count == other.count
      && zip(self, other).allSatisfy { own, others in
        guard own.dimensions == others.dimensions else { return false }
        switch (own.elements, others.elements) {
        case (.integers(let own), .integers(let others)): return own == others
        case (.numbers(let own), .numbers(let others)): return own.doubles() == others.doubles()
        default: return false
        }
      }
  }
}
