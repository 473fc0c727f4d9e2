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
