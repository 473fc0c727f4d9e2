/// Random numbers that are a function of a seed alone (Steele, Lea and Flood, "Fast splittable
/// pseudorandom number generators", 2014), so that every input can be made again.
struct Randomness: RandomNumberGenerator {
  private var state: UInt64

  /// The numbers of one input of a fuzzer.
  init(seed: UInt64, fuzzer: String, input: Int) {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ seed
    for byte in fuzzer.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    // The number is mixed in first: else the numbers of one input would be those of the one before,
    // moved on by one.
    state = hash ^ UInt64(truncatingIfNeeded: input)
    state = next()
    _ = next()
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
    return bits ^ (bits >> 31)
  }

  /// A number below `count`; 0 where there is none.
  mutating func below(_ count: Int) -> Int { count <= 1 ? 0 : Int(next() % UInt64(count)) }

  /// True in `percent` of a hundred cases.
  mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

  /// One of several.
  mutating func one<Element>(of choices: [Element]) -> Element { choices[below(choices.count)] }
}
