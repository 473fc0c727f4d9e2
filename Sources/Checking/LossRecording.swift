import Language
import Operations
import Tensors

/// The loss's evaluation, recorded, with the true gradient and all cotangents of its steps.
struct LossRecording {
  let recording: Recording
  /// The step that is the checked variable.
  let target: Int
  /// Which steps the checked variable reaches.
  let passes: [Bool]
  let cotangents: [Tensor?]
  let gradient: Tensor
  /// The watched global variables, by step.
  let leaves: [Int: String]
  let result: Int

  /// Records the loss with all tensors that it reads watched, so that every intermediate value is
  /// known; with the checked variable alone where that cannot be done.
  init(_ environment: CheckEnvironment, watchingAll: Bool = true) throws {
    let tape = Tape(keepingAll: true)
    let point = try environment.point()
    let watched = tape.watch(point)
    var leaves = [0: environment.subject.variable.name]
    var values: [String: Value] = [:]
    if watchingAll {
      let root = environment.subject.variable.name.placeRoot
      for name in environment.lossNames where name != root {
        guard case .tensor(let box)? = environment.machine.globals[name],
          box.content.elementType != .bool, box.content.count > 1
        else { continue }
        leaves[tape.count] = name
        values[name] = .traced(Box(tape.watch(box.content)))
      }
    }
    do {
      var loss = try environment.replacing(values) {
        try environment.setting(.traced(Box(watched))) { try environment.lossValue() }
      }
      if environment.subject.mayLackInfluence {
        loss = try .add(loss, .multiply(Variable(0.0), .sum(watched)))
      }
      try self.init(tape.recording(of: loss), leaves: leaves, point: point, environment)
    } catch  where !values.isEmpty && !Interrupt.isRequested {
      self = try LossRecording(environment, watchingAll: false)
    }
  }

  private init(
    _ recording: Recording, leaves: [Int: String], point: Tensor, _ environment: CheckEnvironment
  ) throws {
    self.recording = recording
    self.leaves = leaves
    target = 0
    passes = recording.dependents(on: 0)
    guard let result = recording.result, passes[result] else {
      let (loss, name) = (environment.subject.loss.text, environment.subject.variable.name)
      throw RuntimeError.other(
        "\(loss) does not depend on \(name)",
        hint: "a number that was computed before has no gradient: check against the expression "
          + "or a function, as L()")
    }
    self.result = result
    let one = try Tensor.full(recording.steps[result].output.shape, 1, .f64)
    cotangents = try recording.cotangents(from: [result: one], through: passes)
    gradient = try cotangents[0]?.cast(to: .f64) ?? Tensor.zeros(point.shape, .f64)
  }

  /// What a change of cotangents does to the gradient: linear, so only what lies below is swept.
  func effect(of changes: [Int: Tensor]) throws -> Tensor {
    let found = try recording.cotangents(from: changes, through: passes)
    return try found[target] ?? Tensor.zeros(gradient.shape, .f64)
  }

  /// The gradient with cotangents adjusted on the whole way down.
  func gradient(adjusting adjustments: [Int: Recording.Adjustment]) throws -> Tensor {
    let one = try Tensor.full(recording.steps[result].output.shape, 1, .f64)
    let found = try recording.cotangents(
      from: [result: one], through: passes, adjusting: adjustments)
    return try found[target] ?? Tensor.zeros(gradient.shape, .f64)
  }
}
