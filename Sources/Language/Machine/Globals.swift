/// The global variables: each has a slot that compiled code reads and writes directly.
///
/// A slot of a builtin's name starts out holding the builtin, so that shadowing it is a plain
/// assignment and `clear` brings it back.
package final class Globals {
  /// The slots. The table may move when names are added, which only happens while no code of the
  /// dispatch loop holds a pointer into it.
  private(set) var slots: UnsafeMutablePointer<Value>
  private var capacity = 512
  private(set) var slotNames: [String] = []
  private var slotOfName: [String: Int] = [:]
  /// When each slot was first assigned to, in the order of the source; 0 for never.
  private var definitionOrder: [Int] = []
  private var definitions = 0
  /// The builtins that names may mean, found out when the first name is met.
  private(set) lazy var vocabulary = findVocabulary()
  private let findVocabulary: () -> Vocabulary
  /// Gives the value that a name has without the user's doing.
  var initialValue: (String) -> Value?
  /// Called when the table has moved.
  var didMove: () -> Void = {}

  init(
    _ vocabulary: @escaping () -> Vocabulary, initialValue: @escaping (String) -> Value?
  ) {
    findVocabulary = vocabulary
    slots = .allocate(capacity: capacity)
    self.initialValue = initialValue
  }

  deinit {
    slots.deinitialize(count: slotNames.count)
    slots.deallocate()
  }

  /// The slot of a name, made where there is none yet.
  func slot(for name: String) -> Int {
    slotOfName[name] ?? makeSlot(for: name, initialValue(name) ?? .unset)
  }

  private func makeSlot(for name: String, _ value: Value) -> Int {
    let slot = slotNames.count
    if slot == capacity { grow() }
    // SAFETY: `slot` is the first uninitialized one below the capacity.
    (slots + slot).initialize(to: value)
    slotNames.append(name)
    definitionOrder.append(0)
    slotOfName[name] = slot
    return slot
  }

  private func grow() {
    let larger = UnsafeMutablePointer<Value>.allocate(capacity: capacity * 2)
    larger.moveInitialize(from: slots, count: slotNames.count)
    slots.deallocate()
    slots = larger
    capacity *= 2
    didMove()
  }

  /// Notes that the source assigns to a slot.
  func noteDefinition(of slot: Int) {
    guard definitionOrder[slot] == 0 else { return }
    definitions += 1
    definitionOrder[slot] = definitions
  }

  /// Whether the user has given the slot a value.
  func isUserDefined(_ slot: Int) -> Bool {
    let value = slots[slot]
    if value.isUnset { return false }
    switch (value, initialValue(slotNames[slot])) {
    case (.function(let function), .function(let initial)?): return function !== initial
    case (.number, .number?): return definitionOrder[slot] > 0
    default: return true
    }
  }

  /// The value of a name, be it the user's or a builtin; nil where there is none.
  package subscript(name: String) -> Value? {
    get {
      guard let slot = slotOfName[name] else { return initialValue(name) }
      let value = slots[slot]
      return value.isUnset ? nil : value
    }
    set {
      let value = newValue ?? initialValue(name) ?? .unset
      let slot = slotOfName[name] ?? makeSlot(for: name, value)
      slots[slot] = value
      if newValue != nil { noteDefinition(of: slot) } else { definitionOrder[slot] = 0 }
    }
  }

  /// Whether the user has given the name a value.
  package func isUserDefined(_ name: String) -> Bool {
    slotOfName[name].map(isUserDefined) ?? false
  }

  /// The user's variables, in the order of their definition.
  package var userDefined: [(name: String, value: Value)] {
    allDefined.filter { !Scope.isInside($0.name) }
  }

  /// The same with those of files that have a scope of their own.
  var allDefined: [(name: String, value: Value)] {
    slotNames.indices
      .filter { isUserDefined($0) }
      .sorted { (definitionOrder[$0], $0) < (definitionOrder[$1], $1) }
      .map { (slotNames[$0], slots[$0]) }
  }

  /// Forgets a variable; a builtin of that name is seen again.
  package func remove(_ name: String) { self[name] = nil }

  /// Forgets all of the user's variables.
  package func removeAll() {
    for name in slotNames where !Scope.isInside(name) { self[name] = nil }
  }
}
