import Operations
import Tensors

/// Functions of single elements that are written out: `z * sigmoid(z)`, `where(z > 0, z, 0.1 * z)`.
enum ElementwiseRegion {
  private static let combining: Set<String> = ["add", "subtract", "multiply", "divide"]
  private static let mostElements = 1 << 18

  /// All of a loss: for each step that they begin at, the one that reaches farthest.
  static func all(in loss: LossRecording) -> [Activation] {
    var farthest: [Int: Int] = [:]
    for index in loss.recording.steps.indices
    where loss.cotangents[index] != nil {
      guard let (input, isCurved) = beginning(of: index, loss), isCurved else { continue }
      farthest[input] = index
    }
    return farthest.sorted { $0.key < $1.key }.compactMap { input, output in
      guard let slopes = slopes(from: input, to: output, loss) else { return nil }
      return Activation(
        kind: .written, input: input, output: output, isBuiltin: false, slopes: slopes)
    }
  }

  /// The step that a step is a function of, element by element: the last one back through which
  /// all ways lead, up to where another tensor is added.
  private static func beginning(of index: Int, _ loss: LossRecording) -> (Int, isCurved: Bool)? {
    let steps = loss.recording.steps
    let shape = steps[index].output.shape
    guard shape.rank > 0, shape.count <= mostElements else { return nil }
    var frontier: Set<Int> = [index]
    var result: Int?
    var isCurved = false
    while let current = frontier.max() {
      let step = steps[current]
      if current != index, frontier.count == 1 {
        result = current
        if isShift(step, loss) { break }
      }
      guard step.traits.contains(.elementwise), frontier.count < 8 else { break }
      let parents = step.parents.filter { $0 >= 0 && loss.passes[$0] }
      guard parents.allSatisfy({ steps[$0].output.shape == shape }) else { break }
      isCurved = isCurved || !(isLinear(step) && parents.count == 1)
      frontier.remove(current)
      frontier.formUnion(parents)
    }
    return result.map { ($0, isCurved) }
  }

  /// Whether a step of one operand is in proportion to it, up to a shift.
  private static func isLinear(_ step: Recording.Step) -> Bool {
    step.traits.contains(.sum) || step.name == "multiply"
      || (step.name == "divide" && step.parents.first ?? -1 >= 0)
  }

  /// Whether a step adds or multiplies by a tensor of the loss's own, as a bias or targets.
  private static func isShift(_ step: Recording.Step, _ loss: LossRecording) -> Bool {
    combining.contains(step.name)
      && zip(step.inputs, step.parents).contains { input, parent in
        input.count > 1 && (parent < 0 || !loss.passes[parent])
      }
  }

  /// The derivative of each element.
  private static func slopes(from input: Int, to output: Int, _ loss: LossRecording) -> [Double]? {
    var passes = loss.passes
    for index in passes.indices where index < input || index > output { passes[index] = false }
    guard
      let one = try? Tensor.full(loss.recording.steps[output].output.shape, 1, .f64),
      let found = try? loss.recording.cotangents(from: [output: one], through: passes)[input],
      found.count == one.count
    else { return nil }
    return found.doubles()
  }
}
