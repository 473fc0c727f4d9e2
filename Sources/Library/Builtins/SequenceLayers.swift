import Language
import Networks
import Tensors

/// The layers of sequences, and what builds deep networks.
extension Builtin {
  static let embedding = Builtin(
    Declaration(
      "embedding", group: .layers, "a layer that gives a learned vector for each code",
      details: """
        Codes are whole numbers from 0 to count − 1, in any shape; E is count×size. −1, which fills \
        up sequences, becomes zeros.
        """,
      parameters: [
        Parameter("count", .integer, "how many codes there are"),
        Parameter("size", .integer, "numbers of a vector"),
      ],
      result: "a network",
      examples: [.init("embedding(27, 10)", "embedding(27, 10)   270 parameters")],
      seeAlso: ["one_hot", "positional", "transformer"])
  ) { arguments, interpreter in
    let (count, size) = (try arguments.integer(0), try arguments.integer(1))
    try MemoryGuard.check(elements: Double(count) * Double(size))
    return try network([try Embedding(count: count, size: size)], interpreter)
  }

  static let rnn = recurrent(
    .rnn, "a recurrent layer: h ← tanh(x @ W + h @ U + b)", parameters: "136 parameters",
    seeAlso: ["lstm", "gru"])

  static let lstm = recurrent(
    .lstm, "a recurrent layer with long short-term memory",
    details: """
      Gates in the order i, f, g, o: c ← f·c + i·g, h ← o·tanh(c) (Hochreiter and Schmidhuber, 1997).
      """, parameters: "544 parameters", seeAlso: ["gru", "rnn"])

  static let gru = recurrent(
    .gru, "a gated recurrent layer",
    details: """
      Gates in the order r, z, n: n = tanh(x @ W + b + r·(h @ U + c)), h ← (1 − z)·n + z·h (Cho et \
      al., 2014), as in PyTorch.
      """, parameters: "416 parameters", seeAlso: ["lstm", "rnn"])

  private static func recurrent(
    _ kind: Recurrent.Kind, _ summary: String, details: String = "", parameters: String,
    seeAlso: [String]
  ) -> Builtin {
    let name = kind.rawValue
    return Builtin(
      Declaration(
        name, group: .layers, summary,
        details: (details.isEmpty ? "" : details + " ")
          + "Sequences are time×in; return=\"all\" gives every step, time×hidden.",
        parameters: [
          Parameter("in", .integer, "features of a step"),
          Parameter("hidden", .integer, "numbers of the state"),
          Parameter("layers", .integer, default: .number(1), "how many, one after the other"),
          Parameter(
            "return", .choice(["last", "all"]), default: .string("last"), "which steps it gives"),
          Parameter(
            "mask", .bool, default: .bool(false),
            "whether steps whose features are all 0 fill up a sequence and change nothing"),
        ],
        result: "a network",
        examples: [.init("\(name)(8, 8)", "\(name)(8, 8)   \(parameters)")], seeAlso: seeAlso)
    ) { arguments, interpreter in
      let (inputs, hidden) = (try arguments.integer(0), try arguments.integer(1))
      try MemoryGuard.check(
        elements: 4 * (Double(inputs) + Double(hidden)) * Double(hidden)
          * Double(try arguments.integer(2)))
      return try network(
        [
          try Recurrent(
            kind, inputs: inputs, hidden: hidden, layers: arguments.integer(2),
            returnsAll: arguments.string(3) == "all", isMasked: arguments.bool(4))
        ], interpreter)
    }
  }

  /// The parameter that says what fills up a sequence.
  private static let fillMask = Parameter(
    "mask", .bool, default: .bool(false),
    "whether steps whose features are all 0 fill up a sequence")

  static let attention = Builtin(
    Declaration(
      "attention", group: .layers, "a layer in which each step of a sequence looks at the others",
      details: """
        softmax(Q Kᵀ / √d) V in several heads (Vaswani et al., 2017); the first W makes Q, K and V, \
        the second the output. With causal=true a step sees none that come after it. No step sees \
        those that fill up a sequence: where the codes of an embedding before it are −1, or with \
        mask=true those whose features are all 0.
        """,
      parameters: [
        Parameter("size", .integer, "features of a step"),
        Parameter("heads", .integer, "how many; they divide size"),
        Parameter("causal", .bool, default: .bool(false), "whether steps look only back"), fillMask,
      ],
      result: "a network",
      examples: [.init("attention(8, 2)", "attention(8, 2)   288 parameters")],
      seeAlso: ["transformer", "positional"])
  ) { arguments, interpreter in
    let size = try arguments.integer(0)
    try MemoryGuard.check(elements: 4 * Double(size) * Double(size))
    return try network(
      [
        try Attention(
          size: size, heads: arguments.integer(1), isCausal: arguments.bool(2),
          isMasked: arguments.bool(3))
      ], interpreter)
  }

  static let positional = Builtin(
    Declaration(
      "positional", group: .layers, "a layer that adds a learned vector for each step",
      parameters: [
        Parameter("length", .integer, "the most steps"),
        Parameter("size", .integer, "features of a step"),
      ],
      result: "a network",
      examples: [.init("positional(32, 8)", "positional(32, 8)   256 parameters")],
      seeAlso: ["embedding", "transformer"])
  ) { arguments, interpreter in
    let (length, size) = (try arguments.integer(0), try arguments.integer(1))
    try MemoryGuard.check(elements: Double(length) * Double(size))
    return try network([try Positional(length: length, size: size)], interpreter)
  }

  static let transformer = Builtin(
    Declaration(
      "transformer", group: .layers, "a block of a transformer: attention, then two dense layers",
      details: """
        x + attention(layer_norm(x)), then x + dense(gelu(dense(layer_norm(x)))), four times as wide \
        inside (Xiong et al., 2020). Steps that fill up a sequence are seen by none, as in attention.
        """,
      parameters: [
        Parameter("size", .integer, "features of a step"),
        Parameter("heads", .integer, "how many; they divide size"),
        Parameter("causal", .bool, default: .bool(false), "whether steps look only back"),
        Parameter("dropout", .number, default: .number(0), "the probability, from 0 to below 1"),
        fillMask,
      ],
      result: "a network",
      examples: [.init("transformer(8, 2)", "transformer(8, 2)   872 parameters")],
      seeAlso: ["attention", "repeat_layer", "positional"])
  ) { arguments, interpreter in
    let size = try arguments.integer(0)
    try MemoryGuard.check(elements: 12 * Double(size) * Double(size))
    return try network(
      [
        try Transformer(
          size: size, heads: arguments.integer(1), isCausal: arguments.bool(2),
          dropout: arguments.number(3), isMasked: arguments.bool(4))
      ], interpreter)
  }

  static let repeatLayer = Builtin(
    Declaration(
      "repeat_layer", group: .layers, "the same layers several times, each with weights of its own",
      parameters: [
        Parameter("n", .integer, "how many times"),
        Parameter("layer", .any, "one or several layers, or a function of a tensor"),
      ],
      result: "a network",
      examples: [
        .init(
          "repeat_layer(2, dense(3, 3) |> tanh)",
          "dense(3, 3) |> tanh |> dense(3, 3) |> tanh   24 parameters")
      ],
      seeAlso: ["residual", "transformer"])
  ) { arguments, interpreter in
    let inner = try arguments.layers(1, interpreter)
    let count = try arguments.integer(0)
    let layers = inner.layers
    guard count >= 1 else { throw arguments.mismatch(0, expected: "a whole number from 1") }
    try MemoryGuard.check(
      elements: Double(count) * Double(inner.parameterCount + 64 * layers.count))
    return try interpreter.random.drawing { generator in
      var network = try Network(
        Array(repeating: layers, count: count).flatMap { $0 }, generator: &generator)
      try network.reset(generator: &generator)
      return .network(Box(NetworkValue(network)))
    }
  }
}
