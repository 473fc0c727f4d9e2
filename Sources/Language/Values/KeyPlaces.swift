/// Where the keys of a record stand among them, found by their hashes in constant time.
///
/// Open addressing with linear probing. So few keys that looking at each is quicker lie in the
/// order of their places.
struct KeyPlaces: Sendable {
  /// The upper half of a key's hash and, below, its place counted from 1; 0 where nothing is.
  private var slots: [UInt64] = []
  /// One less than the number of slots, a power of two; 0 while all keys are looked at.
  private var mask = 0
  private var count = 0

  private static let scannedCount = 8

  /// The place of a key with this hash for which `isSame` holds.
  @inline(__always)
  func place(of hash: UInt64, where isSame: (Int) -> Bool) -> Int? {
    let upper = hash >> 32
    var position = mask == 0 ? 0 : Int(truncatingIfNeeded: upper) & mask
    while position < slots.count {
      let slot = slots[position]
      if slot == 0 { return nil }
      if slot >> 32 == upper {
        let place = Self.place(in: slot)
        if isSame(place) { return place }
      }
      position += 1
      if mask != 0 { position &= mask }
    }
    return nil
  }

  /// Notes the place of a new key.
  mutating func insert(_ hash: UInt64, at place: Int) {
    count += 1
    if mask == 0, count <= Self.scannedCount {
      slots.append(Self.slot(hash >> 32, place))
      return
    }
    if 2 * count > slots.count || mask == 0 { grow() }
    put(Self.slot(hash >> 32, place))
  }

  /// Forgets the key at the last place.
  mutating func removeLast(_ hash: UInt64, at place: Int) {
    count -= 1
    if mask == 0 {
      slots.removeLast()
      return
    }
    let slot = Self.slot(hash >> 32, place)
    var free = Int(truncatingIfNeeded: hash >> 32) & mask
    while slots[free] != slot { free = (free + 1) & mask }
    // What was pushed on by this one moves up.
    var next = (free + 1) & mask
    while slots[next] != 0 {
      let wanted = Int(truncatingIfNeeded: slots[next] >> 32) & mask
      if (next - wanted) & mask >= (next - free) & mask {
        slots[free] = slots[next]
        free = next
      }
      next = (next + 1) & mask
    }
    slots[free] = 0
  }

  private mutating func grow() {
    let old = slots
    let size = max(4 * Self.scannedCount, 2 * slots.count)
    slots = Array(repeating: 0, count: size)
    mask = size - 1
    for slot in old where slot != 0 { put(slot) }
  }

  private mutating func put(_ slot: UInt64) {
    var position = Int(truncatingIfNeeded: slot >> 32) & mask
    while slots[position] != 0 { position = (position + 1) & mask }
    slots[position] = slot
  }

  private static func slot(_ upper: UInt64, _ place: Int) -> UInt64 {
    upper << 32 | UInt64(truncatingIfNeeded: place + 1)
  }

  private static func place(in slot: UInt64) -> Int {
    Int(truncatingIfNeeded: slot & 0xffff_ffff) - 1
  }
}
