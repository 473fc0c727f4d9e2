import Synchronization
import Tensors

/// Hands out what the stages of one plan need: parameters in order, and memory that plans for
/// other numbers of rows share.
package final class StageBuilder {
  let rows: Int
  let store: ParameterStore
  /// Where the stages put gradients.
  private let gradients: GradientPlace
  let statistics: StatisticsStore
  /// Whom stages tell that look at memory during a pass.
  let passes: RecordedPasses
  /// What the first piece of a batch leaves of a parameter's update: γ where it is the velocity.
  let retained: Double
  let seed: UInt64
  /// The element type of the products.
  let precision: Precision
  /// The element type of all that stages read and write.
  let type: ElementType
  let backend: any Backend
  /// Whether one thread carries the rows through all stages.
  private let isOneThreads: Bool
  private let isAugmented: Bool
  /// The layer at work, from 1, and its description.
  var position = 0
  var layerName = ""
  /// Whether a parameter lies before the layer at work, so that gradients must pass it.
  var needsInputGradient = false
  private(set) var stages: [Stage] = []
  /// The first stage of a layer that is trained: none before it is swept back through.
  private(set) var firstTrained: Int?
  private var isInside = false
  private let workspace: Workspace
  private var nextBuffer = 0
  private var nextSlot = 0
  private var nextStatistic = 0
  private var gradientBuffers = 0
  /// How many stages the ones at work are inside of.
  private var depth = 0
  private var randomLayers = 0

  init(
    rows: Int, _ training: TrainingMemory, _ setup: TrainingSetup, _ workspace: Workspace,
    _ gradients: GradientPlace, isOneThreads: Bool
  ) {
    self.rows = rows
    self.isOneThreads = isOneThreads
    isAugmented = setup.isAugmented
    store = training.store
    self.gradients = gradients
    statistics = training.statistics
    passes = training.passes
    retained = training.rule.retained ?? 0
    seed = setup.seed
    precision = setup.precision
    type = setup.type
    backend = setup.backend
    self.workspace = workspace
  }

  /// Whether layers train by backward passes written by hand where they have them, or all by what a
  /// plan makes of `apply`: `set stages off` is there to compare with.
  package static var usesOwnStages: Bool {
    get { ownStages.load(ordering: .relaxed) }
    set { ownStages.store(newValue, ordering: .relaxed) }
  }
  private static let ownStages = Atomic<Bool>(true)

  /// Whether the next stage is given the data's own numbers.
  var takesDataAsItIs: Bool { stages.isEmpty && depth == 0 && position == 1 && !isAugmented }

  /// Adds the stages of a network's layers for examples of this shape; the last `fused` of the
  /// layers belong to the loss.
  func add(_ layers: [any Layer], input: [Int], leavingOut fused: Int) throws {
    var shape = input
    for (index, layer) in layers.enumerated() {
      position = index + 1
      layerName = layer.description
      randomLayers = 0
      if index < layers.count - fused { try add(layer, input: shape) }
      shape = try layer.outputShape(for: shape, position: position)
    }
  }

  /// Adds the stages of layers inside the layer at work.
  func addInner(_ layers: [any Layer], input: [Int]) throws {
    var shape = input
    let wasInside = isInside
    isInside = true
    defer { isInside = wasInside }
    // The gradient passes through all of them, also those that stay as they are.
    if store.slots.contains(where: \.isFrozen) { needsInputGradient = true }
    for layer in layers {
      try add(layer, input: shape)
      shape = try layer.outputShape(for: shape, position: position)
    }
  }

  /// The layer's own stages, which are for Float32, or one that records its `apply`.
  private func add(_ layer: any Layer, input: [Int]) throws {
    let slots = store.slots[nextSlot..<nextSlot + layer.parameterCount]
    let first = stages.count
    let isStill = !slots.isEmpty && slots.allSatisfy(\.isFrozen)
    let passes = needsInputGradient
    if isStill && !layer.statistics.isEmpty {
      // What it learnt of batches stays as it is, too.
      append(try RecordedStage(self, layer, input: input, isStill: true))
    } else if try !takesStages(of: layer, input: input) {
      append(try RecordedStage(self, layer, input: input))
    }
    noteGradients(ofStagesFrom: first, slots)
    try noteLayer(layer, input: input, ofStagesFrom: first, slots)
    let isTrained = slots.contains { !$0.isFrozen }
    // Stages inside the layer may have asked for more.
    needsInputGradient = passes || isTrained
    guard isTrained else { return }
    if !isInside, firstTrained == nil { firstTrained = first }
  }

  /// Adds the layer's own stages; false where it has none for this training.
  private func takesStages(of layer: any Layer, input: [Int]) throws -> Bool {
    guard Self.usesOwnStages, type == .f32 else { return false }
    return try layer.addStages(input: input, to: self)
  }

  /// Tells the layer's stages from which number on gradients are there after them: the first one
  /// ends the layer's own, the others those of the layers after it.
  private func noteGradients(ofStagesFrom first: Int, _ slots: ArraySlice<ParameterSlot>) {
    func start(of slots: ArraySlice<ParameterSlot>) -> Int {
      slots.first { !$0.isFrozen }?.offset ?? store.update.count
    }
    for (place, stage) in stages[first...].enumerated() where stage.firstGradient == nil {
      stage.firstGradient = start(
        of: store.slots[(place == 0 ? slots.startIndex : slots.endIndex)...])
    }
  }

  /// Tells a stage which layer it is, where it is all of one that keeps rows apart.
  private func noteLayer(
    _ layer: any Layer, input: [Int], ofStagesFrom first: Int, _ slots: ArraySlice<ParameterSlot>
  ) throws {
    guard stages.count == first + 1, let stage = stages.last, stage.inner.isEmpty, !slots.isEmpty,
      layer.statistics.isEmpty, !layer.needsWholeBatch(for: input)
    else { return }
    let output = try layer.outputShape(for: input, position: position)
    stage.ownLayer = RowwiseLayer(
      layer: layer, parameters: Array(slots), inputShape: try Shape(checking: [1] + input),
      outputShape: try Shape(checking: [1] + output), seed: seed, position: position)
  }

  /// The product as these stages take it.
  func product(_ key: MatmulPlan.Key) -> MatmulPlan.Key {
    var key = key
    key.isWhole = isOneThreads
    return key
  }

  /// Adds a stage after those there are.
  func append(_ stage: Stage) { stages.append(stage) }

  /// The stages that `body` appends, which stay apart from those before them, and so do their
  /// gradients: the one of what they give stays in place as long as they keep it.
  func nested(_ body: () throws -> Void) rethrows -> [Stage] {
    let (outer, count) = (stages, gradientBuffers)
    stages = []
    gradientBuffers = 0
    depth += 1
    defer {
      stages = outer
      gradientBuffers = count
      depth -= 1
    }
    try body()
    return stages
  }

  /// The place of the next random layer among those of the layer at work, from 0.
  func nextRandomLayer() -> Int {
    defer { randomLayers += 1 }
    return randomLayers
  }

  /// The next parameter in order.
  func nextParameter() -> ParameterSlot {
    defer { nextSlot += 1 }
    return store.slots[nextSlot].gathering(in: gradients)
  }

  /// Where the next `count` running statistics stand in the store.
  func nextStatistics(_ count: Int) -> Int {
    defer { nextStatistic += count }
    return nextStatistic
  }

  /// Memory for `width` numbers a row that is this stage's own.
  func buffer(width: Int) throws(TensorError) -> FloatRows {
    defer { nextBuffer += 1 }
    let pointer = try workspace.buffer(nextBuffer, count: rows * width)
    return FloatRows(pointer, rows: rows, columns: width, type: type)
  }

  /// Memory of this stage's own for `count` numbers, however many rows there are.
  func sharedBuffer(count: Int) throws(TensorError) -> Floats {
    defer { nextBuffer += 1 }
    return try workspace.buffer(nextBuffer, count: count)
  }

  /// Memory for the gradient with respect to a stage's input of that width. Two pieces alternate:
  /// a gradient is dead once the next one is computed.
  func gradientBuffer(width: Int) throws(TensorError) -> FloatRows {
    defer { gradientBuffers += 1 }
    return FloatRows(
      try workspace.gradient(gradientBuffers, depth: depth), rows: rows, columns: width,
      type: type)
  }
}

/// Memory that the plans for different numbers of rows share; the plan for the most is made first.
final class Workspace {
  private var buffers: [FloatBuffer] = []
  /// Two for the stages of a plan, then two for those inside them, and so on.
  private var gradients: [FloatBuffer] = []
  private let gradientCount: Int
  private let type: ElementType

  init(gradientCount: Int, type: ElementType) {
    self.gradientCount = gradientCount
    self.type = type
  }

  func buffer(_ index: Int, count: Int) throws(TensorError) -> Floats {
    if index < buffers.count, buffers[index].count >= count { return buffers[index].pointer }
    let buffer = try FloatBuffer(count: count, type: type)
    if index < buffers.count { extra.append(buffer) } else { buffers.append(buffer) }
    return buffer.pointer
  }

  /// Buffers too large for their slot's first allocation; owned here.
  private var extra: [FloatBuffer] = []

  func gradient(_ index: Int, depth: Int) throws(TensorError) -> Floats {
    while gradients.count <= 2 * depth + 1 {
      gradients.append(try FloatBuffer(count: gradientCount, type: type))
    }
    return gradients[2 * depth + index % 2].pointer
  }
}
