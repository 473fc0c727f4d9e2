import Language
import Operations
import Tensors

/// A value of an evaluation, and what is known of where it came from.
package struct Trace {
  package var value: Value
  /// The intermediate that it is, where it is a number or a tensor.
  package var node: Node?
  /// Code that gives it wherever it is read: `net`, `d.train`.
  var text: String?
  /// Its elements, where it is a list of which they are known.
  var items: [Trace]?

  init(_ value: Value, node: Node? = nil, text: String? = nil, items: [Trace]? = nil) {
    self.value = value
    self.node = node
    self.text = text
    self.items = items
  }
}

extension Value {
  /// Whether arithmetic takes it as a number or a tensor.
  var isNumeric: Bool {
    switch self {
    case .number, .tensor, .traced, .range, .bool: true
    case .list(let box): !box.content.isEmpty && box.content.allSatisfy(\.isNumeric)
    default: false
    }
  }

  /// Whether it is a number or a tensor, and no list of them.
  package var isTensorLike: Bool {
    switch self {
    case .number, .tensor, .traced: true
    default: false
    }
  }

  var isFunction: Bool { if case .function = self { true } else { false } }

  /// Whether two are one value rather than two that are equal; for numbers, their bits tell.
  func isSame(as other: Value) -> Bool {
    switch (self, other) {
    case (.none, .none): true
    case (.bool(let a), .bool(let b)): a == b
    case (.number(let a), .number(let b)): a.bitPattern == b.bitPattern
    case (.tensor(let a), .tensor(let b)): a === b || a.content.identity == b.content.identity
    case (.traced(let a), .traced(let b)): a === b || a.content.isSame(as: b.content)
    case (.list(let a), .list(let b)): a === b
    case (.record(let a), .record(let b)): a === b
    case (.function(let a), .function(let b)): a === b
    case (.network(let a), .network(let b)): a === b
    case (.dataSet(let a), .dataSet(let b)): a === b
    case (.split(let a), .split(let b)): a === b
    default: false
    }
  }
}
