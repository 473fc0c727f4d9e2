import Language
import Networks
import Syntax
import Tensors

/// What can be known of a value without running the script.
indirect enum KnownValue {
  case unknown
  /// The value itself.
  case exact(Value)
  /// A number, whichever.
  case number
  /// A tensor of that shape, whatever its elements.
  case tensor(Shape, ElementType)
  case list([KnownValue])
  case record([(name: String, value: KnownValue)])
  /// A function of the script's.
  case function(KnownFunction)

  /// Tensors up to this size are known with their elements.
  static let exactElements = 4096

  /// Whether it says something.
  var isKnown: Bool { if case .unknown = self { false } else { true } }

  /// Whether it is known in full.
  var isExact: Bool { if case .exact = self { true } else { false } }

  /// Whether it is a network, whose weights are not known.
  var isNetwork: Bool { if case .exact(.network) = self { true } else { false } }

  /// Whether some number in it is not known.
  var holdsUnknownNumber: Bool {
    switch self {
    case .number: true
    case .list(let elements): elements.contains(where: \.holdsUnknownNumber)
    case .record(let fields): fields.contains { $0.value.holdsUnknownNumber }
    default: false
    }
  }

  /// Whether it may be taken for lengths or axes that are not known.
  var mayBeSizes: Bool {
    switch self {
    case .tensor(let shape, _): shape.rank <= 1
    case .list(let elements): elements.contains(where: \.mayBeSizes)
    default: holdsUnknownNumber
    }
  }

  /// What is known where either of two may be.
  func joined(with other: KnownValue) -> KnownValue {
    switch (self, other) {
    case (.exact(let a), .exact(let b)):
      if a.isSurely(b) { return self }
      if isNetwork || other.isNetwork { return .unknown }
      return KnownValue(shapeOf: a).joined(with: KnownValue(shapeOf: b))
    case (.exact(let a), _):
      return isNetwork ? .unknown : KnownValue(shapeOf: a).joined(with: other)
    case (_, .exact): return other.joined(with: self)
    case (.number, .number): return .number
    case (.tensor(let a, let type), .tensor(let b, let otherType)):
      return a == b && type == otherType ? self : .unknown
    case (.list(let a), .list(let b)) where a.count == b.count:
      return .list(zip(a, b).map { $0.joined(with: $1) })
    case (.record(let a), .record(let b)) where a.map(\.name) == b.map(\.name):
      return .record(zip(a, b).map { ($0.name, $0.value.joined(with: $1.value)) })
    case (.function(let a), .function(let b)) where a === b: return self
    default: return .unknown
    }
  }

  /// Whether both say the same.
  func says(_ other: KnownValue) -> Bool {
    switch (self, other) {
    case (.unknown, .unknown), (.number, .number): true
    case (.exact(let a), .exact(let b)): a.isSurely(b)
    case (.tensor(let a, let type), .tensor(let b, let otherType)): a == b && type == otherType
    case (.list(let a), .list(let b)): a.count == b.count && zip(a, b).allSatisfy { $0.says($1) }
    case (.record(let a), .record(let b)):
      a.map(\.name) == b.map(\.name) && zip(a, b).allSatisfy { $0.value.says($1.value) }
    case (.function(let a), .function(let b)): a === b
    default: false
    }
  }

  /// A value whose elements are no longer known; networks and functions stay what they are.
  init(shapeOf value: Value) {
    switch value {
    case .number: self = .number
    // Its weights never are sizes.
    case .network: self = .exact(value)
    case .tensor(let box): self = .tensor(box.content.shape, box.content.elementType)
    case .list(let box) where box.content.count <= 256:
      self = .list(box.content.map { KnownValue(shapeOf: $0) })
    case .record(let box) where box.content.names.count <= 256:
      self = .record(
        zip(box.content.names, box.content.values).map { ($0, KnownValue(shapeOf: $1)) })
    default: self = .unknown
    }
  }

  /// What two runs on different elements agree upon.
  init(_ first: Value, _ second: Value) {
    switch (first, second) {
    case (.network, .network): self = .exact(first)
    case (.list(let a), .list(let b)) where a.content.count == b.content.count:
      self = .list(zip(a.content, b.content).map { KnownValue($0, $1) })
    case (.record(let a), .record(let b)) where a.content.names == b.content.names:
      self = .record(
        zip(a.content.names, zip(a.content.values, b.content.values)).map {
          ($0, KnownValue($1.0, $1.1))
        })
    default: self = KnownValue(shapeOf: first).joined(with: KnownValue(shapeOf: second))
    }
  }

  /// A value that stands for it in a run.
  ///
  /// - Parameter row: which of two choices of unknown elements is taken: zeros, or different ones.
  /// - Returns: nil where nothing is known.
  func standIn(row: Int) throws -> Value? {
    switch self {
    case .unknown, .function: return nil
    case .exact(let value): return value
    case .number: return .number(Double(2 + row))
    case .tensor(let shape, let type):
      guard row > 0, let last = shape.dimensions.last else {
        return .tensor(Box(try Tensor.scalar(0, type).broadcast(to: shape)))
      }
      let pattern = try Tensor(
        doubles: (0..<min(last, 1 << 20)).map { Double($0 % (type == .bool ? 2 : 7)) },
        [min(last, 1 << 20)], elementType: type)
      return last > 1 << 20
        ? .tensor(Box(try Tensor.scalar(1, type).broadcast(to: shape)))
        : .tensor(Box(try pattern.broadcast(to: shape)))
    case .list(let elements):
      let values = try elements.compactMap { try $0.standIn(row: row) }
      return values.count == elements.count ? .items(values) : nil
    case .record(let fields):
      let values = try fields.compactMap { try $0.value.standIn(row: row) }
      return values.count == fields.count
        ? .fields(zip(fields.map(\.name), values).map { ($0, $1) }) : nil
    }
  }
}

/// A function of the script's with the variables around it.
final class KnownFunction {
  let literal: FunctionLiteral
  let scope: KnownScope

  init(_ literal: FunctionLiteral, in scope: KnownScope) {
    self.literal = literal
    self.scope = scope
  }
}

/// The variables of a function while it is followed, or the global ones.
final class KnownScope {
  var variables: [String: KnownValue] = [:]
  /// The function's own names; nil for the global variables.
  let own: Set<String>?
  /// Where the function stands.
  let outer: KnownScope?
  /// What it has given so far; nil for nothing.
  var result: KnownValue?
  /// Whether it has been left for sure.
  var hasLeft = false

  init(own: Set<String>? = nil, outer: KnownScope? = nil) {
    self.own = own
    self.outer = outer
  }

  /// The scope that a name of this one belongs to.
  func owner(of name: String) -> KnownScope {
    guard let own, !own.contains(name), let outer else { return self }
    return outer.owner(of: name)
  }
}

extension Value {
  /// Whether it is surely the same as another: only what can be compared at once.
  fileprivate func isSurely(_ other: Value) -> Bool {
    switch (self, other) {
    case (.number(let a), .number(let b)): a == b || a.isNaN && b.isNaN
    case (.bool(let a), .bool(let b)): a == b
    case (.none, .none): true
    case (.string(let a), .string(let b)): a === b || a.content == b.content
    case (.tensor(let a), .tensor(let b)): a === b
    case (.list(let a), .list(let b)):
      a === b
        || a.content.count == b.content.count && a.content.count <= 256
          && zip(a.content, b.content).allSatisfy { $0.isSurely($1) }
    case (.record(let a), .record(let b)): a === b
    case (.range(let a), .range(let b)): a.content == b.content
    case (.function(let a), .function(let b)): a === b
    case (.network(let a), .network(let b)): a === b
    case (.dataSet(let a), .dataSet(let b)): a === b
    case (.split(let a), .split(let b)): a === b
    default: false
    }
  }
}
