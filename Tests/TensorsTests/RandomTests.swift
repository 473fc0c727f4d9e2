import CKernels
import Testing

@testable import Tensors

@Suite struct RandomTests {
  /// The known answers that the paper's authors publish with their library.
  @Test func philoxKnownAnswers() {
    let digits: (UInt64, UInt64, UInt64) = (
      0x299f_31d0_a409_3822, 0x0370_7344_1319_8a2e, 0x85a3_08d3_243f_6a88
    )
    let cases: [((UInt64, UInt64, UInt64), [UInt32])] = [
      ((0, 0, 0), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
      ((.max, .max, .max), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
      (digits, [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]),
    ]
    for ((key, stream, counter), expected) in cases {
      var block = [UInt32](repeating: 0, count: 4)
      nnsh_philox_block(key, stream, counter, &block)
      #expect(block == expected)
    }
  }

  @Test(arguments: [ElementType.f32, .f64]) func moments(_ type: ElementType) throws {
    var generator = RandomGenerator(seed: 1)
    let uniform = try generator.uniform([200_000], low: -1, high: 3, type)
    #expect(abs((try uniform.reduce(.mean).item ?? 0) - 1) < 0.02)
    #expect(abs((try uniform.variance().item ?? 0) - 16.0 / 12) < 0.02)
    #expect((try uniform.reduce(.min).item ?? -9) >= -1)
    #expect((try uniform.reduce(.max).item ?? 9) <= 3)
    let normal = try generator.normal([200_000], mean: 2, deviation: 3, type)
    #expect(abs((try normal.reduce(.mean).item ?? 0) - 2) < 0.04)
    #expect(abs((try normal.standardDeviation().item ?? 0) - 3) < 0.03)
    let fourth = try Tensor.apply(
      .power, Tensor.apply(.divide, Tensor.apply(.subtract, normal, 2), 3), 4)
    #expect(abs((try fourth.reduce(.mean).item ?? 0) - 3) < 0.1)
    #expect(try normal.reduce(.all).item == 1)
  }

  @Test func sequencesAreRepeatableAndApart() throws {
    var first = RandomGenerator(seed: 5)
    var second = RandomGenerator(seed: 5)
    expectEqual(try first.normal([1001]), try second.normal([1001]))
    // What follows differs from what was drawn, and a longer draw starts as a shorter one.
    var again = RandomGenerator(seed: 5)
    let long = try again.normal([5000])
    var once = RandomGenerator(seed: 5)
    expectEqual(try long.rows(0..<1001), try once.normal([1001]))
    #expect(try first.uniform([100]).doubles() != long.rows(0..<100).doubles())
    var child = first.split()
    var sibling = first.split()
    #expect(child.next() != sibling.next())
    var other = RandomGenerator(seed: 6)
    #expect(other.next() != RandomGenerator(seed: 5, counter: 0).firstValue)
  }

  @Test func wholeNumbers() throws {
    var generator = RandomGenerator(seed: 2)
    let values = try generator.integers(below: 6, [60_000]).bincount().doubles()
    #expect(values.count == 6)
    for value in values { #expect(abs(value - 10_000) < 500) }
    #expect(generator.permutation(1000).sorted() == Array(0..<1000))
    #expect(generator.permutation(0).isEmpty && generator.permutation(1) == [0])
    #expect(error { () throws(TensorError) in try generator.integers(below: 0, [1]) } != nil)
    #expect(try generator.integers(below: 1, [3]).doubles() == [0, 0, 0])
    #expect(LegacyMersenneTwister.legacyShuffle(0, seed: 1).isEmpty)
    #expect(LegacyMersenneTwister.legacyShuffle(1, seed: 1) == [0])
  }
}

extension RandomGenerator {
  fileprivate var firstValue: UInt64 {
    var copy = self
    return copy.next()
  }
}
