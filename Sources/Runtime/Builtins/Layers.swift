import Networks
import Tensors

/// The layers that take arguments; each call gives a network of one layer, `|>` composes them.
/// The layers without (`relu`, `softmax`, …) stand beside the functions of the same name.
extension Builtin {
  static let layerGroup: [Builtin] = [dense, dropout]

  static let dense = Builtin(
    Declaration(
      "dense", group: .layers, "a layer of weighted sums: x @ W + b",
      details: """
        W is in×out and drawn by init ("xavier", "he" or "zeros"), b is out zeros. dense(out) \
        takes its inputs from the layer before it, or from the first data.
        """,
      parameters: [
        Parameter(
          "in", .integer, default: .computed("what comes before"),
          "inputs; the outputs where it stands alone"),
        Parameter("out", .integer, default: .computed("in, where that stands alone"), "outputs"),
        Parameter(
          "init", .choice(Initialization.allCases.map(\.rawValue)), default: .string("xavier"),
          "how the weights are drawn"),
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
      inputs: inputs, outputs: outputs, initialization: Initialization(rawValue: name) ?? .xavier)
    return try network([layer], interpreter)
  }

  static let dropout = Builtin(
    Declaration(
      "dropout", group: .layers,
      "a layer that in training sets each number to 0 with probability p",
      details: "The others are scaled by 1/(1 − p). Outside training it passes everything.",
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
    let network = try Network(layers, generator: &interpreter.random.generator)
    return .network(Box(NetworkValue(network)))
  }

  /// The layer that the bare name stands for in a composition, as a network of that one layer;
  /// nil where the builtin is no layer.
  package func asLayer(_ interpreter: any Interpreter) throws -> Value? {
    guard let layer else { return nil }
    switch layer {
    case .relu: return try Self.network([ActivationLayer(.relu)], interpreter)
    case .tanh: return try Self.network([ActivationLayer(.tanh)], interpreter)
    case .sigmoid: return try Self.network([ActivationLayer(.sigmoid)], interpreter)
    case .gelu: return try Self.network([ActivationLayer(.gelu)], interpreter)
    case .softmax: return try Self.network([Softmax()], interpreter)
    case .flatten: return try Self.network([Flatten()], interpreter)
    case .batchNorm: return nil
    }
  }
}
