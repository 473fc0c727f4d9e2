/// The words most like a misspelt one, best first.
///
/// - Parameters:
///   - word: what was written.
///   - candidates: what could have been meant.
///   - limit: how many to return at most.
/// - Returns: those within one slip for a short word, two or three for a longer one, else those
///   that begin with it; letter case hardly counts.
public func nearest(
  _ word: String, among candidates: some Sequence<String>, limit: Int = 3
) -> [String] {
  let letters = Array(word.lowercased())
  let most = letters.count < 2 ? 0 : letters.count <= 4 ? 1 : letters.count <= 8 ? 2 : 3
  var found: [(distance: Int, word: String)] = []
  for candidate in candidates where candidate != word {
    let other = Array(candidate.lowercased())
    guard abs(other.count - letters.count) <= most else { continue }
    let distance = editDistance(letters, other)
    if distance <= most, distance < max(letters.count, other.count) {
      found.append((distance, candidate))
    }
  }
  found.sort { ($0.distance, $0.word) < ($1.distance, $1.word) }
  let words = found.isEmpty ? longer(letters, among: candidates) : found.map(\.word)
  return Array(words.prefix(max(0, limit)))
}

/// The words that begin with one of three letters and more, shortest first: `conv` of `conv2d`.
private func longer(_ letters: [Character], among candidates: some Sequence<String>) -> [String] {
  guard letters.count >= 3 else { return [] }
  return candidates.filter { $0.count > letters.count && $0.lowercased().starts(with: letters) }
    .sorted { ($0.count, $0) < ($1.count, $1) }
}

/// The least number of letters to insert, remove, replace or swap with their neighbour.
///
/// Damerau's distance in its restricted form (optimal string alignment), by three rows of the
/// table.
func editDistance(_ first: [Character], _ second: [Character]) -> Int {
  var beforeLast = [Int](repeating: 0, count: second.count + 1)
  var last = Array(0...second.count)
  var row = last
  for i in 0..<first.count {
    row[0] = i + 1
    for j in 0..<second.count {
      let replaced = last[j] + (first[i] == second[j] ? 0 : 1)
      row[j + 1] = min(replaced, last[j + 1] + 1, row[j] + 1)
      if i > 0, j > 0, first[i] == second[j - 1], first[i - 1] == second[j] {
        row[j + 1] = min(row[j + 1], beforeLast[j - 1] + 1)
      }
    }
    (beforeLast, last, row) = (last, row, beforeLast)
  }
  return last[second.count]
}
