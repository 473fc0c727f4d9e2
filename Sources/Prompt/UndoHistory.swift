/// The earlier states of the buffer, for undo, and those that were taken back, for redo.
package struct UndoHistory {
  package struct State: Equatable {
    package let text: String
    /// A byte offset.
    package let cursor: Int

    package init(text: String, cursor: Int) {
      self.text = text
      self.cursor = cursor
    }
  }

  private var current = State(text: "", cursor: 0)
  private var earlier: [State] = []
  private var later: [State] = []
  private var isInsideAWord = false
  /// The bytes of the earlier texts.
  private var size = 0

  /// Of a long text few states are kept.
  private static let sizeLimit = 32 << 20
  private static let countLimit = 1000

  package init() {}

  /// Notes the state before a key is read; letters typed one after the other are one change.
  package mutating func note(_ state: State) {
    guard state.text != current.text else {
      if state.cursor != current.cursor { isInsideAWord = false }
      current = state
      return
    }
    let inserted = state.text.utf8.count - current.text.utf8.count
    let isLetter =
      (1...4).contains(inserted) && state.cursor == current.cursor + inserted
      && state.text.utf8.dropFirst(current.cursor).first.map { $0 > 32 } ?? false
    if !(isLetter && isInsideAWord) { keep(current) }
    later = []
    isInsideAWord = isLetter
    current = state
  }

  private mutating func keep(_ state: State) {
    earlier.append(state)
    size += state.text.utf8.count
    var surplus = max(0, earlier.count - Self.countLimit)
    // The last one stays, however long: a paste can be taken back.
    while size > Self.sizeLimit, surplus < earlier.count - 1 {
      size -= earlier[surplus].text.utf8.count
      surplus += 1
    }
    earlier.removeFirst(surplus)
  }

  /// The state before the last change; nil where there is none.
  package mutating func undo() -> State? {
    guard let state = earlier.popLast() else { return nil }
    size -= state.text.utf8.count
    later.append(current)
    current = state
    isInsideAWord = false
    return state
  }

  /// The state that the last undo took back; nil where something was changed since.
  package mutating func redo() -> State? {
    guard let state = later.popLast() else { return nil }
    keep(current)
    current = state
    isInsideAWord = false
    return state
  }
}
