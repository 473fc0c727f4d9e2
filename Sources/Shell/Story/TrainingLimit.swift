/// What keeps a training from being better than it is.
enum TrainingLimit: String, CaseIterable, Sendable {
  case rateTooHigh = "rate too high"
  case rateTooLow = "rate too low"
  case tooFewEpochs = "too few epochs"
  case capacity = "capacity"
  case activations = "no activations"
  case overfitting = "overfitting"
  case labels = "labels"
  case leak = "leak"
  case balance = "balance"
  case order = "order"
  case constantInputs = "constant inputs"
  case scale = "scale"
  case deadUnits = "dead units"
  case saturatedUnits = "saturated units"
  case vanishingGradients = "vanishing gradients"
  case initialization = "initialization"
  case lastLayer = "last layer"
  case penalty = "l2"
  case dropout = "dropout"
  case frozenLayers = "frozen layers"

  /// The word that it goes under.
  var word: Word {
    switch self {
    case .rateTooHigh, .rateTooLow: .rate
    case .tooFewEpochs: .epochs
    case .capacity, .activations: .capacity
    case .overfitting, .labels, .leak, .balance, .order, .constantInputs: .data
    case .scale: .scale
    case .deadUnits, .saturatedUnits, .vanishingGradients: .units
    case .initialization: .start
    case .lastLayer: .lastLayer
    case .penalty, .dropout: .penalty
    case .frozenLayers: .frozen
    }
  }

  /// As the last line of the story has it: `limited by the rate, which is too high`
  var phrase: String {
    switch self {
    case .rateTooHigh: "the rate, which is too high"
    case .rateTooLow: "the rate, which is too low"
    case .tooFewEpochs: "the epochs, which are too few"
    case .capacity: "the capacity"
    case .activations: "the capacity: no activations bend what its layers give"
    case .overfitting: "the data: overfitting, as it holds too little to learn more than by heart"
    case .labels: "the data: the labels do not follow from the inputs"
    case .leak: "the data: a leak, as the answers are known before"
    case .balance: "the data: the balance of its classes"
    case .order: "the data: the order of its rows"
    case .constantInputs: "the data: constant inputs"
    case .scale: "the scale"
    case .deadUnits: "dead units"
    case .saturatedUnits: "dead units: saturated units, which learn as little"
    case .vanishingGradients: "vanishing gradients"
    case .initialization: "the start: the initialization of the weights"
    case .lastLayer: "the last layer, which does not fit loss or targets"
    case .penalty: "the penalty on the weights"
    case .dropout: "dropout"
    case .frozenLayers: "frozen layers"
    }
  }

  /// What a training is looked at for, in the order in which it is told.
  enum Word: String, CaseIterable, Sendable {
    case rate, epochs, capacity, data, scale
    case units = "dead units"
    case start
    case lastLayer = "last layer"
    case penalty
    case frozen

    /// Whether it is told of where nothing is wrong with it, too.
    var isAlwaysTold: Bool {
      switch self {
      case .rate, .capacity, .data, .scale, .units: true
      default: false
      }
    }
  }
}

/// A limit that was found, with what shows it.
struct LimitFinding {
  let limit: TrainingLimit
  /// What was seen, and what paired runs came to.
  let evidence: String
  /// A command that helps.
  let remedy: String?
}
