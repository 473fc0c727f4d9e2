import Checking
import Language
import Syntax
import Tensors
import Testing

/// Losses made at random, of functions that call functions, parameters that bear variables' names,
/// loops, conditionals, parts and lists: what is printed as code gives what `grad` gives.
@Suite struct DeriveRandomTests {
  @Test(arguments: 0..<60) func printedCodeIsTheGradient(_ seed: Int) throws {
    var losses = RandomLoss(seed: UInt64(seed))
    let (setup, loss) = losses.script()
    let host = DeriveHost()
    let machine = Machine(host: host, write: { _ in })
    let script = setup + "\ng_ = grad \(loss) wrt W\nderive \(loss) wrt W"
    try machine.run(machine.compile(SourceText(script, name: "random.nns")))
    let derivation = try #require(host.derivations.first)
    #expect(derivation.isRight, "\(script)\n\(derivation.text(width: 100))")
    #expect(derivation.error != nil || derivation.expression == nil)
    guard let code = derivation.expression else { return }
    let source = SourceText(
      "d_ = \(code)\nmax(abs(d_ - g_)) <= 2e-4 * max(abs(g_)) + 1e-6", name: "c")
    try machine.run(machine.compile(source))
    #expect(host.echoes.last == "true", "\(script)\n\(code)")
  }
}

/// A generator of losses over a few variables.
struct RandomLoss {
  private var generator: RandomGenerator
  private var functions = ["hand", "cell"]

  init(seed: UInt64) { generator = RandomGenerator(seed: seed) }

  /// The statements before, and the loss.
  mutating func script() -> (setup: String, loss: String) {
    var lines = [
      "seed(\(choice(1000)))", "x = randn(5, 4); W = randn(4, 4) * 0.5; b = randn(4)",
      "V = randn(4, 3); y = one_hot([0, 1, 2, 1, 0], 3); s = 0.7; h = randn(5, 4); L = 0.3",
      "fn hand(z) { e = exp(z - max(z, axis=1, keepdims=true))",
      "  return e / sum(e, axis=1, keepdims=true) }",
      "fn cell(W) = tanh(W) * 0.9",
    ]
    for number in 0..<(1 + choice(3)) {
      lines.append(function("f\(number)"))
      functions.append("f\(number)")
    }
    var loss = self.loss() + " + 0.1 * sum((x @ W)[1] * (x @ W)[0])"
    if choice(2) == 0 {
      lines.append("fn J() { p = \(matrix(2, "x")); return \(loss) + 0.1 * sum(p * W[0]) }")
      loss = "J()"
    }
    return (lines.joined(separator: "\n"), loss)
  }

  private mutating func choice(_ count: Int) -> Int { Int(generator.next() % UInt64(count)) }

  private mutating func function(_ name: String) -> String {
    let shadowing = ["x", "h", "L", "a", "p", "sum2", "W", "b"]
    let parameter = shadowing[choice(shadowing.count)]
    if ["W", "b"].contains(parameter) {
      return "fn \(name)(\(parameter)) = tanh(\(parameter)) * h + \(parameter)"
    }
    switch choice(4) {
    case 0: return "fn \(name)(\(parameter)) = \(matrix(2, parameter))"
    case 1:
      return "fn \(name)(\(parameter), k=0.5) { q = \(matrix(1, parameter)); h = q * k; "
        + "return h + \(matrix(1, "h")) }"
    case 2:
      return "fn \(name)(\(parameter)) { q = \(parameter); for i in 1...\(1 + choice(3)) "
        + "{ q = \(matrix(1, "q")) * 0.5 + q * i * 0.1 }; return q }"
    default:
      return "fn \(name)(\(parameter)) { l = []; for i in 0..<2 "
        + "{ l = l + [\(matrix(1, parameter)) * (i + 1)] }; return l[0] + l[1] }"
    }
  }

  private mutating func loss() -> String {
    let (a, b) = (matrix(2, "x"), matrix(2, "x"))
    let forms = [
      "sum(\(a))", "mean(\(a) * \(b))", "sum(\(a)[1] * b)", "norm(\(a))",
      "-sum(y * log(hand(\(a) @ V)))", "mse(h, \(a))", "mean((\(a) - h)^2) + L * sum(W^2)",
      "cross_entropy(y, softmax(\(a) @ V))", "sum(max(\(a), axis=1)) * s",
      "var(\(a)) + sum(\(b)[:, 2])",
    ]
    return forms[choice(forms.count)]
  }

  /// An expression of five rows and four columns.
  private mutating func matrix(_ depth: Int, _ variable: String) -> String {
    if depth == 0 { return choice(3) == 0 ? "x" : variable }
    let (a, b) = (matrix(depth - 1, variable), matrix(depth - 1, variable))
    let forms = [
      "(\(a) + \(b))", "(\(a) - \(b))", "(\(a) * \(b))", "(\(a) @ W)", "(\(a) @ W)", "tanh(\(a))",
      "relu(\(a))", "maximum(\(a), 0.1)", "sigmoid(\(a))", "(\(a) + b)",
      "(\(a) / (1 + \(b)^2))", "\(functions[choice(functions.count)])(\(a))", "(-\(a))", "\(a)^2",
      "(if s > \(choice(2)) { \(a) } else { \(b) })", "softmax(\(a))", "hand(\(a))", "(\(a)')'",
      "concat([\(a)[0:2], \(b)[2:5]])", "(\(a) * (\(b) > 0))", "where(\(a) > 0, \(b), \(a))",
      "s * \(a)", "(\(a) @ (W @ W))", "(\(a) - mean(\(b), axis=0))",
      "(\(a) / (0.1 + sum(\(b)^2, axis=1, keepdims=true)))",
    ]
    return forms[choice(forms.count)]
  }
}
