import ONNX
import Operations
import Tensors

extension ChainReader {
  /// Reads the one node that takes the value.
  mutating func read(_ index: Int) throws {
    let node = graph.nodes[index]
    guard node.domain.isEmpty else { throw refused(node, "it is no operator of ONNX's own") }
    if try readMove(index) || readActivation(index) || readFormula(index) || readLastStep(index) {
      return
    }
    switch node.operation {
    case "MatMul", "Gemm": try readDense(index)
    case "Conv", "ConvTranspose": try readConvolution(index)
    case "MaxPool", "AveragePool": try readPooling(index)
    case "GlobalAveragePool", "ReduceMean": try readMeanOverPlaces(index)
    case "BatchNormalization": try readBatchNormalization(index)
    case "LayerNormalization": try readLayerNormalization(index)
    case "Resize", "Upsample": try readUpsampling(index)
    case "RNN", "LSTM", "GRU": try readRecurrent(index)
    case "Cast": try readEmbedding(index)
    default: throw refused(node, "no layer does this")
    }
  }

  /// Brings features that are on the last axis in nnsh to be on the second as ONNX has it: only
  /// before any layer that cares, where it says what the model takes.
  mutating func requireFeaturesSecond(_ node: ONNXNode, rank: Int) throws {
    if case .featuresSecond = arrangement { return }
    guard case .own = arrangement else {
      throw refused(node, "its input's axes lie in another order")
    }
    if shape?.count == 1 || rank < 3 { return }
    guard layers.allSatisfy({ $0.arrangement == .any }) else {
      throw refused(node, "its features are not on the second axis")
    }
    arrangement = .featuresSecond
    takesFeaturesSecond = true
    if let given = shape, given.count > 1 { shape = Array(given.dropFirst()) + [given[0]] }
  }

  func requireOwn(_ node: ONNXNode) throws {
    if case .own = arrangement { return }
    throw refused(node, "its input's features are not on the last axis")
  }

  // MARK: layers

  private mutating func readDense(_ index: Int) throws {
    let node = graph.nodes[index]
    guard node.inputs.first == value, var weights = numbers(node, 1), weights.rank == 2 else {
      throw refused(node, "its second factor is no matrix of the model's own")
    }
    // Rows of one axis lie alike in both.
    if shape?.count != 1 { try requireOwn(node) }
    let outputs = weights.shape[1]
    var bias: Tensor?
    var last = index
    if node.operation == "Gemm" {
      guard integer(node, "transA", default: 0) == 0 else {
        throw refused(node, "it transposes its input")
      }
      if integer(node, "transB", default: 0) != 0 { weights = try weights.transposed() }
      weights = try scaled(weights, by: number(node, "alpha", default: 1))
      if node.inputs.count > 2, !node.inputs[2].isEmpty {
        guard let own = numbers(node, 2) else { throw refused(node, "its bias is computed") }
        guard let row = Self.row(own, weights.shape[1]) else {
          throw refused(node, "its bias does not fit")
        }
        bias = try scaled(row, by: number(node, "beta", default: 1))
      }
    } else if let next = user(of: node.outputs[0]), graph.nodes[next].operation == "Add",
      graph.nodes[next].inputs.count == 2,
      let own = numbers(graph.nodes[next], graph.nodes[next].inputs[0] == node.outputs[0] ? 1 : 0),
      let row = Self.row(own, outputs)
    {
      (bias, last) = (row, next)
    }
    if let image = pendingImage { weights = try Self.rowsInOwnOrder(weights, image, node, self) }
    pendingImage = nil
    var layer = try Dense(
      inputs: weights.shape[0], outputs: weights.shape[1], hasBias: bias != nil)
    var group = [LayerParameter(letter: "W", tensor: try weights.contiguous())]
    if let bias { group.append(LayerParameter(letter: "b", tensor: bias)) }
    layer.parameterGroups = [group]
    done.insert(index)
    add(layer, last)
  }

  private func scaled(_ tensor: Tensor, by factor: Double) throws -> Tensor {
    factor == 1
      ? tensor
      : try Tensor.apply(.multiply, tensor, .scalar(factor)).cast(to: tensor.elementType)
  }

  /// What is added to each row of outputs, one number or one for each; nil where it is neither.
  private static func row(_ bias: Tensor, _ outputs: Int) -> Tensor? {
    guard bias.count == 1 || bias.count == outputs && bias.shape.dimensions.last == outputs else {
      return nil
    }
    return try? bias.contiguous().reshaped([bias.count]).broadcast(to: Shape(checking: [outputs]))
      .contiguous()
  }

  /// Weights whose rows stand for the numbers of an image channel by channel, place by place.
  private static func rowsInOwnOrder(
    _ weights: Tensor, _ image: [Int], _ node: ONNXNode, _ reader: ChainReader
  ) throws -> Tensor {
    guard image.reduce(1, *) == weights.shape[0], let channels = image.last else {
      throw reader.refused(node, "its weights do not fit the image before it")
    }
    let places = weights.shape[0] / max(1, channels)
    return try weights.contiguous().reshaped([channels, places, weights.shape[1]])
      .transposed([1, 0, 2]).contiguous().reshaped(weights.shape.dimensions)
  }

  private mutating func readPooling(_ index: Int) throws {
    let node = graph.nodes[index]
    try requireFeaturesSecond(node, rank: 4)
    guard let window = integers(node, "kernel_shape"), window.count == 2, window[0] == window[1],
      integers(node, "strides") ?? [1, 1] == window,
      (integers(node, "pads") ?? []).allSatisfy({ $0 == 0 }),
      (integers(node, "dilations") ?? []).allSatisfy({ $0 == 1 }),
      integer(node, "ceil_mode", default: 0) == 0,
      ["NOTSET", "VALID", nil].contains(text(node, "auto_pad"))
    else { throw refused(node, "nnsh pools square windows that do not overlap") }
    add(try Pooling(node.operation == "MaxPool" ? .max : .average, size: window[0]), index)
  }

  private mutating func readMeanOverPlaces(_ index: Int) throws {
    let node = graph.nodes[index]
    if node.operation == "GlobalAveragePool" {
      try requireFeaturesSecond(node, rank: 4)
    } else {
      let rank = (shape?.count ?? 3) + 1
      let axes = Set((axes(node) ?? []).map { $0 < 0 ? $0 + rank : $0 })
      let places: Set<Int>
      if case .featuresSecond = arrangement {
        places = Set(2..<max(2, rank))
      } else {
        places = Set(1..<max(1, rank - 1))
      }
      let other = Set(2..<max(2, rank))
      if axes == other, axes != places, layers.allSatisfy({ $0.arrangement == .any }) {
        try requireFeaturesSecond(node, rank: rank)
      } else if axes != places || places.isEmpty {
        throw refused(node, "it is no mean over all places")
      }
    }
    add(GlobalAveragePooling(), index)
    arrangement = .own
  }

  private mutating func readBatchNormalization(_ index: Int) throws {
    let node = graph.nodes[index]
    try requireFeaturesSecond(node, rank: (shape?.count ?? 3) + 1)
    guard let gamma = numbers(node, 1), let beta = numbers(node, 2), let mean = numbers(node, 3),
      let variance = numbers(node, 4), integer(node, "training_mode", default: 0) == 0,
      [gamma, beta, mean, variance].allSatisfy({ $0.rank == 1 && $0.count == gamma.count })
    else { throw refused(node, "its numbers are not the model's own") }
    var layer = BatchNormalization()
    layer.parameters = [
      LayerParameter(letter: "gamma", tensor: gamma), LayerParameter(letter: "beta", tensor: beta),
    ]
    // What is added to the variance here is 1e-5: what it is there goes into the variance.
    let excess = number(node, "epsilon", default: 1e-5) - Double(Float(BatchNormalization.epsilon))
    layer.statistics = [
      mean,
      abs(excess) < 1e-12
        ? variance : try Tensor.apply(.add, variance, .scalar(excess)).cast(to: .f32),
    ]
    add(layer, index)
  }

  private mutating func readLayerNormalization(_ index: Int) throws {
    let node = graph.nodes[index]
    try requireOwn(node)
    let axis = integer(node, "axis", default: -1)
    guard axis == -1 || axis == shape?.count, let gamma = numbers(node, 1), gamma.rank == 1,
      abs(number(node, "epsilon", default: 1e-5) - 1e-5) < 1e-8
    else { throw refused(node, "nnsh normalizes the last axis, with 1e-5 added to the variance") }
    var layer = LayerNormalization()
    layer.parameters = [
      LayerParameter(letter: "gamma", tensor: gamma),
      LayerParameter(
        letter: "beta",
        tensor: try numbers(node, 2) ?? Tensor.zeros(Shape(checking: [gamma.count]))),
    ]
    add(layer, index)
  }

  private mutating func readUpsampling(_ index: Int) throws {
    let node = graph.nodes[index]
    try requireFeaturesSecond(node, rank: 4)
    let scales = (numbers(node, 2) ?? numbers(node, 1))?.doubles() ?? []
    guard scales.count == 4, scales[0] == 1, scales[1] == 1, scales[2] == scales[3],
      let size = Int(exactly: scales[2]), (1...1024).contains(size),
      text(node, "mode") ?? "nearest" == "nearest", repeatsPlaces(node, size)
    else { throw refused(node, "nnsh repeats each place a whole number of times") }
    add(try Upsampling(size: size), index)
  }

  /// Whether the place that an output is taken from is that of its share of the input.
  private func repeatsPlaces(_ node: ONNXNode, _ size: Int) -> Bool {
    guard node.operation == "Resize", operatorSet > 10 else { return true }
    let rounding = text(node, "nearest_mode") ?? "round_prefer_floor"
    switch text(node, "coordinate_transformation_mode") ?? "half_pixel" {
    case "asymmetric": return rounding == "floor" || size <= 2 && rounding == "round_prefer_floor"
    case "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel":
      return rounding.hasPrefix("round")
    default: return false
    }
  }

  /// Codes that are cast to whole numbers and looked up in a table of the model's own.
  private mutating func readEmbedding(_ index: Int) throws {
    let node = graph.nodes[index]
    let type = integer(node, "to", default: 1)
    if type == ONNXValue.ElementKind.float32.rawValue { return pass(index) }
    try requireOwn(node)
    var places = node.outputs[0]
    if let next = user(of: places), graph.nodes[next].operation == "Reshape" {
      done.insert(next)
      places = graph.nodes[next].outputs[0]
    }
    guard let next = user(of: places), graph.nodes[next].operation == "Gather",
      graph.nodes[next].inputs.last == places, integer(graph.nodes[next], "axis", default: 0) == 0,
      var table = numbers(graph.nodes[next], 0), table.rank == 2, table.shape[0] > 0
    else { throw refused(node, "only codes of an embedding are whole numbers") }
    // The last row is what −1 points at: zeros where nnsh has written it.
    let rows = table.shape[0]
    if rows > 1, try table.rows(rows - 1..<rows).doubles().allSatisfy({ $0 == 0 }) {
      table = try table.rows(0..<rows - 1)
    }
    var layer = try Embedding(count: table.shape[0], size: table.shape[1])
    layer.parameterGroups = [[LayerParameter(letter: "E", tensor: try table.contiguous())]]
    done.insert(index)
    add(layer, next)
  }
}
