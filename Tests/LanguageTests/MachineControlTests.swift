import Foundation
import Syntax
import Tensors
import Testing

@testable import Language
@testable import Library

/// Depth, interruption, errors with their places, gradients through control flow.
@Suite struct MachineControlTests {
  @Test func recursionWithoutEndIsAnError() {
    let bench = MachineBench()
    let failure = bench.failure("fn f(n) = f(n + 1) + 1\nf(0)")
    #expect(failure?.message.hasPrefix("functions call each other more than 10000 deep") == true)
    #expect(failure?.callChain.count ?? 99 <= 8)
    #expect(bench.run("1 + 1") == "2\n")
  }

  @Test func deepRecursionWorks() {
    let bench = MachineBench()
    #expect(bench.run("fn f(n) = if n == 0 { 0 } else { 1 + f(n - 1) }\nf(9000)") == "9000\n")
  }

  @Test func recursionThroughBuiltinsIsAnError() {
    onLargeStack {
      let bench = MachineBench()
      bench.machine.nativeStackSize = 200 << 20
      let failure = bench.failure("fn f(n) = map(f, [\"a\", n])\nf(0)")
      #expect(failure?.message.hasPrefix("functions call each other more than 10000") == true)
    }
  }

  @Test func nativeStackIsNotExhausted() {
    let bench = MachineBench()
    bench.machine.nativeStackSize = 200_000
    #expect(bench.failure("fn f(n) = map(f, [\"a\", n])\nf(0)") != nil)
    #expect(bench.run("2") == "2\n")
  }

  /// In a process of its own: the request to stop is the whole process's.
  @Test func interruptStopsLoops() async {
    await #expect(processExitsWith: .success) {
      let sources = [
        "while true { }", "i = 0\nwhile true { i += 1 }", "fn f(n) = n\nwhile true { f(1) }",
        "for i in 0..<1e15 { }",
      ]
      for source in sources {
        let bench = MachineBench()
        let thread = Thread {
          Thread.sleep(forTimeInterval: 0.02)
          Interrupt.request()
        }
        thread.start()
        let failure = bench.failure(source)
        Interrupt.clear()
        guard failure?.phase == .interrupted else { exit(1) }
      }
      exit(0)
    }
  }

  /// Operations on lists of millions look for the request themselves, as values that they are.
  @Test func interruptStopsLongLists() async {
    await #expect(processExitsWith: .success) {
      let range = Value.range(Box(NumberRange(lower: 0, upper: 1e5, isInclusive: false)))
      let list = Value.items((0..<100_000).map { .number(Double($0)) })
      func arguments(_ builtin: Builtin, _ values: [Value]) -> Arguments {
        Arguments(
          declaration: builtin.declaration, values: values,
          given: GivenParameters(first: values.count))
      }
      let operations: [(String, () throws -> Void)] = [
        ("range to list", { _ = try arguments(.map, [.none, range]).sequence(1) }),
        ("range to numbers", { _ = try range.asNumbers() }),
        ("list to numbers", { _ = try list.asNumbers() }),
        ("list to tensor", { _ = try list.asTensor() }),
        ("join", { _ = try interruptibleJoin([1, 2], [3]) }),
        ("map", { _ = try interruptibleList(count: 100_000) { $0 } }),
      ]
      Interrupt.request()
      for (name, operation) in operations {
        #expect(throws: TensorError.interrupted, "\(name)") { try operation() }
      }
      Interrupt.clear()
      for (_, operation) in operations { try operation() }
      #expect(try interruptibleJoin([1, 2], [3]) == [1, 2, 3])
    }
  }

  @Test func exitStops() {
    let bench = MachineBench()
    #expect(bench.run("print(1)\nfn f() { exit(3) }\nf()\nprint(2)") == "1\n")
    #expect(bench.machine.exitCode == 3)
  }

  @Test func keepsGoing() throws {
    let bench = MachineBench()
    let program = try bench.machine.compile(SourceText("x\nprint(1)\ny\nprint(2)", name: "t"))
    var messages: [String] = []
    bench.machine.run(program) { diagnostic in
      messages.append(diagnostic.message)
      return true
    }
    #expect(messages == ["unknown name x", "unknown name y"])
    #expect(bench.output == "1\n2\n")
  }

  // MARK: Diagnostics

  @Test func productNamesShapesAndWhatWouldFit() throws {
    let bench = MachineBench()
    let failure = try #require(
      bench.failure(
        """
        x = zeros(10, 7); W_h = zeros(7, 5); W_o = zeros(5, 2); b_h = zeros(1, 5)
        h = relu(x @ W_o + b_h)
        """))
    #expect(failure.message == "cannot multiply 10×7 by 5×2: inner sizes 7 and 5 differ")
    #expect(failure.label == "x is 10×7, W_o is 5×2")
    #expect(failure.suggestions.first == "in scope and would fit: W_h (7×5)")
    #expect(failure.source.text(in: failure.span) == "x @ W_o")
    #expect(
      bench.failure("x @ zeros(2, 7)")?.suggestions.contains("zeros(2, 7)' would fit") == true
        || bench.failure("w = zeros(2, 7)\nx @ w")?.suggestions.contains("w' would fit") == true)
  }

  @Test func callChain() throws {
    let bench = MachineBench()
    let failure = try #require(
      bench.failure("fn inner(a) = a + missing\nfn outer(b) = inner(b) * 2\nmap(outer, [\"x\", 1])")
    )
    #expect(failure.message == "unknown name missing")
    #expect(failure.callChain.map(\.function) == ["inner", "outer"])
    #expect(failure.callChain.map { $0.source.text(in: $0.span) }.first == "inner(b)")
    #expect(
      failure.callChain.last?.source.position(of: failure.callChain.last?.span.start ?? 0).line == 3
    )
  }

  @Test(arguments: [
    ("reul(1)", "did you mean relu?"), ("np.exp(1)", "functions stand by themselves: write exp(1)"),
    ("torch.nn.Linear(1, 2)", "a layer is written dense(in, out)"),
    ("weight = 1\nwieght", "did you mean weight?"),
    ("x = ones(2)\nx.sum()", "sum is a function: write sum(x)"),
    ("x = ones(2)\nx.shpe", "did you mean shape?"),
    (
      "for i, v in [1] { }", "for positions and elements: for i, v in enumerate([1]) { … }"
    ),
    ("x = 1\nfn f() { x += 1 }\nf()", "pass x in and return it: fn f(x) { …  return x }"),
    ("if ones(2) { }", "use any(…) or all(…) of the tensor"), ("if 1 { }", "compare it, as x != 0"),
  ])
  func suggests(_ source: String, _ suggestion: String) {
    #expect(MachineBench().failure(source)?.suggestions.contains(suggestion) == true)
  }

  // MARK: Gradients

  @Test(arguments: [
    "fn L() = sum(W ^ 2 * 3 - W)",
    "fn L() { t = 0; for i in 0..<3 { t = t + W[i] * (i + 1) }; t ^ 2 }",
    "fn L() = if W[0] > 100 { sum(W) } else { sum(exp(W * 0.5) + 1) }",
    "fn step(h) = tanh(h * W + 0.1)\nfn L() { h = ones(3); for i in 0..<4 { h = step(h) }; mean(h) }",
    "fn L() { z = zeros(3); z[1] = W[2] * 2; z[0:1] = W[0:1] ^ 2; sum(z * W) }",
    "fn L() = sum([W[0] * 2, W[1], W[2] ^ 2] * [1, 2, 3])",
    "fn L() { s = 0; for w in W { s += w * w }; s / 2 }",
    "fn L() { i = 0; s = sum(W); while i < 3 { s = s * 0.5 + W[i]; i += 1 }; s }",
    "A = [[1, 2, 3], [4, 5, 6]]\nfn L() = sum(relu(A @ W - 5)) + norm(W)",
    "r = {k: 2}\nfn L() { q = {w: W}; q.w *= r.k; sum(q.w / (1 + W ^ 2)) }",
  ])
  func gradientsAgreeWithDifferences(_ loss: String) throws {
    let bench = MachineBench()
    #expect(
      bench.run("W = [0.5, -1.5, 2]\n\(loss)\ng = grad L() wrt W\nn = numgrad L() wrt W") == "")
    let exact = try #require(bench.tensor("g")).doubles()
    let numeric = try #require(bench.tensor("n")).doubles()
    for (a, b) in zip(exact, numeric) { #expect(abs(a - b) <= 1e-3 * max(1, abs(b))) }
    #expect(bench.tensor("W")?.doubles() == [0.5, -1.5, 2])
  }

  @Test func gradientOfANetwork() {
    let bench = MachineBench()
    bench.run(
      """
      seed(3)
      net = dense(3, 4) |> tanh |> dense(2)
      x = randn(5, 3); y = randn(5, 2)
      g = grad mse(y, net(x)) wrt net
      n = numgrad mse(y, net(x)) wrt net
      w = grad mse(y, net(x)) wrt net.W1
      d1 = max(abs(g.W1 - n.W1)); d2 = max(abs(g.b2 - n.b2)); d3 = max(abs(g.W1 - w))
      """)
    #expect(bench.number("d1") ?? 1 < 1e-3)
    #expect(bench.number("d2") ?? 1 < 1e-3)
    #expect(bench.number("d3") ?? 1 < 1e-6)
  }

  @Test func failedGradientRestores() {
    let bench = MachineBench()
    #expect(bench.run("W = [1, 2]\ngrad sum(W) + missing wrt W").hasPrefix("error: "))
    #expect(bench.tensor("W")?.doubles() == [1, 2])
  }

  @Test func dump() throws {
    let bench = MachineBench()
    let program = try bench.machine.compile(
      SourceText("fn fib(n) = if n < 2 { n } else { fib(n-1) + fib(n-2) }", name: "t"))
    #expect(program.dump.contains("jumpLess n 2 is false"))
    #expect(program.dump.contains("leave n"))
  }
}
