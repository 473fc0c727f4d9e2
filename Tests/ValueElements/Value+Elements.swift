import Language

extension Value {
  /// All numbers in it, as tests compare them; empty for what has none.
  package var elements: [Double] {
    switch self {
    case .number(let number): [number]
    case .bool(let value): [value ? 1 : 0]
    case .tensor(let box): box.content.doubles()
    case .list(let box): box.content.flatMap(\.elements)
    default: []
    }
  }
}
