/// What training makes small. Gradients are of the mean over the batch's rows, or of their sum.
package enum Loss: String, Sendable, CaseIterable {
  /// −Σ y·log p over the classes, averaged over rows.
  case crossEntropy = "cross_entropy"
  /// The same gradient, reported in the report's measure: averaged over rows and classes.
  case averageCrossEntropy = "averageCE"
  /// (p − y)², averaged over rows and columns.
  case meanSquaredError = "mse"

  /// Whether it is a cross-entropy.
  var isCrossEntropy: Bool { self != .meanSquaredError }
}

/// How the rows of a batch combine.
package enum LossReduction: String, Sendable, CaseIterable {
  /// The gradient of the mean over the rows.
  case mean
  /// The gradient of the sum over the rows.
  case sum
}

/// The element type of a training's products.
package enum Precision: String, Sendable, CaseIterable {
  /// Float32 throughout.
  case f32
  /// Products in bfloat16; weights, momentum and loss in Float32.
  case bf16
}

/// The rows of a step.
package enum BatchSize: Sendable, Hashable {
  /// So many rows, the last of an epoch what is left over.
  case rows(Int)
  /// All rows of the data in each step.
  case full
}
