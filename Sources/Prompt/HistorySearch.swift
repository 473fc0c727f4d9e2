/// A search with Ctrl-R: the newest entry that holds what is typed, then older ones.
package struct HistorySearch {
  /// What is looked for.
  package private(set) var pattern = ""
  /// Whether there was an entry at the last step.
  package private(set) var isFound = true

  private let entries: [String]
  /// What Ctrl-R looks for before anything is typed.
  private let former: String
  /// The entry shown; as many as there are before the first step.
  private var place: Int

  /// What to show: the entry, and the byte offset in it of what was looked for.
  package struct Match: Equatable {
    package let text: String
    package let cursor: Int
  }

  /// - Parameters:
  ///   - entries: oldest first.
  ///   - former: the last search's pattern.
  package init(_ entries: [String], former: String = "") {
    self.entries = entries
    self.former = former
    place = entries.count
  }

  /// Looks for a longer pattern; what is shown stays where it holds that too.
  package mutating func type(_ text: String) -> Match? {
    pattern += text
    return look(from: min(place, entries.count - 1), -1)
  }

  /// Takes the pattern's last character back and begins anew.
  package mutating func erase() -> Match? {
    pattern = String(pattern.dropLast())
    place = entries.count
    return look(from: entries.count - 1, -1)
  }

  /// The next older (-1) or newer (1) entry.
  package mutating func step(_ direction: Int) -> Match? {
    if pattern.isEmpty { pattern = former }
    return look(from: place + direction, direction)
  }

  private mutating func look(from start: Int, _ direction: Int) -> Match? {
    isFound = true
    guard !pattern.isEmpty else { return nil }
    let bytes = Array(pattern.utf8)
    var next = start
    while entries.indices.contains(next) {
      if let offset = Self.offset(of: bytes, in: entries[next]) {
        place = next
        return Match(text: entries[next], cursor: offset)
      }
      next += direction
    }
    isFound = false
    return nil
  }

  private static func offset(of pattern: [UInt8], in entry: String) -> Int? {
    var entry = entry
    return entry.withUTF8 { text in
      guard text.count >= pattern.count else { return nil }
      return (0...(text.count - pattern.count)).first { start in
        text[start] == pattern[0] && text[start...].starts(with: pattern)
      }
    }
  }
}
