import Language
import Library
import Syntax
import Testing

@testable import Derivation

/// Every builtin that a derivative passes through has a rule or is refused by name: a call of each
/// is found by trying, so that none is left out by a list.
@Suite struct DeriveEveryBuiltinTests {
  static let setup = """
    seed(1)
    A = rand(3, 3) * 0.6 + 0.2; B = rand(3, 3) * 0.6 + 0.2; v = rand(3) * 0.6 + 0.2
    M = A > 0.5; s = 0.7

    """

  /// Arguments of which a builtin takes some, and the variable among them.
  static let arguments = [
    ("A", "A"), ("B, A", "A"), ("A, B", "A"), ("v", "v"), ("v, v + 1", "v"), ("A, v, v", "A"),
    ("[A, B]", "A"), ("M, A, B", "A"), ("A, 2", "A"), ("A, 0.3, 0.6", "A"), ("A, 9", "A"),
    ("[2, 2], s", "s"), ("s, 2, 4", "s"), ("s, s + 2", "s"), ("2, 2, s", "s"), ("A, f32", "A"),
    ("u -> u * u, A", "A"), ("(u, k) -> u + k, [v, v * 2]", "v"), ("[v, v]", "v"),
    ("(u, k) -> u + k, [v, v * 2], v", "v"), ("() -> sum(A)", "A"), ("u -> u * s, [1, 2]", "s"),
    ("u -> sum(u) > 1, [v, v + 1]", "v"), ("s", "s"),
    ("{a: A}, \"a\"", "A"), ("\"ij,jk->ik\", A, B", "A"), ("A, 0, 1", "A"), ("A, [1]", "A"),
    ("A @ A' + eye(3)", "A"), ("v, [-9, 0, 9], [1, 3, 2]", "v"),
  ]

  static let names = (Builtin.all.filter { $0.differentiation == .differentiable })
    .map(\.declaration.name).sorted()

  @Test(arguments: names) func hasARule(_ name: String) throws {
    var tried: [String] = []
    for (arguments, target) in Self.arguments {
      // A list of tensors takes no arithmetic; its sum does.
      let isList = ["batches", "filter"].contains(name)
      let isPair = ["meshgrid", "split_at", "topk", "svd", "eigh", "qr"].contains(name)
      let call = "\(name)(\(arguments))" + (isPair ? "[0]" : "")
      let loss = isList ? "1.5 * sum(\(call))" : "sum(\(call) * 1.5)"
      let gradient = "\ng = grad \(loss) wrt \(target)"
      if let error = DeriveHost.error(of: Self.setup + gradient) {
        // Constant between its jumps: refused by grad itself.
        if error.contains("has no derivative") { tried.append(loss) }
        continue
      }
      let script = Self.setup + "derive \(loss) wrt \(target)"
      if let error = DeriveHost.error(of: script) {
        #expect(error.contains("derive does not treat"), "\(loss): \(error)")
      } else {
        for derivation in try DeriveHost.derivations(of: script) {
          #expect(derivation.isRight, "\(derivation.text(width: 100))")
        }
      }
      tried.append(loss)
    }
    // Layers, and what only trains or prints, have no gradient of numbers.
    // Lists and records hand their parts on.
    let isOther = [
      "a network", "an optimizer", "a function", "a record", "a list of the values",
      "a list of lists",
    ].contains {
      Builtin.named(name)?.declaration.result.contains($0) == true
    }
    #expect(!tried.isEmpty || isOther, "no call of \(name) was found that has a gradient")
  }
}

/// A builtin with an axis is derived along each, and the code that is printed along the same one.
@Suite struct DeriveEveryAxisTests {
  static let setup = """
    seed(1)
    x = rand(2, 3, 4) * 0.6 + 0.2; A = rand(3, 5)
    fn weighed(r) = sum(reshape(arange(1, size(r) + 1), r.shape) * r)

    """

  /// Arguments between the tensor and its axis, of those that need one.
  static let others = ["roll": "1, ", "quantile": "0.3, ", "percentile": "40, ", "repeat": "2, "]
  /// What has no derivative to be derived, or no tensor as its first operand.
  static let names = Builtin.all.filter { builtin in
    builtin.differentiation == .differentiable
      && builtin.declaration.parameters.first?.kind == .tensor
      && builtin.declaration.parameters.contains { $0.name == "axis" }
      && !["split_at", "unique", "squeeze"].contains(builtin.declaration.name)
  }.map(\.declaration.name).sorted()

  @Test(arguments: names, [0, 1, 2, -2]) func isDerived(_ name: String, _ axis: Int) throws {
    let call = "weighed(\(name)(x, \(Self.others[name] ?? "")axis=\(axis)))"
    let derivations = try DeriveHost.derivations(of: Self.setup + "derive \(call) wrt x")
    #expect(derivations.count == 1)
    for derivation in derivations {
      #expect(derivation.isRight, "\(derivation.text(width: 100))")
    }
  }

  @Test(arguments: [
    "flip(A)", "flip(A, axis=[0, 1])", "roll(A, -2)", "roll(A, 7, axis=1)", "swapaxes(x, 0, -1)",
    "swapaxes(x, 1, 2)", "tril(A)", "triu(A, -1)", "tril(x, 1)", "diff(A, 2)",
    "diff(A, n=2, axis=0)",
    "diff(A[0])", "cumprod(A)", "tile(A, 2)", "tile(A, 2, 3)", "tile(A, [2, 1, 2])", "pad(A, 1)",
    "pad(A, [0, 2])", "pad(A, [[1, 0], [2, 3]], value=4)", "median(A)", "median(A[:, :4])",
    "median(A[:, :4], axis=1, keepdims=true)", "quantile(A, 1)", "cumsum(A)",
    "log_softmax(A, axis=0)", "log_softmax(A)", "softmax(A', axis=-2)", "squeeze(x[0:1], axis=0)",
    "tile(A, 0, 2)",
  ])
  func withItsSettings(_ call: String) throws {
    let target = call.contains("x") && !call.contains("A") ? "x" : "A"
    let script = Self.setup + "derive weighed(\(call)) wrt \(target)"
    let derivation = try #require(try DeriveHost.derivations(of: script).first)
    #expect(derivation.isRight, "\(derivation.text(width: 100))")
  }

  /// A sum with a minus before it is a sum in parentheses.
  @Test func signOfASum() throws {
    let script = Self.setup + "t = rand(3, 5)\nderive sum(log(softmax(A)) * t) wrt A"
    let text = try #require(try DeriveHost.derivations(of: script).first).text(width: 100)
    #expect(text.contains("∂L/∂A = −(t 𝟏 ⊙ p − t)\n"), "\(text)")
    #expect(text.contains("= −(pⱼ Σₖ tₖ − tⱼ)"), "\(text)")
  }
}
