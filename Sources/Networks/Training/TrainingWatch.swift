import Tensors

/// Looks at a training once an epoch, in the epoch's first step: at what the layers give while it is
/// still in memory, and at what the step made of the weights that the epoch began with. Nothing is
/// computed for it.
///
/// What it reads is bounded: some rows of the first piece, some numbers of each parameter. It is the
/// same for any number of threads.
final class TrainingWatch {
  private(set) var diary: TrainingDiary
  private(set) var isLooking = false
  private let lastAxes: [Int]
  private let lastPosition: Int
  private var units: [TrainingDiary.Units] = []

  /// Numbers of a layer's output that are looked at.
  private static let mostOutputs = 1 << 13
  private static let mostRows = 64
  /// Rows that are enough where a share of single outputs is asked for.
  private static let rowsOfShares = 16
  /// Numbers of a parameter that are looked at: so many runs of so many that follow each other.
  private static let runs = 64
  private static let runLength = 16

  /// - Parameter diary: what was noted before an interruption.
  init(_ network: Network, input: [Int], diary: TrainingDiary?) throws {
    self.diary = diary ?? TrainingDiary()
    var shape = input
    lastAxes = try network.layers.enumerated().map { index, layer in
      shape = try layer.outputShape(for: shape, position: index + 1)
      return max(1, shape.last ?? 1)
    }
    lastPosition = network.layers.count
  }

  /// The epoch begins, counted from 1.
  func begin(epoch: Int) {
    isLooking = TrainingDiary.hasEntry(epoch)
    units.removeAll(keepingCapacity: true)
  }

  var ending: TrainingDiary.Ending {
    get { diary.ending }
    set { diary.ending = newValue }
  }

  func add(seconds: Double) { diary.seconds += seconds }

  // MARK: units

  /// Looks at what the layers have given for the rows of a piece.
  func look(at plan: TrainingPlan) {
    for stage in plan.stages {
      guard let (position, name) = activation(of: stage), position < lastPosition else { continue }
      units.append(
        .init(
          position: position, name: name, isRectifier: name == "relu",
          idleShare: name == "relu"
            ? Self.deadShare(stage.output, units: lastAxes[position - 1])
            : Self.flatShare(stage.output, isTanh: name == "tanh")))
    }
  }

  /// The activation that makes a stage's output: its own, or a rectifier that it has taken over.
  private func activation(of stage: Stage) -> (position: Int, name: String)? {
    if stage.isRectified { return (stage.position + 1, "relu") }
    return ["relu", "tanh", "sigmoid"].contains(stage.name) ? (stage.position, stage.name) : nil
  }

  private static func rows(of output: FloatRows) -> Int {
    min(output.rows, mostRows, max(8, mostOutputs / max(1, output.columns)))
  }

  private static func deadShare(_ output: FloatRows, units: Int) -> Double {
    var isAlive = [Bool](repeating: false, count: units)
    let count = rows(of: output) * output.columns
    var dead = units
    isAlive.withUnsafeMutableBufferPointer { isAlive in
      var unit = 0
      for index in 0..<count {
        if output.number(at: index) > 0, !isAlive[unit] {
          isAlive[unit] = true
          dead -= 1
          // A few rows wake all units of most layers.
          if dead == 0 { return }
        }
        unit += 1
        if unit == units { unit = 0 }
      }
    }
    return Double(dead) / Double(units)
  }

  private static func flatShare(_ output: FloatRows, isTanh: Bool) -> Double {
    let count = min(rows(of: output), rowsOfShares) * output.columns
    var flat = 0
    for index in 0..<count {
      let number = output.number(at: index)
      if isTanh ? abs(number) > 0.99 : number < 0.01 || number > 0.99 { flat += 1 }
    }
    return Double(flat) / Double(max(1, count))
  }

  // MARK: weights

  /// Notes what the epoch's first step has done.
  ///
  /// - Parameters:
  ///   - before: the epoch's start.
  ///   - numbers: the number in each parameter's name.
  ///   - rate: of the step.
  func note(
    _ memory: TrainingMemory, since before: TrainingMoment, _ numbers: [Int], rate: Double,
    epoch: Int
  ) {
    isLooking = false
    var motions: [TrainingDiary.Motion] = []
    var sums = Squares()
    for (index, slot) in memory.store.slots.enumerated() {
      if !slot.isFrozen { sums.add(slot, memory, before, rate: rate) }
      guard index + 1 == numbers.count || numbers[index + 1] != numbers[index] else { continue }
      if sums.isFilled { motions.append(sums.motion(ofLayer: numbers[index])) }
      sums = Squares()
    }
    diary.append(.init(epoch: epoch, units: units, motions: motions))
  }

  /// Sums of squares over the parameters of a layer, each estimated from some of its numbers.
  private struct Squares {
    private var weights = 0.0
    private var step = 0.0
    private var gradient = 0.0
    private(set) var isFilled = false

    mutating func add(
      _ slot: ParameterSlot, _ memory: TrainingMemory, _ before: TrainingMoment, rate: Double
    ) {
      isFilled = true
      let count = slot.shape.count
      let now = slot.numbers
      let old = before.weights.row.numbers(from: slot.offset, count: count)
      let update = slot.gradient(in: memory.store.update)
      let oldUpdate = before.states.first?.row.numbers(from: slot.offset, count: count)
      let retained = memory.rule.retained
      let spacing = max(TrainingWatch.runLength, count / TrainingWatch.runs)
      var (own, moved, slope, seen) = (0.0, 0.0, 0.0, 0)
      for start in stride(from: 0, to: count, by: spacing) {
        for index in start..<min(count, start + TrainingWatch.runLength) {
          let weight = old.number(at: index)
          let change = now.number(at: index) - weight
          var g = update.number(at: index)
          // The velocity has taken the gradient in: v ← γv + rate·g.
          if let retained, let oldUpdate {
            g = rate == 0 ? .nan : (g - retained * oldUpdate.number(at: index)) / rate
          }
          own += weight * weight
          moved += change * change
          slope += g * g
          seen += 1
        }
      }
      let share = Double(count) / Double(max(1, seen))
      weights += own * share
      step += moved * share
      gradient += slope * share
    }

    func motion(ofLayer layer: Int) -> TrainingDiary.Motion {
      .init(
        layer: layer, weights: weights.squareRoot(), step: step.squareRoot(),
        gradient: gradient.squareRoot())
    }
  }
}
