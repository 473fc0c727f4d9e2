extension Value {
  /// Whether this is the very same value: equal ones that were made apart are not.
  package func isIdentical(to other: Value) -> Bool {
    switch (self, other) {
    case (.none, .none): return true
    case (.bool(let a), .bool(let b)): return a == b
    case (.number(let a), .number(let b)): return a.bitPattern == b.bitPattern
    default: break
    }
    guard let object, let other = other.object else { return false }
    return object === other
  }

  /// What holds the content; nil for what is small enough to lie in the value itself.
  private var object: AnyObject? {
    switch self {
    case .none, .bool, .number: nil
    case .string(let box): box
    case .tensor(let box): box
    case .list(let box): box
    case .record(let box): box
    case .table(let box): box
    case .range(let box): box
    case .function(let function): function
    case .network(let box): box
    case .optimizer(let box): box
    case .schedule(let box): box
    case .dataSet(let box): box
    case .split(let box): box
    case .traced(let box): box
    }
  }
}
