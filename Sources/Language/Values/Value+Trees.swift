import Networks
import Operations
import Syntax
import Tensors

/// Arithmetic of records leaf by leaf: between two of one structure, and of one with a number.
extension Value {
  /// `left ∘ right` where one of them is a record, or a network; nil where none is or the operation
  /// is none of trees.
  static func treeArithmetic(
    _ operation: BinaryOperator, _ left: Value, _ right: Value
  ) throws -> Value? {
    guard [.add, .subtract, .multiply, .divide].contains(operation) else { return nil }
    switch (left, right) {
    case (.network(let box), .record): return try box.content.applying(operation, right)
    case (.record, _) where right.isTreeOperand, (_, .record) where left.isTreeOperand:
      let operands = TreeOperands(operation: operation)
      return try operands.apply(left, right, path: "", depth: 0)
    case (.record, _), (_, .record):
      let other = if case .record = left { right } else { left }
      throw RuntimeError.other(
        "cannot \(operation.verb) \(left.kindPhrase) and \(right.kindPhrase)",
        hint: other.kindPhrase
          + " fits no record: arithmetic of records takes a record of the same "
          + "keys, or a number")
    default: return nil
    }
  }

  /// `-x` of a record, leaf by leaf.
  func negativeTree() throws -> Value {
    try TreeOperands(operation: .multiply).apply(.number(-1), self, path: "", depth: 0)
  }

  /// What arithmetic with a record takes: another, or a number.
  private var isTreeOperand: Bool { isRecord || isTreeNumber }

  /// A number beside a record counts for every leaf.
  fileprivate var isTreeNumber: Bool {
    switch self {
    case .number, .bool: true
    case .traced(let box): box.content.rank == 0
    case .tensor(let box): box.content.count == 1
    default: false
    }
  }

  /// The error for arithmetic of a list of tensors: one by itself is no record.
  static func listArithmetic(
    _ operation: BinaryOperator, _ left: Value, _ right: Value
  ) -> RuntimeError? {
    guard let list = [left, right].first(where: \.holdsTensors),
      [.add, .subtract, .multiply, .divide].contains(operation)
    else { return nil }
    return .other(
      "cannot \(operation.verb) \(left.kindPhrase) and \(right.kindPhrase)",
      hint: list.listHint)
  }

  /// What is written instead of a list of tensors that is computed with.
  var listHint: String? {
    guard case .list(let box) = self else { return nil }
    let names = zip(["a", "b", "c"], box.content).map { "\($0.0): …" }
    let more = box.content.count > 3 ? ", …" : ""
    return "a list stays a list; a record is computed with field by field: "
      + "{\(names.joined(separator: ", "))\(more)}"
  }

  var holdsTensors: Bool {
    guard case .list(let box) = self else { return false }
    return box.content.contains { element in
      switch element {
      case .tensor, .record: true
      case .traced(let box): box.content.rank > 0
      default: false
      }
    }
  }
}

/// One operation on two trees, walked together. What stands in several places is computed once, and
/// its result stands in as many.
private final class TreeOperands {
  /// Two records or lists, or one beside a number.
  private struct Pair: Hashable {
    let left, right: ObjectIdentifier?
  }

  let operation: BinaryOperator
  private var results: [Pair: Value] = [:]
  private var count = 0

  private static let depthLimit = 200
  /// So many records and lists are computed without a look at whether they were met before.
  private static let unremembered = 64

  init(operation: BinaryOperator) { self.operation = operation }

  /// - Parameter path: where in the records this is: `.layers[0].W`.
  func apply(_ left: Value, _ right: Value, path: String, depth: Int) throws -> Value {
    let pair = Pair(left: left.containerIdentity, right: right.containerIdentity)
    guard pair.left != nil || pair.right != nil else { return try leaf(left, right, path) }
    if let known = results[pair] { return known }
    count += 1
    if count & 0xFFF == 0 { try Interrupt.check() }
    let result = try containers(left, right, path: path, depth: depth)
    if count > Self.unremembered { results[pair] = result }
    return result
  }

  private func containers(
    _ left: Value, _ right: Value, path: String, depth: Int
  ) throws -> Value {
    guard depth < Self.depthLimit else {
      throw RuntimeError.other("records are nested too deeply for arithmetic", hint: nil)
    }
    switch (left, right) {
    case (.record(let a), .record(let b)):
      try checkKeys(a.content, b.content, path)
      return try eachField(of: a.content, path) { name, value, path in
        try apply(value, b.content[name] ?? .none, path: path, depth: depth + 1)
      }
    case (.list(let a), .list(let b)):
      guard a.content.count == b.content.count else {
        throw differ(
          "\(shown(path)) is a list of \(a.content.count) on the left and of "
            + "\(b.content.count) on the right")
      }
      return try eachElement(of: a.content, path) { index, value, path in
        try apply(value, b.content[index], path: path, depth: depth + 1)
      }
    case (.record, _) where right.isTreeNumber, (.list, _) where right.isTreeNumber:
      return try eachPart(of: left, path) { try apply($0, right, path: $1, depth: depth + 1) }
    case (_, .record) where left.isTreeNumber, (_, .list) where left.isTreeNumber:
      return try eachPart(of: right, path) { try apply(left, $0, path: $1, depth: depth + 1) }
    default: return try leaf(left, right, path)
    }
  }

  private func eachField(
    of record: Record, _ path: String, _ body: (String, Value, String) throws -> Value
  ) throws -> Value {
    .fields(
      try zip(record.names, record.values).map { name, value in
        (name, try body(name, value, ParameterTree.fieldPath(path, name)))
      })
  }

  private func eachElement(
    of list: [Value], _ path: String, _ body: (Int, Value, String) throws -> Value
  ) throws -> Value {
    .items(try list.indices.map { try body($0, list[$0], "\(path)[\($0)]") })
  }

  /// The fields of a record, or the elements of a list.
  private func eachPart(
    of tree: Value, _ path: String, _ body: (Value, String) throws -> Value
  ) throws -> Value {
    switch tree {
    case .record(let box): try eachField(of: box.content, path) { try body($1, $2) }
    case .list(let box): try eachElement(of: box.content, path) { try body($1, $2) }
    default: try body(tree, path)
    }
  }

  private func leaf(_ left: Value, _ right: Value, _ path: String) throws -> Value {
    for value in [left, right] where !Self.isLeaf(value) {
      switch value {
      case .record, .list:
        throw differ(
          "\(shown(path)) is \(left.kindPhrase) on the left and "
            + "\(right.kindPhrase) on the right")
      default:
        throw RuntimeError.other(
          "cannot \(operation.verb) records: \(shown(path)) is \(value.kindPhrase), "
            + "no number or tensor", hint: nil)
      }
    }
    var (a, b) = (left, right)
    do {
      return try Value.binary(operation, &a, &b)
    } catch let error as TensorError where error != .interrupted {
      throw RuntimeError.other("\(shown(path)): \(error.message)", hint: nil)
    }
  }

  private static func isLeaf(_ value: Value) -> Bool {
    switch value {
    case .number, .bool, .tensor, .traced: true
    default: false
    }
  }

  private func checkKeys(_ a: Record, _ b: Record, _ path: String) throws {
    let place = path.isEmpty ? "" : " in \(shown(path))"
    if let name = a.names.first(where: { b[$0] == nil }) {
      throw differ("the left has \(name)\(place) and the right has not")
    }
    if let name = b.names.first(where: { a[$0] == nil }) {
      throw differ("the right has \(name)\(place) and the left has not")
    }
  }

  private func differ(_ how: String) -> RuntimeError {
    .other(
      "cannot \(operation.verb) records of different structure: \(how)",
      hint: "both need the same keys, in any order, and lists of the same length")
  }

  private func shown(_ path: String) -> String {
    path.hasPrefix(".") ? String(path.dropFirst()) : path
  }
}

extension NetworkValue {
  /// The network with its parameters added to, or reduced by, those of a record by their names.
  fileprivate func applying(_ operation: BinaryOperator, _ right: Value) throws -> Value {
    let names = network.parameterNames
    let own = tracedParameters ?? network.parameters.map { Variable($0.tensor) }
    let left = Value.fields(Array(zip(names, own.map { Value($0) })))
    guard operation == .add || operation == .subtract,
      case .record(let record) = try TreeOperands(operation: operation).apply(
        left, right, path: "", depth: 0)
    else {
      throw RuntimeError.other(
        "cannot \(operation.verb) a network and a record",
        hint: "net += g and net -= 0.1 * g take a record by the names of the parameters")
    }
    var result = self
    let values = try names.map { name -> Variable in
      guard let value = try record.content[name]?.asVariable() else {
        throw RuntimeError.unknownField(name, of: "the record", known: record.content.names)
      }
      return value
    }
    for (value, parameter) in zip(values, network.parameters)
    where value.shape != parameter.tensor.shape {
      throw NetworkError.parameterShape(
        name: parameter.name, expected: parameter.tensor.shape, got: value.shape)
    }
    if tracedParameters != nil || values.contains(where: { !$0.isConstant }) {
      result.tracedParameters = values
    } else {
      try result.network.setParameters(values.map(\.tensor))
    }
    return .network(Box(result))
  }
}
