extension EditorSettings {
  /// The words of a line, without their quotes; none for a comment.
  ///
  /// A backslash keeps the next character, and in double quotes stays with it, for it may begin a
  /// key's code.
  static func words(of line: Substring) throws(Refusal) -> [String] {
    var words: [String] = []
    var word: [Character]?
    var quote: Character?
    var isEscaped = false
    for character in line {
      if isEscaped {
        // The key's own notation reads what follows.
        word = (word ?? []) + (quote == "'" || "'\" ".contains(character) ? [] : ["\\"])
        word?.append(character)
        isEscaped = false
      } else if character == "\\", quote != "'" {
        isEscaped = true
      } else if let open = quote {
        if character == open { quote = nil } else { word?.append(character) }
      } else if character == "\"" || character == "'" {
        quote = character
        word = word ?? []
      } else if character == " " || character == "\t" {
        if let word { words.append(String(word)) }
        word = nil
      } else if character == "#", word == nil, words.isEmpty {
        return []
      } else {
        word = (word ?? []) + [character]
      }
    }
    guard quote == nil else { throw Refusal(reason: "a quote is left open") }
    guard !isEscaped else { throw Refusal(reason: "it ends in a backslash") }
    if let word { words.append(String(word)) }
    guard words.allSatisfy({ $0.utf8.count <= wordLimit }) else {
      throw Refusal(reason: "a word is longer than \(wordLimit) bytes")
    }
    return words
  }

  /// The bytes of a key as it is written: `^A`, `\e[A`, `\033`, `\U+E9`.
  static func bytes(of written: String) throws(Refusal) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = Array(written.unicodeScalars)[...]
    while let scalar = rest.popFirst() {
      var value = scalar.value
      if scalar == "^" {
        guard let next = rest.popFirst(), next.isASCII else {
          throw Refusal(reason: "^ names no key")
        }
        value = next == "?" ? 127 : next.value & 31
      } else if scalar == "\\" {
        value = try escaped(&rest)
      }
      guard value != 0, let decoded = Unicode.Scalar(value) else {
        throw Refusal(reason: "a key cannot hold a zero")
      }
      bytes += Array(String(Character(decoded)).utf8)
    }
    guard !bytes.isEmpty else { throw Refusal(reason: "the key is empty") }
    return bytes
  }

  private static func escaped(_ rest: inout ArraySlice<Unicode.Scalar>) throws(Refusal) -> UInt32 {
    guard let next = rest.popFirst() else { throw Refusal(reason: "it ends in a backslash") }
    switch next {
    case "a": return 7
    case "b": return 8
    case "t": return 9
    case "n": return 10
    case "v": return 11
    case "f": return 12
    case "r": return 13
    case "e": return 27
    case "U":
      guard rest.popFirst() == "+" else { throw Refusal(reason: "\\U+ needs hexadecimal digits") }
      var value: UInt32 = 0
      var count = 0
      while let digit = hexadecimal(rest.first), count < 5 {
        value = value * 16 + digit
        rest = rest.dropFirst()
        count += 1
      }
      guard count > 0 else { throw Refusal(reason: "\\U+ needs hexadecimal digits") }
      return value
    case "0"..."7":
      var value = next.value - 48
      for _ in 0..<2 {
        guard let digit = rest.first, ("0"..."7").contains(digit) else { break }
        value = value * 8 + digit.value - 48
        rest = rest.dropFirst()
      }
      guard value < 128 else { throw Refusal(reason: "\\\(String(value, radix: 8)) is no key") }
      return value
    default: return next.value
    }
  }

  private static func hexadecimal(_ scalar: Unicode.Scalar?) -> UInt32? {
    guard let scalar, scalar.isASCII else { return nil }
    return Character(scalar).hexDigitValue.map(UInt32.init)
  }
}
