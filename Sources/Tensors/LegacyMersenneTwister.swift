/// MT19937 (Matsumoto and Nishimura 1998) as NumPy's legacy `np.random.seed` starts it, for
/// repeating published shuffles exactly.
package struct LegacyMersenneTwister: Sendable {
  private static let size = 624
  private static let middle = 397
  private var state: [UInt32]
  private var position: Int

  /// `init_genrand` of the reference implementation, with a seed of 32 bits.
  package init(seed: UInt32) {
    state = [UInt32](repeating: 0, count: Self.size)
    state[0] = seed
    for index in 1..<Self.size {
      let previous = state[index - 1]
      state[index] = 1_812_433_253 &* (previous ^ previous >> 30) &+ UInt32(index)
    }
    position = Self.size
  }

  /// The next 32 bits.
  package mutating func next() -> UInt32 {
    if position == Self.size { renew() }
    var value = state[position]
    position += 1
    value ^= value >> 11
    value ^= value << 7 & 0x9d2c_5680
    value ^= value << 15 & 0xefc6_0000
    return value ^ value >> 18
  }

  /// `arange(count)` after `np.random.shuffle`: from the last place down, swap with a place drawn
  /// by masking 32 bits to the least 2^b − 1 that reaches, and rejecting what lies beyond.
  package mutating func shuffle(_ count: Int) -> [Int] {
    var order = Array(0..<max(0, count))
    for index in stride(from: order.count - 1, to: 0, by: -1) {
      order.swapAt(index, draw(upTo: index))
    }
    return order
  }

  /// The order that `np.random.seed(seed); np.random.shuffle(arange(n))` gives.
  package static func legacyShuffle(_ count: Int, seed: UInt32) -> [Int] {
    var generator = LegacyMersenneTwister(seed: seed)
    return generator.shuffle(count)
  }

  private mutating func draw(upTo limit: Int) -> Int {
    let mask = Int.max >> (limit.leadingZeroBitCount - 1)
    while true {
      // NumPy takes 64 bits for limits beyond 32, the high half first.
      let bits =
        limit <= Int(UInt32.max)
        ? UInt64(next()) : UInt64(next()) << 32 | UInt64(next())
      let value = Int(bits & UInt64(mask))
      if value <= limit { return value }
    }
  }

  private mutating func renew() {
    for index in 0..<Self.size {
      let following = state[(index + 1) % Self.size]
      let mixed = state[index] & 0x8000_0000 | following & 0x7fff_ffff
      let twisted = mixed >> 1 ^ (mixed & 1 == 0 ? 0 : 0x9908_b0df)
      state[index] = state[(index + Self.middle) % Self.size] ^ twisted
    }
    position = 0
  }
}
