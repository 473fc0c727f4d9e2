import Tensors

extension Value {
  /// What messages call a value of this kind.
  package var kindName: String {
    switch self {
    case .none: "none"
    case .bool: "bool"
    case .number: "number"
    case .string: "string"
    case .tensor: "tensor"
    case .list: "list"
    case .record: "record"
    case .table: "table"
    case .range: "range"
    case .function: "function"
    case .network: "network"
    case .optimizer: "optimizer"
    case .schedule: "schedule"
    case .dataSet: "data set"
    case .split: "split"
    case .traced(let box): box.content.shape.rank == 0 ? "number" : "tensor"
    }
  }

  /// A string as a value.
  package static func text(_ string: String) -> Value { .string(.shared(string)) }

  /// A list as a value.
  package static func items(_ values: [Value]) -> Value { .list(ListBox(values)) }

  /// Named values as a value.
  package static func fields(_ fields: [(String, Value)]) -> Value {
    .record(RecordBox(Record(fields)))
  }

  /// A tensor as a value; one of zero dimensions becomes a number, or a truth value where it is
  /// an element of a mask.
  package init(_ tensor: Tensor) {
    if tensor.rank == 0, let item = tensor.item {
      self = tensor.elementType == .bool ? .bool(item != 0) : .number(item)
    } else {
      self = .tensor(Box(tensor))
    }
  }
}
