import ONNX
import Tensors

/// Writes a model as bytes.
enum ONNXWriter {
  /// Protobuf cannot hold more in one message.
  private static let limit = Int(Int32.max)

  static func write(
    _ model: ONNXModel, to sink: any ByteSink, place: String
  ) throws(DataError) {
    let size = model.graph.constants.reduce(0) { $0 + 4 * ($1.dimensions.checkedProduct ?? 0) }
    guard size < limit - (64 << 20) else {
      throw .unsavable(
        value: "a network of \(size >> 20) MB", format: .onnx,
        advice: "a file of this form holds 2 GB at most; .safetensors holds any size")
    }
    // The graph is written into its message, and that into the model's.
    try MemoryLimit.require(size.multipliedSaturating(4), for: place)
    var message = ProtobufMessage()
    message.add(ONNXFields.Model.version, ONNXModel.writtenVersion)
    message.add(ONNXFields.Model.producer, model.producer)
    message.add(ONNXFields.Model.graph, try encoded(model.graph))
    var set = ProtobufMessage()
    set.add(ONNXFields.Pair.name, "")
    set.add(ONNXFields.Pair.value, model.operatorSet)
    message.add(ONNXFields.Model.operatorSets, set)
    for (name, value) in model.notes.sorted(by: { $0.key < $1.key }) {
      var note = ProtobufMessage()
      note.add(ONNXFields.Pair.name, name)
      note.add(ONNXFields.Pair.value, value)
      message.add(ONNXFields.Model.notes, note)
    }
    try sink.write(message.bytes)
  }

  private static func encoded(_ graph: ONNXGraph) throws(DataError) -> ProtobufMessage {
    var message = ProtobufMessage()
    for node in graph.nodes { message.add(ONNXFields.Graph.nodes, try encoded(node)) }
    message.add(ONNXFields.Graph.name, graph.name)
    for constant in graph.constants {
      message.add(ONNXFields.Graph.constants, try encoded(constant))
    }
    for value in graph.inputs { message.add(ONNXFields.Graph.inputs, encoded(value)) }
    for value in graph.outputs { message.add(ONNXFields.Graph.outputs, encoded(value)) }
    return message
  }

  private static func encoded(_ node: ONNXNode) throws(DataError) -> ProtobufMessage {
    var message = ProtobufMessage()
    for input in node.inputs { message.add(ONNXFields.Node.inputs, input) }
    for output in node.outputs { message.add(ONNXFields.Node.outputs, output) }
    message.add(ONNXFields.Node.name, node.name)
    message.add(ONNXFields.Node.operation, node.operation)
    for (name, value) in node.attributes.sorted(by: { $0.key < $1.key }) {
      message.add(ONNXFields.Node.attributes, try encoded(name, value))
    }
    return message
  }

  private static func encoded(
    _ name: String, _ attribute: ONNXAttribute
  ) throws(DataError) -> ProtobufMessage {
    typealias Fields = ONNXFields.Attribute
    typealias Kind = ONNXFields.Kind
    var message = ProtobufMessage()
    message.add(Fields.name, name)
    switch attribute {
    case .integer(let value):
      message.add(Fields.integer, value)
      message.add(Fields.kind, Kind.integer)
    case .number(let value):
      message.add(Fields.number, value)
      message.add(Fields.kind, Kind.number)
    case .text(let value):
      message.add(Fields.text, value)
      message.add(Fields.kind, Kind.text)
    case .integers(let values):
      for value in values { message.add(Fields.integers, value) }
      message.add(Fields.kind, Kind.integers)
    case .numbers(let values):
      for value in values { message.add(Fields.numbers, value) }
      message.add(Fields.kind, Kind.numbers)
    case .tensor(let tensor):
      message.add(Fields.tensor, try encoded(tensor))
      message.add(Fields.kind, Kind.tensor)
    case .graph(let graph):
      message.add(Fields.graph, try encoded(graph))
      message.add(Fields.kind, Kind.graph)
    case .other: break
    }
    return message
  }

  private static func encoded(_ constant: ONNXTensor) throws(DataError) -> ProtobufMessage {
    typealias Fields = ONNXFields.Tensor
    var message = ProtobufMessage()
    for size in constant.dimensions { message.add(Fields.sizes, size) }
    switch constant.elements {
    case .integers(let values):
      message.add(Fields.type, ONNXValue.ElementKind.int64.rawValue)
      message.add(Fields.integers64, packed: values)
    case .numbers(let tensor):
      message.add(Fields.type, ONNXValue.ElementKind.float32.rawValue)
      var raw: [UInt8] = []
      try tensor.readFloats { (floats) throws(DataError) in
        raw = Array(UnsafeRawBufferPointer(floats))
      }
      message.add(Fields.raw, raw)
    }
    message.add(Fields.name, constant.name)
    return message
  }

  private static func encoded(_ value: ONNXValue) -> ProtobufMessage {
    var shape = ProtobufMessage()
    for dimension in value.dimensions ?? [] {
      var size = ProtobufMessage()
      switch dimension {
      case .fixed(let length): size.add(ONNXFields.Shape.fixed, length)
      case .named(let name): size.add(ONNXFields.Shape.named, name)
      }
      shape.add(ONNXFields.Shape.dimensions, size)
    }
    var tensor = ProtobufMessage()
    tensor.add(ONNXFields.TensorType.element, value.type.rawValue)
    if value.dimensions != nil { tensor.add(ONNXFields.TensorType.shape, shape) }
    var type = ProtobufMessage()
    type.add(ONNXFields.TensorType.tensor, tensor)
    var message = ProtobufMessage()
    message.add(ONNXFields.Value.name, value.name)
    message.add(ONNXFields.Value.type, type)
    return message
  }
}
