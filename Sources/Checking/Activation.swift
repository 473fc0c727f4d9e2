import Networks
import Platform
import Tensors

/// A place in the loss where a nonlinear function stands between two steps, however it was written:
/// as the builtin, as `maximum(x, 0)`, as `1 / (1 + exp(-x))`.
struct Activation {
  enum Kind: Hashable {
    case function(UnaryOperation)
    case softmax, logSoftmax
    /// A function of each element that is none of these.
    case written

    static let relu = Kind.function(.relu)
    static let sigmoid = Kind.function(.sigmoid)
    static let tanh = Kind.function(.tanh)

    /// The kind of a recorded operation; nil where its slope is the same everywhere.
    init?(operation name: String) {
      switch name {
      case "softmax": self = .softmax
      case "logSoftmax": self = .logSoftmax
      default:
        guard let operation = UnaryOperation(name: name), operation.isCurved else { return nil }
        self = .function(operation)
      }
    }

    /// What it is called.
    var name: String {
      switch self {
      case .function(let operation): operation.name
      case .softmax: "softmax"
      case .logSoftmax: "logSoftmax"
      case .written: "written"
      }
    }

    /// Whether each element depends on its own input only.
    var isElementwise: Bool { self != .softmax && self != .logSoftmax }

    /// The function; the number itself for those that work on rows.
    func value(_ x: Double) -> Double {
      if case .function(let operation) = self { return operation(x) }
      return x
    }

    /// The derivative at `x`, where the value is `y`.
    func slope(_ x: Double, _ y: Double) -> Double {
      guard case .function(let operation) = self else { return 1 }
      return operation.record.derivatives.first?.value([x], result: y) ?? 1
    }

    /// The values for all elements, row by row where it works on rows.
    func values(_ x: [Double], rowLength: Int) -> [Double] {
      if isElementwise { return x.map(value) }
      var result = x
      for start in stride(from: 0, to: x.count, by: max(1, rowLength)) {
        let row = start..<min(start + rowLength, x.count)
        let largest = x[row].max() ?? 0
        let sum = x[row].reduce(0) { $0 + Platform.exp($1 - largest) }
        for index in row {
          result[index] =
            self == .softmax
            ? Platform.exp(x[index] - largest) / sum : x[index] - largest - Platform.log(sum)
        }
      }
      return result
    }
  }

  let kind: Kind
  /// The steps before and after it.
  let input: Int
  let output: Int
  /// Whether it was recorded as one operation.
  let isBuiltin: Bool
  /// The derivative of each element, where it is no usual function.
  var slopes: [Double] = []

  /// The derivative of an element.
  func slope(at index: Int, _ x: Double, _ y: Double) -> Double {
    kind == .written ? slopes[index] : kind.slope(x, y)
  }

  /// All of a loss, in the order in which they run.
  static func all(in loss: LossRecording) -> [Activation] {
    let steps = loss.recording.steps
    var found: [Activation] = []
    for (index, step) in steps.enumerated()
    where loss.cotangents[index] != nil && step.output.count > 0 {
      if let kind = Kind(operation: step.name), let parent = step.parents.first, parent >= 0,
        loss.passes[parent]
      {
        found.append(Activation(kind: kind, input: parent, output: index, isBuiltin: true))
      } else if let written = writtenOut(index, loss) {
        found.append(written)
      }
    }
    // Inside of one that was written out, its parts are no activations of their own.
    let regions = found.filter { !$0.isBuiltin }
    let usual = found.filter { part in
      !regions.contains { region in
        (region.input, region.output) != (part.input, part.output)
          && part.input >= region.input && part.output <= region.output
          && loss.reaches(from: region.input, to: part.output)
          && loss.reaches(from: part.output, to: region.output)
      }
    }
    let known = Set(usual.map { [$0.input, $0.output] })
    return usual
      + ElementwiseRegion.all(in: loss).filter { !known.contains([$0.input, $0.output]) }
  }

  private static let closing: Set<String> = [
    "divide", "multiply", "maximum", "where", "subtract", "add", "power", "clip",
  ]

  /// A function written out in arithmetic is known by its numbers.
  private static func writtenOut(_ index: Int, _ loss: LossRecording) -> Activation? {
    let steps = loss.recording.steps
    let output = steps[index].output
    guard closing.contains(steps[index].name), output.rank > 0, output.count <= 1 << 22 else {
      return nil
    }
    let values = output.doubles()
    let rowLength = output.shape.dimensions.last ?? 1
    var shifted: Activation?
    for ancestor in loss.ancestors(of: index, depth: 8)
    where steps[ancestor].output.shape == output.shape {
      let x = steps[ancestor].output.doubles()
      for kind in [Kind.relu, .sigmoid, .tanh, .softmax, .logSoftmax, .function(.softplus)] {
        let expected = kind.values(x, rowLength: rowLength)
        if kind == .relu, expected == x { continue }
        if zip(values, expected).allSatisfy({ abs($0 - $1) <= 1e-6 * max(1, abs($1)) }) {
          let match = Activation(kind: kind, input: ancestor, output: index, isBuiltin: false)
          if kind.isElementwise { return match }
          // A softmax is the same after a shift of its rows: the farthest input is the whole of it.
          shifted = match
        }
      }
    }
    return shifted
  }
}

extension LossRecording {
  /// The steps that lead to a step within some distance and depend on the checked variable, the
  /// nearest first.
  func ancestors(of index: Int, depth: Int) -> [Int] {
    var found: [Int] = []
    var layer = [index]
    for _ in 0..<depth {
      var next: [Int] = []
      for step in layer {
        for parent in recording.steps[step].parents
        where parent >= 0 && passes[parent] && !found.contains(parent) {
          found.append(parent)
          next.append(parent)
        }
      }
      layer = next
    }
    return found
  }

  /// Whether a later step depends on an earlier one.
  func reaches(from source: Int, to later: Int) -> Bool {
    source == later || ancestors(of: later, depth: 16).contains(source)
  }
}
