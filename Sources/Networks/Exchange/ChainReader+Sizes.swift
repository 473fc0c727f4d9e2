import ONNX

/// Sizes that a model computes from those of the value at hand, as `x.view(x.size(0), -1)` does.
extension ChainReader {
  enum Size: Equatable {
    /// However many examples there are.
    case rows
    case number(Int)
    case unknown
  }

  /// The whole numbers that a value holds.
  ///
  /// - Parameter nodes: the nodes that compute them are added.
  /// - Returns: nil where they follow from something else than sizes.
  func sizes(_ name: String, _ nodes: inout Set<Int>, depth: Int = 0) -> [Size]? {
    if let constant = constants[name] {
      guard case .integers(let values) = constant.elements else { return nil }
      return values.map(Size.number)
    }
    guard depth < 16, let index = producers[name] else { return nil }
    let node = graph.nodes[index]
    nodes.insert(index)
    func operand(_ place: Int) -> [Size]? {
      guard node.inputs.indices.contains(place) else { return nil }
      return sizes(node.inputs[place], &nodes, depth: depth + 1)
    }
    switch node.operation {
    case "Shape": return node.inputs.first == value && node.attributes.isEmpty ? sizesOfValue : nil
    case "Identity", "Cast", "Squeeze", "Unsqueeze": return operand(0)
    case "Gather":
      guard let list = operand(0), case .integers(let places)? = constant(node, 1)?.elements else {
        return nil
      }
      return Self.picked(places, of: list)
    case "Slice":
      guard let list = operand(0), case .integers(let starts)? = constant(node, 1)?.elements,
        case .integers(let ends)? = constant(node, 2)?.elements, starts.count == 1, ends.count == 1,
        node.inputs.count < 5
      else { return nil }
      func bound(_ place: Int) -> Int {
        max(0, min(list.count, place < 0 ? place + list.count : place))
      }
      let (start, end) = (bound(starts[0]), bound(ends[0]))
      return start <= end ? Array(list[start..<end]) : []
    case "Concat":
      var all: [Size] = []
      for place in node.inputs.indices {
        guard let part = operand(place), all.count + part.count <= 64 else { return nil }
        all += part
      }
      return all
    case "Mul":
      guard let left = operand(0), let right = operand(1), left.count == 1, right.count == 1 else {
        return nil
      }
      guard case .number(let a) = left[0], case .number(let b) = right[0] else { return [.unknown] }
      let (product, overflow) = a.multipliedReportingOverflow(by: b)
      return overflow ? nil : [.number(product)]
    default: return nil
    }
  }

  private static func picked(_ places: [Int], of list: [Size]) -> [Size]? {
    var found: [Size] = []
    for place in places {
      let index = place < 0 ? place + list.count : place
      guard list.indices.contains(index) else { return nil }
      found.append(list[index])
    }
    return found
  }

  /// Of the value at hand, in the order that the model has them in.
  private var sizesOfValue: [Size]? {
    guard let shape else { return nil }
    let sizes = shape.map { isExact ? Size.number($0) : .unknown }
    switch arrangement {
    case .own: return [.rows] + sizes
    case .featuresSecond: return [.rows] + sizes.suffix(1) + sizes.dropLast()
    case .stepsFirst: return nil
    }
  }
}
