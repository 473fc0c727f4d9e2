/// Characters that are looked up one by one.
package struct CharacterSet {
  /// Of the ASCII ones a bit each.
  private var low: UInt64 = 0
  private var high: UInt64 = 0
  private var others: [UnicodeScalar] = []

  package init(_ text: TextBox) {
    for scalar in text.content.unicodeScalars {
      switch scalar.value {
      case 0..<64: low |= 1 << UInt64(scalar.value)
      case 64..<128: high |= 1 << UInt64(scalar.value - 64)
      default: others.append(scalar)
      }
    }
  }

  func contains(_ scalar: UnicodeScalar) -> Bool {
    scalar.isASCII ? contains(ascii: UInt8(scalar.value)) : others.contains(scalar)
  }

  @inline(__always)
  func contains(ascii byte: UInt8) -> Bool {
    (byte < 64 ? low : high) >> UInt64(byte & 63) & 1 == 1
  }

  /// The ASCII characters that are white space.
  static let asciiWhiteSpace = CharacterSet(TextBox("\t\n\u{B}\u{C}\r "))
}

extension TextBox {
  /// The text without the characters of a set at both ends; without the white space where there is
  /// no set.
  package func stripped(of set: CharacterSet?) -> TextBox {
    if isASCII {
      let kept = withBytes { $0.kept(without: set ?? .asciiWhiteSpace) }
      if kept.count == byteCount { return self }
      guard case .string(let part) = part(kept) else { return self }
      return part
    }
    func goes(_ scalar: UnicodeScalar) -> Bool {
      set?.contains(scalar) ?? scalar.properties.isWhitespace
    }
    let scalars = content.unicodeScalars
    guard let outer = scalars.first, let end = scalars.last, goes(outer) || goes(end) else {
      return self
    }
    guard let first = scalars.firstIndex(where: { !goes($0) }),
      let last = scalars.lastIndex(where: { !goes($0) })
    else { return .shared("") }
    return .shared(String(scalars[first...last]))
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// What is left of ASCII without the characters of a set at both ends.
  fileprivate func kept(without set: CharacterSet) -> Range<Int> {
    var (start, end) = (0, count)
    while start < end, set.contains(ascii: self[start]) { start += 1 }
    while start < end, set.contains(ascii: self[end - 1]) { end -= 1 }
    return start..<end
  }
}
