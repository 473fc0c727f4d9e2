import Tensors
import Testing
import ValueElements

@testable import Language
@testable import Library

/// `grad` of what a person may write: the numbers, or the error that says where the way is cut.
@Suite struct MachineGradientTests {
  static let numbers: [(code: String, expected: [Double])] = [
    // Rows and columns of one, and what stretches them.
    ("x = [[1, 2], [3, 4], [5, 6]]; w = [[1], [1]]; g = grad sum(x @ w) wrt w", [9, 12]),
    ("x = [[1, 2], [3, 4], [5, 6]]; w = [[1], [1]]; g = grad mean(x @ w) wrt w", [3, 4]),
    ("x = [[1, 2], [3, 4]]; w = [[1], [1]]; g = grad sum((x @ w)') wrt x", [1, 1, 1, 1]),
    ("x = [[2]]; w = [[1, 2, 3]]; g = grad sum(x @ w) wrt x", [6]),
    // Of values for one place the last stays.
    (
      "q = [1, 2, 3]; fn f() { y = [0, 0]; y[[0, 1, 0]] = q; return sum(y * [1, 10]) }; "
        + "g = grad f() wrt q", [0, 10, 1]
    ),
    (
      "q = [1, 2]; fn f() { y = q * 1; y[[1, 1]] *= 3; return sum(y) }; g = grad f() wrt q",
      [1, 3]
    ),
    (
      "q = [1, 2]; fn f() { y = q * 1; y[[0, -2]] += q; return sum(y * [1, 10]) }; "
        + "g = grad f() wrt q", [1, 11]
    ),
    // What is made of a number.
    ("w = 2; g = grad sum(full([2, 3], w)) wrt w", [6]),
    ("w = 2; g = grad sum(linspace(0, w, 4)) wrt w", [2]),
    ("w = 2; g = grad sum(linspace(w, 9, 4)^2) wrt w", [2 * 2 + 2 * 13 / 3 * 2 / 3 + 2 * 20 / 9]),
    ("w = 1; g = grad sum(arange(0, 5, w)) wrt w", [10]),
    ("w = 1; g = grad sum(arange(w, 5)) wrt w", [4]),
    ("w = 2; g = grad sum(clip([1, 5, 3], 0, w)) wrt w", [2]),
    ("w = 2; g = grad sum(clip([1, 5, 3], w, none)) wrt w", [1]),
    ("w = 2; g = grad clip(w, 0, 5) wrt w", [1]),
    ("w = 2; g = grad clip(7, 0, w * 3) wrt w", [3]),
    ("w = [1, 2]; g = grad sum(-[w, w]) wrt w", [-2, -2]),
    ("w = [1, 2]; g = grad sum(batches(w, 1)[1]) wrt w", [0, 1]),
    // Order.
    ("x = [2, 1]; g = grad sum(sort(x) * [1, 10]) wrt x", [10, 1]),
    ("x = [2, 1]; g = grad sum(sort(x, descending=true) * [1, 10]) wrt x", [1, 10]),
    ("x = 3; g = grad sort([x, 1])[0] * 2 + sort([x, 1])[1] wrt x", [1]),
    // Kinks.
    ("x = [1, 1]; g = grad std(x) wrt x", [0, 0]),
    ("x = [1, 1]; g = grad norm(x - 1) wrt x", [0, 0]),
    ("x = [3, -4]; g = grad norm(x, 1) wrt x", [1, -1]),
    ("x = [[3, 4]]; g = grad sum(norm(x, 2, 1)) wrt x", [0.6, 0.8]),
    ("x = [[1, 3]]; g = grad sum(softmax(x, axis=0)) wrt x", [0, 0]),
    ("x = [[0, 1], [0, 1]]; g = grad softmax(x, axis=0)[0, 1] wrt x", [0, 0.25, 0, -0.25]),
    ("x = [2, 2, 1]; g = grad max(x) wrt x", [0.5, 0.5, 0]),
    // Saturation.
    ("z = [0, 200]; g = grad log(softmax(z))[0] wrt z", [1, -1]),
    ("a = 1; g = grad log(sigmoid(-200 * a)) wrt a", [-200]),
    ("a = [1]; g = grad sum(log(sigmoid(-200 * a))) wrt a", [-200]),
    ("a = 1; g = grad log(1 - sigmoid(900 * a)) wrt a", [-900]),
    ("a = [-200, 0]; g = log(sigmoid(a))", [-200, -0.6931472]),
    ("a = [200, 0]; g = log(1 - sigmoid(a))", [-200, -0.6931472]),
    ("p = sigmoid(f64([800, 0])); g = log(1 - p)", [-800, -0.6931471805599453]),
    ("p = sigmoid([200, 0]); g = 2 * log(1 - p) + 1", [-399, -0.3862944]),
    ("p = sigmoid([200, 0]); q = 1 - p; q[0] = 0.5; g = log(q)", [-0.6931472, -0.6931472]),
    ("p = sigmoid([200, -200]); y = [1, 0]; g = sum(y * log(p) + (1 - y) * log(1 - p))", [0]),
    // No cut: the derivative itself is constant, or another way leads there.
    ("x = 2; g = grad (grad 3 * x wrt x) wrt x", [0]),
    ("x = 2; g = grad (grad abs(x) wrt x) wrt x", [0]),
    ("x = 2; g = grad (grad (if x > 1 { 3 * x } else { 0 }) wrt x) wrt x", [0]),
    ("x = [2, 3]; g = grad sum(grad sum(where(x > 2, x, 0)) wrt x) wrt x", [0, 0]),
    ("z = [0, 200]; g = log(softmax(z))", [-200, 0]),
    ("z = [0, 200]; p = softmax(z); y = [1, 0]; g = [sum(y * log(p))]", [-200]),
    ("z = f64([0, 2000]); p = softmax(z); z[0] = 7; g = log(p)", [-2000, 0]),
    ("p = softmax([0, 200]); p[0] = 1; g = log(p)", [0, 0]),
    ("p = softmax([0, 200]); p += 1; g = log(p)", [0, 0.6931472]),
    ("x = 2; g = grad (if x > 1 { x^2 } else { 0 }) wrt x", [4]),
    ("x = [2, 3]; g = grad x[argmax(x)] wrt x", [0, 1]),
    ("x = [2, 3]; g = grad sum(where(x > 2, x, 0)) wrt x", [0, 1]),
    ("x = [2, 3]; g = grad sum(x) + accuracy([2, 3], x) wrt x", [1, 1]),
    ("x = [2.5, 3]; g = grad sum(x * round(x)) wrt x", [2, 3]),
    ("x = [2, 3]; y = 1; g = (grad sum(x) wrt x, y)[1]", [0]),
  ]

  @Test(arguments: numbers) func gradients(_ code: String, _ expected: [Double]) {
    let bench = MachineBench()
    #expect(bench.run(code) == "", "\(code)")
    let found = bench.machine.globals["g"]?.elements ?? []
    #expect(
      found.count == expected.count
        && zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-5 * max(1, abs($1)) },
      "\(code): \(found)")
  }

  static let cuts: [(code: String, error: String)] = [
    ("w = 2; grad number(\"{w}\") wrt w", "number has no derivative: a text passes no derivative"),
    ("w = 2; grad w * number(\"1\" + str(w)) wrt w", "number has no derivative"),
    ("w = 2; grad w * number(\"{w:.3f}\") wrt w", "number has no derivative"),
    ("w = [1]; L = sum(w^2); grad L wrt w", "the result does not depend on w"),
    ("w = [1]; v = 2; L = sum(w^2); grad L wrt w, v", "the result does not depend on w, v"),
    (
      "y = [[1, 0], [0, 1]]; W = y; grad accuracy(y, softmax(y @ W)) wrt W",
      "accuracy has no derivative"
    ),
    ("x = [1, 2]; grad argmax(x) wrt x", "argmax has no derivative"),
    ("x = [1, 2]; grad sum(argsort(x)) wrt x", "argsort has no derivative"),
    ("x = [1, 2]; grad sum(round(x)) wrt x", "round has no derivative"),
    ("x = [1, 2]; grad sum(round(x, 2)) wrt x", "round has no derivative"),
    ("x = [1, 2]; grad sum(floor(x) + ceil(x)) wrt x", "floor has no derivative"),
    ("x = [1, 2]; grad sum(sign(x)) wrt x", "sign has no derivative"),
    ("x = [1, 2]; grad sum(gradRelu(x)) wrt x", "gradRelu has no derivative"),
    ("x = [1, 2]; grad sum(x > 1) wrt x", "a comparison has no derivative"),
    ("x = [1, 2]; grad sum(x == 1) wrt x", "a comparison has no derivative"),
    ("x = 1; grad (if x > 0 { 2 } else { 3 }) wrt x", "a comparison has no derivative"),
    ("x = 1; grad [5, 6][x] wrt x", "an index has no derivative"),
    ("x = 2; grad sum(zeros(x)) wrt x", "zeros has no derivative"),
    ("x = 2; grad sum(0..<x) wrt x", "a range has no derivative"),
    ("x = 2; grad sum(arange(x)) wrt x", "arange has no derivative"),
    ("x = 2; grad x + sum(x..<5) wrt x", "a range holds plain numbers"),
    ("x = 2; grad x + sum(range(x, 5)) wrt x", "a range holds plain numbers"),
    ("x = [1, 2]; grad sum(unique(x)) wrt x", "unique has no derivative"),
    ("x = [1, 2]; a = [1, 2]; grad sum(a) + argmax(x) wrt a, x", "argmax has no derivative"),
    ("x = [[1], [2]]; grad dataset(x, x).train.x[0, 0] wrt x", "dataset has no derivative"),
    ("r = 0.1; grad r + dropout(r)(0) wrt r", "dropout has no derivative"),
  ]

  /// A network that its gradient completes is complete wherever the expression has read it before.
  @Test(arguments: ["m = m - 0.1 * grad loss() wrt m", "m -= 0.1 * grad loss() wrt m"])
  func completesWhatWasRead(_ step: String) {
    let bench = MachineBench()
    bench.run(
      """
      x = ones(3, 2); y = ones(3, 1)
      fn fit() { m = dense(1); fn loss() = mse(y, m(x)); \(step); return m.W1.shape }
      captured = fit()
      m = dense(1)
      copy = m
      fn loss() = mse(y, m(x))
      \(step)
      shape = m.W1.shape
      """)
    #expect(bench.run("captured") == "[2, 1]\n")
    #expect(bench.run("shape") == "[2, 1]\n")
    #expect(bench.run("copy").contains("inputs not known yet"))
  }

  @Test(arguments: cuts) func cutsAreTold(_ code: String, _ error: String) {
    let message = MachineBench().failure(code)?.message ?? "no error"
    #expect(message.hasPrefix(error), "\(code): \(message)")
  }

  static let sizes = ["nan", "inf", "-inf", "-1", "1.5", "1e30", "-1e30"]
  static let makers = [
    "zeros(S)", "zeros(2, S)", "zeros([S])", "ones(S)", "full(S, 1)", "full([2, S], 1)", "eye(S)",
    "linspace(0, 1, S)", "one_hot([0], S)", "rand(S)", "randn(2, S)", "xavier(S, 2)", "he(2, S)",
    "reshape([1, 2], S)", "reshape([1, 2], [S])", "repeat([1, 2], S)", "bincount([1], minlength=S)",
    "dense(S, 2)", "dense(S)", "max_pool(S)", "conv2d(1, S, 3)", "batches([1, 2], S)",
  ]

  /// Every maker with every size, but for a reshape, which may leave one size open, and batches,
  /// which may be larger than what there is.
  static let impossible = makers.flatMap { maker in
    sizes.compactMap { size -> (String, String)? in
      let isOpen = size == "-1" && maker.hasPrefix("reshape")
      let isWhole = size == "1e30" && maker.hasPrefix("batches")
      return isOpen || isWhole ? nil : (maker, size)
    }
  }

  @Test(arguments: impossible) func sizesThatAreNone(_ maker: String, _ size: String) {
    let code = maker.replacing("S", with: size)
    let message = MachineBench().failure(code)?.message ?? "no error"
    let name = String(maker.prefix { $0 != "(" })
    let isTooLarge =
      size == "1e30"
      && ["out of memory", "a tensor of", "cannot reshape"].contains { message.hasPrefix($0) }
    #expect(message.hasPrefix(name) || isTooLarge, "\(code): \(message)")
  }
}
