import Testing

@testable import Language

/// Numbers keep their digits on every way into a tensor, a list or a text.
@Suite struct ExactNumberTests {
  /// Numbers that Float32 does not hold: a whole one, a great one, a small one.
  static let wide = ["16777217", "1700000100", "1e300", "-1e300", "1e-300", "2^60 + 2^20"]

  /// Ways from a number `a` into a value `v`, and from it back to the number.
  static let ways: [(String, String)] = [
    ("v = [a]", "v[0]"), ("v = [0.5, a]", "v[1]"), ("v = [[1, 2], [3, a]]", "v[1, 1]"),
    ("v = [[[a], [1]], [[2], [3]]]", "v[0, 0, 0]"), ("v = f64([a])", "v[0]"),
    ("v = tensor([a])", "v[0]"), ("v = tensor([[a]], dtype=f64)", "v[0, 0]"),
    ("v = array([a], dtype=\"float64\")", "v[0]"), ("v = [] + [a]", "v[0]"),
    ("v = [a] + []", "v[0]"), ("v = []; v += [a]", "v[0]"),
    ("r = {v: []}; r.v += [a]; v = r.v", "v[0]"), ("v = tensor([] + [a, 1])", "v[0]"),
    ("v = f64([] + [a])", "v[0]"), ("v = tensor([[], [a]][1:])", "v[0, 0]"),
    ("v = zeros(2); v[1] = a", "v[1]"), ("v = zeros(2); v[:] = [1, a]", "v[1]"),
    ("v = zeros(2, 2); v[0] = [a, 1]", "v[0, 0]"), ("v = concat([[0.5], [a]])", "v[1]"),
    ("v = stack([[0.5], [a]])", "v[1, 0]"), ("fn f(x) = [x, 1]\nv = f(a)", "v[0]"),
    ("fn f(x) { return x, 1 }\nv = f(a)", "v[0]"), ("v = {b: a}", "v.b"), ("v = [\"\", a]", "v[1]"),
    ("v = where([1] > 0, a, 0)", "v[0]"), ("v = map(x -> x, [] + [a])", "v[0]"),
    ("v = number(\"{a:.17g}\")", "v"), ("v = a..<inf", "v.lower"),
    ("v = reshape([a], 1, 1)", "v[0, 0]"),
  ]

  @Test(arguments: ways) func keepsNumbersThatFloat32DoesNotHold(_ way: (String, String)) {
    for number in Self.wide {
      let bench = MachineBench()
      bench.run("a = \(number)\n\(way.0)")
      #expect(bench.run("\(way.1) == a") == "true\n", "\(number): \(way)")
    }
  }

  /// Ways that keep every digit, also of fractions.
  static let exact = [
    "f64([a])[0]", "f64([1, a])[1]", "f64([[1, a], [a, 2]])[0, 1]", "tensor([a], dtype=f64)[0]",
    "tensor([[a]], dtype=\"f64\")[0, 0]", "([] + [a])[0]", "([a] + [\"\"])[0]", "f64([] + [a])[0]",
    "[\"\", a][1]", "(() -> a)()", "f(a)[0]",
    "f64([\(Array(repeating: "a", count: 70).joined(separator: ", "))])[69]",
    "([\"\"] + [\(Array(repeating: "a", count: 70).joined(separator: ", "))])[70]",
    "[[a, 1], [16777217, 2]][0, 0]", "tensor([] + [a], dtype=f64)[0]",
  ]

  @Test(arguments: exact) func keepsEveryDigit(_ expression: String) {
    for number in ["0.1", "1/3", "pi", "-2.7e-9"] {
      let bench = MachineBench()
      bench.run("a = \(number)\nfn f(x) { return x, 1 }")
      #expect(bench.run("\(expression) == a") == "true\n", "\(number): \(expression)")
    }
  }

  @Test func aFunctionOfOnesOwnNamedF64IsNotTheBuiltin() {
    let bench = MachineBench()
    #expect(bench.run("fn f64(x) = x.dtype\na = 0.1\nf64([a])\nf64([0.1])") == "\"f32\"\n\"f32\"\n")
  }

  static let types: [(String, String)] = [
    ("[1, 2]", "f32"), ("[0.1, inf, nan, -0.0]", "f32"), ("[16777216]", "f32"),
    ("[16777217]", "f64"),
    ("[3.4e38]", "f64"), ("[2^100]", "f32"), ("[1.3e-38]", "f32"), ("[1e-39]", "f64"),
    ("[1e39]", "f64"),
    ("[[1], [16777217]]", "f64"), ("tensor(0..<4)", "f32"), ("tensor(16777215...16777216)", "f32"),
    ("tensor(16777216...16777217)", "f64"), ("tensor(0..<1 by 0.1)", "f32"),
    ("f32([1e300])", "f32"),
    ("tensor([1e300], dtype=f32)", "f32"), ("tensor(f64([1]))", "f64"),
    ("tensor([true, false])", "bool"),
    ("zeros(2) + 1e300", "f32"), ("where([1] > 0, 1, 2)", "f32"),
    ("where([1] > 0, true, false)", "bool"),
  ]

  @Test(arguments: types) func elementTypes(_ row: (String, String)) {
    #expect(MachineBench().run("(\(row.0)).dtype") == "\"\(row.1)\"\n")
  }

  static let whole: [(String, String)] = [
    ("2^60", "1152921504606846976"), ("-2^60", "-1152921504606846976"),
    ("1e20", "100000000000000000000"),
    ("999999999999999868928", "999999999999999868928"), ("1e21", "1e+21"), ("-1e22", "-1e+22"),
    ("2^70", "1.18059e+21"), ("2^53 + 2", "9007199254740994"), ("123456789", "123456789"),
    ("1e300", "1e+300"),
    ("-0.0", "-0"), ("0.1 + 0.2", "0.3"), ("1234567.8", "1.23457e+06"),
  ]

  @Test(arguments: whole) func wholeNumbersPrintInFull(_ row: (String, String)) {
    let bench = MachineBench()
    #expect(bench.run("a = \(row.0)\na") == row.1 + "\n")
    #expect(
      bench.run("print(a)\n\"{a}\"\n[\"\", a]\n{b: a}\nstr(a)") == """
        \(row.1)
        "\(row.1)"
        ["", \(row.1)]
        {b: \(row.1)}
        "\(row.1)"

        """)
  }
}
