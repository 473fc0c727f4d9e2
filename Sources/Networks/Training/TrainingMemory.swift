import CKernels
import Tensors

/// A piece of memory for floats, 64-byte aligned and zeroed.
final class FloatBuffer {
  let pointer: Floats
  let count: Int

  init(count: Int) throws(TensorError) {
    let bytes = max(1, count) * MemoryLayout<Float>.stride
    if nnsh_pool_has(bytes) == 0 { try MemoryGuard.require(bytes) }
    guard let memory = nnsh_allocate(bytes) else {
      throw .outOfMemory(bytes: bytes, available: Int(clamping: nnsh_available_memory()))
    }
    // SAFETY: the memory is `bytes` long, aligned, and nobody else's.
    pointer = memory.bindMemory(to: Float.self, capacity: max(1, count))
    pointer.initialize(repeating: 0, count: max(1, count))
    self.count = count
  }

  deinit {
    nnsh_release(pointer, max(1, count) * MemoryLayout<Float>.stride)
  }

  /// Copies as many floats as both hold.
  func copy(from other: FloatBuffer) {
    // SAFETY: no more than either holds.
    pointer.update(from: other.pointer, count: min(count, other.count))
  }
}

extension Floats {
  /// The same memory as numbers of half the size.
  var asHalves: UnsafeMutablePointer<UInt16> {
    // SAFETY: the memory is only ever reached as halves where it is used so.
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: UInt16.self)
  }
}

/// Where one parameter lies.
struct ParameterSlot {
  let name: String
  let shape: Shape
  let offset: Int
  let weights: Floats
  /// The rule's state where gradients accumulate straight onto it, otherwise the gradient.
  let update: Floats
  /// The weights rounded to bfloat16, where products are taken in it.
  let half: UnsafeMutablePointer<UInt16>?
}

/// All parameters in one piece of memory, their updates in a second, what the optimizer remembers
/// in others: one kernel call updates everything. Slots start on 64-byte boundaries, and the gaps
/// stay zero under every rule.
final class ParameterStore {
  let slots: [ParameterSlot]
  let weights: FloatBuffer
  /// Gradients, or the rule's state where they accumulate straight onto it.
  let update: FloatBuffer
  /// What the rule remembers; the update itself where gradients accumulate onto it.
  let states: [FloatBuffer]
  /// The weights in bfloat16, two in the place of a float, where products are taken in it.
  private let rounded: FloatBuffer?

  init(_ network: Network, optimizer: Optimizer, precision: Precision = .f32) throws {
    let parameters = network.parameters
    var offsets: [Int] = []
    var total = 0
    for parameter in parameters {
      offsets.append(total)
      total += (parameter.tensor.count + 15) / 16 * 16
    }
    let weights = try FloatBuffer(count: total)
    let update = try FloatBuffer(count: total)
    let rounded = precision == .bf16 ? try FloatBuffer(count: total / 2) : nil
    self.weights = weights
    self.update = update
    self.rounded = rounded
    states =
      optimizer.step.retained != nil
      ? [update] : try optimizer.rule.states.map { _ in try FloatBuffer(count: total) }
    slots = zip(parameters, offsets).map { parameter, offset in
      ParameterSlot(
        name: parameter.name, shape: parameter.tensor.shape, offset: offset,
        weights: weights.pointer + offset, update: update.pointer + offset,
        half: rounded.map { ($0.pointer + offset / 2).asHalves })
    }
    for (slot, parameter) in zip(slots, parameters) {
      try Self.copy(parameter.tensor, to: slot.weights)
    }
    guard network.optimizerState.rule == optimizer.name else { return }
    for (slot, buffers) in zip(slots, network.optimizerState.buffers) {
      for (state, buffer) in zip(states, buffers) where buffer.shape == slot.shape {
        try Self.copy(buffer, to: state.pointer + slot.offset)
      }
    }
  }

  /// Rounds the weights as they are now for the products to come.
  func roundWeights() {
    guard let rounded else { return }
    nnsh_f32_to_bf16(weights.pointer, rounded.pointer.asHalves, weights.count)
  }

  /// Changes every parameter by its gradient.
  func apply(_ step: UpdateRule.Step, rate: Float, step number: Int) {
    // SAFETY: all buffers hold as many floats as the weights; the numbers outlive the call.
    withUnsafeBytes(of: step.numbers(rate, number)) { numbers in
      guard let numbers = numbers.bindMemory(to: Float.self).baseAddress else { return }
      nnsh_update(
        Int32(step.formula), weights.pointer, states.first?.pointer,
        states.dropFirst().first?.pointer, update.pointer, weights.count, numbers)
    }
  }

  /// Gives every parameter a value, in order.
  func setWeights(_ tensors: [Tensor]) throws {
    for (slot, tensor) in zip(slots, tensors) { try Self.copy(tensor, to: slot.weights) }
  }

  /// The parameters as tensors, in order.
  func tensors() throws -> [Tensor] {
    try slots.map { try Self.tensor($0.shape, from: $0.weights) }
  }

  /// The parameters in the element types of `originals`. What was Float64 and has not moved keeps
  /// the digits that the Float32 here cannot hold.
  func tensors(like originals: [Tensor]) throws -> [Tensor] {
    try zip(tensors(), originals).map { tensor, original in
      guard original.elementType == .f64 else { return tensor }
      let numbers = zip(tensor.doubles(), original.doubles()).map { now, before in
        Double(Float(before)) == now ? before : now
      }
      return try Tensor(doubles: numbers, original.shape, elementType: .f64)
    }
  }

  /// What the optimizer remembers, a list of buffers for each parameter.
  func stateTensors() throws -> [[Tensor]] {
    try slots.map { slot in
      try states.map { try Self.tensor(slot.shape, from: $0.pointer + slot.offset) }
    }
  }

  private static func copy(_ tensor: Tensor, to target: Floats) throws {
    try tensor.withFloats { floats throws(TensorError) in
      // SAFETY: the slot was made for as many floats as the tensor of this shape has.
      if let base = floats.baseAddress { target.update(from: base, count: floats.count) }
    }
  }

  private static func tensor(_ shape: Shape, from source: Floats) throws -> Tensor {
    // Not one of zeros: making those stops when asked to, and what was reached must be kept then.
    var result = try Tensor(uninitialized: shape, .f32)
    try result.withMutableFloats { floats throws(TensorError) in
      // SAFETY: the slot holds as many floats as its shape says.
      if let base = floats.baseAddress { base.update(from: source, count: floats.count) }
    }
    return result
  }
}

/// The weights and the optimizer's memory at some moment, to go back to.
final class StoreSnapshot {
  private let weights: FloatBuffer
  private let states: [FloatBuffer]
  private(set) var statistics: [Float] = []

  init(like store: ParameterStore) throws(TensorError) {
    weights = try FloatBuffer(count: store.weights.count)
    var states: [FloatBuffer] = []
    for state in store.states { states.append(try FloatBuffer(count: state.count)) }
    self.states = states
  }

  /// Remembers the present.
  func take(_ store: ParameterStore, statistics: StatisticsStore) {
    weights.copy(from: store.weights)
    for (mine, theirs) in zip(states, store.states) { mine.copy(from: theirs) }
    self.statistics = statistics.values
  }

  /// Brings back what was remembered.
  func restore(_ store: ParameterStore, statistics: StatisticsStore) {
    store.weights.copy(from: weights)
    for (mine, theirs) in zip(states, store.states) { theirs.copy(from: mine) }
    statistics.values = self.statistics
  }
}

/// The running statistics of all layers in a row, shared by the stages of every plan.
final class StatisticsStore {
  var values: [Float] = []
}
