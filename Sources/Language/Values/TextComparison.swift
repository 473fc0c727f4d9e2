import Platform

/// What two texts have in common, by their code points: the bytes of UTF-8 are in the same order.
extension String {
  /// Whether both have the same code points. Swift's `==` also takes texts for the same that write
  /// an accented letter in different ways.
  func hasSameCodePoints(as other: String) -> Bool {
    withBytes(beside: other) { left, right in
      guard left.count == right.count else { return false }
      guard let a = left.baseAddress, let b = right.baseAddress, left.count > 0 else { return true }
      if a[0] != b[0] { return false }
      // SAFETY: both have as many bytes as are compared.
      return memcmp(a, b, left.count) == 0
    }
  }

  /// Whether it comes before another text.
  package func precedes(_ other: String) -> Bool {
    withBytes(beside: other) { left, right in
      guard let b = right.baseAddress else { return false }
      guard let a = left.baseAddress else { return right.count > 0 }
      // SAFETY: both have at least as many bytes as are compared.
      let order = memcmp(a, b, min(left.count, right.count))
      return order == 0 ? left.count < right.count : order < 0
    }
  }

  private func withBytes(
    beside other: String,
    _ body: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) -> Bool
  ) -> Bool {
    let result = utf8.withContiguousStorageIfAvailable { left in
      other.utf8.withContiguousStorageIfAvailable { right in body(left, right) }
    }
    if let result = result ?? nil { return result }
    var (left, right) = (self, other)
    return left.withUTF8 { left in right.withUTF8 { right in body(left, right) } }
  }
}

extension String {
  /// A hash of the code points, never 0.
  var textHash: UInt64 {
    let known = utf8.withContiguousStorageIfAvailable { Self.hash(UnsafeRawBufferPointer($0)) }
    if let known { return max(known, 1) }
    var text = self
    return text.withUTF8 { max(Self.hash(UnsafeRawBufferPointer($0)), 1) }
  }

  /// Eight bytes at a time, each mixed in by a product of double width, as in wyhash (Wang Yi,
  /// 2019).
  private static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash = mixed(UInt64(bytes.count), 0xa076_1d64_78bd_642f)
    var place = 0
    while bytes.count - place > 8 {
      // SAFETY: at least eight bytes are left.
      let word = bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
      hash = mixed(hash ^ word, 0xe703_7ed1_a0b4_28db)
      place += 8
    }
    var rest: UInt64 = 0
    if bytes.count >= 8 {
      // SAFETY: the last eight bytes, some of which have been mixed in already.
      rest = bytes.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self)
    } else {
      for byte in bytes { rest = rest << 8 | UInt64(byte) }
    }
    return mixed(hash ^ rest, 0x8ebc_6af0_9c88_c6e3)
  }

  private static func mixed(_ word: UInt64, _ factor: UInt64) -> UInt64 {
    let product = word.multipliedFullWidth(by: factor)
    return product.high ^ product.low
  }
}
