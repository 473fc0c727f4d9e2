import CZlib

/// What inflating a stream gives, by zlib, in pieces: nothing is held but two small buffers.
///
/// A small file can unfold into a large one, but by at most 1032 to 1 (the deflate format's own
/// limit): `bound` says so, and whoever allocates for the result asks it and the memory first.
final class InflateStream: ByteStream {
  /// How the deflated data is wrapped.
  enum Wrapping: Sendable { case gzip, none }

  private static let largestRatio = 1032
  private static let chunk = 1 << 18

  private let upstream: any ByteStream
  private let wrapping: Wrapping
  private let state: UnsafeMutablePointer<z_stream>
  private let input: UnsafeMutablePointer<UInt8>
  private var isFinished = false
  private let isReady: Bool
  var place: String { upstream.place }

  var bound: Int {
    if isFinished { return 0 }
    let waiting = upstream.bound.addingSaturating(Int(state.pointee.avail_in))
    // The window may still hold output for input already consumed: 32 kB, and a match more.
    return waiting.multipliedSaturating(Self.largestRatio).addingSaturating(1 << 16)
  }

  init(_ upstream: any ByteStream, wrapping: Wrapping) {
    self.upstream = upstream
    self.wrapping = wrapping
    // SAFETY: zlib keeps the address of its state, so the state needs one that does not move.
    state = .allocate(capacity: 1)
    state.initialize(to: z_stream())
    input = .allocate(capacity: Self.chunk)
    let windowBits: Int32 = wrapping == .gzip ? 15 + 16 : -15
    isReady =
      inflateInit2_(state, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
  }

  deinit {
    if isReady { inflateEnd(state) }
    state.deinitialize(count: 1)
    state.deallocate()
    input.deallocate()
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
    guard isReady else { throw .tooLarge(place: place, needed: 1 << 16, available: 0) }
    guard !isFinished, buffer.count > 0 else { return 0 }
    try throwIfInterrupted(place)
    let capacity = min(buffer.count, 1 << 30)
    // SAFETY: zlib writes at most `avail_out` bytes from `next_out`, inside the buffer.
    state.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
    state.pointee.avail_out = uInt(capacity)
    while state.pointee.avail_out == uInt(capacity), !isFinished { try inflateOnce() }
    return capacity - Int(state.pointee.avail_out)
  }

  /// Feeds zlib once: each call consumes input, yields output, or ends the stream.
  private func inflateOnce() throws(DataError) {
    if state.pointee.avail_in == 0 { try refill() }
    switch inflate(state, Z_NO_FLUSH) {
    case Z_OK: break
    case Z_STREAM_END: try endMember()
    case Z_BUF_ERROR where state.pointee.avail_in == 0: break
    case Z_MEM_ERROR: throw .tooLarge(place: place, needed: 1 << 16, available: 0)
    default: throw .malformed(place: place, format: .gzip, reason: reason)
    }
  }

  private var reason: String {
    state.pointee.msg.map { String(cString: $0) } ?? "its compressed data is damaged"
  }

  private func refill() throws(DataError) {
    let count = try upstream.read(
      into: UnsafeMutableRawBufferPointer(start: input, count: Self.chunk))
    guard count > 0 else { throw .cutShort(place: place) }
    state.pointee.next_in = input
    state.pointee.avail_in = uInt(count)
  }

  /// A gzip file may be several, one after another; zeros may pad it (tapes, some tools).
  private func endMember() throws(DataError) {
    guard wrapping == .gzip else {
      isFinished = true
      return
    }
    while true {
      if state.pointee.avail_in == 0 {
        guard upstream.bound > 0 else { break }
        try refill()
      }
      guard let next = state.pointee.next_in else { break }
      if next.pointee != 0 {
        inflateReset(state)
        return
      }
      state.pointee.next_in = next + 1
      state.pointee.avail_in -= 1
    }
    isFinished = true
  }
}
