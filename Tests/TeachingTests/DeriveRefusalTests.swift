import Testing

/// What cannot be derived is refused by name and place.
@Suite struct DeriveRefusalTests {
  @Test(arguments: [
    ("derive prod(w) wrt w", "derive does not treat prod: `prod(w)` (test.nns:2:8)"),
    ("derive sum(w * randn(3)) wrt w", "new random numbers: `randn(3)`"),
    ("fn f() { a = zeros(3); a[0] = sum(w); return sum(a) }\nderive f() wrt w", "a[0] = sum(w)"),
    ("derive sum(grad sum(w^2) wrt w) wrt w", "a gradient inside it"),
    ("fn f(n) = f(n + 1)\nderive f(w) wrt w", "calls within each other deeper than"),
    ("fn f() { a = w; while true { a = a + 1 }; return a }\nderive f() wrt w", "100 turns"),
    ("derive w wrt w", "a gradient is taken of a number"),
    ("derive sum(nope) wrt w", "unknown name nope"),
    ("derive \"abc\" wrt w", "derive does not treat"),
    ("derive {a: w} wrt w", "derive does not treat"),
    ("fn f(a) = a\ng = x -> f(x, x)\nderive g(w) wrt w", "f takes 1 argument, and 2 are given"),
  ])
  func refused(_ code: String, _ message: String) throws {
    let error = try #require(DeriveHost.error(of: "w = [1, 2, 3]\n" + code))
    #expect(error.contains(message), "\(error)")
  }

  @Test func noInfluence() throws {
    let derivation = try #require(
      try DeriveHost.derivations(of: "w = [1, 2]; u = 3\nderive sum(w) * 2 wrt u").first)
    #expect(derivation.expression == "0")
    #expect(derivation.remarks.contains { $0.contains("has no influence") })
  }

  /// Unrolled loops do not grow formulas without bound.
  @Test func longFormulas() throws {
    let script = """
      w = [0.1, 0.2]
      fn f() {
        a = w
        for i in 1...30 { a = a * a + sin(a) }
        return sum(a)
      }
      derive f() wrt w
      """
    let derivation = try #require(try DeriveHost.derivations(of: script).first)
    #expect(derivation.isRight)
    #expect(derivation.text(width: 100).utf8.count < 20_000)
  }
}

/// Layers that are no plain formula: their rule is stated, and every line still checked.
@Suite struct DeriveLayerTests {
  static let script = """
    seed(2)
    x = randn(4, 6, 6, 2)
    y = one_hot([0, 1, 2, 1], 3)
    net = conv2d(2, 3, 3) |> relu |> max_pool(2) |> flatten |> dense(27, 3) |> softmax

    """

  @Test(arguments: [
    ("net.W1", "∂L/∂W₁ = x ⋆ ∂L/∂h₁"), ("net.b1", "bias: summed over rows and positions"),
    ("net.W2", "(1/N) h₄ᵀ (p − y)"),
  ])
  func convolution(_ parameter: String, _ expected: String) throws {
    let derivation = try #require(
      try DeriveHost.derivations(
        of: Self.script + "derive cross_entropy(y, net(x)) wrt \(parameter)"
      ).first)
    let text = derivation.text(width: 100)
    let isRight = derivation.lines.allSatisfy(\.isRight)
    #expect(isRight, "\(text)")
    #expect(text.contains(expected), "\(text)")
    #expect(derivation.expression == nil)
  }
}

/// Variables of functions: the one that is derived with respect to, and those taken along.
@Suite struct DeriveScopeTests {
  @Test func insideAFunction() throws {
    let script = """
      x = rand(6, 4)
      fn inner() {
        u = randn(4)
        f = () -> sum((x @ u)^2)
        derive f() wrt u
        derive sum((x @ u)^2) wrt u
        return 0
      }
      inner();
      """
    for derivation in try DeriveHost.derivations(of: script) {
      #expect(derivation.text(width: 90).contains("∂L/∂u = 2 xᵀ r\n"))
      #expect(derivation.isRight)
    }
  }

  /// A captured variable of the same name is another one.
  @Test func capturedNamesake() throws {
    let script = """
      fn make(k) = v -> sum(v * k)
      k = 3
      g = make(rand(4))
      derive g(k * [1, 2, 3, 4]) wrt k
      """
    let derivation = try #require(try DeriveHost.derivations(of: script).first)
    #expect(derivation.isRight)
  }
}
