/// The statements that Up and Down walk through: those that begin as what was typed.
package struct LineHistory {
  /// The entries, oldest first, no two alike.
  package private(set) var entries: [String]

  /// A walk: where it began, and what is shown of it now.
  private struct Walk {
    let prefix: String
    /// What had been typed, given back at the walk's lower end.
    let draft: String
    var place: Int
    var shown: String
  }
  private var walk: Walk?

  /// - Parameter entries: oldest first, no two alike, as `HistoryFile` gives them.
  package init(_ entries: [String]) { self.entries = entries }

  /// Adds the newest entry; an earlier one like it goes.
  ///
  /// - Returns: whether there was an earlier one.
  @discardableResult
  package mutating func append(_ entry: String) -> Bool {
    walk = nil
    let place = entries.lastIndex(of: entry)
    if let place { entries.remove(at: place) }
    entries.append(entry)
    return place != nil
  }

  /// One step through the entries.
  ///
  /// - Parameters:
  ///   - direction: -1 for older ones, 1 for newer ones.
  ///   - text: the buffer; a walk goes on while it shows what the last step gave.
  ///   - cursor: its byte offset; only entries that begin as the text before it are visited.
  /// - Returns: what to show instead; nil where there is nothing further.
  package mutating func step(_ direction: Int, from text: String, at cursor: Int) -> String? {
    var walk = self.walk
    if walk?.shown != text { walk = nil }
    var current =
      walk
      ?? Walk(
        prefix: String(decoding: Array(text.utf8).prefix(cursor), as: UTF8.self), draft: text,
        place: entries.count, shown: text)
    var place = current.place + direction
    while entries.indices.contains(place) {
      if entries[place].hasPrefix(current.prefix), entries[place] != current.shown {
        current.place = place
        current.shown = entries[place]
        self.walk = current
        return current.shown
      }
      place += direction
    }
    guard direction > 0, current.place < entries.count else { return nil }
    self.walk = nil
    return current.draft
  }

  /// The rest of the newest entry that begins with a text and goes on; nil where there is none.
  package func continuation(of text: String) -> String? {
    guard !text.isEmpty, !text.hasPrefix(" ") else { return nil }
    let typed = Array(text.utf8)
    for entry in entries.reversed() {
      let bytes = entry.utf8
      if bytes.count > typed.count, bytes.starts(with: typed) {
        return String(decoding: bytes.dropFirst(typed.count), as: UTF8.self)
      }
    }
    return nil
  }
}

/// The earlier states of the buffer, for undo.
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
  private var isInsideAWord = false

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
    if !(isLetter && isInsideAWord) { earlier.append(current) }
    if earlier.count > 500 { earlier.removeFirst(100) }
    isInsideAWord = isLetter
    current = state
  }

  /// The state before the last change; nil where there is none.
  package mutating func undo() -> State? {
    guard let state = earlier.popLast() else { return nil }
    current = state
    isInsideAWord = false
    return state
  }
}

/// What people paste into a prompt.
package enum PastedText {
  /// The text without the prompts of a transcript and without the line end that would run it.
  package static func cleaned(_ text: String) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    var isFirst = true
    for line in lines {
      if !isFirst { bytes.append(UInt8(ascii: "\n")) }
      isFirst = false
      append(line, to: &bytes)
    }
    while bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A tab becomes two spaces; another control character would garble the row and is left out.
  private static func append(_ line: Substring.UTF8View, to bytes: inout [UInt8]) {
    var rest = line[...]
    for mark in marks where rest.starts(with: mark) {
      rest = rest.dropFirst(mark.count)
      break
    }
    for byte in rest {
      if byte == UInt8(ascii: "\t") {
        bytes += [32, 32]
      } else if byte >= 32, byte != 127 {
        bytes.append(byte)
      }
    }
  }

  private static let marks = ["nnsh> ", LineDisplay.continuationMark].map { Array($0.utf8) }
}
