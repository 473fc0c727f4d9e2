import Tensors

/// What happens between the gradients of a batch and the update: nothing, where a training is
/// alone; where several trainers share each batch, their gradients become one.
///
/// All trainers have the same network, rule and rates, and take their steps together. Each
/// computes the gradient of its own rows, and all make the same update of the mean.
package protocol GradientExchange: AnyObject {
  /// Which part of the step's joint batch these rows are: 1 where there are no others.
  func share(ofRows rows: Int) throws -> Double
  /// Replaces the gradients by the mean over all trainers, weighted by their shares. Where a rule
  /// gathers gradients in its state, that is what is averaged: it is the same everywhere before.
  func average(_ gradients: FloatRows, share: Double) throws
}

/// A trainer by itself.
package final class Alone: GradientExchange {
  package init() {}
  package func share(ofRows rows: Int) -> Double { 1 }
  package func average(_ gradients: FloatRows, share: Double) {}
}
