import Testing

@testable import Language

/// Truth values: elements of masks, comparisons, membership, and what `and`, `or`, `not` make of them.
@Suite struct TruthTests {
  private func run(_ code: String) -> String {
    MachineBench().run("m = [1, 2, 3] > 1\nn = [1, 2, 3] < 3\nl = [] + [1, \"a\"]\n" + code)
  }

  /// Expressions that give an element of a mask.
  static let elements = [
    "m[0]", "m[-1]", "squeeze([[5]] > 1)", "where(true, true, false)", "zip(m, [1, 2])[0][0]",
    "map(b -> b, m)[0]", "filter(b -> b, m)[0]", "reshape([2] > 1, [1])[0]", "max(m)", "any(m)",
    "all(m)",
    "(m and n)[1]", "(not m)[0]", "concat([m, n])[4]", "stack([m, n])[1, 0]",
    "tensor([true, false])[0]",
    "(m == true)[0]", "(fn() { return m, n })()[0][1]",
    "m[m][0]", "m[none, 0][0]", "m.T[0]", "isnan([1, nan])[0]", "flatten([[1]] > 0)[0]",
  ]

  @Test(arguments: elements) func elementsOfMasksAreBools(_ expression: String) {
    #expect(run("type(\(expression))") == "\"bool\"\n")
  }

  @Test func loopsAndUnpackingGiveBools() {
    #expect(run("for b in m { print(type(b)) }") == "bool\nbool\nbool\n")
    #expect(run("a, b, c = m; [type(a), c]") == "[\"bool\", true]\n")
  }

  static let comparisons: [(String, String)] = [
    ("m == true", "3 tensor bool\n  false  true  true\n"),
    ("true == m", "3 tensor bool\n  false  true  true\n"),
    ("m != true", "3 tensor bool\n  true  false  false\n"), ("sum(m == true)", "2\n"),
    ("where(m == false, 10, 20)", "3 tensor f32\n  10  20  20\n"),
    ("[1, 0] == true", "2 tensor bool\n  true  false\n"),
    ("m == n", "3 tensor bool\n  false  true  false\n"),
    ("true == 1", "true\n"), ("l == 1", "false\n"), ("l == l", "true\n"),
    ("\"a\" == \"a\"", "true\n"),
    ("\"a\" == 1", "false\n"), ("l == none", "false\n"), ("m == none", "false\n"),
    ("none == none", "true\n"),
    ("m.shape == [3]", "true\n"), ("[3] == m.shape", "true\n"),
    ("zeros(2, 3).shape == [2, 3]", "true\n"),
    ("{a: 1} == {a: 1}", "true\n"), ("{a: m} == {a: m}", "true\n"), ("sum == sum", "true\n"),
    ("([] + [1, 2]) == [1, 2]", "true\n"), ("([] + [1, 2]) != [1, 3]", "true\n"),
    ("\"a\" != none", "true\n"), ("[true, false, false] == m", "false\n"),
    ("[false, true, true] == m", "true\n"),
  ]

  @Test(arguments: comparisons) func compares(_ row: (String, String)) {
    #expect(run(row.0) == row.1)
  }

  static let members: [(String, String)] = [
    ("\"a\" in l", "true"), ("1 in l", "true"), ("2 in l", "false"), ("none in [none]", "true"),
    ("[1, 2] in [[1, 2], \"x\"]", "true"), ("\"k\" in {k: 1}", "true"),
    ("\"x\" in {k: 1}", "false"),
    ("\"bc\" in \"abcd\"", "true"), ("\"\" in \"\"", "true"), ("\"ca\" in \"abc\"", "false"),
    ("2 in [1, 2]", "true"), ("0.1 in [0.1]", "true"), ("nan in [nan]", "false"),
    ("\"a\" in [1, 2]", "false"),
    ("true in m", "true"), ("3 in 0..<3", "false"), ("3 in 0...3", "true"),
    ("2.5 in 0...3", "false"),
    ("4 in 0...10 by 2", "true"), ("5 in 0...10 by 2", "false"), ("1e9 in 1...inf", "true"),
    ("-1 in 0..<inf", "false"), ("3 in 5...0 by -1", "true"), ("\"a\" in 0..<3", "false"),
    ("not 1 in [2]", "true"), ("not (1 in [1])", "false"), ("1 + 1 in [2] and true", "true"),
    ("1 in []", "false"), ("if 1 in [1] { 5 } else { 6 }", "5"),
    ("map(x -> x in [1, 3], 1...3)", "[true, false, true]"),
  ]

  @Test(arguments: members) func membership(_ row: (String, String)) {
    #expect(run(row.0) == row.1 + "\n")
  }

  static let logic: [(String, String)] = [
    ("m and n", "3 tensor bool\n  false  true  false\n"),
    ("m or n", "3 tensor bool\n  true  true  true\n"),
    ("m and true", "3 tensor bool\n  false  true  true\n"),
    ("m and false", "3 tensor bool\n  false  false  false\n"),
    ("m or true", "3 tensor bool\n  true  true  true\n"),
    ("not m", "3 tensor bool\n  true  false  false\n"),
    ("m and not n", "3 tensor bool\n  false  false  true\n"),
    ("m and n and m", "3 tensor bool\n  false  true  false\n"),
    ("x = m or n; sum(x)", "3\n"),
    ("([[1], [2]] > 1) and m", "2×3 tensor bool\n  false  false  false\n  false   true   true\n"),
    ("true and false", "false\n"), ("false and error(\"no\")", "false\n"),
    ("true or error(\"no\")", "true\n"),
    ("any(m) and all(n)", "false\n"), ("x = true and 1 < 2; x", "true\n"),
    ("any(m and n)", "true\n"),
    ("w = [-1, 1, 3]; grad sum(where(w > 0 and w < 2, w^2, w)) wrt w", "3 tensor f32\n  1  2  1\n"),
  ]

  @Test(arguments: logic) func combines(_ row: (String, String)) {
    #expect(run(row.0) == row.1)
  }

  static let refusals = [
    "true and m", "false or m", "true and 1", "1 and true", "[1, 2] and m", "m and [1, 2]",
    "m or \"a\"",
    "not [1, 2]", "not 1", "not \"a\"", "if m { 1 }", "if m and n { 1 }", "while m or n { }",
    "1 in 2", "1 in \"a\"",
    "1 in {a: 1}", "[1, 2] in [1, 2]", "1 in none", "m and ([1, 2] > 0)",
  ]

  @Test(arguments: refusals) func refusesOtherKinds(_ code: String) {
    #expect(run(code).hasPrefix("error: "))
  }
}
