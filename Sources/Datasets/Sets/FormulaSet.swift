import Files
import Platform
import Tensors

/// Data sets that a formula makes, to try networks on: points of the plane in classes, or a noisy
/// curve.
package struct FormulaSet: Sendable {
  /// One example: its inputs, and its class or the number to predict.
  struct Example {
    let inputs: [Double]
    let target: Double
  }

  package let name: String
  /// What it is, in a few words.
  package let summary: String
  /// The standard deviation of what is added to the inputs, of the curve's to the targets.
  package let noise: Double
  /// How many classes there are; 0 where numbers are predicted.
  let classes: Int
  /// An example without its noise: the class that is wanted, and numbers from 0 to below 1.
  private let example: @Sendable (_ label: Int, _ u: Double, _ v: Double) -> Example

  private static let all: [FormulaSet] = [
    FormulaSet(
      name: "xor", summary: "four squares, the classes crosswise", noise: 0, classes: 2
    ) { label, u, v in
      // Two squares of a class: which one, half of the numbers decide.
      let (side, part) = u < 0.5 ? (1.0, 2 * u) : (-1.0, 2 * u - 1)
      return Example(
        inputs: [side * part, side * v * (label == 0 ? 1 : -1)], target: Double(label))
    },
    FormulaSet(
      name: "moons", summary: "two half circles, one in the other's opening", noise: 0.1,
      classes: 2
    ) { label, u, _ in
      let angle = Double.pi * u
      return label == 0
        ? Example(inputs: [cos(angle), sin(angle)], target: 0)
        : Example(inputs: [1 - cos(angle), 0.5 - sin(angle)], target: 1)
    },
    FormulaSet(
      name: "circles", summary: "two rings, one in the other", noise: 0.05, classes: 2
    ) { label, u, _ in
      let radius = label == 0 ? 1.0 : 0.5
      let angle = 2 * Double.pi * u
      return Example(inputs: [radius * cos(angle), radius * sin(angle)], target: Double(label))
    },
    FormulaSet(
      name: "spirals", summary: "three arms of a spiral", noise: 0.02, classes: 3
    ) { label, u, _ in
      let angle = 4 * u + 4 * Double(label) + 0.2
      return Example(inputs: [u * sin(angle), u * cos(angle)], target: Double(label))
    },
    FormulaSet(name: "gauss", summary: "two clouds", noise: 0.7, classes: 2) { label, _, _ in
      let center = label == 0 ? -1.0 : 1.0
      return Example(inputs: [center, center], target: Double(label))
    },
    FormulaSet(
      name: "sine", summary: "a period of a sine, to predict", noise: 0.1, classes: 0
    ) { _, u, _ in
      let x = 2 * Double.pi * (u - 0.5)
      return Example(inputs: [x], target: sin(x))
    },
  ]

  /// Their names.
  package static var names: [String] { all.map(\.name) }

  /// The set of this name.
  package static func named(_ name: String) -> FormulaSet? { all.first { $0.name == name } }

  /// How many examples there are, where it is not said.
  package static let usualCount = 600

  /// The data set: two thirds to train, a sixth each to validate and to test, the classes equally
  /// often and in random order.
  ///
  /// - Parameters:
  ///   - count: how many examples, at least 6.
  ///   - noise: the standard deviation of the noise; the usual one where it is nil.
  package func made(
    count: Int, noise: Double?, generator: inout RandomGenerator
  ) throws(DataError) -> DataSet {
    let noise = noise ?? self.noise
    let order = generator.permutation(count)
    var inputs: [Double] = []
    var targets: [Double] = []
    for row in 0..<count {
      let label = classes > 0 ? order[row] % classes : 0
      let made = example(label, generator.uniform(), generator.uniform())
      // Box and Muller's normal numbers, one for each number that gets noise.
      func normal() -> Double {
        let radius = (-2 * log(1 - generator.uniform())).squareRoot()
        return noise * radius * cos(2 * Double.pi * generator.uniform())
      }
      inputs += made.inputs.map { classes > 0 ? $0 + normal() : $0 }
      targets.append(classes > 0 ? made.target : made.target + normal())
    }
    let width = inputs.count / max(1, count)
    let (x, y) = try tensorResult { () throws(TensorError) in
      (
        try Tensor(doubles: inputs, [count, width], elementType: .f32),
        try Tensor(
          doubles: targets, classes > 0 ? [count] : [count, 1], elementType: .f32)
      )
    }
    let whole = try DataSet(
      name: name, x: x, y: y, names: (0..<classes).map(String.init))
    let sizes = try DataSet.PartSizes(train: nil, valid: nil, test: nil, of: count)
    return try whole.rearranged { (parts) throws(DataError) in try parts.train.dealt(sizes) }
  }
}
