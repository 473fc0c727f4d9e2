import Tensors

/// The elements of a list, so that appending takes amortized constant time even where an older,
/// shorter value of the list is still held, as in `l = push(l, x)`, where the caller holds it.
///
/// As long as no list was made by appending to this one it has an array of its own. After that both
/// share one, of which each knows how many elements are its own: the newest all of them, the older
/// ones a beginning. Whoever is written to, or is an older one that is read, makes an array of its
/// own again.
package final class ListBox: @unchecked Sendable {
  // Unchecked: written to only while uniquely referenced, or by the one machine thread.
  private var own: [Value]
  private var shared: SharedElements?
  /// How many of the shared elements are this list's.
  private var length = 0

  private final class SharedElements {
    var elements: [Value]
    init(_ elements: [Value]) { self.elements = elements }
  }

  package init(_ content: [Value]) { own = content }

  private init(_ shared: SharedElements) {
    own = []
    self.shared = shared
    length = shared.elements.count
  }

  /// How many elements there are.
  package var count: Int { shared == nil ? own.count : length }

  package var content: [Value] {
    get {
      guard let shared else { return own }
      if shared.elements.count > length { makeOwn() }
      return self.shared?.elements ?? own
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
  }

  /// The list with more elements after these, which stays what it is.
  func appending(_ more: [Value]) throws -> ListBox {
    if let shared, shared.elements.count > length {
      return ListBox(try interruptibleJoin(Array(shared.elements.prefix(length)), more))
    }
    let shared = shareElements()
    try shared.elements.appendInterruptibly(more)
    return ListBox(shared)
  }

  /// Appends in place: to be called where this list is referred to once.
  func append(_ more: [Value]) throws {
    guard let shared, shared.elements.count == length else {
      return try content.appendInterruptibly(more)
    }
    try shared.elements.appendInterruptibly(more)
    length = shared.elements.count
  }

  private func shareElements() -> SharedElements {
    if let shared { return shared }
    let made = SharedElements(own)
    length = own.count
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
