import Operations
import Tensors

/// The numbers and tensors in a record, in the records and lists that its fields may hold: what
/// gradients, optimizers and layers with parameters of their own take apart and put together.
package struct ParameterTree {
  /// What holds what, without the leaves.
  package indirect enum Structure: Sendable, Hashable {
    case leaf
    case list([Structure])
    case record([Field])

    package struct Field: Sendable, Hashable {
      package let name: String
      package let value: Structure
    }
  }

  /// A number or tensor, and how it is reached: `m.layers[0].W`.
  package struct Leaf {
    package let path: String
    package let value: Value
  }

  package let structure: Structure
  /// In the order in which they are written.
  package private(set) var leaves: [Leaf] = []

  /// Takes a record, a list, a number or a tensor apart.
  ///
  /// - Parameters:
  ///   - name: what messages call it.
  /// - Throws: where a leaf is no number or tensor, naming its path.
  package init(_ value: Value, named name: String) throws {
    var leaves: [Leaf] = []
    structure = try Self.collect(value, name, &leaves, depth: 0)
    self.leaves = leaves
  }

  /// Deeper than this nobody writes parameters.
  private static let depthLimit = 200

  /// Nor so many: records that share what they hold look like any number of leaves.
  private static let leafLimit = 1_000_000

  private static func collect(
    _ value: Value, _ path: String, _ leaves: inout [Leaf], depth: Int
  ) throws -> Structure {
    if depth > depthLimit || leaves.count & 0xFFF == 0xFFF { try Interrupt.check() }
    switch value {
    case .record(let box) where depth < depthLimit:
      return .record(
        try zip(box.content.names, box.content.values).map { name, part in
          .init(
            name: name,
            value: try collect(part, fieldPath(path, name), &leaves, depth: depth + 1))
        })
    case .list(let box) where depth < depthLimit:
      return .list(
        try box.content.enumerated().map { index, part in
          try collect(part, "\(path)[\(index)]", &leaves, depth: depth + 1)
        })
    case .number, .traced: break
    case .tensor(let box) where box.content.elementType != .bool: break
    default:
      let kind = if case .tensor = value { "a mask" } else { value.kindPhrase }
      throw RuntimeError.other(
        "parameters are numbers and tensors, and \(path) is \(kind)",
        hint: "keep it in a variable of its own, outside the record")
    }
    guard leaves.count < leafLimit else {
      throw RuntimeError.other(
        "these are more than a million numbers and tensors",
        hint: "keep numbers that belong together in one tensor")
    }
    leaves.append(Leaf(path: path, value: value))
    return .leaf
  }

  /// `m.W`, or `m["two words"]`.
  package static func fieldPath(_ path: String, _ name: String) -> String {
    name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
      ? "\(path).\(name)" : "\(path)[\(Value.quoted(name))]"
  }

  /// The same structure with other leaves, which are as many.
  package func value(of leaves: [Value]) -> Value { structure.value(of: leaves) }
}

extension ParameterTree.Structure {
  /// A value of this structure with these leaves, in order.
  package func value(of leaves: [Value]) -> Value {
    var position = 0
    return value(of: leaves, from: &position)
  }

  private func value(of leaves: [Value], from position: inout Int) -> Value {
    switch self {
    case .leaf:
      defer { position += 1 }
      return leaves.indices.contains(position) ? leaves[position] : .none
    case .list(let parts): return .items(parts.map { $0.value(of: leaves, from: &position) })
    case .record(let fields):
      return .fields(fields.map { ($0.name, $0.value.value(of: leaves, from: &position)) })
    }
  }

  /// How many leaves it has.
  package var count: Int {
    switch self {
    case .leaf: 1
    case .list(let parts): parts.reduce(0) { $0 + $1.count }
    case .record(let fields): fields.reduce(0) { $0 + $1.value.count }
    }
  }
}
