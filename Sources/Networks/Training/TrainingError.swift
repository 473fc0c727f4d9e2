import Tensors

/// What can be wrong with a training.
package enum TrainingError: Error, CustomStringConvertible {
  /// An option has a value it cannot have.
  case invalidOption(name: String, value: Double, reason: String)
  /// There are no rows to train on.
  case noRows
  /// Inputs and targets have different numbers of rows.
  case rowCounts(inputs: Int, targets: Int)
  /// The network's output and the targets have different widths.
  case targetWidth(network: [Int], targets: [Int])
  /// A cross-entropy needs at least two classes.
  case needsClasses(loss: String)
  /// Early stopping needs validation data.
  case patienceNeedsValidation
  /// The processor, or oneDNN for it, has no products of this element type.
  case precisionUnavailable(String)
  /// Float64 parameters train in Float64 alone.
  case precisionOfFloat64
  /// There is no interrupted training to go on with.
  case nothingToResume
  /// The data of a training that goes on is not here.
  case dataMissing(DataSource)
  /// The data is not what the training was begun with.
  case otherData(DataSource, rows: Int)
  /// The network's layers have no parameters.
  case noParameters
  /// Every layer with parameters is to stay as it is.
  case nothingToTrain
  /// The data, or the weights training starts from, hold a NaN or an infinity.
  case notFiniteAtStart(what: String)
  /// Inputs or targets hold a NaN or an infinity.
  case dataNotFinite(NotFiniteData)
  /// A loss is of what another last layer gives.
  case lossNeedsActivation(loss: String, activation: String, last: String)
  /// A loss gives something else than a number.
  case lossGivesNoNumber(loss: String, gives: Shape)
  /// A loss does not depend on what the network gives.
  case lossIsConstant(loss: String)
  /// An optimizer is given parameters of other shapes than those that it has updated before.
  case otherParameters(optimizer: String)
  /// A schedule of a person's own gives no rate.
  case noRate(schedule: String, epoch: Int, gives: String)
  /// What changes the inputs gives another shape than it takes.
  case augmentedShape(augmentation: String, takes: Shape, gives: Shape)
  /// What changes the inputs gives a NaN or an infinity.
  case augmentedNotFinite(augmentation: String)
  /// Weights belong to losses that are sums over rows.
  case lossTakesNoWeights(loss: String)
  /// Smoothing belongs to losses that compare probabilities.
  case lossTakesNoSmoothing(loss: String)
  /// Class weights belong to rows of one class.
  case weightsNeedClasses
  /// There are more or fewer class weights than classes.
  case weightCount(classes: Int, given: Int)
  /// A row's weight is negative or not finite.
  case noWeight(value: Double, row: Int)
  /// No row counts.
  case allWeightsZero
  /// A file that holds the examples has become shorter while it was in use.
  case fileWasCut
  /// The library that carries messages between ranks has failed.
  case exchangeFailed
  /// Another of the ranks that train together could not take the step.
  case otherRankFailed(rank: Int)
  /// A network has no epoch of that number.
  case noSuchEpoch(Int, epochs: Int)
  /// An epoch is not kept, and what it could be replayed from is not either.
  case epochForgotten(Int, isRecorded: Bool)
  /// A replay went another way than the training had gone.
  case pastHasChanged(epoch: Int)
  /// The last training is not kept, so that no row can be blamed.
  case nothingToBlame
  /// It cannot be found out which row of the training did what, for the reason that it carries.
  case cannotBlame(String)
  /// A NaN or infinity arose; the network keeps the last good weights.
  case notFinite(NotFiniteReport)

  /// The message, in words, with what to do.
  package var message: String {
    switch self {
    case .invalidOption(let name, let value, let reason):
      "\(name) cannot be \(NetworkFormat.number(value)): \(reason)"
    case .noSuchEpoch(let epoch, let epochs):
      epochs == 0
        ? "the network has no epochs yet: train it first"
        : "there is no epoch \(epoch): the network's go from 0, before any training, to \(epochs)"
    case .epochForgotten(let epoch, _) where PastMemory.limit == 0:
      "epoch \(epoch) is not kept: set past 512MB, before a training, keeps its epochs"
    case .epochForgotten(let epoch, let isRecorded):
      isRecorded
        ? "epoch \(epoch) is forgotten: the past may take \(NetworkFormat.megabytes(PastMemory.limit)), "
          + "and set past 2GB before a training keeps more"
        : "epoch \(epoch) is not kept: epochs are kept of a training in this session, not of one that a "
          + "file brought along"
    case .pastHasChanged(let epoch):
      "epoch \(epoch) cannot be replayed: a function or variable that the training used has changed since"
    case .nothingToBlame:
      "the network's last training is not kept: blame follows a training of this session, within "
        + "what set past allows"
    case .cannotBlame(let reason): reason
    case .noRows: "there are no rows to train on"
    case .rowCounts(let inputs, let targets):
      "the data has \(inputs) inputs and \(targets) targets: each row needs both"
    case .targetWidth(let network, let targets):
      "the network gives \(NetworkError.words(network)) and the targets are "
        + "\(NetworkError.words(targets)): "
        + (network.count > targets.count
          ? "put flatten before the first dense layer, which takes the last axis alone"
          : "make its last layer dense(\(targets.map(String.init).joined(separator: "×")))")
    case .needsClasses(let loss):
      "\(loss) needs at least two classes: a single output ends in sigmoid and trains with loss=bce"
    case .patienceNeedsValidation:
      "patience needs validation data to measure on: use split(…), or leave patience out"
    case .precisionUnavailable(let name):
      "this processor does not multiply in \(name): use precision=f32"
    case .precisionOfFloat64:
      "the network's parameters are Float64, which train in Float64: leave precision out, or make "
        + "them Float32: net.W1 = f32(net.W1)"
    case .nothingToResume:
      "there is no interrupted training to go on with: say train NET on DATA"
    case .dataMissing(let source):
      "the training goes on with the data that it was begun with, \(source.name) of "
        + "\(source.rows) rows, which is not here: load or make it first"
    case .otherData(let source, let rows):
      "\(source.name) is not the data that the training was begun with: "
        + (rows == source.rows
          ? "its numbers differ" : "it had \(source.rows) rows, and this has \(rows)")
        + "; with train NET on DATA a new training begins"
    case .noParameters: "the network has no parameters to train: add a dense layer"
    case .nothingToTrain:
      "only= and freeze= leave nothing to train: every layer with parameters would stay as it is"
    case .notFiniteAtStart(let what):
      "training cannot start: \(what) not finite"
    case .dataNotFinite(let data): data.message
    case .lossNeedsActivation(let loss, let activation, let last):
      "\(loss) compares probabilities, and the network ends in \(last): "
        + "put |> \(activation) at its end, or train with loss=mse"
    case .lossGivesNoNumber(let loss, let gives):
      "a loss is a number, and \(loss) gives \(gives): use sum(…) or mean(…)"
    case .lossIsConstant(let loss):
      "\(loss) does not depend on the network's output, so there is nothing to learn from it"
    case .otherParameters(let optimizer):
      "this \(optimizer) remembers parameters of other shapes: begin with a new one for other "
        + "parameters"
    case .noRate(let schedule, let epoch, let gives):
      "a rate is a number from 0 up, and \(schedule) gives \(gives) for epoch \(epoch)"
    case .augmentedShape(let augmentation, let takes, let gives):
      "augment= keeps the shape of the inputs, and \(augmentation) makes \(gives) of \(takes)"
    case .augmentedNotFinite(let augmentation):
      "\(augmentation) in augment= gives inputs that are not finite"
    case .lossTakesNoWeights(let loss):
      "weights belong to cross_entropy, averageCE, bce and mse; \(loss) is one number of a whole "
        + "batch: multiply by them in a loss of your own"
    case .lossTakesNoSmoothing(let loss):
      "smooth= belongs to losses of probabilities (cross_entropy, averageCE, bce, kl), and this "
        + "training makes \(loss) small"
    case .weightsNeedClasses:
      "weights= weighs classes, and each row of these targets is of no single class: give rows "
        + "weights of their own, dataset(x, y, weights=w)"
    case .weightCount(let classes, let given):
      "weights= has \(given) numbers for \(classes) classes: give one a class, or balanced"
    case .noWeight(let value, let row):
      "the weight of row \(row) is \(NetworkFormat.number(value)): weights are finite numbers from "
        + "0 up"
    case .allWeightsZero: "all weights are 0: no row would count"
    case .fileWasCut:
      "the file of the examples was cut short by another program while training read it: what the "
        + "network learnt since then is of zeros; load the file and the network again"
    case .exchangeFailed: "the ranks cannot reach each other any more: MPI reports an error"
    case .otherRankFailed(let rank):
      "training ends on this rank, since it has ended on rank \(rank)"
    case .notFinite(let report): report.message
    }
  }

  package var description: String { message }
}

/// Where a NaN or infinity was born in training.
package struct NotFiniteReport: Sendable, Hashable {
  /// An operand and the range of its elements.
  package struct Operand: Sendable, Hashable {
    /// Its name: `W2`, `input`, `logits`.
    package let name: String
    /// Its shape.
    package let shape: String
    /// The least finite element.
    package let least: Double
    /// The greatest finite element.
    package let greatest: Double
    /// How many elements are NaN or infinite.
    package let notFinite: Int

    /// As `W2 (1000×10) from -1.2e19 to 3.4e19`.
    package var description: String {
      let range =
        "\(name) (\(shape)) from \(NetworkFormat.short(least)) to \(NetworkFormat.short(greatest))"
      return notFinite == 0 ? range : range + ", \(notFinite) not finite"
    }
  }

  /// The epoch, counted from 1.
  package let epoch: Int
  /// The step in the epoch, counted from 1.
  package let step: Int
  /// The layer, counted from 1; 0 for the loss and the update.
  package let layer: Int
  /// As the language writes it; `loss` or the optimizer otherwise.
  package let layerName: String
  /// `forward`, `backward` or `update`.
  package let phase: String
  /// The computation, as `x @ W + b`.
  package let operation: String
  /// What went into it.
  package let operands: [Operand]
  /// The first row of the batch (in data order) in whose forward pass it appeared, if there.
  package let row: Int?
  /// The greatest magnitude among the weights before each step of the epoch, up to this one.
  package var largestWeights: [Double] = []
  /// The rank whose rows they were, where several train together.
  package var rank: Int?

  /// The message, in words.
  package var message: String {
    let place = layer > 0 ? "layer \(layer), \(layerName)" : layerName
    let ranges = operands.map { "\n  " + $0.description }.joined()
    return "a NaN or infinity appeared in training: epoch \(epoch), step \(step), \(place), "
      + "\(phase): \(operation)" + (row.map { " (example \($0))" } ?? "")
      + (rank.map { ", on rank \($0)" } ?? "") + ranges
      + "\n  the last good weights are kept; a smaller rate often helps"
  }
}
