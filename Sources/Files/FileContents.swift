import Tensors

/// What a file holds, or is to hold.
package enum FileContents: Sendable {
  /// One array; the header's cells where it is a table that has them, and what a reader left out.
  case tensor(Tensor, columnNames: [String] = [], remarks: [LoadRemark] = [])
  /// Named arrays, in the archive's order, and what of it was left out.
  case record([NamedTensor], remarks: [LoadRemark] = [])
  /// A network's parameters, with the notes that tell how to rebuild it.
  case parameters([NamedTensor], notes: [String: String], remarks: [LoadRemark] = [])
  case text(String)

  /// The same without what it holds.
  package enum Kind: Hashable, Sendable, CaseIterable {
    case tensor, record, parameters, text
  }

  var kind: Kind {
    switch self {
    case .tensor: .tensor
    case .record: .record
    case .parameters: .parameters
    case .text: .text
    }
  }

  /// What it is, inside a sentence.
  var words: String {
    switch self {
    case .tensor(let tensor, _, _): "a \(tensor.shape) tensor"
    case .record: "a record of arrays"
    case .parameters: "a network"
    case .text: "a string"
    }
  }

  /// The arrays as an archive holds them; one without a name gets the one that NumPy gives it.
  var arrays: [NamedTensor] {
    switch self {
    case .tensor(let tensor, _, _): [NamedTensor(name: "arr_0", tensor: tensor)]
    case .record(let arrays, _): arrays
    case .parameters(let arrays, _, _): arrays
    case .text: []
    }
  }

  /// The notes of a network; nil for what is none.
  var notes: [String: String]? {
    if case .parameters(_, let notes, _) = self { notes } else { nil }
  }
}
