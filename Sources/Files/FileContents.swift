import ONNX
import Tensors

/// What a file holds, or is to hold.
package enum FileContents: Sendable {
  /// One array, and what a reader left out.
  case tensor(Tensor, remarks: [LoadRemark] = [])
  /// Equally long columns with different names, and what is to be told about them.
  case table([TableColumn], remarks: [LoadRemark] = [])
  /// Named arrays, in the archive's order, and what of it was left out.
  case record([NamedTensor], remarks: [LoadRemark] = [])
  /// A network's parameters, with the notes that tell how to rebuild it.
  case parameters([NamedTensor], notes: [String: String], remarks: [LoadRemark] = [])
  case text(String)
  /// A network as a graph of operators.
  case model(ONNXModel)
  /// Objects and lists of a file in JSON.
  case json(JSONValue, remarks: [LoadRemark] = [])
  /// Tensors among numbers, strings, lists and records.
  case tree(NestedValue, remarks: [LoadRemark] = [])

  /// The same without what it holds.
  package enum Kind: Hashable, Sendable, CaseIterable {
    case tensor, table, record, parameters, text, json, tree, model
  }

  var kind: Kind {
    switch self {
    case .tensor: .tensor
    case .table: .table
    case .json: .json
    case .tree: .tree
    case .model: .model
    case .record: .record
    case .parameters: .parameters
    case .text: .text
    }
  }

  /// What it is, inside a sentence.
  var words: String {
    switch self {
    case .tensor(let tensor, _): "a \(tensor.shape) tensor"
    case .table: "a table"
    case .json: "a record"
    case .tree(let value, _): value.words
    case .record: "a record of arrays"
    case .parameters, .model: "a network"
    case .text: "a string"
    }
  }

  /// The arrays as an archive holds them; one without a name gets the one that NumPy gives it.
  var arrays: [NamedTensor] {
    switch self {
    case .tensor(let tensor, _): [NamedTensor(name: "arr_0", tensor: tensor)]
    case .record(let arrays, _): arrays
    case .parameters(let arrays, _, _): arrays
    case .table, .text, .json, .tree, .model: []
    }
  }

  /// The notes of a network; nil for what is none.
  var notes: [String: String]? {
    if case .parameters(_, let notes, _) = self { notes } else { nil }
  }
}
