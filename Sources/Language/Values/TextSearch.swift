import Platform
import Tensors

/// Parts of texts are looked for by their bytes, which in UTF-8 never begin inside a character.
extension TextBox {
  /// The byte at which a part that is not empty first begins; nil where it does not occur.
  package func firstByte(of part: TextBox) -> Int? {
    withBytes { bytes in part.withBytes { $0.first(in: bytes) } }
  }

  /// Whether a part occurs.
  package func contains(_ part: TextBox) -> Bool {
    part.byteCount == 0 || firstByte(of: part) != nil
  }

  /// Whether it begins with a part.
  package func starts(with part: TextBox) -> Bool {
    withBytes { bytes in part.withBytes { $0.stands(in: bytes, at: 0) } }
  }

  /// Whether it ends with a part.
  package func ends(with part: TextBox) -> Bool {
    withBytes { bytes in part.withBytes { $0.stands(in: bytes, at: bytes.count - $0.count) } }
  }

  /// The pieces between the places where a part stands that is not empty, empty ones too; Ctrl-C is
  /// heeded in between.
  package func pieces(separatedBy part: TextBox) throws -> [Value] {
    let isASCII = isASCII
    return try filled { pieces in
      try forEachPiece(separatedBy: part) { piece in
        if pieces.count & 0xFFFF == 0 { try Interrupt.check() }
        pieces.append(.string(.shared(piece, areASCII: isASCII)))
      }
    }
  }

  /// The lines, without their ends, which are \n or \r\n; one at the very end opens no further line.
  package func lines() throws -> [Value] {
    let isASCII = isASCII
    var lines = try filled { lines in
      try forEachPiece(separatedBy: Self.lineEnd) { line in
        if lines.count & 0xFFFF == 0 { try Interrupt.check() }
        let length = line.last == 13 ? line.count - 1 : line.count
        let line = UnsafeBufferPointer(rebasing: line[..<length])
        lines.append(.string(.shared(line, areASCII: isASCII)))
      }
    }
    if withBytes({ $0.last ?? 10 }) == 10 { lines.removeLast() }
    return lines
  }

  private static let lineEnd = TextBox("\n")

  /// The text with a part that is not empty replaced everywhere; nil where it does not occur.
  package func replacing(_ part: TextBox, with other: TextBox) throws -> TextBox? {
    var count = -1
    try forEachPiece(separatedBy: part) { _ in
      count += 1
      if count & 0xFFFF == 0 { try Interrupt.check() }
    }
    if count == 0 { return nil }
    let (grown, overflow) = other.byteCount.multipliedReportingOverflow(by: count)
    try MemoryGuard.require(overflow ? .max : byteCount + grown)
    let text = other.withBytes { other in
      String(unsafeUninitializedCapacity: byteCount + grown) { memory in
        var pieces = TextPieces(memory, separator: other)
        forEachPiece(separatedBy: part) { pieces.append($0) }
        return pieces.byteCount
      }
    }
    return .shared(text)
  }

  /// The words, between which white space stands; Ctrl-C is heeded in between.
  package func words() throws -> [Value] {
    let isASCII = isASCII
    return try withBytes { bytes in
      try filled { words in
        var (start, place) = (0, 0)
        while place <= bytes.count {
          // The end ends a word as a space does.
          let space = place == bytes.count ? 1 : bytes.whiteSpace(at: place)
          if space > 0, place > start {
            if words.count & 0xFFFF == 0 { try Interrupt.check() }
            let word = UnsafeBufferPointer(rebasing: bytes[start..<place])
            words.append(.string(.shared(word, areASCII: isASCII)))
          }
          place += max(space, 1)
          if space > 0 { start = place }
        }
      }
    }
  }

  /// Calls a function with the bytes of each piece between the places where a part stands.
  @inline(__always)
  private func forEachPiece(
    separatedBy part: TextBox, _ body: (UnsafeBufferPointer<UInt8>) throws -> Void
  ) rethrows {
    try withBytes { bytes in
      try part.withBytes { part in
        var start = 0
        while let place = part.first(in: bytes, from: start) {
          try body(UnsafeBufferPointer(rebasing: bytes[start..<place]))
          start = place + part.count
        }
        try body(UnsafeBufferPointer(rebasing: bytes[start...]))
      }
    }
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// Where these bytes, at least one, first stand in others from a place on; nil where nowhere.
  fileprivate func first(in bytes: UnsafeBufferPointer<UInt8>, from start: Int = 0) -> Int? {
    guard let part = baseAddress, let base = bytes.baseAddress else { return nil }
    let last = bytes.count - count
    var place = start
    // SAFETY: nothing is read before `place` or beyond the text's end.
    while place <= last, let found = memchr(base + place, Int32(part[0]), last - place + 1) {
      place = UnsafeRawPointer(base).distance(to: UnsafeRawPointer(found))
      if count == 1 || memcmp(base + place, part, count) == 0 { return place }
      place += 1
    }
    return nil
  }

  /// Whether these bytes stand at a place in others.
  fileprivate func stands(in bytes: UnsafeBufferPointer<UInt8>, at place: Int) -> Bool {
    guard place >= 0, bytes.count - place >= count else { return false }
    guard let part = baseAddress, let base = bytes.baseAddress else { return count == 0 }
    // SAFETY: as many bytes follow.
    return memcmp(base + place, part, count) == 0
  }

  /// How many bytes the white space has that begins at a place; 0 where none does.
  @inline(__always)
  fileprivate func whiteSpace(at place: Int) -> Int {
    let byte = self[place]
    if byte < 0x80 { return byte == 0x20 || byte &- 9 < 5 ? 1 : 0 }
    return byte < 0xC0 ? 0 : wideWhiteSpace(at: place)
  }

  private func wideWhiteSpace(at place: Int) -> Int {
    let length = self[place] < 0xE0 ? 2 : self[place] < 0xF0 ? 3 : 4
    let bytes = UnsafeBufferPointer(rebasing: self[place..<Swift.min(place + length, count)])
    let scalar = String(decoding: bytes, as: UTF8.self).unicodeScalars.first
    return scalar?.properties.isWhitespace == true ? length : 0
  }
}
