import Library

/// Which places of a command's signature the words before the cursor have filled.
struct CommandWords {
  /// The places that are filled in order, without a keyword.
  private let plain: [Command.Argument]
  private var positional = 0
  private var hasKeyword = false
  private var hasOption = false

  /// - Parameter slots: the command's places other than its options.
  init(_ given: [String], _ slots: [Command.Argument]) {
    plain = slots.filter { $0.keyword == nil }
    let keywords = Set(slots.compactMap(\.keyword))
    var followsKeyword = false
    for word in given {
      if keywords.contains(word) {
        (followsKeyword, hasKeyword) = (true, true)
      } else if word.contains("=") {
        hasOption = true
      } else if followsKeyword {
        followsKeyword = false
      } else {
        positional += 1
      }
    }
  }

  /// The place that the next word fills by its position, if there is one.
  var nextSlot: Command.Argument? {
    if hasOption { return nil }
    if plain.indices.contains(positional) { return plain[positional] }
    guard !hasKeyword, let last = plain.last, last.parameter.isVariadic else { return nil }
    return last
  }

  /// Whether keywords and options may follow.
  var mayEnd: Bool { positional > 0 || plain.isEmpty }
}
