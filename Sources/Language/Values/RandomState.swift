import Tensors

/// The session's random numbers; every start draws the same ones until `seed(n)`.
package final class RandomState: @unchecked Sendable {
  // Unchecked: used by the one machine thread.
  package var generator: RandomGenerator

  package init(seed: UInt64 = 0) {
    generator = RandomGenerator(seed: seed)
  }
}
