import Syntax
import Tensors

/// The fields of a record, so that a write takes constant time even where an older value of the
/// record is still held, as in `r = add(r, key)`, where the caller holds it.
///
/// A record that nobody else refers to has its fields by itself. Where one that others hold is
/// written to, the older and the newer value share the newer one's fields, and a journal of what
/// each write has replaced. An older value that is read or written to after all goes back through
/// the journal, and has fields of its own again.
package final class RecordBox: @unchecked Sendable {
  // Unchecked: written to only while uniquely referenced, or by the one machine thread.
  @exclusivity(unchecked) private var own: Record
  @exclusivity(unchecked) private var shared: SharedFields?
  /// How many of the journal's writes have made this value.
  private var version = 0

  private final class SharedFields {
    var record: Record
    /// What stood under a name before each write; nil where the name was new.
    var journal: [(name: TextBox, before: Value?)] = []

    init(_ record: Record) { self.record = record }
  }

  /// So few fields are copied sooner than written into a journal.
  private static let copiedCount = 16

  package init(_ content: Record) { own = content }

  private init(_ shared: SharedFields) {
    own = Record()
    self.shared = shared
    version = shared.journal.count
  }

  package var content: Record {
    _read {
      settle()
      if let shared { yield shared.record } else { yield own }
    }
    _modify {
      settle()
      if let shared {
        own = shared.record
        self.shared = nil
      }
      yield &own
    }
  }

  /// The value under a name; nil where there is none.
  @inline(__always)
  package subscript(key: TextBox) -> Value? {
    if shared == nil { return own[key] }
    return content[key]
  }

  /// Whether there is a value under a name.
  @inline(__always)
  func contains(_ key: TextBox) -> Bool {
    if shared == nil { return own.place(of: key) != nil }
    return content.place(of: key) != nil
  }

  /// Another box of the same fields, to be written to while this one is held elsewhere.
  func successor() -> RecordBox {
    settle()
    if let shared { return RecordBox(shared) }
    guard own.count > Self.copiedCount else { return RecordBox(own) }
    let made = SharedFields(own)
    own = Record()
    version = 0
    shared = made
    return RecordBox(made)
  }

  /// Changes a field, or a part of it: to be called where this box is referred to once.
  func write(_ name: TextBox, _ rest: ArraySlice<Accessor>, _ change: PartChange) throws {
    if shared == nil { return try own.write(name, rest, change) }
    settle()
    guard let shared, shared.journal.count <= max(64, shared.record.count),
      change.sharesNothing
    else { return try content.write(name, rest, change) }
    shared.journal.append((name, shared.record[name]))
    version = shared.journal.count
    try shared.record.write(name, rest, change)
  }

  /// Puts a value under a name, or combines the number there with a number: to be called where this
  /// box is referred to once. False, with nothing done, where that is not all there is to do.
  @inline(__always)
  func store(_ value: Value, _ key: TextBox, _ operation: BinaryOperator?) -> Bool {
    shared == nil && own.store(value, key, operation)
  }

  /// Appends to the list under a name: to be called where this box is referred to once. False, with
  /// nothing done, where there is none, or one that is held elsewhere.
  func append(_ element: Value, toListUnder key: TextBox) throws -> Bool {
    guard shared == nil else { return false }
    return try own.append(element, toListUnder: key)
  }

  /// Whether its fields may be another record's as well.
  var isShared: Bool { shared != nil }

  /// Takes fields that nobody shares any more, and goes back from those that have been written to
  /// since; afterwards, shared fields are as they are in this value.
  private func settle() {
    guard shared != nil else { return }
    settleShared()
  }

  private func settleShared() {
    guard var taken = shared else { return }
    shared = nil
    let isAlone = isKnownUniquelyReferenced(&taken)
    if !isAlone, version == taken.journal.count {
      shared = taken
      return
    }
    if isAlone { swap(&own, &taken.record) } else { own = taken.record }
    for (name, before) in taken.journal[version...].reversed() { own[name] = before }
  }

  deinit {
    DeferredRelease.keepWhereStackIsLow((own, shared))
    if own.count >= BackgroundRelease.leastCount { own.releaseInBackground() }
  }
}
