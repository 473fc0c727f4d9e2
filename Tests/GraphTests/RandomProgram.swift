/// Random programs that train weights by gradients of a loss of their own, with loops, conditions,
/// closures, functions, indexing and assignment within it. A program is a function of its number.
struct RandomProgram {
  private var state: UInt64

  init(_ number: Int) { state = UInt64(truncatingIfNeeded: number) &* 0x9e37_79b9_7f4a_7c15 }

  /// The program: `W`, `V`, `u`, `b` and `s` are trained, and `seen` is what the loss assigns.
  mutating func text() -> String {
    var body = "  h = \(matrix(2))\n"
    for _ in 0..<below(4) { body += statement() }
    let targets = one(["W, b", "W, V, b, s, u", "s", "u", "W", "V, s"])
    return """
      seed(\(below(1000)))
      x = \(chance(20) ? "f64(randn(4, 5))" : "randn(4, 5)")
      y = one_hot([0, 2, 1, 2], 3)
      W = randn(5, 3) / 2
      V = \(chance(20) ? "f64(randn(3, 3))" : "randn(3, 3)") / 2
      u = randn(4, 3)
      b = randn(3)
      s = 0.7
      seen = 0
      turns = 0
      fn act(z) = \(function())
      fn twice(f, z) = f(f(z))
      fn L() {
      \(body)  return \(scalar(2)) + 0.01 * sum(u * s + x @ W @ V + b)
      }
      all = []
      for t in 1...4 {
        turns = t
        g = grad L() wrt \(targets)
        all += [g]
        W = W * 0.9 + 0.01 * t
        V = V * 0.9
        u = u - 0.05
        b = b + 0.1
        s = s * 0.9
      }
      r = [seen, L()]
      """
  }

  private mutating func statement() -> String {
    switch below(9) {
    case 0: "  for i in 0..<\(1 + below(3)) { h = \(matrix(1)) * 0.5 + i * 0.1 }\n"
    case 1:
      "  if \(scalar(1)) > \(one(["0", "0.5", "1"])) { h = \(matrix(1)) } else { h = \(matrix(1)) }\n"
    case 2:
      "  h[\(one(["0", "1:3", "[0, 2]", ":, 1"]))] \(one(["=", "*=", "+="])) \(one(["s", "2", "b[0]"]))\n"
    case 3: "  seen = \(scalar(1))\n"
    case 4:
      "  parts = []\n  for i in 0..<2 { parts += [\(scalar(1))] }\n  h = h * parts[\(below(2))]\n"
    case 5: "  f = z -> z * s + \(one(["b", "1", "h"]))\n  h = twice(f, h)\n"
    case 6: "  k = 0\n  while k < turns { k += 1; h = tanh(h) }\n"
    case 7: "  out = zeros(4, 3)\n  out[:, \(below(3))] = sum(h, axis=1)\n  h = h + out\n"
    default: "  h = \(matrix(2))\n"
    }
  }

  private mutating func function() -> String {
    one([
      "z * sigmoid(z)", "tanh(z) + z^2 * 0.1", "maximum(z, 0.1 * z)", "z / (1 + abs(z))",
      "where(z > 0, z, exp(z) - 1)", "relu(z) * s", "log(1 + exp(-abs(z)))",
    ])
  }

  private mutating func matrix(_ depth: Int) -> String {
    if depth <= 0 { return one(["x @ W", "(x @ W + b)", "u", "y", "relu(x @ W)"]) }
    let d = depth - 1
    switch below(22) {
    case 0, 1:
      return
        "\(one(["tanh", "sigmoid", "relu", "sin", "cos", "gelu", "softplus", "abs", "erf", "act", "act", "sign"]))(\(matrix(d)))"
    case 2: return "exp(0.1 * \(matrix(d)))"
    case 3: return "sqrt(abs(\(matrix(d))) + 1)"
    case 4: return "log(abs(\(matrix(d))) + 1)"
    case 5, 6: return "(\(matrix(d)) \(one(["+", "-", "*"])) \(matrix(d)))"
    case 7: return "(\(matrix(d)) / (2 + abs(\(matrix(d)))))"
    case 8:
      return
        "(\(matrix(d)) \(one(["+", "-", "*", "/"])) \(one(["s", "3", "b", "(s + 1)", "turns"])))"
    case 9: return "(\(matrix(d)))^2"
    case 10: return "\(one(["maximum", "minimum"]))(\(matrix(d)), \(matrix(d)))"
    case 11: return "(\(matrix(d)) @ V)"
    case 12: return "softmax(\(matrix(d)))"
    case 13:
      return
        "(\(matrix(d)) - \(one(["max", "mean", "sum"]))(\(matrix(d)), axis=\(below(2)), keepdims=true))"
    case 14: return "(V @ (\(matrix(d)))')'"
    case 15: return "where(\(matrix(d)) > 0, \(matrix(d)), \(one(["s", "0", "b"])))"
    case 16: return "clip(\(matrix(d)), -1, 1)"
    case 17: return "(\(matrix(d)))[::-1]"
    case 18: return "reshape(reshape(\(matrix(d)), 12), 4, 3)"
    case 19: return "concat([(\(matrix(d)))[:, :1], (\(matrix(d)))[:, 1:]], axis=1)"
    case 20:
      return one([
        "f64(\(matrix(d)))", "cumsum(\(matrix(d)), axis=0)", "sort(\(matrix(d)), axis=1)",
      ])
    default: return "log(softmax(\(matrix(d))))"
    }
  }

  private mutating func scalar(_ depth: Int) -> String {
    let d = depth - 1
    if depth <= 0 { return one(["sum(h)", "mean(h)", "s", "h[1, 2]", "sum(b)"]) }
    switch below(14) {
    case 0: return "sum(\(matrix(d)))"
    case 1: return "mean(\(matrix(d)))"
    case 2: return "mse(y, \(matrix(d)))"
    case 3: return "cross_entropy(y, softmax(\(matrix(d))))"
    case 4: return "averageCE(y, softmax(\(matrix(d))))"
    case 5: return "bce(y, sigmoid(\(matrix(d))))"
    case 6: return "(\(scalar(d)) \(one(["+", "*", "-"])) \(scalar(d)))"
    case 7: return "tanh(\(scalar(d)))"
    case 8: return "(\(matrix(d)))[\(below(4)), \(below(3))]"
    case 9: return "dot(b, mean(\(matrix(d)), axis=0))"
    case 10: return "norm(\(matrix(d)))"
    case 11: return "\(one(["max", "std", "var"]))(\(matrix(d)))"
    case 12: return "(\(scalar(d)) * s + \(scalar(d))^2)"
    default: return "sum(h * \(matrix(d)))"
    }
  }

  // MARK: Chance

  private mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
    return bits ^ (bits >> 31)
  }

  private mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }
  private mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
  private mutating func one(_ choices: [String]) -> String { choices[below(choices.count)] }
}
