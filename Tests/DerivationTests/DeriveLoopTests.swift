import Testing

@testable import Derivation

/// Of the turns of a long loop a few are shown; all are derived and checked.
@Suite struct DeriveLoopTests {
  static let setup = """
    seed(3)
    A = randn(4, 4) * 0.3; w = randn(4); X = randn(40, 4); U = randn(4, 4) * 0.3

    """

  @Test(arguments: [
    ("fn f() { a = w; for i in 1...40 { a = tanh(A @ a) }; return sum(a) }", "A"),
    ("fn f() { h = zeros(4); for x in X { h = tanh(x @ U + h @ A) }; return sum(h^2) }", "U"),
    ("fn f() { t = 0; for i in 0..<30 { t += (X[i] @ w)^2 }; return t / 30 }", "w"),
    ("fn f() { a = w; i = 0; while i < 50 { a = a * 0.9 + w; i += 1 }; return sum(a * a) }", "w"),
    (
      "fn step(a) = tanh(A @ a) * 0.9\nfn f() { a = w; for i in 1...20 { a = step(a) }; return norm(a) }",
      "w"
    ),
    ("fn f() { o = zeros(20); for i in 0..<20 { o[i] = w[i % 4]^2 }; return sum(o) }", "w"),
  ])
  func folded(_ function: String, _ target: String) throws {
    let script = Self.setup + function + "\ng = grad f() wrt \(target)\nderive f() wrt \(target)"
    let derivation = try #require(try DeriveHost.derivations(of: script).first)
    let text = derivation.text(width: 100)
    #expect(derivation.isRight, "\(text)")
    #expect(derivation.lines.contains { $0.gap != nil }, "\(text)")
    #expect(derivation.lines.count > 15)
    #expect(text.contains("likewise in turns 3 to"), "\(text)")
    #expect(text.utf8.count < 6_000, "\(text)")
    #expect(derivation.markdown.contains("likewise in turns 3 to"))
  }

  /// A loop of few turns is written out.
  @Test func short() throws {
    let script =
      Self.setup
      + "fn f() { a = w; for i in 1...4 { a = tanh(A @ a) }; return sum(a) }\nderive f() wrt w"
    let derivation = try #require(try DeriveHost.derivations(of: script).first)
    #expect(derivation.isRight && derivation.lines.allSatisfy { $0.gap == nil })
    #expect(derivation.expression != nil)
  }

  /// Turns that are not alike are not folded; many of them are refused.
  @Test func unlike() throws {
    let function =
      "fn f(n) { a = w; for i in 1...n { a = if i % 2 == 0 { sin(a) } else { cos(A @ a) * a } }; return sum(a) }\n"
    let few = try DeriveHost.derivations(of: Self.setup + function + "derive f(10) wrt w")
    #expect(few.allSatisfy { $0.isRight && $0.lines.allSatisfy { $0.gap == nil } })
    let error = DeriveHost.error(of: Self.setup + function + "derive f(400) wrt w")
    #expect(error?.contains("a long loop whose turns are not alike") == true, "\(error ?? "")")
  }
}
