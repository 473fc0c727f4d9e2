import Graph
import Operations
import Tensors

/// An expression and the variables that are to make it small.
package struct LossGradient {
  private let loss: Thunk
  private let places: [Place]
  private let plans = PlanCache()

  package init(of loss: Thunk, at places: [Place]) {
    self.loss = loss
    self.places = places
  }

  /// The numbers and tensors that the variables hold now.
  ///
  /// - Throws: where one holds something else, naming it.
  package func parameters() throws -> [Tensor] {
    try places.flatMap { try GradientTarget($0).points.map(\.tensor) }
  }

  /// Whether one holds a network whose first layers take their inputs from data that it has not seen.
  package func lacksParameters() throws -> Bool {
    try places.contains {
      if case .network(let box) = try $0.read() { !box.content.network.isResolved } else { false }
    }
  }

  /// Gives these networks their parameters, by evaluating the loss.
  package func complete() throws {
    let random = loss.machine.random
    let generator = random.generator
    defer { random.generator = generator }
    _ = try loss.machine.gradient(of: loss, at: places)
  }

  /// Gives the variables other numbers, in the same structure.
  package func write(_ tensors: [Tensor]) throws {
    var position = 0
    for place in places {
      let target = try GradientTarget(place)
      let end = position + target.points.count
      try target.write(tensors[position..<end].map { Variable($0) }[...])
      position = end
    }
  }

  /// The loss as the variables are.
  ///
  /// - Throws: where it is no number.
  package func value() throws -> Double {
    try Machine.lossVariable(try loss.evaluate()).tensor.item ?? .nan
  }

  /// The loss and its gradients, in the order of `parameters`. The variables stay as they are.
  ///
  /// - Parameter tellingCuts: whether it is an error that the loss depends on none of a variable.
  package func evaluate(
    tellingCuts: Bool
  ) throws -> (loss: Double, gradients: [Tensor]) {
    let found = try loss.machine.withTargets(places) { targets in
      try loss.machine.reverseWithLoss(targets, tellingCuts: tellingCuts, plans) {
        try loss.evaluate()
      }
    }
    return (found.loss.tensor.item ?? .nan, found.gradients.map(\.tensor))
  }
}
