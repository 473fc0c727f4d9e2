import Checking
import Syntax
import Testing

/// Losses of many kinds: each line must agree with autodiff and the final expression with `grad`.
@Suite struct DeriveCorpusTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let code: String
    let result: String?
    init(_ code: String, _ result: String? = nil) {
      self.code = code
      self.result = result
    }
    var testDescription: String { code }
  }

  static let setup = """
    seed(5)
    x = rand(6, 4) - 0.5
    y = one_hot([0, 1, 2, 1, 0, 2], 3)
    W1 = xavier(4, 5); b1 = 0.1 * randn(5)
    W2 = xavier(5, 7); b2 = 0.1 * randn(1, 7)
    W3 = xavier(7, 3); b3 = 0.1 * randn(1, 3)
    V = xavier(4, 3); c = 0.1 * randn(3)
    w = randn(4); t = randn(6); q = rand(6)
    s = 0.7; lam = 0.01; A = randn(4, 4); B = rand(4, 4) + 0.5
    net = dense(4, 5) |> relu |> dense(3) |> softmax
    fn logits(x) = tanh(x @ W1 + b1) @ W2 + b2
    fn deep() {
      h1 = relu(x @ W1 + b1)
      h2 = relu(h1 @ W2 + b2)
      return softmax(h2 @ W3 + b3)
    }
    fn squash(x) = sigmoid(x @ V + c)

    """

  static let cases: [Case] = [
    Case("derive mean((x @ w - t)^2) wrt w", "(2/N) xᵀ r"),
    Case("derive mse(t, x @ w) wrt w"),
    Case("derive cross_entropy(y, softmax(x @ V + c)) wrt V", "(1/N) xᵀ (p − y)"),
    Case("derive cross_entropy(y, softmax(x @ V + c)) wrt c", "(1/N) 1ᵀ (p − y)"),
    Case("derive averageCE(y, softmax(compute(x, V, c))) wrt V", "(1/(N·K)) xᵀ (p − y)"),
    Case("derive cross_entropy(y, deep()) wrt W1, b1, W2, b2, W3, b3"),
    Case("derive -mean(sum(y * log(deep()), axis=1)) wrt W2"),
    Case("derive mse(y, squash(x)) wrt V, c"),
    Case("derive cross_entropy(y, softmax(x @ V)) + lam * sum(V^2) wrt V, lam"),
    Case("derive mean((x @ w - t)^2) + lam * sum(w * w) wrt w"),
    Case("derive cross_entropy(y, net(x)) wrt net.W1, net.b1, net.W2, net.b2"),
    Case("derive -mean(q * log(sigmoid(x @ w)) + (1 - q) * log(1 - sigmoid(x @ w))) wrt w"),
    Case("derive sum(tanh(A @ x')) wrt A"),
    Case("derive sum(exp(A) / B) wrt A, B"),
    Case("derive sum(log(B) * A) wrt B"),
    Case("derive sum(sqrt(B)) wrt B"),
    Case("derive sum(A^3) wrt A"),
    Case("derive sum(abs(A) + sin(A) * cos(A)) wrt A"),
    Case("derive sum(softplus(x @ w)) wrt w"),
    Case("derive sum(maximum(A, 0) * minimum(A, B)) wrt A"),
    Case("derive sum(where(A > 0, A^2, 3 * A)) wrt A"),
    Case("derive sum(where(A > 0 and A < B or A < -1, A^2, 3 * A)) wrt A"),
    Case("derive norm(A) + norm(w) wrt A, w"),
    Case("derive var(A) + std(A) wrt A"),
    Case("derive sum(max(A, axis=1)) + min(A) wrt A"),
    Case("derive sum(mean(A, axis=1) * w) wrt A"),
    Case("derive sum(sum(A * B, axis=1, keepdims=true) * B) wrt A, B"),
    Case("derive w @ A @ w wrt A, w"),
    Case("derive sum(outer(w, t) * outer(w, t)) wrt w"),
    Case("derive trace(A @ B) wrt A"),
    Case("derive sum(reshape(A, 2, 8)^2) wrt A"),
    Case("derive sum(flatten(A) * flatten(B)) wrt A"),
    Case("derive sum(concat([A, B])^2) wrt A, B"),
    Case("derive sum(A[1:3]^2) + w[0]^2 wrt A, w"),
    Case("derive sum(clip(A, -0.5, 0.5) * A) wrt A"),
    Case("derive s * sum(A) / (1 + s^2) wrt s, A"),
    Case("derive sum(softmax(A)^2) wrt A"),
    Case("derive -sum(2 * y * log(softmax(x @ V))) wrt V"),
    Case(
      "z = 0\nfor i in 1...3 { z = 1 }\nfn f() {\n  a = w\n  for i in 1...3 { a = tanh(A @ a) }\n  return sum(a)\n}\nderive f() wrt A"
    ),
    Case("derive sum(if s > 0 { A * s } else { A }) wrt A"),
    Case("g = u -> sum(u * u)\nderive g(A + B) wrt A"),
    Case("derive mean(log(1 + exp(-t * (x @ w)))) wrt w"),
    Case("derive sum(A.T @ B) wrt A"),
    Case("derive sum((x @ V) * y) wrt V"),
    Case("derive 2^s + s^s wrt s"),
    Case("derive sum((A - mean(A, axis=0))^2) wrt A"),
    Case("derive mse(y, sigmoid(logits(x) @ W3)) + lam * (sum(W1^2) + sum(W2^2)) wrt W1, W2, b1"),
    Case("derive cross_entropy(y, softmax(tanh(sigmoid(x @ W1 + b1) @ W2 + b2) @ W3)) wrt W1, W2"),
    Case("fn l2(v, k=0.5) = k * sum(v^2)\nderive mean((x @ w - t)^2) + l2(w) wrt w"),
    Case("fn make(k) = v -> sum(v * k)\nf = make(B)\nderive f(tanh(A)) wrt A"),
    Case(
      "fn f() {\n  a = 0; i = 0\n  while i < 3 { a += sum(w^2) * i; i += 1 }\n  a\n}\nderive f() wrt w"
    ),
    Case("d = dataset(x, y)\nderive cross_entropy(d.train.y, softmax(d.train.x @ V)) wrt V"),
    Case("derive sum((x @ V) * y) / x.shape[0] wrt V", "(1/N) xᵀ y"),
    Case(
      "derive -mean(sum(y * log(softmax(x @ V)), axis=1)) + lam / 2 * sum(V^2) wrt V",
      "lam V + (1/N) xᵀ (p − y)"),
    Case(
      "derive -mean(q * log(sigmoid(x @ w)) + (1 - q) * log(1 - sigmoid(x @ w))) wrt w",
      "(1/N) xᵀ (h − q)"),
    Case("derive prod(w) + sum(prod(A, axis=1)) + prod(B, axis=0)[2] wrt w, A, B"),
    Case("derive sum(cumsum(w)^2) + sum(cumsum(A)^2) + sum(cumsum(B, axis=1)^2) wrt w, A, B"),
    Case(
      "derive sum(repeat(w, 2)^2) + sum(repeat(A, 3)^2) + sum(repeat(B, 2, axis=1)^2) wrt w, A, B"),
    Case("derive sum(diag(w)^2) + sum(diag(A) * w) wrt w, A"),
    Case("derive sum(sort(w) * q[:4]) + sum(sort(t, descending=true) * q) wrt w, t"),
    Case(
      "fn f() { a = zeros(3); a[0] = sum(w^2); a[1] = a[0] * s; return sum(a * a) }\nderive f() wrt w, s"
    ),
    Case("fn f() { C = A * A; C[0, :] = A[1]; C[2, 1:3] *= 2; return sum(C^2) }\nderive f() wrt A"),
    Case(
      "fn f() { a = zeros(4); for i in 0..<4 { a[i] = w[i] * i }; return sum(a * A[0]) }\nderive f() wrt w, A"
    ),
    Case("fn f() { r = {c: w, k: 2}; r.c[1] = s; return sum(r.c * r.k) }\nderive f() wrt w, s"),
    Case("derive sum(map(v -> v * s, w)) wrt s"),
    Case("f = (v -> v * v) |> sum\nderive f(A) wrt A"),
    Case("fn f() { n, d = x.shape; return sum(x @ w) / n * d }\nderive f() wrt w"),
    Case(
      "fn f() { t = 0; for i, row in enumerate(A) { t += sum(row * w) * i }; return t }\nderive f() wrt A, w"
    ),
    Case(
      "fn g() { Q = x @ V; S = Q @ Q' / 2; return softmax(S) @ x @ V }\nderive cross_entropy(y, softmax(g())) wrt V"
    ),
    Case("u = f64(w)\nderive sum((f64(x) @ u)^2) wrt u", "2 f64(x)ᵀ r"),
  ]

  @Test(arguments: cases) func agrees(_ example: Case) throws {
    let derivations = try DeriveHost.derivations(of: Self.setup + example.code)
    #expect(!derivations.isEmpty)
    for derivation in derivations {
      #expect(!derivation.lines.isEmpty)
      let isRight = derivation.lines.allSatisfy(\.isRight)
      #expect(isRight, "\(derivation.text(width: 100))")
      #expect((derivation.error ?? .infinity) < 1e-5, "\(derivation.text(width: 100))")
      if let result = example.result {
        #expect(
          derivation.text(width: 100).contains("= \(result)\n"), "\(derivation.text(width: 100))")
      }
    }
  }
}
