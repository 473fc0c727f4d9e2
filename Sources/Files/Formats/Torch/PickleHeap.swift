/// A value on the stack of a pickle. Lists, tuples and dictionaries are numbers of objects in a
/// `PickleHeap`: several values may be the same one, and no depth of nesting is ever recursed into.
enum PickleValue {
  case none
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  /// Bytes, or a whole number beyond 64 bits: nothing that is read further.
  case opaque(String)
  /// A class or function by its module and name, which are compared with what is known and never
  /// looked up.
  case global(String)
  case object(Int)
}

/// The objects of a pickle.
struct PickleHeap {
  enum Object {
    case list([PickleValue])
    case tuple([PickleValue])
    case dictionary([(key: PickleValue, value: PickleValue)])
    /// A tensor's memory, which several tensors may share.
    indirect case storage(TorchStorage)
    indirect case tensor(TorchTensor)
  }

  private(set) var objects: [Object] = []

  mutating func add(_ object: Object) -> PickleValue {
    objects.append(object)
    return .object(objects.count - 1)
  }

  /// The object that a value is; nil for a plain value.
  func object(_ value: PickleValue) -> Object? {
    if case .object(let index) = value { objects[index] } else { nil }
  }

  /// The elements of a list or tuple.
  func elements(_ value: PickleValue) -> [PickleValue]? {
    switch object(value) {
    case .list(let elements), .tuple(let elements): elements
    default: nil
    }
  }

  /// The whole numbers that a list or tuple holds.
  func integers(_ value: PickleValue) -> [Int]? {
    guard let elements = elements(value) else { return nil }
    let integers = elements.compactMap { element -> Int? in
      if case .integer(let number) = element { number } else { nil }
    }
    return integers.count == elements.count ? integers : nil
  }

  /// Adds elements to a list.
  ///
  /// - Returns: whether the value is one.
  mutating func append(_ elements: ArraySlice<PickleValue>, to value: PickleValue) -> Bool {
    guard case .object(let index) = value, case .list(var list) = objects[index] else {
      return false
    }
    // Out of its place while it grows, so that it is not copied.
    objects[index] = .list([])
    list.append(contentsOf: elements)
    objects[index] = .list(list)
    return true
  }

  /// Adds keys and values, one after the other, to a dictionary.
  ///
  /// - Returns: whether the value is one, and each key has a value.
  mutating func insert(_ pairs: ArraySlice<PickleValue>, into value: PickleValue) -> Bool {
    guard case .object(let index) = value, case .dictionary(var entries) = objects[index],
      pairs.count.isMultiple(of: 2)
    else { return false }
    objects[index] = .dictionary([])
    var rest = pairs
    while let key = rest.popFirst(), let value = rest.popFirst() { entries.append((key, value)) }
    objects[index] = .dictionary(entries)
    return true
  }
}
