import Syntax
import Tensors

/// The elements of a list, so that appending and writing take amortized constant time even where an
/// older value of the list is still held, as in `l = push(l, x)`, where the caller holds it.
///
/// As long as no list was made from this one it has an array of its own. After that both share the
/// newer one's. Each knows how many elements are its own, the newest all of them, the older ones a
/// beginning; and a journal of what each write has replaced leads back to the older ones. Whoever is
/// an older one that is read or written to makes an array of its own again.
package final class ListBox: @unchecked Sendable {
  // Unchecked: written to only while uniquely referenced, or by the one machine thread.
  @exclusivity(unchecked) private var own: [Value]
  @exclusivity(unchecked) private var shared: SharedElements?
  /// How many of the shared elements are this list's.
  private var length = 0
  /// How many of the journal's writes have made this list.
  private var version = 0

  private final class SharedElements {
    var elements: [Value]
    /// What stood at a place before each write.
    var journal: [(place: Int, before: Value)] = []

    init(_ elements: [Value]) { self.elements = elements }
  }

  package init(_ content: [Value]) { own = content }

  private init(_ shared: SharedElements) {
    own = []
    self.shared = shared
    length = shared.elements.count
    version = shared.journal.count
  }

  /// So few elements are copied sooner than written into a journal.
  private static let copiedCount = 16

  /// How many elements there are.
  package var count: Int { shared == nil ? own.count : length }

  package var content: [Value] {
    get {
      guard shared != nil else { return own }
      if !isNewest { makeOwn() }
      return shared?.elements ?? own
    }
    set {
      shared = nil
      own = newValue
    }
    _modify {
      if shared != nil { makeOwn() }
      yield &own
    }
  }

  /// The element at a place.
  @inline(__always)
  package subscript(place: Int) -> Value {
    if shared == nil { return own[place] }
    return content[place]
  }

  /// Whether nothing was made of this list since.
  private var isNewest: Bool {
    shared.map { $0.elements.count == length && $0.journal.count == version } ?? true
  }

  /// Another box of the same elements, to be written to while this one is held elsewhere.
  func successor() -> ListBox {
    if !isNewest { makeOwn() }
    return count > Self.copiedCount ? ListBox(shareElements()) : ListBox(content)
  }

  /// Changes the element at a place, or a part of it: to be called where this list is referred to
  /// once.
  func write(_ place: Int, _ rest: ArraySlice<Accessor>, _ change: PartChange) throws {
    if shared != nil, isKnownUniquelyReferenced(&shared) || !isNewest { makeOwn() }
    guard let shared else { return try own[place].write(rest, change) }
    guard shared.journal.count <= max(64, length),
      change.sharesNothing
    else {
      makeOwn()
      return try own[place].write(rest, change)
    }
    shared.journal.append((place, shared.elements[place]))
    version = shared.journal.count
    try shared.elements[place].write(rest, change)
  }

  /// Puts a value at a place, or combines the number there with a number: to be called where this
  /// list is referred to once. False, with nothing done, where that is not all there is to do.
  @inline(__always)
  func store(_ value: Value, _ place: Int, _ operation: BinaryOperator?) -> Bool {
    guard shared == nil, own.indices.contains(place) else { return false }
    guard let operation else {
      own[place] = value
      return true
    }
    guard let combined = own[place].combined(operation, with: value) else { return false }
    own[place] = combined
    return true
  }

  /// Appends to the list at a place: to be called where this list is referred to once. False, with
  /// nothing done, where there is none, or one that is held elsewhere.
  func append(_ element: Value, toListAt place: Int) throws -> Bool {
    guard shared == nil, own.indices.contains(place) else { return false }
    return try own[place].append(element: element)
  }

  /// Whether its elements may be another list's as well.
  var isShared: Bool { shared != nil }

  /// Takes the elements out of the shared array, without a copy where nobody else is left.
  private func makeOwn() {
    guard var taken = shared else { return }
    shared = nil
    if isKnownUniquelyReferenced(&taken) {
      swap(&own, &taken.elements)
      if own.count > length { own.removeLast(own.count - length) }
    } else {
      own = Array(taken.elements.prefix(length))
    }
    for (place, before) in taken.journal[version...].reversed() where place < length {
      own[place] = before
    }
  }

  /// The list with more elements after these, which stays what it is.
  func appending(_ more: [Value]) throws -> ListBox {
    if !isNewest { return ListBox(try interruptibleJoin(content, more)) }
    let shared = shareElements()
    try shared.elements.appendInterruptibly(more)
    return ListBox(shared)
  }

  /// Appends in place: to be called where this list is referred to once.
  func append(_ more: [Value]) throws {
    guard let shared, isNewest else {
      return try content.appendInterruptibly(more)
    }
    try shared.elements.appendInterruptibly(more)
    length = shared.elements.count
  }

  /// Appends one element in place: to be called where this list is referred to once.
  func append(_ element: Value) throws {
    guard shared == nil else { return try append([element]) }
    if own.count == own.capacity { try own.requireGrowth(by: 1) }
    own.append(element)
  }

  private func shareElements() -> SharedElements {
    if let shared { return shared }
    let made = SharedElements(own)
    length = own.count
    version = 0
    own = []
    shared = made
    return made
  }

  deinit {
    DeferredRelease.keepWhereStackIsLow((own, shared))
    guard shared == nil, own.count >= BackgroundRelease.leastCount else { return }
    BackgroundRelease.take(&own)
  }
}
