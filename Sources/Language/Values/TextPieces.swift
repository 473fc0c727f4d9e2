import Platform

/// Texts made of pieces, put together in memory of their size.
package enum TextPieces {
  /// The pieces, with a separator in between.
  ///
  /// - Parameter bytes: at least as many as all take up.
  package static func joined(
    count: Int, separator: String = "", bytes: Int, _ piece: (Int) -> String
  ) -> String {
    String(unsafeUninitializedCapacity: bytes) { memory in
      var end = 0
      for place in 0..<count {
        if place > 0 { append(separator, to: memory, &end) }
        append(piece(place), to: memory, &end)
      }
      return end
    }
  }

  private static func append(
    _ text: String, to memory: UnsafeMutableBufferPointer<UInt8>, _ end: inout Int
  ) {
    var text = text
    text.withUTF8 { bytes in
      guard let source = bytes.baseAddress, let target = memory.baseAddress,
        bytes.count <= memory.count - end
      else { return }
      // SAFETY: the memory has room for as many bytes.
      memcpy(target + end, source, bytes.count)
      end += bytes.count
    }
  }
}
