import ONNX
import Tensors

/// A model's own numbers by the names of their values, and those that nodes make of them alone: as
/// exporters leave weights that are transposed, cast or given another shape.
struct ConstantNodes {
  private(set) var constants: [String: ONNXTensor] = [:]
  /// The nodes whose values are known.
  private(set) var nodes: Set<Int> = []

  init(_ graph: ONNXGraph) {
    for constant in graph.constants { constants[constant.name] = constant }
    for (index, node) in graph.nodes.enumerated() where node.domain.isEmpty {
      guard let output = node.outputs.first, !output.isEmpty, constants[output] == nil,
        let elements = try? value(of: node)
      else { continue }
      constants[output] = elements
      nodes.insert(index)
    }
  }

  /// Nil for a node that is none of these.
  private func value(of node: ONNXNode) throws -> ONNXTensor? {
    if node.operation == "Constant" {
      if case .tensor(let tensor)? = node.attributes["value"] { return tensor }
      return nil
    }
    guard let name = node.inputs.first, let constant = constants[name] else { return nil }
    switch node.operation {
    case "Identity": return constant
    case "Cast": return try cast(constant, node)
    case "Transpose": return try transposed(constant, node)
    case "Reshape", "Squeeze", "Unsqueeze": return try reshaped(constant, node)
    default: return nil
    }
  }

  private func cast(_ constant: ONNXTensor, _ node: ONNXNode) throws -> ONNXTensor? {
    guard case .integer(let type)? = node.attributes["to"] else { return nil }
    let kind = ONNXValue.ElementKind(rawValue: type)
    switch constant.elements {
    case .integers(let values) where kind == .float32 || kind == .float64:
      let shape = try Shape(checking: constant.dimensions)
      guard shape.count == values.count else { return nil }
      return ONNXTensor(
        name: constant.name,
        try Tensor(
          doubles: values.map(Double.init), shape, elementType: kind == .float64 ? .f64 : .f32))
    case .numbers(let tensor) where kind == .float32:
      return ONNXTensor(name: constant.name, try tensor.cast(to: .f32))
    case .numbers(let tensor) where kind == .float64:
      return ONNXTensor(name: constant.name, try tensor.cast(to: .f64))
    case .integers where kind == .int64 || kind == .int32: return constant
    default: return nil
    }
  }

  private func transposed(_ constant: ONNXTensor, _ node: ONNXNode) throws -> ONNXTensor? {
    guard case .numbers(let tensor) = constant.elements else { return nil }
    if case .integers(let axes)? = node.attributes["perm"] {
      return ONNXTensor(name: constant.name, try tensor.transposed(axes).contiguous())
    }
    return ONNXTensor(name: constant.name, try tensor.transposed().contiguous())
  }

  private func reshaped(_ constant: ONNXTensor, _ node: ONNXNode) throws -> ONNXTensor? {
    var sizes = constant.dimensions
    let given = node.inputs.count > 1 ? constants[node.inputs[1]] : nil
    var numbers: [Int]?
    if case .integers(let values)? = given?.elements { numbers = values }
    if case .integers(let values)? = node.attributes["axes"] { numbers = values }
    switch node.operation {
    case "Reshape":
      guard let numbers else { return nil }
      sizes = numbers.enumerated().map { place, size in
        size == 0 && sizes.indices.contains(place) ? sizes[place] : size
      }
    case "Squeeze":
      let rank = sizes.count
      let axes = Set(
        (numbers ?? sizes.indices.filter { sizes[$0] == 1 }).map { $0 < 0 ? $0 + rank : $0 })
      guard axes.allSatisfy({ sizes.indices.contains($0) && sizes[$0] == 1 }) else { return nil }
      sizes = sizes.enumerated().filter { !axes.contains($0.offset) }.map(\.element)
    default:
      guard let numbers, numbers.count <= 8 else { return nil }
      let rank = sizes.count + numbers.count
      let axes = Set(numbers.map { $0 < 0 ? $0 + rank : $0 })
      guard axes.count == numbers.count, axes.allSatisfy({ (0..<rank).contains($0) }) else {
        return nil
      }
      for axis in axes.sorted() { sizes.insert(1, at: axis) }
    }
    switch constant.elements {
    case .numbers(let tensor):
      return ONNXTensor(name: constant.name, try tensor.contiguous().reshaped(sizes))
    case .integers(let values):
      guard !sizes.contains(-1), sizes.reduce(1, { $0 &* $1 }) == values.count else { return nil }
      return ONNXTensor(name: constant.name, integers: values, dimensions: sizes)
    }
  }
}
