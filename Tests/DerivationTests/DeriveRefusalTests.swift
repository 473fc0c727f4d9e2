import Testing

/// What cannot be derived is refused by name and place.
@Suite struct DeriveRefusalTests {
  @Test(arguments: [
    ("derive prod(0 * w) wrt w", "derive does not treat a product with a factor 0: `prod(0 * w)`"),
    ("derive sum(w * randn(3)) wrt w", "new random numbers: `randn(3)`"),
    ("derive sum(grad sum(w^2) wrt w) wrt w", "a gradient inside it"),
    ("fn f(n) = f(n + 1)\nderive f(w) wrt w", "calls within each other deeper than"),
    ("fn f() { a = w; while true { a = a + 1 }; return a }\nderive f() wrt w", "20000 steps"),
    ("derive w wrt w", "a gradient is taken of a number"),
    ("derive sum(nope) wrt w", "unknown name nope"),
    ("derive \"abc\" wrt w", "derive does not treat"),
    ("derive {a: w} wrt w", "derive does not treat"),
    ("derive sum(cholesky(eye(3) * sum(w))) wrt w", "derive does not treat cholesky"),
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

/// Names that would be taken for one another are told apart, and the code that is printed is run.
@Suite struct DeriveNameTests {
  static let setup = """
    seed(4)
    x = rand(6, 4); y = one_hot([0, 1, 2, 1, 0, 2], 3); W = xavier(4, 3); b = 0.1 * randn(1, 3)
    A = randn(4, 4)

    """

  @Test(arguments: [
    ("fn act(x) = maximum(x, 0)\nfn L() = sum(act(x @ W))\nderive L() wrt W", "x' @ gradRelu(x2)"),
    ("fn f(W) = tanh(W)\nderive sum(f(x @ W) * f(W)[0]) wrt W", ""),
    ("L = randn(4, 4)\nderive sum((A @ L)^2) wrt L", "2 * (A' @ r)"),
    ("N = 2; K = 3\nderive sum(tanh(x @ W)) * N / K wrt W", ""),
    ("h1 = randn(4)\nfn f(h) = tanh(A @ h)\nderive sum(f(f(h1))) wrt A", ""),
    ("fn f() { log = x @ W; return sum(exp(log)) }\nderive f() wrt W", ""),
    ("fn f() { a = A; for i in 1...3 { a = tanh(a @ A) }; return sum(a) }\nderive f() wrt A", ""),
    ("k = 3\nfn make(k) = v -> sum(v * k)\ng = make(rand(4))\nderive g(k * A) wrt A", ""),
    ("fn f() { i = [2, 0]; c = 0.5; return sum(A[0:2] * [c, 1, 2, c]) }\nderive f() wrt A", ""),
    ("derive sum((A^2)^3 + A'^2 * -A) wrt A", ""), ("derive sum((-A)^2 @ (A^2)') wrt A", ""),
    ("derive sum(2^(A^2) / (A * A + 2)) wrt A", ""), ("derive sum((A - (A - A^2)) * -2) wrt A", ""),
    ("derive sum(clip(A, -0.123456789, 0.987654321)) wrt A", ""),
    ("net = dense(4, 3) |> softmax; W1 = 2\nderive cross_entropy(y, net(x)) * W1 wrt net.W1", ""),
    ("fn mask(n) { m = zeros(n, n); m[0, 1] = 1; return m }\nderive sum(A * mask(4)) wrt A", ""),
    (
      "fn f() { l = []; for r in A { l = l + [sum(r * r)] }; return l[0] * l[3] }\nderive f() wrt A",
      ""
    ),
    ("derive sum(A[:, 2]^2) + sum(A[1:3, 1:]^3) + A[2, 3]^2 + sum(A[-1][:2]) wrt A", ""),
    ("derive sum(A[[2, 0, 2]]^2) + sum(b[0][[1, 1]]^2) wrt A, b", ""),
    ("α = 0.5; β_1 = 2\nderive sum(α * A^2) * β_1 wrt A", ""),
  ])
  func codeIsRun(_ code: String, _ expected: String) throws {
    let derivation = try #require(try DeriveHost.derivations(of: Self.setup + code).first)
    let text = derivation.text(width: 100)
    #expect(derivation.isRight, "\(text)")
    #expect(derivation.error != nil, "\(text)")
    #expect(expected.isEmpty || text.contains("nns     \(expected)"), "\(text)")
  }

  /// Code that would call a variable of the user's is not given.
  @Test func hiddenBuiltins() throws {
    let script = Self.setup + "sum = 3\nderive mean(x @ W) wrt W\nderive norm(A) wrt A"
    for derivation in try DeriveHost.derivations(of: script) {
      #expect(derivation.isRight)
      let isHidden = derivation.remarks.contains { $0.contains("a variable of yours") }
      #expect(isHidden || derivation.expression?.contains("sum(") == false)
    }
  }

  /// Softmax as it is typed by hand ends in p − y.
  @Test(arguments: [
    "fn f(o) { e = exp(o); return log(e / sum(e, axis=1, keepdims=true)) }",
    "fn f(o) { e = exp(o - max(o, axis=1, keepdims=true)); return log(e / sum(e, axis=-1, keepdims=true)) }",
    "fn row(o) = max(o, axis=1, keepdims=true)\nfn p(o) = exp(o - row(o)) / sum(exp(o - row(o)), axis=1, keepdims=true)\nfn f(o) = log(p(o))",
    "fn f(o) = o - log(sum(exp(o), axis=1, keepdims=true))",
    "fn f(o) { m = max(o, axis=1, keepdims=true); return o - m - log(sum(exp(o - m), axis=1, keepdims=true)) }",
    "fn f(o) { m = max(o, axis=1, keepdims=true); return o - (m + log(sum(exp(o - m), axis=1, keepdims=true))) }",
    "fn f(o) { m = max(o, axis=1, keepdims=true); return o - log(sum(exp(o - m), axis=1, keepdims=true)) - m }",
    "fn f(o) = o - expand_dims(log(sum(exp(o), axis=1)), 1)",
    "fn f(o) { z = o - max(o); return log(exp(z) / reshape(sum(exp(z), axis=1), 6, 1)) }",
  ])
  func softmaxByHand(_ function: String) throws {
    let script = Self.setup + function + "\nderive -mean(sum(y * f(x @ W + b), axis=1)) wrt W, b"
    for derivation in try DeriveHost.derivations(of: script) {
      let text = derivation.text(width: 100)
      #expect(derivation.isRight, "\(text)")
      #expect(text.contains("(p − y)\n"), "\(text)")
    }
  }

  @Test func logSumExp() throws {
    let script =
      Self.setup + """
        fn lse(z) { m = max(z, axis=1); return m + log(sum(exp(z - expand_dims(m, 1)), axis=1)) }
        fn L() { o = x @ W + b; return mean(lse(o) - sum(y * o, axis=1)) }
        derive L() wrt W
        """
    let derivation = try #require(try DeriveHost.derivations(of: script).first)
    #expect(derivation.isRight && derivation.text(width: 90).contains("(1/N) xᵀ (p − y)\n"))
  }
}
