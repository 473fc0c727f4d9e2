import Language
import Networks
import Tensors

/// The layers that take arguments; each call gives a network of one layer, `|>` composes them.
/// The layers without (`relu`, `softmax`, …) stand beside the functions of the same name.
extension Builtin {
  static let layerGroup: [Builtin] = [
    dense, embedding, conv2d, conv1d, convTranspose2d, upsample, globalAvgPool, groupNorm, rnn,
    lstm, gru, attention, positional, transformer, repeatLayer, maxPool, avgPool, batchNorm,
    layerNorm, dropout, residual, ownLayer,
  ]

  static let dense = Builtin(
    Declaration(
      "dense", group: .layers, "a layer of weighted sums: x @ W + b",
      details: """
        W is in×out and drawn by init ("xavier", "he" or "zeros"), b is out zeros. dense(out) \
        takes its inputs from the layer before it, or from the first data. Of examples with several \
        axes it takes the last one, as of sequences time×features.
        """,
      parameters: [
        Parameter(
          "in", .integer, default: .computed("what comes before"),
          "inputs; the outputs where it stands alone"),
        Parameter("out", .integer, default: .computed("in, where that stands alone"), "outputs"),
        Parameter(
          "init", .choice(Initialization.allCases.map(\.rawValue)), default: .string("xavier"),
          "how the weights are drawn"),
        Parameter("bias", .bool, default: .bool(true), "whether b is added"),
      ],
      result: "a network",
      examples: [
        .init(
          "dense(784, 1000) |> relu |> dense(10) |> softmax",
          "dense(784, 1000) |> relu |> dense(1000, 10) |> softmax   795010 parameters")
      ],
      seeAlso: ["compute", "dropout", "relu", "softmax"])
  ) { arguments, interpreter in
    let name = try arguments.string(2)
    var inputs = try arguments.optionalInteger(0)
    let outputs = try arguments.optionalInteger(1) ?? inputs
    if !arguments.isGiven(1) { inputs = nil }
    guard let outputs else {
      throw RuntimeError.missingArgument(
        function: "dense", parameter: "out", usage: arguments.declaration.signature)
    }
    try MemoryGuard.check(elements: Double(inputs ?? 1) * Double(outputs))
    let layer = try Dense(
      inputs: inputs, outputs: outputs, initialization: Initialization(rawValue: name) ?? .xavier,
      hasBias: arguments.bool(3))
    return try network([layer], interpreter)
  }

  static let conv2d = Builtin(
    Declaration(
      "conv2d", group: .layers, "a layer of convolutions over images, with a bias a channel",
      details: """
        Images are height×width×channels, W is kernel×kernel×in×out; rows of 784 are taken as \
        28×28×1. With padding "same" and stride 1 the output is as large as the image, with \
        "valid" windows lie inside it; a number is so many zeros on each side. With dilation \
        windows take every so manieth place; groups of channels are convolved by themselves.
        """,
      parameters: [
        Parameter("in", .integer, "channels of the image"),
        Parameter("out", .integer, "channels of the output"),
        Parameter("kernel", .integer, "rows and columns of a window"),
        Parameter("stride", .integer, default: .number(1), "from window to window"),
        padding,
        Parameter("groups", .integer, default: .number(1), "how many groups of channels"),
        Parameter("dilation", .integer, default: .number(1), "from place to place of a window"),
      ],
      result: "a network",
      examples: [
        .init("conv2d(1, 8, 3) |> relu", "conv2d(1, 8, 3) |> relu   80 parameters")
      ],
      seeAlso: ["max_pool", "avg_pool", "flatten", "dense"])
  ) { arguments, interpreter in
    let (inputs, outputs, kernel) = (
      try arguments.integer(0), try arguments.integer(1), try arguments.integer(2)
    )
    try MemoryGuard.check(
      elements: Double(inputs) * Double(outputs) * Double(kernel) * Double(kernel))
    return try network(
      [
        try ConvolutionLayer(
          .conv2d, inputs: inputs, outputs: outputs, kernel: kernel, stride: arguments.integer(3),
          padding: arguments.padding(4), groups: arguments.integer(5),
          dilation: arguments.integer(6))
      ], interpreter)
  }

  static let maxPool = pooling(
    "max_pool", "a layer that takes the largest of each size×size window of an image", .max,
    seeAlso: ["avg_pool", "conv2d"])

  static let avgPool = pooling(
    "avg_pool", "a layer that takes the mean of each size×size window of an image", .average,
    seeAlso: ["max_pool", "conv2d"])

  private static func pooling(
    _ name: String, _ summary: String, _ kind: Pooling.Kind, seeAlso: [String]
  ) -> Builtin {
    Builtin(
      Declaration(
        name, group: .layers, summary,
        details: "Windows do not overlap; what is beyond the last whole one is left out.",
        parameters: [
          Parameter("size", .integer, default: .number(2), "rows and columns of a window")
        ],
        result: "a network",
        examples: [.init("\(name)(2)", "\(name)(2)   0 parameters")], seeAlso: seeAlso)
    ) { arguments, interpreter in
      try network([Pooling(kind, size: arguments.integer(0))], interpreter)
    }
  }

  static let batchNorm = Builtin(
    Declaration(
      "batch_norm", group: .layers,
      "a layer that shifts and scales each feature to mean 0 and variance 1",
      details: """
        γ·(x − mean)/√(variance + 1e-5) + β over the rows of the batch in training, with running \
        averages outside it (Ioffe and Szegedy, 2015). The bare name composes as well.
        """,
      result: "a network",
      examples: [
        .init(
          "dense(4, 3) |> batch_norm |> relu",
          "dense(4, 3) |> batch_norm |> relu   21 parameters")
      ],
      seeAlso: ["dense", "dropout"]),
    layer: BatchNormalization()
  ) { _, interpreter in
    try network([BatchNormalization()], interpreter)
  }

  static let layerNorm = Builtin(
    Declaration(
      "layer_norm", group: .layers,
      "a layer that shifts and scales the features of each row to mean 0 and variance 1",
      details: """
        γ·(x − mean)/√(variance + 1e-5) + β over the last axis of each row (Ba, Kiros and Hinton, \
        2016). The bare name composes as well.
        """,
      result: "a network",
      examples: [
        .init(
          "dense(4, 3) |> layer_norm |> relu",
          "dense(4, 3) |> layer_norm |> relu   21 parameters")
      ],
      seeAlso: ["batch_norm", "dense"]),
    layer: LayerNormalization()
  ) { _, interpreter in
    try network([LayerNormalization()], interpreter)
  }

  static let residual = Builtin(
    Declaration(
      "residual", group: .layers, "a layer x + net(x)",
      details: "The network must keep the shape of what comes in (He et al., 2016).",
      parameters: [Parameter("net", .any, "one or several layers, or a function of a tensor")],
      result: "a network",
      examples: [
        .init(
          "residual(dense(4, 4) |> relu)", "residual(dense(4, 4) |> relu)   20 parameters")
      ],
      seeAlso: ["dense", "conv2d"])
  ) { arguments, interpreter in
    try network([Residual(arguments.layers(0, interpreter))], interpreter)
  }

  static let dropout = Builtin(
    Declaration(
      "dropout", group: .layers,
      "a layer that in training sets each number to 0 with probability p",
      details: "The others are scaled by 1/(1 − p). Outside training it passes everything. "
        + "A regularization: it helps against overfitting.",
      parameters: [Parameter("p", .number, default: .number(0.5), "from 0 to below 1")],
      result: "a network",
      examples: [
        .init("dense(4, 2) |> dropout(0.2)", "dense(4, 2) |> dropout(0.2)   10 parameters")
      ],
      seeAlso: ["dense"])
  ) { arguments, interpreter in
    try network([Dropout(arguments.number(0))], interpreter)
  }

  /// A network value of these layers.
  static func network(
    _ layers: [any Layer], _ interpreter: any Interpreter
  ) throws -> Value {
    let network = try interpreter.random.drawing { try Network(layers, generator: &$0) }
    return .network(Box(NetworkValue(network)))
  }

  /// The layer that the bare name stands for in a composition, as a network of that one layer;
  /// nil where the builtin is no layer.
  package func asLayer(_ interpreter: any Interpreter) throws -> Value? {
    guard let layer else { return nil }
    return try Self.network([layer], interpreter)
  }
}

extension Arguments {
  /// Layers that are put inside another: a network, a layer's bare name, or a function.
  func layers(_ index: Int, _ interpreter: any Interpreter) throws -> Network {
    switch self[index] {
    case .network, .function: try self[index].asNetwork(interpreter)
    default: throw mismatch(index, expected: "a network or a function")
    }
  }
}
