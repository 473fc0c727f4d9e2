import Language
import Networks
import Tensors

/// The layers of images and sequences beside `conv2d` and the pools.
extension Builtin {
  /// The parameter that says what surrounds an image or a sequence.
  static let padding = Parameter(
    "padding", .any, default: .string("same"), "what surrounds it: \"same\", \"valid\" or a number")

  static let conv1d = Builtin(
    Declaration(
      "conv1d", group: .layers, "a layer of convolutions along sequences, with a bias a channel",
      details: """
        Sequences are time×channels, W is kernel×in/groups×out. With padding "same" and stride 1 \
        the output is as long as the input.
        """,
      parameters: [
        Parameter("in", .integer, "channels of the sequence"),
        Parameter("out", .integer, "channels of the output"),
        Parameter("kernel", .integer, "steps of a window"),
        Parameter("stride", .integer, default: .number(1), "from window to window"), padding,
        Parameter("groups", .integer, default: .number(1), "how many groups of channels"),
        Parameter("dilation", .integer, default: .number(1), "from step to step of a window"),
      ],
      result: "a network",
      examples: [.init("conv1d(8, 16, 3)", "conv1d(8, 16, 3)   400 parameters")],
      seeAlso: ["conv2d", "lstm", "attention"])
  ) { arguments, interpreter in
    try arguments.checkWeights(axes: 1)
    return try network(
      [
        try ConvolutionLayer(
          .conv1d, inputs: arguments.integer(0), outputs: arguments.integer(1),
          kernel: arguments.integer(2), stride: arguments.integer(3),
          padding: arguments.padding(4), groups: arguments.integer(5),
          dilation: arguments.integer(6))
      ], interpreter)
  }

  static let convTranspose2d = Builtin(
    Declaration(
      "conv_transpose2d", group: .layers, "the transpose of conv2d: images grow",
      details: """
        Each place of the image adds its window of the output. With padding "same" the output is \
        stride times as large; W is kernel×kernel×in×out.
        """,
      parameters: [
        Parameter("in", .integer, "channels of the image"),
        Parameter("out", .integer, "channels of the output"),
        Parameter("kernel", .integer, "rows and columns of a window"),
        Parameter("stride", .integer, default: .number(1), "how much larger it becomes"), padding,
      ],
      result: "a network",
      examples: [
        .init(
          "conv_transpose2d(8, 1, 4, stride=2)",
          "conv_transpose2d(8, 1, 4, stride=2)   129 parameters")
      ],
      seeAlso: ["conv2d", "upsample"])
  ) { arguments, interpreter in
    try arguments.checkWeights(axes: 2)
    return try network(
      [
        try ConvolutionLayer(
          .transposed, inputs: arguments.integer(0), outputs: arguments.integer(1),
          kernel: arguments.integer(2), stride: arguments.integer(3),
          padding: arguments.padding(4))
      ], interpreter)
  }

  static let upsample = Builtin(
    Declaration(
      "upsample", group: .layers, "a layer that repeats each place of an image size×size times",
      parameters: [Parameter("size", .integer, default: .number(2), "how many times larger")],
      result: "a network", examples: [.init("upsample(2)", "upsample(2)   0 parameters")],
      seeAlso: ["conv_transpose2d", "avg_pool"])
  ) { arguments, interpreter in
    try network([try Upsampling(size: arguments.integer(0))], interpreter)
  }

  static let globalAvgPool = Builtin(
    Declaration(
      "global_avg_pool", group: .layers,
      "a layer that takes the mean of each channel over all places",
      details:
        "Of images or sequences a row of their channels is left. The bare name composes as well.",
      result: "a network",
      examples: [
        .init(
          "conv2d(1, 8, 3) |> global_avg_pool |> dense(8, 2)",
          "conv2d(1, 8, 3) |> global_avg_pool |> dense(8, 2)   98 parameters")
      ],
      seeAlso: ["avg_pool", "flatten"]),
    layer: GlobalAveragePooling()
  ) { _, interpreter in
    try network([GlobalAveragePooling()], interpreter)
  }

  static let groupNorm = Builtin(
    Declaration(
      "group_norm", group: .layers,
      "a layer that shifts and scales groups of channels to mean 0 and variance 1",
      details: """
        The mean and variance are those of a group's channels over all places of the example; then \
        γ and β a channel (Wu and He, 2018).
        """,
      parameters: [Parameter("groups", .integer, "how many; they divide the channels")],
      result: "a network",
      examples: [
        .init("dense(4, 6) |> group_norm(2)", "dense(4, 6) |> group_norm(2)   42 parameters")
      ],
      seeAlso: ["layer_norm", "batch_norm"])
  ) { arguments, interpreter in
    try network([try GroupNormalization(groups: arguments.integer(0))], interpreter)
  }
}

extension Arguments {
  /// What surrounds an input: `"same"`, `"valid"` or a number.
  func padding(_ index: Int) throws -> ConvolutionPadding {
    switch self[index] {
    case .string(let box) where box.content == "same": return .same
    case .string(let box) where box.content == "valid": return .valid
    case .number(let number):
      if let count = Int(exactly: number) { return .around(count) }
    default: break
    }
    throw mismatch(index, expected: "\"same\", \"valid\" or a whole number")
  }

  /// Throws where in·out·kernel (to the number of axes) weights are more than memory holds.
  func checkWeights(axes: Int) throws {
    let kernel = Double(try integer(2))
    try MemoryGuard.check(
      elements: Double(try integer(0)) * Double(try integer(1))
        * (axes == 1 ? kernel : kernel * kernel))
  }
}
