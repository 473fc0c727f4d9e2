import Tensors

/// The session's random numbers; every start draws the same ones until `seed(n)`.
package final class RandomState: @unchecked Sendable {
  // Unchecked: used by the one machine thread.
  package var generator: RandomGenerator

  package init(seed: UInt64 = 0) {
    generator = RandomGenerator(seed: seed)
  }

  /// Gives the generator to `body`, which may call back whoever draws from this, too: what that
  /// draws meanwhile is drawn again after.
  package func drawing<Result>(
    _ body: (inout RandomGenerator) throws -> Result
  ) rethrows -> Result {
    var own = generator
    defer { generator = own }
    return try body(&own)
  }
}
