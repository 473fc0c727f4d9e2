/// Named values in the order they were given: `{a: 1, b: 2}`. A name is found in constant time,
/// however many there are.
package struct Record: Sendable {
  package private(set) var names: [String] = []
  package private(set) var values: [Value] = []
  /// Where each name stands; empty while there are so few that looking at each is quicker.
  private var places: [String: Int] = [:]

  private static let indexedCount = 12

  package init() {}

  /// - Parameter fields: a later field of the same name replaces the earlier one.
  package init(_ fields: [(String, Value)]) {
    names.reserveCapacity(fields.count)
    values.reserveCapacity(fields.count)
    for (name, value) in fields { self[name] = value }
  }

  package var count: Int { names.count }

  package subscript(name: String) -> Value? {
    get { place(of: name).map { values[$0] } }
    set {
      switch (place(of: name), newValue) {
      case (let place?, let value?): values[place] = value
      case (let place?, nil): remove(at: place)
      case (nil, let value?): append(name, value)
      case (nil, nil): break
      }
    }
  }

  /// Changes the value under a name where it is, looked for once; nil where there is none. It is
  /// `none` meanwhile, so that what it holds is not held twice.
  mutating func change<Result>(
    _ name: String, _ body: (inout Value) throws -> Result
  ) rethrows -> Result? {
    guard let place = place(of: name) else { return nil }
    var value = Value.none
    swap(&value, &values[place])
    defer { values[place] = value }
    return try body(&value)
  }

  private func place(of name: String) -> Int? {
    places.isEmpty ? names.firstIndex(of: name) : places[name]
  }

  private mutating func append(_ name: String, _ value: Value) {
    names.append(name)
    values.append(value)
    if !places.isEmpty {
      places[name] = names.count - 1
    } else if names.count > Self.indexedCount {
      index()
    }
  }

  private mutating func remove(at place: Int) {
    let name = names.remove(at: place)
    values.remove(at: place)
    if place == names.count {
      places[name] = nil
      return
    }
    places = [:]
    if names.count > Self.indexedCount { index() }
  }

  private mutating func index() {
    places.reserveCapacity(2 * names.count)
    for (place, name) in names.enumerated() { places[name] = place }
  }
}
