import Tensors

/// A change of the inputs that training makes anew for every step, as pictures moved a little.
package struct Augmentation: Sendable {
  /// What it does to rows of inputs; it draws from the generator alone.
  package typealias Change =
    @Sendable (_ inputs: Tensor, _ generator: RandomGenerator) throws -> Tensor

  /// What a person calls it, or how it is written.
  package let name: String
  private let change: Change
  /// Keeps what augmentations draw apart from orders and dropout of the same seed.
  private static let key: UInt64 = 0x5851_F42D_4C95_7F2D

  package init(_ name: String, _ change: @escaping Change) {
    self.name = name
    self.change = change
  }

  /// The same for a step of an epoch, whenever it is taken.
  package func apply(
    _ inputs: Tensor, seed: UInt64, epoch: Int, step: Int
  ) throws -> Tensor {
    try apply(
      inputs,
      RandomGenerator(
        seed: seed ^ Self.key,
        stream: UInt64(truncatingIfNeeded: epoch) << 32 | UInt64(truncatingIfNeeded: step)))
  }

  /// The changed inputs. Throws where they have another shape than before, or are not finite.
  private func apply(_ inputs: Tensor, _ generator: RandomGenerator) throws -> Tensor {
    let changed = try change(inputs, generator)
    guard changed.shape == inputs.shape else {
      throw TrainingError.augmentedShape(
        augmentation: name, takes: inputs.shape, gives: changed.shape)
    }
    do {
      try NotFiniteData.check(changed, "inputs")
    } catch is TrainingError {
      throw TrainingError.augmentedNotFinite(augmentation: name)
    }
    return changed
  }
}
