/// How to train; the defaults are those of `train`.
package struct TrainingOptions: Sendable {
  /// How many times to go through the data.
  package var epochs = 10
  /// The rows of a step.
  package var batch = BatchSize.rows(128)
  /// The rule and its rate.
  package var optimizer = Optimizer(trainingBy: .sgd)
  /// What to make small; nil is what `Network.defaultLoss` says.
  package var loss: Loss?
  /// How the rows of a batch combine.
  package var reduction = LossReduction.mean
  /// Stop when `val_loss` has not improved in this many measurements; the best weights come back.
  package var patience: Int?
  /// Draw a new order of the rows each epoch. A step of all rows needs none.
  package var shuffle = true
  /// Decides orders and dropout; nil for the network's own.
  package var seed: UInt64?
  /// Measure on the validation data after every so many epochs, and after the last.
  package var every = 1
  /// Which layers stay as they are: n is the layer of `W_n`.
  package var frozen: Set<Int> = []
  /// The share of each target's certainty that is spread over the classes.
  package var smoothing = 0.0
  /// How much the classes count; nil for all alike.
  package var classWeights: ClassWeights?
  /// What is done to the inputs of each step.
  package var augmentation: Augmentation?
  /// The file that whoever runs the training saves the network to after each epoch.
  package var savePath: String?
  /// The folder that whoever runs the training writes each epoch's measures to.
  package var logPath: String?
  /// The element type of the products.
  package var precision = Precision.f32

  /// Whether batches are cut into the blocks that ranks share. A trainer that has ranks to share with
  /// sets it, and what it has begun goes on so in one process: with the same bits.
  package var isShared = false

  /// The defaults.
  package init() {}

  /// Throws for numbers that no training can have.
  func check() throws(TrainingError) {
    try optimizer.check()
    func checkPositive(_ name: String, _ value: Int) throws(TrainingError) {
      guard value > 0 else {
        throw .invalidOption(
          name: name, value: Double(value), reason: "it must be a whole number from 1 up")
      }
    }
    guard epochs >= 0 else {
      throw .invalidOption(
        name: "epochs", value: Double(epochs), reason: "it must be a whole number from 0 up")
    }
    try checkPositive("every", every)
    if let patience { try checkPositive("patience", patience) }
    if case .rows(let rows) = batch { try checkPositive("batch", rows) }
    try LossOptions(smoothing: smoothing, weights: classWeights).check()
  }
}
