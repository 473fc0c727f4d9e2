import Testing

@testable import Language

/// Elements that are read and changed where they are: nobody else sees it, and what cannot be done
/// is told as everywhere.
@Suite struct ElementAssignmentTests {
  static let cases: [(String, String)] = [
    // What shares a value keeps it.
    ("a = {x: 1}; b = a; b[\"x\"] += 1; a", "{x: 1}"),
    ("a = {x: 1}; b = a; b[\"y\"] = 2; [a, b]", "[{x: 1}, {x: 1, y: 2}]"),
    ("a = [\"x\", 1]; b = a; b[1] += 1; a", "[\"x\", 1]"),
    ("a = {x: [\"p\"]}; b = a; b[\"x\"] += [\"q\"]; [a, b]", "[{x: [\"p\"]}, {x: [\"p\", \"q\"]}]"),
    ("l = [\"p\"]; a = {x: l}; a[\"x\"] += [\"q\"]; l", "[\"p\"]"),
    ("l = [\"p\"]; a = [l, 1]; a[0] += [\"q\"]; [l, a]", "[[\"p\"], [[\"p\", \"q\"], 1]]"),
    ("l = [\"p\"]; m = l; l += [\"q\"]; [l, m]", "[[\"p\", \"q\"], [\"p\"]]"),
    ("l = [\"p\"]; l += [l]; l", "[\"p\", [\"p\"]]"),
    ("l = [\"p\"]; l = l + [l]; l", "[\"p\", [\"p\"]]"),
    ("r = {a: 1}; r[\"self\"] = r; r", "{a: 1, self: {a: 1}}"),
    ("s = \"a\"; t = s; s += \"b\"; [s, t]", "[\"ab\", \"a\"]"),
    ("s = \"a\"; s += s; s", "\"aa\""),
    ("k = \"a\"; r = {}; r[k] = 1; k += \"b\"; [r, k]", "[{a: 1}, \"ab\"]"),
    // All operators, all kinds of parts.
    (
      "r = {a: 7}; r[\"a\"] -= 1; r[\"a\"] *= 2; r[\"a\"] /= 3; r[\"a\"] ^= 2; r[\"a\"] %= 5; r",
      "{a: 1}"
    ),
    ("l = [\"\", 7]; l[1] -= 1; l[-1] *= 2; l[1] /= 3; l[1] ^= 2; l[1] %= 5; l", "[\"\", 1]"),
    ("r = {a: \"x\"}; r[\"a\"] += \"y\"; r", "{a: \"xy\"}"),
    ("r = {a: [1, 2]}; r[\"a\"] += [3]; r", "{a: [4, 5]}"),
    ("r = {a: [1, 2]}; r[\"a\"] @= [3, 4]; r", "{a: 11}"),
    ("r = {a: 1}; r[\"a\"] += [3]; r", "{a: [4]}"),
    ("x = [1, 2]; x += [3]; x", "2 tensor f32\n  4  5"),
    ("x = [1, 2]; x = x + [3]; x", "2 tensor f32\n  4  5"),
    ("x = 1; x += [3]; x", "1 tensor f32\n  4"),
    ("x = [1, 2]; x[0] += 5; x[-1] = 9; x", "2 tensor f32\n  6  9"),
    ("x = zeros(2, 2); x[1] = [3, 4]; x", "2×2 tensor f32\n  0  0\n  3  4"),
    ("x = zeros(2, 2); x[0, 1] = 3; x[-1, 0] += 4; x", "2×2 tensor f32\n  0  3\n  4  0"),
    (
      "x = zeros(2, 2); x[0, 1] += 5; x[0, 1] *= 3; x[0, -1] -= 1; x",
      "2×2 tensor f32\n  0  14\n  0   0"
    ),
    ("x = zeros(2, 2); y = x; y[1, 1] += 2; [x, y][0]", "2×2 tensor f32\n  0  0\n  0  0"),
    ("x = f64(zeros(1, 2)); x[0, 1] += 0.1; x[0, 1] == 0.1", "true"),
    ("x = zeros(1, 1); x[0, 0] += 16777217; x[0, 0]", "16777217"),
    ("x = zeros(2, 2) > 1; x[0, 0] = true; x", "2×2 tensor bool\n   true  false\n  false  false"),
    (
      "x = zeros(2, 2); x[0, 1] @= 2",
      "error: a matrix product needs tensors on both sides, not a number"
    ),
    ("x = zeros(2, 2); x[2, 0] += 1", "error: index 2 is out of range for axis 0 of length 2"),
    ("x = zeros(2, 2); x[0.5, 0] += 1", "error: an index must be a whole number, not 0.5"),
    ("x = zeros(2); x[0, 0] += 1", "error: too many indices: 2 for the 1 axis of 2"),
    ("l = [\"a\"]; l[0, 0] = 1", "error: a list takes one index, not 2"),
    ("x = [1, 2]; x[0] *= 5; x[1] -= 0.5; x[1] /= 3; x", "2 tensor f32\n  5  0.5"),
    ("fn f(r, k) { r[k] += 1; return r }; r = {a: 1}; [f(r, \"a\"), r]", "[{a: 2}, {a: 1}]"),
    (
      "fn f() { l = []; for i in 1...3 { l += [\"a\"]; l[i - 1] += str(i) }; return l }; f()",
      "[\"a1\", \"a2\", \"a3\"]"
    ),
    // Reading.
    ("l = [\"a\", \"b\"]; [l[0], l[-1]]", "[\"a\", \"b\"]"),
    (
      "s = \"añb\"; [s[0], s[1], s[-1], s[1:], s[:-1], s[-2:9], s[2:1]]",
      "[\"a\", \"ñ\", \"b\", \"ñb\", \"añ\", \"ñb\", \"\"]"
    ),
    ("s = \"ab\"; s[::0]", "error: the step of a slice must not be 0"),
    ("s = \"abc\"; (s + \"d\")[::-2]", "\"db\""),
    (
      "s = \"añb\"; [s[::-1], s[::2], s[2:0:-1], s[[2, 0]], s[5:], \"\"[::-1]]",
      "[\"bña\", \"ab\", \"bñ\", \"ba\", \"\", \"\"]"
    ),
    (
      "r = {a: 1}; [r[\"a\"], \"a\" in r, \"b\" in r, get(r, \"b\", 2), get(r, \"b\")]",
      "[1, true, false, 2, none]"
    ),
    ("if \"a\" in {a: 1} { 1 } else { 2 }", "1"), ("if \"b\" in {a: 1} { 1 } else { 2 }", "2"),
    ("if not (\"b\" in \"abc\") { 1 } else { 2 }", "2"), ("if 2 in [1, 2] { 1 } else { 2 }", "1"),
    // Comparisons that decide.
    ("n = 0; for c in \"banana\" { if c == \"a\" { n += 1 } }; n", "3"),
    ("n = 0; for c in \"banana\" { if c != \"a\" { n += 1 } }; n", "3"),
    ("n = 0; for c in \"banana\" { if c > \"a\" and c <= \"n\" { n += 1 } }; n", "3"),
    ("n = 0; for c in \"banana\" { if c < \"n\" or c >= \"z\" { n += 1 } }; n", "4"),
    ("if \"1\" == 1 { 1 } else { 2 }", "2"),
    // What cannot be done.
    ("r = {}; r[\"a\"] += 1", "error: the record has no field a"),
    ("r = {}; r[\"a\"] += [1]", "error: the record has no field a"),
    ("l = [\"a\"]; l[1] = 2", "error: index 1 is out of range for a list of length 1"),
    ("l = [\"a\"]; l[0.5] = 2", "error: an index must be a whole number, not 0.5"),
    ("l = [\"a\"]; l[0] += 2", "error: cannot add the string \"a\" and the number 2"),
    ("l = [\"a\"]; l[0] = missing", "error: unknown name missing"),
    ("l = [\"a\"]; l[missing] = 1", "error: unknown name missing"),
    ("fn f() { l[0] = 1; l = [] }; f()", "error: unknown name l"),
    ("fn f() { l += [1]; l = [] }; f()", "error: unknown name l"),
    ("r = {a: 1}; r[1] = 2", "error: a record is indexed by a field's name, a string"),
    ("s = \"ab\"; s[0] = \"c\"", "error: the elements of a string cannot be changed"),
    (
      "if 1 in {a: 1} { 1 }",
      "error: the number 1 cannot be in a record: the fields of a record have names"
    ),
    ("if \"a\" < 1 { 1 }", "error: cannot compare the string \"a\" and the number 1"),
  ]

  @Test(arguments: cases) func givesWhatItShould(_ source: String, _ expected: String) {
    #expect(MachineBench().run(source).trimmingSuffix("\n") == expected)
  }

  /// The same inside a function, where the variables lie in registers.
  @Test(arguments: cases.filter { !$0.0.contains("fn ") && !$0.1.hasPrefix("error") })
  func givesTheSameInAFunction(_ source: String, _ expected: String) {
    let parts = source.split(separator: ";").map(String.init)
    let body = parts.dropLast().joined(separator: ";") + "; return " + (parts.last ?? "")
    #expect(MachineBench().run("fn f() { \(body) }; f()").trimmingSuffix("\n") == expected)
  }

  @Test func aStatementThatFailsLeavesItsTarget() {
    let bench = MachineBench()
    bench.run("l = [\"a\", [\"b\"]]; r = {a: [\"c\"]}")
    for statement in [
      "l[0] += 1", "l[1] += [missing]", "r[\"a\"] += 1", "r[\"b\"] += [1]", "l += 1",
    ] {
      #expect(bench.run(statement).hasPrefix("error"), "\(statement)")
    }
    #expect(bench.run("[l, r]") == "[[\"a\", [\"b\"]], {a: [\"c\"]}]\n")
  }
}

extension String {
  fileprivate func trimmingSuffix(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }
}
