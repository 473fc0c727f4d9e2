/// Changes to an input that keep most of it.
enum Mutation {
  /// Bytes changed, cut out, doubled, exchanged, or taken from another input.
  static func bytes(_ input: [UInt8], other: [UInt8], _ random: inout Randomness) -> [UInt8] {
    var bytes = input
    for _ in 0...random.below(4) {
      let place = random.below(bytes.count + 1)
      let length = min(random.below(16) + 1, bytes.count - min(place, bytes.count))
      switch random.below(6) {
      case 0 where place < bytes.count: bytes[place] = UInt8(random.below(256))
      case 1 where place < bytes.count: bytes[place] ^= 1 << random.below(8)
      case 2: bytes.removeSubrange(place..<place + length)
      case 3: bytes.insert(contentsOf: bytes[place..<place + length], at: place)
      case 4:
        let hostile: [UInt8] = [0, 0xFF, 0x7F, 0x80, 0x0A, 0x1B]
        bytes.insert(
          contentsOf: (0..<length).map { _ in random.one(of: hostile) }, at: place)
      default:
        let start = random.below(other.count + 1)
        let end = min(other.count, start + random.below(200))
        bytes.insert(contentsOf: other[start..<end], at: place)
      }
    }
    return bytes
  }

  /// Words and signs exchanged, left out, doubled, or replaced by others.
  static func words(
    _ input: [UInt8], other: [UInt8], vocabulary: [String], _ random: inout Randomness
  ) -> [UInt8] {
    var words = split(input)
    let others = split(other)
    guard !words.isEmpty else { return other }
    for _ in 0...random.below(4) where !words.isEmpty {
      let place = random.below(words.count)
      switch random.below(6) {
      case 0: words.remove(at: place)
      case 1: words.insert(words[place], at: place)
      case 2: words.swapAt(place, random.below(words.count))
      case 3: words[place] = Array(random.one(of: vocabulary).utf8)
      case 4: words.insert(Array(random.one(of: vocabulary).utf8), at: place)
      default:
        let start = random.below(others.count + 1)
        let end = min(others.count, start + random.below(12))
        words.insert(contentsOf: others[start..<end], at: place)
      }
    }
    return Array(words.joined())
  }

  /// Runs of letters and digits, and single signs.
  private static func split(_ input: [UInt8]) -> [[UInt8]] {
    var words: [[UInt8]] = []
    var isInWord = false
    for byte in input {
      let belongs =
        (byte | 32 >= 97 && byte | 32 <= 122) || (byte >= 48 && byte <= 57) || byte == 95
      if belongs, isInWord { words[words.count - 1].append(byte) } else { words.append([byte]) }
      isInWord = belongs
    }
    return words
  }
}
