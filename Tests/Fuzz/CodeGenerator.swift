import Language
import Library
import Shell

/// Makes code of the language: arguments of every kind, fitting ones and others, from what the
/// registry declares.
struct CodeGenerator {
  var random: Randomness

  /// Variables of every kind, for the statements that follow.
  static let preamble = """
    x = [1, -2, 0.5]; m = [[1, 2, 3], [4, 5, 6]]; q = f64([[2, 1], [1, 3]]); c = x > 0
    s = "ab é\\n{{"; l = ["a", 1, [2, "b"]]; r = {a: 1, b: [2, 3], c: "d"}
    f = v -> v * 2; g = (a, b) -> a + b; n = dense(3, 2) |> softmax; o = adam()
    d = split(dataset(arange(24) |> reshape([8, 3]), [0, 1, 0, 1, 0, 1, 0, 1]), 4, 2, 2)
    e = zeros(0); z = zeros(2, 0); i = randn(4, 4, 4, 2)

    """

  private static let numbers = [
    "0", "1", "2", "-1", "3", "0.5", "-0.0", "1e-300", "1e300", "inf", "-inf", "nan", "7", "100",
    "1e9", "-1e18", "9007199254740993", "1e-45", "2147483648", "64",
  ]
  private static let tensors = [
    "x", "m", "q", "c", "e", "z", "i", "zeros(3)", "ones(2, 3)", "[nan, inf, -inf]", "[[1]]", "0",
    "randn(3, 3)", "f64([1, 2])", "m'", "x[::-1]", "i[:, 0]", "[1e30, -1e30]", "arange(5)", "m[0]",
    "zeros(1, 1, 1, 1, 1)", "zeros(2^40, 0)", "zeros(0, 2^40)",
  ]
  private static let strings = [
    "s", "\"\"", "\"a\"", "\"{x}\"", "\"a,b,,c\"", "\"\\u{301}e\\u{1F468}\\u{200D}\\u{1F469}\"",
    "\"mean\"", "\"same\"", "\"\\u{1b}[31m\"", "\"{1.5:8.3f}\"", "\"1e5\"", "s * 100",
  ]
  private static let lists = [
    "l", "[]", "[x, x]", "[m, x]", "[\"a\", \"b\"]", "[[1, 2], [3]]", "[none]", "[l, l]", "[f, n]",
    "[1, true]", "batches(m, 1)",
  ]
  private static let others = [
    "none", "true", "false", "1..<4", "0...1 by 0.25", "9...1", "0..<0", "r", "{}", "{x: m, y: m}",
    "f", "g", "sum", "relu", "(() -> 1)", "(a -> a[9])", "n", "n |> relu", "dense(2)", "o",
    "sgd(0.1)", "cosine(0.1, 10)", "d", "d.train", "conv2d(2, 3, 3)", "residual(dense(3, 3))",
    "dropout(0.5)", "batch_norm", "flatten",
  ]
  private static let paths = [
    "a.npy", "a.npz", "a.csv", "a.png", "a.txt", "a.nnsh", "a.safetensors", "none/a.npy",
    "/dev/null", "a", "\"a b.npy\"", "a.svg",
  ]

  init(_ random: Randomness) { self.random = random }

  /// An expression of a kind, or, now and then, of any other.
  mutating func expression(_ kind: Parameter.Kind, depth: Int = 0) -> String {
    if random.chance(15) { return anything(depth: depth) }
    switch kind {
    case .number, .integer, .axes: return random.one(of: Self.numbers)
    case .bool: return random.one(of: ["true", "false"])
    case .string, .place, .topic: return random.one(of: Self.strings)
    case .path: return "\"" + random.one(of: Self.paths).filter { $0 != "\"" } + "\""
    case .choice(let choices): return "\"\(random.one(of: choices))\""
    case .tensor: return tensor(depth: depth)
    case .list: return random.one(of: Self.lists)
    case .shape: return random.one(of: ["[2, 3]", "3", "[]", "[0]", "[-1]", "[2, -1]", "[1, 1]"])
    case .sequence:
      return random.one(of: [tensor(depth: depth), random.one(of: Self.lists), "1..<5", "s"])
    case .record: return random.one(of: ["r", "{}", "{x: m, y: m}"])
    case .function: return random.one(of: ["f", "g", "sum", "n", "(a -> a[9])", "(() -> x)"])
    case .network: return random.one(of: ["n", "dense(3, 2)", "n |> relu", "dropout(0.5)"])
    case .optimizer: return "o"
    case .schedule: return "cosine(0.1, 10)"
    case .dataSet: return "d"
    case .split: return random.one(of: ["d.train", "d", "{x: m, y: m}"])
    case .block: return random.one(of: ["{ stop }", "{ print(epoch) }", "{ }", "{ net = 3 }"])
    case .any: return anything(depth: depth)
    }
  }

  /// A tensor, or a function of one.
  mutating func tensor(depth: Int = 0) -> String {
    guard depth < 2, random.chance(30) else { return random.one(of: Self.tensors) }
    return call(random.one(of: Builtin.all), depth: depth + 1)
  }

  /// A value of any kind.
  mutating func anything(depth: Int = 0) -> String {
    switch random.below(6) {
    case 0: return random.one(of: Self.numbers)
    case 1: return random.one(of: Self.strings)
    case 2: return random.one(of: Self.lists)
    case 3: return tensor(depth: depth)
    default: return random.one(of: Self.others)
    }
  }

  /// A call of a builtin.
  mutating func call(_ builtin: Builtin, depth: Int = 0) -> String {
    var arguments: [String] = []
    for parameter in builtin.declaration.parameters {
      if parameter.defaultValue != nil, random.chance(60) { continue }
      let value = expression(parameter.kind, depth: depth)
      let isNamed = !parameter.isVariadic && (parameter.defaultValue != nil || random.chance(10))
      arguments.append(isNamed ? "\(parameter.name)=\(value)" : value)
      while parameter.isVariadic, random.chance(40) {
        arguments.append(expression(parameter.kind, depth: depth))
      }
    }
    if random.chance(3) { arguments.append(anything(depth: depth)) }
    return "\(builtin.name)(\(arguments.joined(separator: ", ")))"
  }

  /// A command with some of its arguments.
  mutating func statement(_ command: Command) -> String {
    var words = [command.declaration.name]
    for argument in command.arguments {
      let isOptional = argument.parameter.defaultValue != nil
      if isOptional, random.chance(60) { continue }
      if random.chance(3) { continue }
      var value = expression(argument.parameter.kind)
      if !argument.words.isEmpty, random.chance(50) { value = random.one(of: argument.words) }
      if case .path = argument.parameter.kind { value = random.one(of: Self.paths) }
      if case .choice(let choices) = argument.parameter.kind, random.chance(80) {
        value = random.one(of: choices)
      }
      if argument.isOption {
        words.append("\(argument.parameter.name)=\(value)")
      } else {
        words += (argument.keyword.map { [$0] } ?? []) + [value]
      }
    }
    return words.joined(separator: " ")
  }
}
