/// A part of a text in memory, which grows or moves on; zeros follow its last byte, so that
/// whoever reads byte by byte need not ask at each where the end is.
final class TextWindow {
  private let source: any ByteSource
  private var storage: UnsafeMutableRawBufferPointer
  private(set) var offset = 0
  private(set) var count = 0

  /// How many zeros follow.
  static let padding = 16

  init(_ source: any ByteSource) {
    self.source = source
    storage = .allocate(byteCount: Self.padding, alignment: 16)
  }

  deinit { storage.deallocate() }

  /// The first byte.
  var start: UnsafePointer<UInt8> {
    // SAFETY: the storage is never empty, for the padding is part of it.
    UnsafePointer(storage.assumingMemoryBound(to: UInt8.self).baseAddress.unsafelyUnwrapped)
  }

  /// Behind the last byte.
  var end: UnsafePointer<UInt8> { start + count }

  /// Whether the window holds the last byte of the text.
  var reachesEnd: Bool { offset + count >= source.count }

  /// Reads `length` bytes from `offset` on, or as many as there are.
  func load(_ offset: Int, _ length: Int) throws(DataError) {
    try resize(to: 0, keeping: 0)
    self.offset = min(offset, source.count)
    try extend(by: length)
  }

  /// Reads on until the window is twice as long. The bytes get another address.
  func grow() throws(DataError) { try extend(by: max(count, 1 << 12)) }

  private func extend(by length: Int) throws(DataError) {
    let before = count
    let more = max(0, min(length, source.count - offset - before))
    try resize(to: before + more, keeping: before)
    try source.read(
      at: offset + before,
      into: UnsafeMutableRawBufferPointer(rebasing: storage[before..<before + more]))
    count = before + more
    UnsafeMutableRawBufferPointer(rebasing: storage[count..<count + Self.padding])
      .initializeMemory(as: UInt8.self, repeating: 0)
  }

  private func resize(to size: Int, keeping kept: Int) throws(DataError) {
    count = kept
    guard storage.count < size + Self.padding else { return }
    try MemoryLimit.require(size, for: source.place)
    let larger = UnsafeMutableRawBufferPointer.allocate(
      byteCount: size + Self.padding, alignment: 16)
    larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[0..<kept]))
    storage.deallocate()
    storage = larger
  }
}
