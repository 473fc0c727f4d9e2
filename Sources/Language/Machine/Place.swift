import Syntax
import Tensors

/// Where a value lives and can be replaced for a while: a global or a cell, with what leads from it
/// to a part.
package struct Place {
  enum Root {
    case global(Globals, Int)
    case cell(Cell)
  }

  /// One step from a value to a part of it.
  enum Step: Hashable, Sendable {
    case field(String)
    /// An element of a list.
    case element(Int)
  }

  let root: Root
  let path: [Step]
  /// As it was written: `net.W1`.
  package let description: String
  /// Where it was written.
  package let span: Span

  /// The value that is there.
  ///
  /// - Throws: `PlaceFailure` where nothing is.
  package func read() throws -> Value {
    var value: Value
    switch root {
    case .global(let globals, let slot): value = globals.slots[slot]
    case .cell(let cell): value = cell.value
    }
    do {
      if value.isUnset { throw RuntimeError.unknownName(rootName) }
      for step in path { value = try value.part(at: step) }
      return value
    } catch {
      throw PlaceFailure(error: error, span: span)
    }
  }

  /// Puts another value there.
  package func write(_ value: Value) throws {
    let path = self.path.map { step -> Accessor in
      switch step {
      case .field(let name): .field(TextBox(name))
      case .element(let index): .index([.index(.number(Double(index)))])
      }
    }[...]
    switch root {
    case .global(let globals, let slot): try globals.slots[slot].write(path, .replace(value))
    case .cell(let cell): try cell.value.write(path, .replace(value))
    }
  }

  /// The whole variable, for putting it back.
  package var rootValue: Value {
    get {
      switch root {
      case .global(let globals, let slot): globals.slots[slot]
      case .cell(let cell): cell.value
      }
    }
    nonmutating set {
      switch root {
      case .global(let globals, let slot): globals.slots[slot] = newValue
      case .cell(let cell): cell.value = newValue
      }
    }
  }

  /// The variable that it begins with.
  package var rootName: String { description.placeRoot }

  /// The numbers and tensors that a record, a list or a network at this place holds, each a place;
  /// nil where one is there.
  ///
  /// - Throws: where something else is among them.
  package func parts() throws -> [Place]? {
    switch try read() {
    case .network(let box):
      return box.content.network.parameterNames.map { part(at: .field($0)) }
    case .record, .list:
      var places: [Place] = []
      try collectParts(into: &places)
      return places
    default: return nil
    }
  }

  /// Whether one of the two is the other, or a part of it.
  package func overlaps(_ other: Place) -> Bool {
    let isOneRoot =
      switch (root, other.root) {
      case (.global(let globals, let slot), .global(let others, let otherSlot)):
        globals === others && slot == otherSlot
      case (.cell(let cell), .cell(let other)): cell === other
      default: false
      }
    return isOneRoot && zip(path, other.path).allSatisfy { $0 == $1 }
  }

  /// The positions of places in groups, in none of which two overlap.
  static func apart(_ places: [Place]) -> [[Int]] {
    guard places.count > 1 else { return [Array(places.indices)] }
    var groups: [[Int]] = []
    for (position, place) in places.enumerated() {
      let free = groups.firstIndex { group in
        !group.contains { places[$0].overlaps(place) }
      }
      if let free { groups[free].append(position) } else { groups.append([position]) }
    }
    return groups
  }

  /// Throws where gradients are taken with respect to nothing of the kind that is there.
  package func requireParameters() throws {
    switch try read() {
    case .network, .number, .tensor, .traced, .record, .list: break
    case let value: throw failure(of: value)
    }
  }

  /// The error for a value that has no gradient.
  func failure(of value: Value) -> PlaceFailure {
    let message =
      "wrt takes a number, a tensor, a record of these or a network, and "
      + "\(description) is \(value.kindPhrase)"
    return PlaceFailure(error: RuntimeError.other(message, hint: nil), span: span)
  }

  private func collectParts(into places: inout [Place]) throws {
    try Interrupt.check()
    switch try read() {
    case .record(let box):
      for name in box.content.names { try part(at: .field(name)).collectParts(into: &places) }
    case .list(let box):
      for index in 0..<box.count { try part(at: .element(index)).collectParts(into: &places) }
    default: places.append(self)
    }
  }

  func part(at step: Step) -> Place {
    let text =
      switch step {
      case .field(let name): ParameterTree.fieldPath(description, name)
      case .element(let index): "\(description)[\(index)]"
      }
    return Place(root: root, path: path + [step], description: text, span: span)
  }
}

/// Why a place cannot be read, and where it was written.
struct PlaceFailure: Error {
  let error: any Error
  let span: Span
}

extension Value {
  fileprivate func part(at step: Place.Step) throws -> Value {
    switch step {
    case .field(let name): return try field(name)
    case .element(let index):
      guard case .list(let box) = self else {
        let isTensor = if case .tensor = self { true } else { false }
        throw RuntimeError.other(
          "a place is a variable, a field or an element of a list, not a part of "
            + kindName.withArticle,
          hint: isTensor ? "take the whole: of what grad gives, [\(index)] is that part" : nil)
      }
      return box.content[try SubscriptValue.position(index, in: box.count, of: "list")]
    }
  }
}

extension StringProtocol {
  /// The variable that a place begins with: `net` of `net.W1`, `ps` of `ps[0].w`.
  package var placeRoot: String { String(prefix { $0 != "." && $0 != "[" }) }
}
