import Platform
import Tensors

/// A text made of pieces, put together in memory of its size.
struct TextPieces {
  private let memory: UnsafeMutableBufferPointer<UInt8>
  private let separator: UnsafeBufferPointer<UInt8>
  private var isFirst = true
  private(set) var byteCount = 0

  /// - Parameter separator: what stands between the pieces.
  init(_ memory: UnsafeMutableBufferPointer<UInt8>, separator: UnsafeBufferPointer<UInt8>) {
    self.memory = memory
    self.separator = separator
  }

  @inline(__always)
  mutating func append(_ piece: UnsafeBufferPointer<UInt8>) {
    if isFirst { isFirst = false } else { copy(separator) }
    copy(piece)
  }

  @inline(__always)
  private mutating func copy(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let source = bytes.baseAddress, let target = memory.baseAddress,
      bytes.count <= memory.count - byteCount
    else { return }
    // SAFETY: the memory has room for as many bytes.
    memcpy(target + byteCount, source, bytes.count)
    byteCount += bytes.count
  }
}

extension TextBox {
  /// Strings, one after the other.
  ///
  /// - Parameter refusal: the error for a value that is none.
  package static func joined(
    _ values: [Value], separator: TextBox, refusal: (Value) -> RuntimeError
  ) throws -> TextBox {
    try values.withUnsafeBufferPointer { values in
      guard let start = values.baseAddress else { return .shared("") }
      var bytes = 0.0
      for place in values.indices {
        guard let box = (start + place).borrowedText else { throw refusal(values[place]) }
        bytes += Double(box._withUnsafeGuaranteedRef(\.byteCount) + separator.byteCount)
      }
      try MemoryGuard.check(elements: bytes, bytesEach: 1)
      let text = separator.withBytes { separator in
        String(unsafeUninitializedCapacity: Int(bytes)) { memory in
          var pieces = TextPieces(memory, separator: separator)
          for place in values.indices {
            (start + place).borrowedText?._withUnsafeGuaranteedRef { box in
              box.withBytes { pieces.append($0) }
            }
          }
          return pieces.byteCount
        }
      }
      return .shared(text)
    }
  }
}
