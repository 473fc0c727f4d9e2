import Files
import Tensors

extension Value {
  /// What a file of nested parts holds: its records as records, its lists as lists.
  package init(_ nested: NestedValue) throws {
    switch nested {
    case .none: self = .none
    case .bool(let truth): self = .bool(truth)
    case .number(let number): self = .number(number)
    case .text(let text): self = .text(text)
    case .tensor(let tensor): self = Value(tensor)
    case .list(let elements):
      self = .items(try interruptibleList(count: elements.count) { try Value(elements[$0]) })
    case .record(let fields):
      self = .fields(try fields.map { ($0.name, try Value($0.value)) })
    }
  }
}

extension NestedValue {
  /// A value as a file of nested parts holds it: ranges as lists, tables as lists of records.
  ///
  /// - Throws: `DataError.unsavable` for a function, a network and the like, with its place.
  package init(_ value: Value, for format: FileFormat) throws {
    var nesting = ValueNesting(format)
    self = try nesting.nested(value).value
  }
}

/// Turns a value into one for a file. A list or record that stands in several places is turned
/// once, so that the work grows with the memory that the values take up.
private struct ValueNesting {
  private let format: FileFormat
  private var path = NestedPath()
  private var steps = 0
  private var known: [ObjectIdentifier: Sized] = [:]

  /// A part, and how many values a file of it has.
  struct Sized {
    let value: NestedValue
    var count = 1.0
  }

  /// The first containers are not remembered: most values are small.
  private static let unremembered = 1000
  private static let most = 1e9

  init(_ format: FileFormat) { self.format = format }

  mutating func nested(_ value: Value) throws -> Sized {
    steps += 1
    if steps & 0xFFFF == 0 { try Interrupt.check() }
    switch value {
    case .none: return Sized(value: .none)
    case .bool(let truth): return Sized(value: .bool(truth))
    case .number(let number): return Sized(value: .number(number))
    case .string(let box): return Sized(value: .text(box.content))
    case .tensor(let box): return Sized(value: .tensor(box.content))
    case .traced(let box): return Sized(value: .tensor(box.content.tensor))
    case .table(let box): return Sized(value: try .rows(of: box.content.fileColumns))
    case .range(let box):
      let range = box.content
      let count = try range.countInMemory(
        bytesEach: Double(MemoryLayout<NestedValue>.stride))
      return Sized(
        value: .list(try interruptibleList(count: count) { .number(range[$0]) }),
        count: Double(count))
    case .list, .record: return try container(value)
    case .function, .network, .optimizer, .schedule, .dataSet, .split:
      throw DataError.unsavable(
        value: path.placing("a \(value.kindName)"), format: format,
        advice: "it holds numbers, strings, truth values, none, and lists and records of these; "
          + "save session to … keeps all kinds")
    }
  }

  private mutating func container(_ value: Value) throws -> Sized {
    guard path.depth < JSONFile.deepest else { throw DataError.nestedTooDeeply(format) }
    let identity = steps > Self.unremembered ? value.containerIdentity : nil
    if let identity, let sized = known[identity] { return sized }
    var count = 1.0
    let nested: NestedValue
    if case .record(let box) = value {
      let record = box.content
      nested = .record(
        try interruptibleList(count: record.count) { place in
          let name = record.keys[place].content
          return (name, try part(record.values[place], .field(name), &count))
        })
    } else if case .list(let box) = value {
      let elements = box.content
      nested = .list(
        try interruptibleList(count: elements.count) { place in
          try part(elements[place], .index(place), &count)
        })
    } else {
      nested = .none
    }
    guard count <= Self.most else {
      throw DataError.unsavable(
        value: "\(Value.number(count).printed) values", format: format,
        advice: "a list that stands in several places is written out in each of them")
    }
    let sized = Sized(value: nested, count: count)
    if let identity { known[identity] = sized }
    return sized
  }

  private mutating func part(
    _ value: Value, _ step: NestedPath.Step, _ count: inout Double
  ) throws -> NestedValue {
    path.enter(step)
    defer { path.leave() }
    let sized = try nested(value)
    count += sized.count
    return sized.value
  }
}
