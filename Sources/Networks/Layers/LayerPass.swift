import Operations
import Tensors

/// One application of a layer: values for its parameters, and in training what that needs.
package struct LayerPass {
  /// All groups in a row.
  package let parameters: ArraySlice<Variable>
  /// Nil outside training.
  package let training: TrainingPass?

  package init(parameters: ArraySlice<Variable>, training: TrainingPass? = nil) {
    self.parameters = parameters
    self.training = training
  }

  /// The same with the parameters of a layer within.
  func with(_ parameters: ArraySlice<Variable>) -> LayerPass {
    LayerPass(parameters: parameters, training: training)
  }
}

/// A layer's pass over a piece of a batch in training: where its random numbers come from, and
/// where what it measures goes.
package final class TrainingPass {
  private let seed: UInt64
  /// The layer's place in the network, from 1.
  package let position: Int
  private let step: UInt64
  private let firstRow: Int
  private var randomLayers = 0
  /// What the layers' statistics become, in the order of the layers.
  package private(set) var statistics: [Tensor] = []

  /// - Parameters:
  ///   - position: the layer's place in the network, from 1.
  ///   - step: counts the steps of the network's whole training.
  ///   - firstRow: the first row's place in the batch.
  package init(seed: UInt64, position: Int, step: UInt64, firstRow: Int) {
    self.seed = seed
    self.position = position
    self.step = step
    self.firstRow = firstRow
  }

  /// The random numbers of this pass for a layer that draws what it likes: the same whenever the
  /// step is taken again.
  package func generator() -> RandomGenerator {
    defer { randomLayers += 1 }
    let place = UInt64(truncatingIfNeeded: position &* 0x10001 &+ randomLayers)
    return RandomGenerator(
      seed: seed ^ (place &* 0x9E37_79B9_7F4A_7C15),
      stream: step &+ (UInt64(truncatingIfNeeded: firstRow) << 40))
  }

  /// Notes what the statistics of the layer at work are after this pass.
  package func measured(_ statistics: [Tensor]) { self.statistics += statistics }

  /// 0 with probability `probability`, otherwise 1/(1 − probability), for each number of these rows,
  /// in their type.
  package func dropout(_ probability: Double, like rows: Tensor) throws -> Tensor {
    let shape = rows.shape
    let mask = DropoutMask(probability, seed: seed, position: position, index: randomLayers)
    randomLayers += 1
    let width = shape.count / max(1, shape.dimensions.first ?? 1)
    var factors = try Tensor(uninitialized: shape, rows.elementType.arithmetic)
    if factors.elementType == .f64 {
      try factors.withMutableDoubles { numbers throws(TensorError) in
        mask.forEach(numbers.count, step: step, from: firstRow * width) { numbers[$0] = $1 }
      }
    } else {
      try factors.withMutableFloats { floats throws(TensorError) in
        mask.forEach(floats.count, step: step, from: firstRow * width) { floats[$0] = $1 }
      }
    }
    return factors
  }
}
