import Tensors

/// A model: a graph, and what it was written by.
package struct ONNXModel: Sendable {
  /// The operator set whose meaning the operators of ONNX's own domain have.
  package var operatorSet: Int
  package var producer: String
  package var graph: ONNXGraph
  /// Notes of whoever wrote it.
  package var notes: [String: String]

  /// The operator set that is written.
  package static let writtenOperatorSet = 17
  /// The form of the file itself that goes with it.
  package static let writtenVersion = 8

  package init(
    graph: ONNXGraph, operatorSet: Int = writtenOperatorSet, producer: String = "nnsh",
    notes: [String: String] = [:]
  ) {
    self.graph = graph
    self.operatorSet = operatorSet
    self.producer = producer
    self.notes = notes
  }
}

/// Nodes in an order in which each comes after those whose values it takes.
package struct ONNXGraph: Sendable {
  package var name: String
  package var nodes: [ONNXNode] = []
  /// Numbers that are part of the model.
  package var constants: [ONNXTensor] = []
  package var inputs: [ONNXValue] = []
  package var outputs: [ONNXValue] = []

  package init(name: String) { self.name = name }
}

/// An application of an operator.
package struct ONNXNode: Sendable {
  package var name: String
  package var operation: String
  /// Empty for ONNX's own operators.
  package var domain = ""
  /// Names of values; an empty one is an argument left out.
  package var inputs: [String]
  package var outputs: [String]
  package var attributes: [String: ONNXAttribute]

  package init(
    name: String, operation: String, domain: String = "", inputs: [String], outputs: [String],
    attributes: [String: ONNXAttribute] = [:]
  ) {
    self.name = name
    self.operation = operation
    self.domain = domain
    self.inputs = inputs
    self.outputs = outputs
    self.attributes = attributes
  }
}

extension ONNXNode {
  /// The values that it takes, also within graphs of its own.
  var valuesUsed: [String] {
    attributes.values.reduce(into: inputs) { names, attribute in
      guard case .graph(let graph) = attribute else { return }
      names += graph.outputs.map(\.name) + graph.nodes.flatMap(\.valuesUsed)
    }
  }
}

/// What is fixed about a node.
package enum ONNXAttribute: Sendable {
  case integer(Int)
  case number(Float)
  case text(String)
  case integers([Int])
  case numbers([Float])
  case tensor(ONNXTensor)
  case graph(ONNXGraph)
  /// Of a kind that nothing here needs; its content is not read.
  case other
}

/// Numbers with a name.
package struct ONNXTensor: Sendable {
  package enum Elements: Sendable {
    case numbers(Tensor)
    /// Sizes, axes and places, which are whole numbers of 64 bits.
    case integers([Int])
  }

  package var name: String
  package var dimensions: [Int]
  package var elements: Elements

  package init(name: String, _ tensor: Tensor) {
    self.name = name
    dimensions = tensor.shape.dimensions
    elements = .numbers(tensor)
  }

  package init(name: String, integers: [Int], dimensions: [Int]) {
    self.name = name
    self.dimensions = dimensions
    elements = .integers(integers)
  }
}

/// What goes into a graph or comes out of it.
package struct ONNXValue: Sendable {
  package enum Dimension: Hashable, Sendable {
    case fixed(Int)
    /// Whatever the data have; equal names are equal lengths.
    case named(String)
  }

  package var name: String
  package var type: ElementKind
  /// Nil where nothing is said about it.
  package var dimensions: [Dimension]?

  /// The types of elements that matter here, by ONNX's numbers.
  package enum ElementKind: Int, Sendable {
    case other = 0
    case float32 = 1
    case int32 = 6
    case int64 = 7
    case bool = 9
    case float64 = 11
  }

  package init(name: String, type: ElementKind = .float32, dimensions: [Dimension]?) {
    self.name = name
    self.type = type
    self.dimensions = dimensions
  }
}
