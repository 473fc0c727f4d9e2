import Datasets
import Networks
import Syntax
import Tensors

/// A step from a value to a part of it.
enum Accessor {
  case field(TextBox)
  case index([SubscriptValue])
}

/// What happens to the part that a path leads to.
enum PartChange {
  case replace(Value)
  case update(BinaryOperator, Value)
  /// `+= […]`: appended to a list as it is, added to a tensor as one.
  case extend(LiteralPattern, [Value])

  /// The part's new value.
  func apply(to part: inout Value) throws {
    switch self {
    case .replace(let value): part = value
    case .update(let operation, var operand):
      part = try Value.binary(operation, &part, &operand)
    case .extend(let pattern, let leaves):
      var operand: Value
      if case .list = part {
        operand = .items(try Value.literalElements(pattern, leaves))
      } else {
        operand = try Value.literal(pattern, leaves)
      }
      part = try Value.binary(.add, &part, &operand)
    }
  }
}

extension PartChange {
  /// So many values are looked at.
  private static let patience = 64

  /// Whether what is put in surely holds no list or record that shares its contents with others. An
  /// older value put into the contents that it shares would hold itself, and never be freed.
  var sharesNothing: Bool {
    var left = Self.patience
    return switch self {
    case .replace(let value): value.sharesNothing(&left)
    case .update(_, let operand): operand.sharesNothing(&left)
    case .extend(_, let leaves): leaves.allSatisfy { $0.sharesNothing(&left) }
    }
  }
}

extension Value {
  /// - Parameter left: how many values may still be looked at; the answer is no where there are more.
  fileprivate func sharesNothing(_ left: inout Int) -> Bool {
    left -= 1
    guard left > 0 else { return false }
    switch self {
    case .list(let box):
      return !box.isShared && box.count < left
        && box.content.allSatisfy { $0.sharesNothing(&left) }
    case .record(let box):
      return !box.isShared && box.content.count < left
        && box.content.values.allSatisfy { $0.sharesNothing(&left) }
    case .function(let function):
      if case .composed = function.origin { return false }
      return function.isWithoutCaptures
    case .table: return false
    default: return true
    }
  }
}

extension Value {
  /// Changes the part of this value that `path` leads to. What holds it is taken apart on the way,
  /// so that nothing that is held only here is copied; on failure all is put back.
  mutating func write(_ path: ArraySlice<Accessor>, _ change: PartChange) throws {
    guard let step = path.first else { return try change.apply(to: &self) }
    switch step {
    case .field(let name): try writeField(name, path.dropFirst(), change)
    case .index(let subscripts): try writeElements(subscripts, path.dropFirst(), change)
    }
  }

  private mutating func writeElements(
    _ subscripts: [SubscriptValue], _ rest: ArraySlice<Accessor>, _ change: PartChange
  ) throws {
    if let box = takeList() {
      defer { self = .list(box) }
      return try Self.writeElement(of: box, subscripts, rest, change)
    }
    if let box = takeTable() {
      defer { self = .table(box) }
      return try box.content.write(at: subscripts, rest, change)
    }
    // Not within the switch below, which holds a second reference to what it looks at.
    if isRecord {
      guard subscripts.count == 1, case .index(.string(let name))? = subscripts.first else {
        throw RuntimeError.other(
          "a record is indexed by a field's name, a string",
          hint: "write r.name = e, or r[\"name\"] = e; of a number, r[str(x)] = e")
      }
      return try writeField(name, rest, change)
    }
    switch self {
    case .tensor, .traced: try writeTensorElements(subscripts, rest, change)
    case .string, .range:
      throw RuntimeError.other("the elements of a \(kindName) cannot be changed", hint: nil)
    default: throw RuntimeError.notIndexable(kind: kindName)
    }
  }

  private static func writeElement(
    of list: ListBox, _ subscripts: [SubscriptValue], _ rest: ArraySlice<Accessor>,
    _ change: PartChange
  ) throws {
    guard let subscripted = subscripts.first, subscripts.count == 1 else {
      throw RuntimeError.other("a list takes one index, not \(subscripts.count)", hint: nil)
    }
    let (positions, isSingle) = try subscripted.positions(in: list.count, of: "list")
    guard !isSingle, let first = positions.first else {
      if let position = positions.first {
        try list.write(position, rest, change)
      }
      return
    }
    guard rest.isEmpty, case .replace(.list(let values)) = change,
      values.content.count == positions.count
    else {
      throw RuntimeError.other(
        "\(positions.count) elements of a list from \(first) on take a list of as many", hint: nil)
    }
    let new = values.content
    for (position, value) in zip(positions, new) {
      try list.write(position, [], .replace(value))
    }
  }

  // MARK: Tensors

  private mutating func writeTensorElements(
    _ subscripts: [SubscriptValue], _ rest: ArraySlice<Accessor>, _ change: PartChange
  ) throws {
    let indices = try subscripts.map { try $0.tensorIndex() }
    if rest.isEmpty, case .replace(let value) = change { return try assign(value, at: indices) }
    // The part is a view of this tensor: it must be gone before the tensor is written to.
    let part = try changedPart(subscripts, rest, change)
    try assign(part, at: indices)
  }

  private func changedPart(
    _ subscripts: [SubscriptValue], _ rest: ArraySlice<Accessor>, _ change: PartChange
  ) throws -> Value {
    var part = try indexed(by: subscripts)
    try part.write(rest, change)
    if case .tensor(let box) = part, case .tensor(let own) = self,
      box.content.sharesStorage(with: own.content)
    {
      return .tensor(Box(try Tensor.apply(.add, box.content, 0)))
    }
    return part
  }

  private mutating func assign(_ value: Value, at indices: [Index]) throws {
    if case .traced(let box) = self {
      guard let part = try value.asVariable() else { throw Self.notAssignable(value) }
      self = Value(try .assigned(box.content, at: indices, part))
      return
    }
    if case .traced(let part) = value, let target = try asVariable() {
      self = Value(try .assigned(target, at: indices, part.content))
      return
    }
    guard let part = try value.asTensor() else { throw Self.notAssignable(value) }
    guard let box = takeTensorBox() else { return }
    defer { self = .tensor(box) }
    if case .number(let number) = value, box.content.store(number, at: indices) { return }
    if try box.content.elementType == .f32 && !part.fitsFloat32() {
      // Changed as a whole or not at all: the assignment may yet fail.
      var wide = try box.content.cast(to: .f64)
      try wide.assign(indices, part)
      box.content = wide
      return
    }
    try box.content.assign(indices, part)
  }

  private static func notAssignable(_ value: Value) -> RuntimeError {
    .other("an element of a tensor is a number, not \(value.kindPhrase)", hint: nil)
  }
}

extension Value {
  /// Appends to the list that this is; false, with nothing done, where it is none, or is held
  /// elsewhere as well.
  mutating func append(element: Value) throws -> Bool {
    guard case .list = self else { return false }
    var taken = Value.none
    swap(&taken, &self)
    guard case .list(var box) = consume taken else { return false }
    defer { self = .list(box) }
    guard isKnownUniquelyReferenced(&box) else { return false }
    try box.append(element)
    return true
  }
}

/// Contents taken out of a value, which is `none` meanwhile, in a box that is this one's alone.
extension Value {
  private mutating func takeList() -> ListBox? {
    guard case .list(var box) = self else { return nil }
    self = .none
    return isKnownUniquelyReferenced(&box) ? box : box.successor()
  }

  private mutating func takeTensorBox() -> Box<Tensor>? {
    guard case .tensor(var box) = self else { return nil }
    self = .none
    return Self.unshared(&box)
  }

  mutating func takeRecord() -> RecordBox? {
    guard case .record(var box) = self else { return nil }
    self = .none
    return isKnownUniquelyReferenced(&box) ? box : box.successor()
  }

  mutating func takeNetwork() -> Box<NetworkValue>? {
    guard case .network(var box) = self else { return nil }
    self = .none
    return Self.unshared(&box)
  }

  mutating func takeTable() -> Box<DataTable>? {
    guard case .table(var box) = self else { return nil }
    self = .none
    return Self.unshared(&box)
  }

  mutating func takeDataSet() -> Box<DataSet>? {
    guard case .dataSet(var box) = self else { return nil }
    self = .none
    return Self.unshared(&box)
  }

  mutating func takeSplit() -> Box<Split>? {
    guard case .split(var box) = self else { return nil }
    self = .none
    return Self.unshared(&box)
  }

  private static func unshared<Content>(_ box: inout Box<Content>) -> Box<Content> {
    isKnownUniquelyReferenced(&box) ? box : Box(box.content)
  }
}
