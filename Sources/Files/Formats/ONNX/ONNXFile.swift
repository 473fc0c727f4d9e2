import ONNX
import Syntax
import Tensors

extension FileFormat {
  package static let onnx = FileFormat(
    "an ONNX model", endings: [".onnx"],
    begins: ONNXReader.beginsModel,
    read: { (source) throws(DataError) in .model(try ONNXReader(source).model()) },
    holds: [.model],
    write: { (contents, path, sink) throws(DataError) in
      guard case .model(let model) = contents else { return }
      try ONNXWriter.write(model, to: sink, place: path)
    })
}

/// The numbers of fields and kinds in `onnx.proto`.
enum ONNXFields {
  enum Model {
    static let version = 1, operatorSets = 8, producer = 2, graph = 7, notes = 14
  }
  enum Graph {
    static let nodes = 1, name = 2, constants = 5, inputs = 11, outputs = 12
  }
  enum Node {
    static let inputs = 1, outputs = 2, name = 3, operation = 4, attributes = 5, domain = 7
  }
  enum Attribute {
    static let name = 1, number = 2, integer = 3, text = 4, tensor = 5, graph = 6, numbers = 7
    static let integers = 8, kind = 20
  }
  /// Kinds of attributes.
  enum Kind {
    static let number = 1, integer = 2, text = 3, tensor = 4, graph = 5, numbers = 6, integers = 7
  }
  enum Tensor {
    static let sizes = 1, type = 2, floats = 4, integers32 = 5, integers64 = 7, name = 8
    static let raw = 9, doubles = 10, external = 13, location = 14
  }
  /// Of a note, an operator set and a place of external data: a name and a value.
  enum Pair { static let name = 1, value = 2 }
  enum Value { static let name = 1, type = 2 }
  enum TensorType { static let tensor = 1, element = 1, shape = 2 }
  enum Shape { static let dimensions = 1, fixed = 1, named = 2 }
}
