import Language
import Operations
import Tensors

/// What an operation costs: multiply-adds (or other operations on one number), and the bytes of
/// its result.
package struct Cost {
  package var operations = 0.0
  package var bytes = 0.0

  /// The cost of one node.
  package init(_ node: Node) {
    guard let name = node.operation else {
      self.init()
      return
    }
    self.init(name, node.inputs, node)
  }

  /// The cost of a node's operation on its operands.
  init(_ name: String, _ inputs: [Node], _ node: Node) {
    let count = Double(node.shape.count)
    let kind = OperationKind.named(name)
    if kind?.axes == .product {
      operations = count * Double(inputs.first?.shape.dimensions.last ?? 1)
    } else if node.options.layer != nil {
      // Every weight is used once for each of the output's positions.
      let weights = inputs.dropFirst().first.map { Double($0.shape.count) } ?? 0
      let channels = Double(inputs.dropFirst().first?.shape.dimensions.last ?? 1)
      operations = max(count, weights / max(1, channels) * count)
    } else if kind?.traits.contains(.movement) != true {
      let largest = max(count, inputs.map { Double($0.shape.count) }.max() ?? 0)
      operations = largest * (kind?.effort ?? 1)
    }
    let isView = kind?.traits.contains(.view) == true
    bytes = isView || node.rank == 0 ? 0 : count * Double(node.tensor.elementType.size)
  }

  package init() {}

  package static func + (left: Cost, right: Cost) -> Cost {
    var sum = left
    sum.operations += right.operations
    sum.bytes += right.bytes
    return sum
  }

  /// `7.84 M`
  package static func short(_ number: Double) -> String {
    let units = [(1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k")]
    for (size, unit) in units where number >= size {
      return three(number / size) + unit
    }
    return three(number)
  }

  /// `31.4 MB`
  package static func bytes(_ number: Double) -> String {
    number < 1000 ? "\(three(number)) B" : short(number) + "B"
  }

  private static func three(_ number: Double) -> String {
    let digits = number >= 100 ? 1.0 : number >= 10 ? 10 : 100
    return ((number * digits).rounded() / digits).displayed
  }
}
