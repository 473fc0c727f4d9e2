import ONNX
import Syntax
import Tensors

/// Reads a model from bytes. Graphs inside nodes are not read, so nothing is nested deeply.
struct ONNXReader {
  private let source: any ByteSource

  init(_ source: any ByteSource) { self.source = source }

  /// Whether bytes begin as a model does: with the form's version, a small number, and then the
  /// field after it.
  static func beginsModel(_ bytes: [UInt8]) -> Bool {
    bytes.count > 3 && bytes[0] == 8 && (1...32).contains(bytes[1])
      && [0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42].contains(bytes[2])
  }

  func model() throws(DataError) -> ONNXModel {
    let bytes = try source.bytes(at: 0, count: source.count, part: "model")
    // The numbers are decoded besides.
    try MemoryLimit.require(bytes.count.multipliedSaturating(2), for: source.place)
    do {
      return try model(bytes[...])
    } catch let error as DataError {
      throw error
    } catch {
      throw malformed("it is no message of protobuf's, or is cut short")
    }
  }

  private func malformed(_ reason: String) -> DataError {
    .malformed(place: source.place, format: .onnx, reason: reason)
  }

  /// Calls `body` for each field of a message.
  private func forEachField(
    _ bytes: ArraySlice<UInt8>, _ body: (ProtobufReader.Field) throws -> Void
  ) throws {
    var reader = ProtobufReader(bytes)
    while let field = try reader.next() { try body(field) }
  }

  private func model(_ bytes: ArraySlice<UInt8>) throws -> ONNXModel {
    var model = ONNXModel(graph: ONNXGraph(name: ""), operatorSet: 0, producer: "")
    var hasGraph = false
    try forEachField(bytes) { field in
      switch field.number {
      case ONNXFields.Model.producer: model.producer = ShownName.cleaned(field.text ?? "")
      case ONNXFields.Model.graph:
        if let bytes = field.bytes { (model.graph, hasGraph) = (try graph(bytes), true) }
      case ONNXFields.Model.operatorSets:
        guard let bytes = field.bytes else { return }
        var (domain, version) = ("", 0)
        try forEachField(bytes) { part in
          if part.number == ONNXFields.Pair.name { domain = part.text ?? "" }
          if part.number == ONNXFields.Pair.value { version = part.integer ?? 0 }
        }
        if domain.isEmpty || domain == "ai.onnx" { model.operatorSet = version }
      case ONNXFields.Model.notes:
        guard let bytes = field.bytes else { return }
        let (name, value) = try pair(bytes)
        model.notes[name] = value
      default: break
      }
    }
    guard hasGraph else { throw malformed("it holds no graph") }
    return model
  }

  private func pair(_ bytes: ArraySlice<UInt8>) throws -> (String, String) {
    var (name, value) = ("", "")
    try forEachField(bytes) { part in
      if part.number == ONNXFields.Pair.name { name = part.text ?? "" }
      if part.number == ONNXFields.Pair.value { value = part.text ?? "" }
    }
    return (name, value)
  }

  /// No model nests graphs within graphs deeper than this.
  private static let deepest = 8

  /// - Parameter depth: how many graphs it is inside of.
  private func graph(_ bytes: ArraySlice<UInt8>, depth: Int = 0) throws -> ONNXGraph {
    guard depth < Self.deepest else { throw malformed("its graphs are nested too deeply") }
    var graph = ONNXGraph(name: "")
    try forEachField(bytes) { field in
      guard let bytes = field.bytes else { return }
      switch field.number {
      case ONNXFields.Graph.nodes: graph.nodes.append(try node(bytes, depth: depth))
      case ONNXFields.Graph.name: graph.name = ShownName.cleaned(field.text ?? "")
      case ONNXFields.Graph.constants: graph.constants.append(try tensor(bytes))
      case ONNXFields.Graph.inputs: graph.inputs.append(try value(bytes))
      case ONNXFields.Graph.outputs: graph.outputs.append(try value(bytes))
      default: break
      }
    }
    return graph
  }

  private func node(_ bytes: ArraySlice<UInt8>, depth: Int) throws -> ONNXNode {
    var node = ONNXNode(name: "", operation: "", inputs: [], outputs: [])
    try forEachField(bytes) { field in
      switch field.number {
      case ONNXFields.Node.inputs: node.inputs.append(field.text ?? "")
      case ONNXFields.Node.outputs: node.outputs.append(field.text ?? "")
      case ONNXFields.Node.name: node.name = ShownName.cleaned(field.text ?? "")
      case ONNXFields.Node.operation: node.operation = ShownName.cleaned(field.text ?? "")
      case ONNXFields.Node.domain: node.domain = ShownName.cleaned(field.text ?? "")
      case ONNXFields.Node.attributes:
        guard let bytes = field.bytes else { return }
        let (name, attribute) = try attribute(bytes, depth: depth)
        node.attributes[name] = attribute
      default: break
      }
    }
    if node.domain == "ai.onnx" { node.domain = "" }
    return node
  }

  private func attribute(
    _ bytes: ArraySlice<UInt8>, depth: Int
  ) throws -> (String, ONNXAttribute) {
    typealias Fields = ONNXFields.Attribute
    var name = ""
    var result = ONNXAttribute.other
    var (integers, numbers): ([Int], [Float]) = ([], [])
    var kind = 0
    try forEachField(bytes) { field in
      switch field.number {
      case Fields.name: name = field.text ?? ""
      case Fields.integer: if let value = field.integer { result = .integer(value) }
      case Fields.number: if let value = field.float { result = .number(value) }
      case Fields.text: if let value = field.text { result = .text(value) }
      case Fields.tensor: if let bytes = field.bytes { result = .tensor(try tensor(bytes)) }
      case Fields.graph:
        if let bytes = field.bytes { result = .graph(try graph(bytes, depth: depth + 1)) }
      case Fields.integers: integers += try ProtobufReader.integers(field)
      case Fields.numbers: numbers += try floats(field)
      case Fields.kind: kind = field.integer ?? 0
      default: break
      }
    }
    if !integers.isEmpty || kind == ONNXFields.Kind.integers { return (name, .integers(integers)) }
    if !numbers.isEmpty || kind == ONNXFields.Kind.numbers { return (name, .numbers(numbers)) }
    return (name, result)
  }

  private func floats(_ field: ProtobufReader.Field) throws -> [Float] {
    if let float = field.float { return [float] }
    var reader = ByteReader(field.bytes ?? [])
    var values: [Float] = []
    while let bits = reader.integer(UInt32.self) { values.append(Float(bitPattern: bits)) }
    return values
  }

  private func value(_ bytes: ArraySlice<UInt8>) throws -> ONNXValue {
    var value = ONNXValue(name: "", type: .other, dimensions: nil)
    try forEachField(bytes) { field in
      switch field.number {
      case ONNXFields.Value.name: value.name = field.text ?? ""
      case ONNXFields.Value.type:
        guard let bytes = field.bytes else { return }
        try forEachField(bytes) { part in
          guard part.number == ONNXFields.TensorType.tensor, let bytes = part.bytes else { return }
          try readType(bytes, into: &value)
        }
      default: break
      }
    }
    return value
  }

  private func readType(_ bytes: ArraySlice<UInt8>, into value: inout ONNXValue) throws {
    var (type, dimensions) = (ONNXValue.ElementKind.other, value.dimensions)
    try forEachField(bytes) { field in
      switch field.number {
      case ONNXFields.TensorType.element:
        type = field.integer.flatMap(ONNXValue.ElementKind.init(rawValue:)) ?? .other
      case ONNXFields.TensorType.shape:
        var sizes: [ONNXValue.Dimension] = []
        try forEachField(field.bytes ?? []) { part in
          guard part.number == ONNXFields.Shape.dimensions else { return }
          var size = ONNXValue.Dimension.named("")
          try forEachField(part.bytes ?? []) { content in
            if content.number == ONNXFields.Shape.fixed, let length = content.integer {
              size = .fixed(length)
            }
            if content.number == ONNXFields.Shape.named { size = .named(content.text ?? "") }
          }
          sizes.append(size)
        }
        dimensions = sizes
      default: break
      }
    }
    (value.type, value.dimensions) = (type, dimensions)
  }

  // MARK: numbers

  /// What a tensor's message says of where and how its numbers lie.
  private struct Storage {
    var name = ""
    var sizes: [Int] = []
    var type = 0
    var raw: ArraySlice<UInt8>?
    var floats: [Float] = []
    var integers: [Int] = []
    var doubles: ArraySlice<UInt8>?
    var external: [String: String] = [:]
    var isExternal = false
  }

  private func tensor(_ bytes: ArraySlice<UInt8>) throws -> ONNXTensor {
    typealias Fields = ONNXFields.Tensor
    var storage = Storage()
    try forEachField(bytes) { field in
      switch field.number {
      case Fields.sizes: storage.sizes += try ProtobufReader.integers(field)
      case Fields.type: storage.type = field.integer ?? 0
      case Fields.name: storage.name = field.text ?? ""
      case Fields.raw: storage.raw = field.bytes
      case Fields.floats: storage.floats += try floats(field)
      case Fields.integers32, Fields.integers64:
        storage.integers += try ProtobufReader.integers(field)
      case Fields.doubles: storage.doubles = field.bytes
      case Fields.external:
        let (name, value) = try pair(field.bytes ?? [])
        storage.external[name] = value
      case Fields.location: storage.isExternal = field.integer == 1
      default: break
      }
    }
    return try numbers(of: storage)
  }

  private func numbers(of storage: Storage) throws -> ONNXTensor {
    let place = "\(source.place) (\(ShownName.cleaned(storage.name)))"
    guard let count = storage.sizes.checkedProduct else {
      throw malformed("\(ShownName.cleaned(storage.name)) has a shape that is none")
    }
    guard let format = ElementFormat(onnx: storage.type) else {
      throw DataError.unsupportedElements(place: place, type: "elements of type \(storage.type)")
    }
    let isInteger = format.kind == .int64
    func checked(_ found: Int) throws {
      if found != count {
        throw malformed("\(place) holds \(found) numbers where \(count) are due")
      }
    }
    if storage.isExternal || storage.raw != nil || storage.doubles != nil {
      let stream = try stream(storage, place, size: count.multipliedSaturating(format.size))
      if isInteger {
        var reader = ByteReader(try stream.bytes(count.multipliedSaturating(8), part: "data"))
        var values: [Int] = []
        while let value = reader.integer(UInt64.self) {
          values.append(Int(Int64(bitPattern: value)))
        }
        return ONNXTensor(name: storage.name, integers: values, dimensions: storage.sizes)
      }
      let tensor = try ElementDecoder(stream: stream, format: format)
        .tensor(dimensions: storage.sizes)
      return ONNXTensor(name: storage.name, tensor)
    }
    if format.kind == .float16 || format.kind == .bfloat16 {
      // The bits of each in a whole number of its own.
      try checked(storage.integers.count)
      var bytes: [UInt8] = []
      for bits in storage.integers { bytes.append(little: UInt16(truncatingIfNeeded: bits)) }
      let stream = try SourceStream(MemorySource(bytes, place: place))
      let tensor = try ElementDecoder(stream: stream, format: format)
        .tensor(dimensions: storage.sizes)
      return ONNXTensor(name: storage.name, tensor)
    }
    if !storage.integers.isEmpty || isInteger {
      try checked(storage.integers.count)
      return ONNXTensor(
        name: storage.name, integers: storage.integers, dimensions: storage.sizes)
    }
    try checked(storage.floats.count)
    return ONNXTensor(name: storage.name, try makeTensor(storage.floats, storage.sizes))
  }

  private func stream(
    _ storage: Storage, _ place: String, size: Int
  ) throws(DataError) -> any ByteStream {
    guard storage.isExternal else {
      let bytes = storage.raw ?? storage.doubles ?? []
      guard bytes.count == size else {
        throw .truncated(place: place, part: "data", expected: size, found: bytes.count)
      }
      return try SourceStream(MemorySource(Array(bytes), place: place))
    }
    // A plain name beside the model: a file may not send its reader anywhere else.
    guard let name = storage.external["location"], !name.contains("/"), !name.hasPrefix(".") else {
      throw malformed("\(place) lies in a file that is not beside it")
    }
    let folder = source.place.parentDirectory
    let offset = storage.external["offset"].flatMap { Int($0) } ?? 0
    return try SourceStream(
      FileSource.open(folder == "." ? name : folder.appendingPath(name)), offset: offset,
      count: size)
  }
}

extension ElementFormat {
  /// From the number of an element type in `onnx.proto`.
  init?(onnx type: Int) {
    let kinds: [Int: Kind] = [
      1: .float32, 2: .uint8, 3: .int8, 4: .uint16, 5: .int16, 6: .int32, 7: .int64, 9: .bool,
      10: .float16, 11: .float64, 12: .uint32, 13: .uint64, 16: .bfloat16,
    ]
    guard let kind = kinds[type] else { return nil }
    self.init(kind: kind)
  }
}
