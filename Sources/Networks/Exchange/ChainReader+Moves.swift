import ONNX
import Tensors

/// Nodes that move or name axes and compute nothing.
extension ChainReader {
  /// - Returns: whether the node is one of these.
  mutating func readMove(_ index: Int) throws -> Bool {
    let node = graph.nodes[index]
    switch node.operation {
    case "Identity", "Dropout": pass(index)
    case "Transpose": try readTranspose(index)
    case "Flatten":
      guard integer(node, "axis", default: 1) == 1 else {
        throw refused(node, "nnsh flattens all of an example")
      }
      try readFlatten(index)
    case "Reshape": try readReshape(index)
    case "Squeeze":
      // The places of a mean over all of them, which nnsh has not kept.
      guard layers.last is GlobalAveragePooling else {
        throw refused(node, "nnsh has no layer that takes axes away")
      }
      pass(index)
    case "Unsqueeze":
      guard axes(node) == [1], let image = shape, image.count == 2, case .own = arrangement else {
        throw refused(node, "nnsh has no layer that adds axes")
      }
      // H×W is taken as an image of one channel.
      (arrangement, shape) = (.featuresSecond, image)
      pass(index)
    default: return false
    }
    return true
  }

  private mutating func readTranspose(_ index: Int) throws {
    let node = graph.nodes[index]
    let axes = integers(node, "perm") ?? []
    let rank = axes.count
    let second = rank > 2 ? [0, rank - 1] + Array(1..<rank - 1) : []
    let last = rank > 2 ? [0] + Array(2..<rank) + [1] : []
    switch arrangement {
    case .own where axes == [1, 0, 2] && axes != second: arrangement = .stepsFirst
    case .own where axes == second: arrangement = .featuresSecond
    case .featuresSecond where axes == last: arrangement = .own
    case .stepsFirst where axes == [1, 0, 2]: arrangement = .own
    default: throw refused(node, "it is no move of the features, or of the steps")
    }
    pass(index)
  }

  private mutating func readFlatten(_ index: Int) throws {
    let node = graph.nodes[index]
    if layers.last is GlobalAveragePooling || shape?.count == 1 {
      pass(index)
      return
    }
    if case .featuresSecond = arrangement {
      guard let shape, isExact, pendingImage == nil else {
        throw refused(node, "the size of the image before it is not known")
      }
      pendingImage = shape
      arrangement = .own
    }
    try requireOwn(node)
    add(Flatten(), index)
  }

  private mutating func readReshape(_ index: Int) throws {
    let node = graph.nodes[index]
    var nodes: Set<Int> = []
    let given =
      integers(node, "shape").map { $0.map(Size.number) }
      ?? (node.inputs.count > 1 ? sizes(node.inputs[1], &nodes) : nil)
    guard let given, let first = given.first, first == .rows || isRows(first) || given.count == 2
    else { throw refused(node, "its sizes are computed, or no rows") }
    if given.count == 2 {
      if case .number(let length) = given[1], length > 0, isExact, let shape,
        shape.reduce(1, *) != length
      {
        throw refused(node, "it makes other rows of the examples")
      }
      done.formUnion(nodes)
      return try readFlatten(index)
    }
    // A row as a square image, which layers of images take by themselves.
    guard case .own = arrangement, let row = shape, row.count == 1 || row.count == 3,
      given.count == 4
    else { throw refused(node, "nnsh has no layer of another shape") }
    let image = given.dropFirst().map { size in
      if case .number(let length) = size { length } else { 0 }
    }
    guard image.allSatisfy({ $0 > 0 }) else { throw refused(node, "its sizes are not told") }
    if image[0] == image[1] {
      done.formUnion(nodes)
      pass(index)
      shape = image
    } else if image[0] == 1, image[1] == image[2] {
      done.formUnion(nodes)
      pass(index)
      (arrangement, shape) = (.featuresSecond, [image[1], image[2], 1])
    } else {
      throw refused(node, "nnsh takes rows as square images only, the channels last")
    }
  }

  /// Whether a first size is that of the rows: left as it is, found from the others, or one.
  private func isRows(_ size: Size) -> Bool {
    if case .number(let length) = size { length <= 1 } else { false }
  }
}
