import Tensors

/// What a file of nested parts holds: tensors among numbers, strings, lists and records of these.
package indirect enum NestedValue: Sendable {
  case none
  case bool(Bool)
  case number(Double)
  case text(String)
  case tensor(Tensor)
  case list([NestedValue])
  /// Each name once, in the file's order.
  case record([(name: String, value: NestedValue)])
}

extension FileContents {
  /// The contents of a file whose whole is this value: a record of tensors where it is one, so that
  /// it serves as any archive of arrays does.
  static func nested(_ value: NestedValue, remarks: [LoadRemark]) -> FileContents {
    switch value {
    case .tensor(let tensor): return .tensor(tensor, remarks: remarks)
    case .record(let fields):
      let tensors = fields.compactMap { field -> NamedTensor? in
        guard case .tensor(let tensor) = field.value else { return nil }
        return NamedTensor(name: field.name, tensor: tensor)
      }
      return tensors.count == fields.count
        ? .record(tensors, remarks: remarks) : .tree(value, remarks: remarks)
    default: return .tree(value, remarks: remarks)
    }
  }
}
