import Language
import Shell
import Synchronization
import Syntax
import Testing

@Suite struct ExplainTests {
  @Test func treeOfAnExpression() throws {
    let text = try ExplainHost.explanation(
      of: "x = ones(6, 4); W = ones(4, 3); b = [1, 2, 3]\nexplain sum(relu(x @ W + b))")
    #expect(
      text == """
        sum(relu(x @ W + b))  number       18 operations, 0 B
        └─ relu(x @ W + b)    6×3     N×K  18 operations, 72 B
           └─ x @ W + b       6×3     N×K  18 operations, 72 B; 3 broadcast to 6×3
              ├─ x @ W        6×3     N×K  72 multiply-adds, 72 B
              │  ├─ x         6×4     N×F
              │  └─ W         4×3     F×K
              └─ b            3       K
        in all 126 multiply-adds or other operations, 216 B of intermediate results
        value 108

        """)
  }

  /// The last line tells the value, whatever its kind.
  @Test(arguments: [
    ("[1, 2] + [3, 4]", "[4, 6]"), ("ones(2, 2) * 2", "2×2 tensor f32"),
    ("\"a\" + \"b\"", "\"ab\""),
    ("\"a\"", "\"a\""), ("none", "none"), ("{a: 1 + 2}", "{a: 3}"), ("1 < 2", "true"),
    ("\"abc\" * 1000", "\"" + String(repeating: "abc", count: 133) + "…"),
  ])
  func lastLine(_ expression: String, _ value: String) throws {
    let text = try ExplainHost.explanation(of: "explain " + expression)
    #expect(text.hasSuffix("value \(value)\n"), "\(text)")
  }

  @Test func goesUpToTheFailure() throws {
    let host = "x = ones(6, 4); W = ones(5, 3)\nexplain 2 * (x @ W)"
    let text = try ExplainHost.explanation(of: host)
    #expect(text.contains("cannot multiply 6×4 by 5×3"))
    #expect(text.contains("W      5×3"))
  }

  /// What the machine does by itself is seen too: parts that are assigned to, what builtins call.
  @Test(arguments: [
    (
      "fn f(a) { t = zeros(2); for i in 0..<2 { t[i] = sum(a[i]) }; t += 1; return t }\nexplain f(x)",
      "t += 1"
    ),
    ("explain map(v -> v^2, [1, 2])", "v^2"), ("explain (u -> u * 3) |> sum", "function"),
    ("explain f64([1, 2])", "[1, 2]"), ("g = (u -> u * 3) |> sum\nexplain g(x)", "u * 3"),
  ])
  func seenByTheMachine(_ code: String, _ part: String) throws {
    #expect(try ExplainHost.explanation(of: "x = ones(2, 4)\n" + code).contains(part))
  }

  @Test func functions() throws {
    let text = try ExplainHost.explanation(
      of: "fn double(x) = 2 * x\nexplain double\nexplain relu\nexplain argmax")
    #expect(text.contains("fn double(x) = 2 * x"))
    #expect(text.contains("relu(x)   built in"))
    #expect(text.contains("grad takes its result as constant"))
  }

  @Test func userFunctionsAndValuesOfOtherKinds() throws {
    let text = try ExplainHost.explanation(
      of: """
        W = ones(2, 2)
        fn f(a) {
          b = a @ W
          return b + 1
        }
        explain f(W)[0]
        explain [1, 2] == [1, 3]
        """)
    #expect(text.contains("a @ W"))
    #expect(text.contains("b + 1"))
  }
}

extension ExplainTests {
  /// What the tree cannot look into is one line of it.
  @Test(arguments: [
    ("explain {a: 1}", "record"), ("explain \"x{1 + 1}\"", "string"),
    ("explain grad sum(w^2) wrt w", "grad sum(w^2) wrt w  3"),
    ("explain sum(map(u -> u^2, [1, 2]))", "value 5"), ("explain x -> x + 1", "function"),
  ])
  func wholeParts(_ code: String, _ expected: String) throws {
    let text = try ExplainHost.explanation(of: "w = [1, 2, 3]\n" + code)
    #expect(text.contains(expected), "\(text)")
  }

  /// Thousands of operations are read in one go, and what goes beyond a tree is left out.
  @Test func longExpressions() {
    let script =
      "x = [1, 1.5]\nexplain sum(\(Array(repeating: "x", count: 3000).joined(separator: " + ")))"
    // On a thread with the stack that the shell's machine has.
    let collected = Mutex("")
    let status = MachineThread.run {
      let host = ExplainHost()
      let machine = Machine(host: host, write: { _ in })
      machine.nativeStackSize = 64 << 20
      guard let program = try? machine.compile(SourceText(script, name: "test.nns")) else {
        return 1
      }
      try? machine.run(program)
      collected.withLock { $0 = host.explanations.joined() }
      return 0
    }
    #expect(status == 0)
    let text = collected.withLock { $0 }
    #expect(text.contains("value 7500"))
    #expect(text.contains("beyond the first 400"))
    #expect(text.utf8.count < 200_000)
  }
}
