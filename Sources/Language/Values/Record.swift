import Syntax
import Tensors

/// Named values in the order they were given: `{a: 1, b: 2}`. A name is found in constant time,
/// however many there are.
package struct Record: Sendable {
  /// The names as strings of the language.
  package private(set) var keys: [TextBox] = []
  package private(set) var values: [Value] = []
  private var places = KeyPlaces()

  package init() {}

  /// - Parameter fields: a later field of the same name replaces the earlier one.
  package init(_ fields: [(String, Value)]) {
    keys.reserveCapacity(fields.count)
    values.reserveCapacity(fields.count)
    for (name, value) in fields { self[name] = value }
  }

  package var count: Int { keys.count }

  /// A record made step by step. Where an error ends that, what there is of it by then is released
  /// without holding up whoever waits.
  package static func building(_ body: (inout Record) throws -> Void) throws -> Record {
    var record = Record()
    do {
      try body(&record)
    } catch {
      record.releaseInBackground()
      throw error
    }
    return record
  }

  /// Lets go of the fields; of many of them on a thread of its own.
  mutating func releaseInBackground() {
    BackgroundRelease.take(&keys)
    BackgroundRelease.take(&values)
    self = Record()
  }

  /// The names in order.
  package var names: [String] { keys.map(\.content) }

  package subscript(name: String) -> Value? {
    get { place(of: name).map { values[$0] } }
    set {
      if let place = place(of: name) {
        if let newValue { values[place] = newValue } else { remove(at: place) }
      } else if let newValue {
        append(TextBox(name), newValue)
      }
    }
  }

  package subscript(key: TextBox) -> Value? {
    @inline(__always) get { place(of: key).map { values[$0] } }
    set {
      if let place = place(of: key) {
        if let newValue { values[place] = newValue } else { remove(at: place) }
      } else if let newValue {
        append(key, newValue)
      }
    }
  }

  /// Changes the value under a name where it is, looked for once; nil where there is none. It is
  /// `none` meanwhile, so that what it holds is not held twice.
  mutating func change<Result>(
    _ key: TextBox, _ body: (inout Value) throws -> Result
  ) rethrows -> Result? {
    guard let place = place(of: key) else { return nil }
    var value = Value.none
    swap(&value, &values[place])
    defer { values[place] = value }
    return try body(&value)
  }

  /// Adds to the number under a name, which begins as 0.
  package mutating func add(_ number: Double, to key: TextBox) {
    guard let place = place(of: key) else { return append(key, .number(number)) }
    if case .number(let before) = values[place] { values[place] = .number(before + number) }
  }

  /// Puts a value under a name, or combines the number there with a number; false, with nothing
  /// done, where one of the two is no number.
  @inline(__always)
  mutating func store(_ value: Value, _ key: TextBox, _ operation: BinaryOperator?) -> Bool {
    guard let place = place(of: key) else {
      if operation == nil { append(key, value) }
      return operation == nil
    }
    guard let operation else {
      values[place] = value
      return true
    }
    guard let combined = values[place].combined(operation, with: value) else { return false }
    values[place] = combined
    return true
  }

  /// Appends to the list under a name; false, with nothing done, where there is none, or one that is
  /// held elsewhere.
  mutating func append(_ element: Value, toListUnder key: TextBox) throws -> Bool {
    guard let place = place(of: key) else { return false }
    return try values[place].append(element: element)
  }

  /// Where a name stands in the order; nil where there is none.
  @inline(__always)
  package func place(of key: TextBox) -> Int? {
    places.place(of: key.hash) { place in
      keys.withUnsafeBufferPointer { keys in
        guard place < keys.count, let start = keys.baseAddress else { return false }
        // SAFETY: the array holds references, and keeps them meanwhile.
        let known = UnsafeRawPointer(start + place).load(as: Unmanaged<TextBox>.self)
        return known._withUnsafeGuaranteedRef { $0.isSame(as: key) }
      }
    }
  }

  private func place(of name: String) -> Int? {
    if keys.isEmpty { return nil }
    return places.place(of: name.textHash) { keys[$0].content.hasSameCodePoints(as: name) }
  }

  private mutating func append(_ key: TextBox, _ value: Value) {
    places.insert(key.hash, at: keys.count)
    keys.append(key)
    values.append(value)
  }

  private mutating func remove(at place: Int) {
    let key = keys.remove(at: place)
    values.remove(at: place)
    if place == keys.count {
      places.removeLast(key.hash, at: place)
      return
    }
    places = KeyPlaces()
    for (place, key) in keys.enumerated() { places.insert(key.hash, at: place) }
  }
}
