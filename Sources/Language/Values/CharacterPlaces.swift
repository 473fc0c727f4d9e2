/// Where the characters of a text begin that are not all ASCII: of every 64th the byte.
///
/// A class, so that a text which has none of this is small.
final class CharacterPlaces {
  private(set) var count = 0
  private var marks: [Int] = []

  private static let spacing = 64

  init(of bytes: UnsafeBufferPointer<UInt8>) { append(bytes, after: 0) }

  /// Goes on with the bytes that were appended after as many.
  func append(_ added: UnsafeBufferPointer<UInt8>, after bytes: Int) {
    for (offset, byte) in added.enumerated() where byte & 0xC0 != 0x80 {
      if count % Self.spacing == 0 { marks.append(bytes + offset) }
      count += 1
    }
  }

  func byte(of position: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
    if position >= count { return bytes.count }
    var byte = marks[position / Self.spacing]
    var left = position % Self.spacing
    while left > 0 {
      repeat { byte += 1 } while bytes[byte] & 0xC0 == 0x80
      left -= 1
    }
    return byte
  }

  func position(ofByte byte: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var low = 0
    var high = marks.count
    while low < high {
      let middle = (low + high) / 2
      if marks[middle] <= byte { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return 0 }
    return (low - 1) * Self.spacing + bytes[marks[low - 1]..<byte].count { $0 & 0xC0 != 0x80 }
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// Whether all bytes are below 128.
  var areASCII: Bool {
    let bytes = UnsafeRawBufferPointer(self)
    var all: UInt64 = 0
    var place = 0
    while count - place >= 8 {
      // SAFETY: eight bytes are left.
      all |= bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
      place += 8
    }
    while place < count {
      all |= UInt64(self[place])
      place += 1
    }
    return all & 0x8080_8080_8080_8080 == 0
  }
}
