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
