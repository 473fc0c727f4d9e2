import Tensors

/// A training that has not come to its planned end: what `train NET` needs to go on as if nothing
/// had happened.
package struct UnfinishedTraining: Sendable {
  /// The options it was started with.
  package let options: TrainingOptions
  /// The data it was started with; nil where it comes from a file that does not hold it.
  package let data: TrainingData?
  /// How the data is known again.
  package let source: DataSource
  var state: TrainingState

  init(options: TrainingOptions, data: TrainingData, state: TrainingState) {
    self.options = options
    self.data = data
    source = data.source
    self.state = state
  }
}

/// What a training's data was called, and what tells it from other data.
package struct DataSource: Sendable, Hashable {
  /// As the command named it: `letters`.
  package let name: String
  /// How many rows there were.
  package let rows: Int
  /// Of all numbers; other data has another.
  package let fingerprint: UInt64

  package init(name: String, rows: Int, fingerprint: UInt64) {
    self.name = name
    self.rows = rows
    self.fingerprint = fingerprint
  }
}

extension TrainingData {
  /// What the data is called, and what tells it from other data.
  var source: DataSource {
    var mixed: UInt64 = 0x9E37_79B9_7F4A_7C15
    let tensors = [inputs, targets, weights, validation?.inputs, validation?.targets]
    for tensor in tensors {
      // A missing part is told from an empty one.
      mixed = (mixed ^ UInt64(tensor?.count ?? 0x7FFF)) &* 0xBF58_476D_1CE4_E5B9
      if let tensor { mixed = tensor.mixed(into: mixed) }
    }
    return DataSource(name: name, rows: rows, fingerprint: mixed)
  }
}

extension Tensor {
  /// The bits of all elements and of the shape, mixed into a number.
  func mixed(into start: UInt64) -> UInt64 {
    var mixed = start
    func mix(_ bits: UInt64) {
      mixed = (mixed ^ bits) &* 0x94D0_49BB_1331_11EB
      mixed ^= mixed >> 31
    }
    for size in shape.dimensions { mix(UInt64(size)) }
    if elementType == .f32 {
      // `contiguous` copies nothing where the elements are in order already.
      try? contiguous().withFloats { floats throws(TensorError) in
        for float in floats { mix(UInt64(float.bitPattern)) }
      }
    } else {
      for number in doubles() { mix(number.bitPattern) }
    }
    return mixed
  }
}

/// Where a training stands, apart from the weights.
struct TrainingState: Sendable {
  /// Epochs completed.
  var epoch = 0
  /// Steps completed of the present epoch, and what they measured.
  var step = 0
  var sums = PassSums()
  /// The lengths of the history when training began, so that a second training draws new orders.
  var historyBefore = 0
  var validation: Measures?
  var best: BestWeights?
  /// Measurements since the best one.
  var stale = 0

  mutating func beginEpoch() {
    step = 0
    sums = PassSums()
  }
}

/// The weights with the best `val_loss` so far.
struct BestWeights: Sendable {
  var loss: Double
  var epoch: Int
  var parameters: [Tensor]
  var statistics: [Double]
}

extension UnfinishedTraining {
  /// As `after epoch 3 of 10, step 5`.
  package var place: String {
    "after epoch \(state.epoch) of \(options.epochs)"
      + (state.step > 0 ? ", step \(state.step)" : "")
  }
}

// MARK: in files

extension UnfinishedTraining {
  /// Where it stands, as numbers that a file keeps exactly.
  package var numbers: [Double] {
    let sums = state.sums
    var numbers: [Double] = [
      Double(state.epoch), Double(state.step), Double(state.historyBefore), Double(state.stale),
      sums.loss, Double(sums.correct), Double(sums.rows), sums.weight, sums.absoluteErrors,
      sums.squaredErrors, Double(sums.answers), state.best?.loss ?? .nan,
      Double(state.best?.epoch ?? 0),
      state.validation == nil ? 0 : 1,
    ]
    numbers += Measures.all.map { (state.validation ?? Measures())[keyPath: $0.path] }
    return numbers
  }

  /// The weights that were the best so far; empty where none are kept.
  package var bestParameters: [Tensor] { state.best?.parameters ?? [] }
  /// What the layers had measured then.
  package var bestStatistics: [Double] { state.best?.statistics ?? [] }

  /// A training from what a file keeps of it; nil where the numbers are none of one.
  package init?(
    options: TrainingOptions, data: TrainingData?, source: DataSource, numbers: [Double],
    bestParameters: [Tensor], bestStatistics: [Double]
  ) {
    guard numbers.count == 14 + Measures.all.count else { return nil }
    func count(_ index: Int) -> Int? {
      Int(exactly: numbers[index]).flatMap { (0..<1 << 53).contains($0) ? $0 : nil }
    }
    guard let epoch = count(0), let step = count(1), let before = count(2), let stale = count(3),
      let correct = count(5), let rows = count(6), let bestEpoch = count(12),
      let answers = count(10)
    else { return nil }
    var state = TrainingState()
    (state.epoch, state.step, state.historyBefore, state.stale) = (epoch, step, before, stale)
    state.sums = PassSums(
      loss: numbers[4], correct: correct, rows: rows, answers: answers, weight: numbers[7],
      absoluteErrors: numbers[8], squaredErrors: numbers[9])
    if numbers[13] == 1 {
      var measured = Measures()
      for (measure, value) in zip(Measures.all, numbers.dropFirst(14)) {
        measured[keyPath: measure.path] = value
      }
      state.validation = measured
    }
    if bestEpoch > 0, !bestParameters.isEmpty {
      state.best = BestWeights(
        loss: numbers[11], epoch: bestEpoch, parameters: bestParameters,
        statistics: bestStatistics)
    }
    self.options = options
    self.data = data
    self.source = source
    self.state = state
  }
}
