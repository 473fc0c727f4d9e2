import CZlib
import Tensors

/// Bytes that come one after another: a part of a source, or what inflating one gives.
package protocol ByteStream: AnyObject {
  /// The file, and what is inside it, for messages.
  var place: String { get }
  /// No more than this many bytes are still to come, whatever a header claims.
  var bound: Int { get }
  /// Writes at least one byte and returns how many; 0 only at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(DataError) -> Int
}

extension ByteStream {
  /// Fills the whole buffer; an error naming `part` where the stream ends before.
  func fill(
    _ buffer: UnsafeMutableRawBufferPointer, part: String
  ) throws(DataError) {
    var done = 0
    while done < buffer.count {
      let count = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
      guard count > 0 else {
        throw .truncated(place: place, part: part, expected: buffer.count, found: done)
      }
      done += count
    }
  }

  /// The next bytes, exactly `count` of them.
  func bytes(_ count: Int, part: String) throws(DataError) -> [UInt8] {
    guard count <= bound else {
      throw .truncated(place: place, part: part, expected: count, found: bound)
    }
    try MemoryLimit.require(count, for: place)
    return try filledArray(count: count) { (buffer) throws(DataError) in
      try self.fill(UnsafeMutableRawBufferPointer(buffer), part: part)
    }
  }

  /// The next bytes, at most `count`; fewer where the stream ends before.
  package func beginning(_ count: Int) throws(DataError) -> [UInt8] {
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: count)
    while result.count < count {
      let found = try buffer.withMutableBytes { (raw) throws(DataError) -> Int in
        try self.read(into: UnsafeMutableRawBufferPointer(rebasing: raw[result.count...]))
      }
      if found == 0 { break }
      result = Array(buffer.prefix(result.count + found))
    }
    return result
  }

  /// All bytes to the end, refused where they exceed the free memory.
  package func remainingBytes() throws(DataError) -> [UInt8] {
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      try throwIfInterrupted(place)
      let count = try buffer.withMutableBytes { (raw) throws(DataError) -> Int in
        try self.read(into: raw)
      }
      if count == 0 { return result }
      // Asked where the array is about to grow, to twice its size.
      if result.count + count > result.capacity {
        try MemoryLimit.require(result.count.multipliedSaturating(2), for: place)
      }
      result.append(contentsOf: buffer[0..<count])
    }
  }

  /// Whether the stream has ended; a checksum at its end is verified by asking.
  func isAtEnd() throws(DataError) -> Bool {
    try beginning(1).isEmpty
  }
}

/// A range of a source, in order.
package final class SourceStream: ByteStream {
  private let source: any ByteSource
  private var position: Int
  private let end: Int
  package var place: String { source.place }
  package var bound: Int { end - position }

  /// The whole source, or the part of it that begins at `offset` and holds `count` bytes.
  package init(_ source: any ByteSource, offset: Int = 0, count: Int? = nil) throws(DataError) {
    let length = count ?? (source.count - offset)
    try source.requireRange(offset, length, part: "data")
    self.source = source
    position = offset
    end = offset + length
  }

  /// The next bytes as memory, which are then read; nil where they are not to be mapped.
  func mapping(count: Int) -> FileMapping? {
    guard count <= bound, let found = source.mapping(at: position, count: count) else { return nil }
    position += count
    return found
  }

  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
    let count = min(buffer.count, end - position)
    guard count > 0 else { return 0 }
    try source.read(at: position, into: UnsafeMutableRawBufferPointer(rebasing: buffer[0..<count]))
    position += count
    return count
  }
}

/// A part of an archive whose size and CRC-32 are known beforehand, both verified at its end.
final class ChecksummedStream: ByteStream {
  private let upstream: any ByteStream
  private let expected: UInt32
  private var remaining: Int
  private var sum: uLong = crc32(0, nil, 0)
  let place: String
  var bound: Int { min(remaining, upstream.bound) }

  init(_ upstream: any ByteStream, size: Int, checksum: UInt32, place: String) {
    self.upstream = upstream
    remaining = size
    expected = checksum
    self.place = place
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
    guard remaining > 0 else {
      guard UInt32(truncatingIfNeeded: sum) == expected else { throw .checksum(place: place) }
      return 0
    }
    let wanted = min(buffer.count, remaining, 1 << 30)
    let part = UnsafeMutableRawBufferPointer(rebasing: buffer[0..<wanted])
    let count = try upstream.read(into: part)
    guard count > 0 else { throw .cutShort(place: place) }
    // SAFETY: zlib reads `count` bytes, which upstream has just written.
    sum = crc32(sum, part.baseAddress?.assumingMemoryBound(to: UInt8.self), uInt(count))
    remaining -= count
    return count
  }
}
