import Tensors

/// Where one parameter lies.
struct ParameterSlot {
  let name: String
  let shape: Shape
  let offset: Int
  let weights: Floats
  /// Where gradients go at present.
  private var place: GradientPlace
  /// Of weights and gradients.
  let type: ElementType
  /// The parameter's own, which may be Float32 where the training is Float64.
  let parameterType: ElementType
  /// The weights rounded to bfloat16, where products are taken in it.
  let half: HalfRows?
  /// Whether training leaves it as it is; its gradient is then nobody's.
  let isFrozen: Bool

  init(
    name: String, tensor: Tensor, offset: Int, weights: FloatBuffer, gradients: GradientPlace,
    half: HalfRows?, isFrozen: Bool
  ) {
    self.name = name
    shape = tensor.shape
    self.offset = offset
    self.weights = weights.row.numbers(from: offset, count: 0).pointer
    place = gradients
    type = weights.type
    parameterType = tensor.elementType
    self.half = half
    self.isFrozen = isFrozen
  }

  /// The rule's state where gradients accumulate straight onto it, otherwise the gradient: of the
  /// block of rows that is computed at present.
  var update: Floats { place.base + offset * (type == .f64 ? 2 : 1) }

  /// The same parameter, whose gradients go somewhere else.
  func gathering(in place: GradientPlace) -> ParameterSlot {
    if isFrozen { return self }
    var slot = self
    slot.place = place
    return slot
  }

  /// The weights in a row.
  var numbers: FloatRows { FloatRows(weights, rows: 1, columns: shape.count, type: type) }
  /// What of a buffer for all parameters is this one's.
  func gradient(in buffer: FloatBuffer) -> FloatRows {
    buffer.row.numbers(from: offset, count: shape.count)
  }
  /// The update in a row.
  var gradient: FloatRows { FloatRows(update, rows: 1, columns: shape.count, type: type) }
}

/// Memory for the gradients of all parameters, one of several that a trainer fills in turn.
final class GradientPlace {
  var base: Floats

  init(_ buffer: FloatBuffer) { base = buffer.pointer }
}

/// All parameters in one piece of memory, their updates in a second, what the optimizer remembers
/// in others: one kernel call updates everything. Slots start on 64-byte boundaries, and the gaps
/// stay zero under every rule. What training leaves as it is lies apart.
final class ParameterStore {
  let slots: [ParameterSlot]
  let weights: FloatBuffer
  /// Gradients, or the rule's state where they accumulate straight onto it.
  let update: FloatBuffer
  /// Where the stages put gradients: the update, unless something else is asked for.
  let gradients: GradientPlace
  /// What the rule remembers; the update itself where gradients accumulate onto it.
  let states: [FloatBuffer]
  /// The weights in bfloat16, two in the place of a float, where products are taken in it.
  private let rounded: FloatBuffer?
  private let still: StillParameters?
  /// The parameters that are Float32 in a training in Float64.
  private let narrow: [FloatRows]

  /// - Parameter retains: whether gradients accumulate onto the rule's state.
  init(
    _ network: Network, optimizer: Optimizer, retains: Bool, type: ElementType,
    precision: Precision = .f32, frozen: Set<Int> = []
  ) throws {
    let parameters = network.parameters
    let isFrozen = network.parameterNumbers.map(frozen.contains)
    let places = Places(counts: parameters.map(\.tensor.count), isFrozen)
    let weights = try FloatBuffer(count: places.trained, type: type)
    let update = try FloatBuffer(count: places.trained, type: type)
    let isHalf = precision == .bf16
    let rounded = isHalf ? try FloatBuffer(count: places.trained / 2) : nil
    self.weights = weights
    self.update = update
    let gradients = GradientPlace(update)
    self.gradients = gradients
    self.rounded = rounded
    let still =
      try places.still == 0
      ? nil : StillParameters(count: places.still, type: type, isHalf: isHalf)
    self.still = still
    let unused = still.map { GradientPlace($0.unused) }
    states =
      retains
      ? [update]
      : try optimizer.rule.states.map { _ in try FloatBuffer(count: places.trained, type: type) }
    slots = parameters.indices.map { index in
      let (name, tensor) = parameters[index]
      let offset = places.offsets[index]
      let isFrozen = isFrozen[index]
      let halves = isFrozen ? still?.rounded : rounded
      return ParameterSlot(
        name: name, tensor: tensor, offset: offset,
        weights: isFrozen ? still?.weights ?? weights : weights,
        gradients: isFrozen ? unused ?? gradients : gradients,
        half: halves.map { HalfRows(inPlaceOf: $0.pointer).advanced(by: offset) },
        isFrozen: isFrozen)
    }
    narrow = slots.filter { $0.parameterType != $0.type }.map(\.numbers)
    for (slot, parameter) in zip(slots, parameters) {
      try slot.numbers.copy(from: parameter.tensor)
    }
    if network.optimizerState.rule == optimizer.name {
      try recall(network.optimizerState.buffers)
    }
  }

  /// Gives the optimizer what it remembers of each parameter, where the shapes still fit.
  private func recall(_ remembered: [[Tensor]]) throws {
    for (slot, buffers) in zip(slots, remembered) where !slot.isFrozen {
      for (state, buffer) in zip(states, buffers) where buffer.shape == slot.shape {
        try Self.row(of: state, slot).copy(from: buffer)
      }
    }
  }

  /// Rounds the weights as they are now for the products to come.
  func roundWeights(_ backend: any Backend) {
    guard let rounded else { return }
    backend.round(weights.row, into: HalfRows(inPlaceOf: rounded.pointer))
    if let still, let rounded = still.rounded {
      backend.round(still.weights.row, into: HalfRows(inPlaceOf: rounded.pointer))
    }
  }

  /// Rounds the parameters that are Float32 in a training in Float64.
  func roundNarrowParameters() {
    for numbers in narrow { numbers.roundToFloat32() }
  }

  /// Gives every parameter a value, in order.
  func setWeights(_ tensors: [Tensor]) throws {
    for (slot, tensor) in zip(slots, tensors) { try slot.numbers.copy(from: tensor) }
  }

  /// The parameters as tensors of their own types, in order.
  func tensors() throws -> [Tensor] {
    try slots.map { try $0.numbers.tensor($0.shape).cast(to: $0.parameterType) }
  }

  /// What the optimizer remembers, a list of buffers for each parameter; of what stays as it is,
  /// what it remembered before.
  func stateTensors(before: [[Tensor]]) throws -> [[Tensor]] {
    try slots.enumerated().map { index, slot in
      if slot.isFrozen { return before.indices.contains(index) ? before[index] : [] }
      return try states.map { try Self.row(of: $0, slot).tensor(slot.shape) }
    }
  }

  /// What a state holds of one parameter.
  private static func row(of state: FloatBuffer, _ slot: ParameterSlot) -> FloatRows {
    state.row.numbers(from: slot.offset, count: slot.shape.count)
  }
}

/// Where each parameter begins, among those that are trained or among the others.
private struct Places {
  private(set) var offsets: [Int] = []
  /// The numbers that all trained ones take, and all others.
  private(set) var trained = 0
  private(set) var still = 0

  init(counts: [Int], _ isFrozen: [Bool]) {
    for (count, isFrozen) in zip(counts, isFrozen) {
      // 16 floats are 64 bytes.
      let length = (count + 15) / 16 * 16
      offsets.append(isFrozen ? still : trained)
      if isFrozen { still += length } else { trained += length }
    }
  }
}

/// The parameters that a training leaves as they are.
private final class StillParameters {
  let weights: FloatBuffer
  /// Where gradients go that nobody reads.
  let unused: FloatBuffer
  let rounded: FloatBuffer?

  init(count: Int, type: ElementType, isHalf: Bool) throws {
    weights = try FloatBuffer(count: count, type: type)
    unused = try FloatBuffer(count: count, type: type)
    rounded = isHalf ? try FloatBuffer(count: count / 2) : nil
  }
}

/// The running statistics of all layers in a row, shared by the stages of every plan.
final class StatisticsStore {
  /// Float32 numbers unless the training is in Float64.
  var values: [Double] = []
  let type: ElementType

  init(_ tensors: [Tensor], type: ElementType) {
    self.type = type
    values = tensors.flatMap { $0.doubles() }
  }

  /// The numbers from `start` on as tensors of these shapes.
  func tensors(like shapes: [Tensor], from start: Int) throws -> [Tensor] {
    var start = start
    return try shapes.map { old in
      defer { start += old.count }
      guard start + old.count <= values.count else { return old }
      return try Tensor(
        doubles: Array(values[start..<start + old.count]), old.shape, elementType: type)
    }
  }

  /// Puts tensors in a row in the place of the numbers from `start` on.
  func replace(from start: Int, by tensors: [Tensor]) {
    var index = start
    for number in tensors.lazy.flatMap({ $0.doubles() }) where index < values.count {
      values[index] = number
      index += 1
    }
  }
}
