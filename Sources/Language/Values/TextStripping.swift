/// Characters that are looked up one by one.
package struct CharacterSet {
  /// Of the ASCII ones a bit each.
  private var low: UInt64 = 0
  private var high: UInt64 = 0
  private var others: Set<UnicodeScalar> = []

  package init(_ text: TextBox) {
    for scalar in text.content.unicodeScalars {
      switch scalar.value {
      case 0..<64: low |= 1 << UInt64(scalar.value)
      case 64..<128: high |= 1 << UInt64(scalar.value - 64)
      default: others.insert(scalar)
      }
    }
  }

  func contains(_ scalar: UnicodeScalar) -> Bool {
    switch scalar.value {
    case 0..<64: low >> UInt64(scalar.value) & 1 == 1
    case 64..<128: high >> UInt64(scalar.value - 64) & 1 == 1
    default: others.contains(scalar)
    }
  }
}

extension TextBox {
  /// The text without the characters of a set at both ends; without the white space where there is
  /// no set.
  package func stripped(of set: CharacterSet?) -> TextBox {
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
