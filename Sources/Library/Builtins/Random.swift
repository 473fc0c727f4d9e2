import Language
import Tensors

/// Random tensors, drawn from the session's seeded generator.
extension Builtin {
  static let randomGroup: [Builtin] = [rand, randn, xavier, he, seed]

  private static let sizes = Parameter(
    "shape", .shape, default: .computed("a single number"), isVariadic: true,
    "sizes, as randn(2, 3) or randn([2, 3])")

  static let rand = Builtin(
    Declaration(
      "rand", group: .make, "random numbers, uniform from 0 up to, not including, 1",
      details: "Every start of nnsh draws the same ones; seed(n) chooses others.",
      parameters: [sizes], result: "a tensor f32 of the shape; a number without arguments",
      examples: [.init("shape(rand(2, 3))", "[2, 3]")], seeAlso: ["randn", "seed"])
  ) { arguments, interpreter in
    guard arguments.isGiven(0) else { return .number(interpreter.random.generator.uniform()) }
    let shape = try arguments.sizes(0)
    return Value(try interpreter.random.generator.uniform(shape))
  }

  static let randn = Builtin(
    Declaration(
      "randn", group: .make, "random numbers, normal with mean 0 and variance 1",
      details: "Every start of nnsh draws the same ones; seed(n) chooses others.",
      parameters: [sizes], result: "a tensor f32 of the shape; a number without arguments",
      examples: [.init("shape(randn(4))", "[4]")],
      seeAlso: ["rand", "xavier", "seed"])
  ) { arguments, interpreter in
    let shape = try arguments.sizes(0)
    return Value(
      try interpreter.random.generator.normal(shape, shape.rank == 0 ? .f64 : .f32))
  }

  static let xavier = Builtin(
    Declaration(
      "xavier", group: .make, "initial weights: normal, mean 0, variance 2 / (fan_in + fan_out)",
      details: "Glorot and Bengio (2010), for layers before tanh, sigmoid or softmax.",
      parameters: [
        Parameter("fan_in", .integer, "inputs of the layer"),
        Parameter("fan_out", .integer, "outputs of the layer"),
      ],
      result: "a tensor f32 fan_in×fan_out",
      examples: [.init("shape(xavier(784, 10))", "[784, 10]")],
      seeAlso: ["he", "randn", "dense"])
  ) { arguments, interpreter in
    try weights(arguments, interpreter) { inputs, outputs in 2 / (inputs + outputs) }
  }

  static let he = Builtin(
    Declaration(
      "he", group: .make, "initial weights: normal, mean 0, variance 2 / fan_in",
      details: "He et al. (2015), for layers before relu.",
      parameters: [
        Parameter("fan_in", .integer, "inputs of the layer"),
        Parameter("fan_out", .integer, "outputs of the layer"),
      ],
      result: "a tensor f32 fan_in×fan_out",
      examples: [.init("shape(he(784, 10))", "[784, 10]")],
      seeAlso: ["xavier", "randn", "dense"])
  ) { arguments, interpreter in
    try weights(arguments, interpreter) { inputs, _ in 2 / inputs }
  }

  private static func weights(
    _ arguments: borrowing Arguments, _ interpreter: any Interpreter,
    variance: (Double, Double) -> Double
  ) throws -> Value {
    let (inputs, outputs) = (Double(try arguments.size(0)), Double(try arguments.size(1)))
    let shape = try Arguments.shape([inputs, outputs], for: arguments.declaration.name)
    let scale = max(0, variance(inputs, outputs)).squareRoot()
    let normal = try interpreter.random.generator.normal(shape)
    return Value(try Tensor.apply(.multiply, normal, .scalar(scale)))
  }

  static let seed = Builtin(
    Declaration(
      "seed", group: .make, "chooses the random numbers drawn from here on",
      details: "As a command too: seed 5. The same seed gives the same numbers.",
      parameters: [Parameter("n", .integer, "any whole number")], result: "none",
      examples: [
        .init("seed(5); a = rand(); seed(5); a == rand()", "true")
      ],
      seeAlso: ["rand", "randn", "shuffle"])
  ) { arguments, interpreter in
    let number = try arguments.integer(0)
    interpreter.random.generator = RandomGenerator(seed: UInt64(bitPattern: Int64(number)))
    return .none
  }
}
