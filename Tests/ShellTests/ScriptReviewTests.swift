import BinaryUnderTest
import Foundation
import Testing

/// `nnsh --check`: what is wrong with a script, without running it.
@Suite struct ScriptReviewTests {
  private func check(_ code: String) throws -> NNSH.Outcome {
    try NNSH.run(["--check", "-"], input: code)
  }

  private static let scripts = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("GoldenTests/Scripts").path

  /// Every script that runs without an error.
  static let soundScripts: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: scripts)) ?? []
    return files.filter {
      $0.hasSuffix(".nns") && !files.contains($0.dropLast(4) + ".exit")
    }.sorted()
  }()

  @Test(arguments: soundScripts)
  func soundScriptsAreNotBlamed(_ name: String) throws {
    let outcome = try NNSH.run(["--check", name], in: Self.scripts)
    let text = try String(contentsOfFile: Self.scripts + "/" + name, encoding: .utf8)
    // A function that is tried may name what there is not, to show the error.
    if text.contains("try("), outcome.errors.hasPrefix("error: unknown name") {
      #expect(outcome.errors.components(separatedBy: "error: ").count == 2)
      return
    }
    #expect(outcome.code == 0 && outcome.errors.isEmpty && outcome.output.isEmpty)
  }

  @Test(arguments: [
    ("W = zeros(3, 4)\nx = randn(10, 3)\nh = W @ x", "cannot multiply 3×4 by 10×3"),
    ("zeros(3) + zeros(4)", "shapes 3 and 4 do not broadcast"),
    ("fn f(x) { return x @ ones(3, 2) }\nf(rand(4, 5))", "called at <stdin>:2:1"),
    ("a = zeros(2, 3)\na += zeros(2, 4)", "do not broadcast"),
    ("reshape(rand(100, 784), 78, 784)", "cannot reshape"),
    ("arange(12) |> reshape([5, 4])", "cannot reshape"),
    ("net = dense(784, 10) |> relu |> dense(5)\nnet(zeros(2, 783))", "takes rows of 784"),
    ("load letters\nletters.train.x @ zeros(1000, 10)", "cannot multiply 10000×784 by 1000×10"),
    ("for e in 1...3 { zeros(2, 2) @ zeros(3, 3) }", "cannot multiply"),
    ("x = zeros(3)\nif len(x) == 3 { x + zeros(2) }", "do not broadcast"),
    ("sum(zeros(2, 2), axis=5)", "axis 5 does not exist"),
    ("mse(zeros(3), zeros(4))", "needs operands of one shape"),
    ("m = {a: zeros(2, 3)}\nm.a @ m.a", "cannot multiply"),
    ("x = zeros(2, 3)\ny = x'\ny @ y", "cannot multiply"),
    ("W = randn(3, 3)\nW -= 0.1 * (grad sum(W^2) wrt W)\nW @ zeros(2)", "cannot multiply"),
    ("x = zeros(2, 3, 4)\nx[:, 0] @ zeros(5, 1)", "cannot multiply 2×4 by 5×1"),
    ("load letters\nnet = dense(100, 10) |> softmax\ntrain net on letters", "takes rows of 100"),
    ("d = dataset([[0, 1]], [0])\nnet = dense(3, 2)\ntrain net on d", "takes rows of 3"),
    ("x = 1\nprint(y)", "unknown name y"), ("fn f() = g(1)\nf()", "unknown name g"),
    ("x = 1\nprintt(x)", "did you mean print?"),
    ("letters.train.x", "load letters first"),
    ("print(z)\nz = 3", "further down"),
    ("fn f(a, a) = a", "two parameters are called"),
  ])
  func mistakesAreFoundWithoutRunning(_ code: String, _ words: String) throws {
    let outcome = try check("print(\"ran\")\n" + code)
    #expect(outcome.code == 2 && outcome.output.isEmpty)
    let errors = outcome.errors.replacingOccurrences(of: "<stdin>:3:1", with: "<stdin>:2:1")
    #expect(errors.contains(words), "\(outcome.errors)")
  }

  /// What may be right is not blamed.
  @Test(arguments: [
    "x = zeros(4, 5)\nif x.shape[1] == 3 { x @ zeros(3, 2) }",
    "k = if rand() > 0.5 { zeros(3) } else { zeros(5) }\nk + zeros(5)",
    "t = zeros(4, 3)\nwhile rand() < 0.5 { t = t' }\nt @ zeros(4, 3)",
    "for i in 3...3 { zeros(2, 3) @ zeros(i, 2) }",
    "for i in 0..<0 { zeros(2) + zeros(3) }",
    "r = try(() -> zeros(2) + zeros(3))\nprint(r.error)",
    "fn bad() = zeros(2) + zeros(3)\nr = try(bad)\nr = try(() -> nowhere)",
    "fn f(x, n) { if n == 1 { return x }\n return x @ zeros(3, 2) }\nf(zeros(4), 1)",
    "n = len(choice(10, 3))\nzeros(n) + zeros(3)", "x = unique(randint(0, 3, 9))\nx + zeros(2)",
    "x = zeros(5)\nx[x > 0] + zeros(0)", "v = randint(0, 2, 3)\nzeros(4)[v]",
    "s = randint(1, 3, 2)\nreshape(rand(2, 2), s)", "fn zeros(n) = ones(3)\nzeros(5) + ones(3)",
    "x = 1\nif x == 2 { exit(0) }\nzeros(2) + zeros(2)",
    "fn f(n) { if n == 0 { return 1 }\n return n * f(n - 1) }\nf(5)",
    "d = dataset([[0], [1]], [0, 1])\nnet = dense(1, 2)\ntrain net on d epochs=2 each { print(epoch, loss) }",
    "x = zeros(2, 2)\nM = [[0, 1], [2, 3]]\nx + M",
    "a = [1]\na + [[1, 2]]\nx = f64([[1, 2], [3, 4]]) @ eye(2)",
    "a = zeros(2)\nb = zeros(3)\nl = [a, b]\nlen(l)", "x = zeros(3)\nx[none, :] + zeros(4, 3)",
    "load parts-*.npy\nload [\"a.npy\", \"b.npy\"] as both\nparts + both",
    "names = [\"a.npy\"]\nload names as x\nx + 1", "load \"x-*.npy\" shard=true\nx + 1",
    "W = zeros(2)\nd = dataset([[0, 1]], [1])\nminimize mean((x @ W - y)^2) wrt W on d",
  ])
  func whatMayBeRightIsNotBlamed(_ code: String) throws {
    let outcome = try check(code)
    #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
  }

  @Test func severalFilesAndTheirFaults() throws {
    let folder = try NNSH.temporaryFolder()
    try "x = = 1\ny = 2 3\n".write(toFile: folder + "/a.nns", atomically: true, encoding: .utf8)
    try "x = 1\n".write(toFile: folder + "/b.nns", atomically: true, encoding: .utf8)
    let outcome = try NNSH.run(["--check", "a.nns", "b.nns"], in: folder)
    #expect(outcome.code == 2)
    #expect(outcome.errors.contains("a.nns:1:5") && outcome.errors.contains("a.nns:2:7"))
    #expect(try NNSH.run(["--check", "b.nns"], in: folder).code == 0)
    #expect(try NNSH.run(["--check", "c.nns"], in: folder).code == 2)
    #expect(try NNSH.run(["--check"], in: folder).code == 2)
  }
}
