import Testing

@testable import Language

/// Source beside what it prints.
@Suite struct MachineLanguageTests {
  static let cases: [(String, String)] = [
    // Numbers
    ("1 + 2 * 3", "7"), ("2 ^ 3 ^ 2", "512"), ("-2 ^ 2", "-4"), ("7 % 3", "1"), ("-7 % 3", "2"),
    ("7 % -3", "-2"), ("1 / 0", "inf"), ("-1 / 0", "-inf"), ("0.1 + 0.2", "0.3"),
    ("5.5 % 2", "1.5"), ("true + 1", "2"), ("1 < 2", "true"), ("nan == nan", "false"),
    ("1 == 1 and 2 == 2", "true"), ("not true", "false"), ("1 != 2 or 1 / 0 > 2", "true"),
    ("false and missing", "false"), ("true or missing", "true"),
    // Strings
    ("\"a\" + \"b\"", "\"ab\""), ("\"ab\" * 2", "\"abab\""), ("\"ab\" == \"ab\"", "true"),
    ("\"a\" < \"b\"", "true"), ("\"hello\"[1]", "\"e\""), ("\"hello\"[-3:]", "\"llo\""),
    ("x = 1.5\n\"x is {x:.3f}, {{x}}\"", "\"x is 1.500, {{x}}\""),
    // Brackets
    ("[1, 2][0]", "1"), ("[[1, 2], [3, 4]][1, 0]", "3"), ("type([1, \"a\"])", "\"list\""),
    ("type([[1, 2], [3]])", "\"list\""), ("a = [1, 2]\ntype([a, a])", "\"list\""),
    ("type([])", "\"list\""), ("[[1, 2], [3, 4]].shape", "[2, 2]"), ("[[[1], [2]]].ndim", "3"),
    ("x = 2\n[x, x + 1][1]", "3"), ("x = 2\n[[x, 1], [1, x]].size", "4"),
    ("[1, 2] == [1, 2]", "2 tensor bool\n  true  true"), ("all([1, 2] == [1, 2])", "true"),
    ("[1, \"a\"] == [1, \"a\"]", "true"), ("{a: 1} == {a: 1}", "true"),
    ("[[1, 2], [3, 4]].shape == [2, 2]", "true"), ("none == none", "true"), ("1 == \"1\"", "false"),
    // Lists
    ("l = []\nfor i in 0..<3 { l = l + [i / 10] }\nl", "[0, 0.1, 0.2]"),
    ("l = [\"a\"]\nl += [1]\nl", "[\"a\", 1]"), ("[1, \"a\", none][1:]", "[\"a\", none]"),
    ("l = [1, \"b\"]\nl[0] = \"z\"\nl", "[\"z\", \"b\"]"),
    ("l = [[1, \"a\"], 2]\nl[0][1] = 5\nl", "[[1, 5], 2]"),
    // Records
    ("r = {a: 1, b: \"x\"}\nr.a", "1"), ("r = {a: 1}\nr.a += 2\nr.b = 3\nr", "{a: 3, b: 3}"),
    ("r = {a: {b: 1}}\nr.a.b = 7\nr.a.b", "7"), ("r = {a: 1}\nr[\"a\"]", "1"),
    // Ranges
    ("s = 0\nfor i in 1...4 { s += i }\ns", "10"), ("s = 0\nfor i in 0..<4 { s += i }\ns", "6"),
    ("s = 0\nfor i in 10...1 by -3 { s += i }\ns", "22"), ("(1...10 by 2)[2]", "5"),
    ("s = 0\nfor i in 0...1 by 0.1 { s += 1 }\ns", "11"),
    ("s = 0\nfor i in 5...1 { s += 1 }\ns", "0"),
    // Loops
    ("for i, v in enumerate([5, 6]) { print(i, v) }", "0 5\n1 6"),
    ("for k, v in {a: 1, b: 2} { print(k, v) }", "a 1\nb 2"),
    ("for c in \"ab\" { print(c) }", "a\nb"),
    ("for row in [[1, 2], [3, 4]] { print(sum(row)) }", "3\n7"),
    ("i = 0\nwhile true { i += 1; if i == 3 { continue }; if i > 5 { break } }\ni", "6"),
    ("for i in 0..<3 { for j in 0..<3 { if j == 1 { break }; print(i, j) } }", "0 0\n1 0\n2 0"),
    // Conditions
    ("x = if 1 < 2 { \"a\" } else { \"b\" }\nx", "\"a\""),
    ("if false { 1 } else if true { 2 } else { 3 }", "2"), ("if false { 1 }", ""),
    ("if not (1 < 2 and 2 < 1) { 1 }", "1"),
    ("x = 5\nif x > 1 and x < 10 or x == 100 { \"in\" } else { \"out\" }", "\"in\""),
    // Several targets
    ("a, b = [1, 2]\na - b", "-1"), ("a, b = 1, \"x\"\na, b = b, a\na", "\"x\""),
    // Functions
    ("fn f(a, b=2) = a * b\nf(3)", "6"), ("fn f(a, b=a + 1) = a * b\nf(3)", "12"),
    ("fn f(a, b=2) = a * b\nf(b=5, a=2)", "10"), ("(x -> x ^ 2)(3)", "9"),
    ("((a, b) -> a + b)(1, 2)", "3"), ("fn f(x) { if x > 0 { return 1 }; -1 }\nf(-3)", "-1"),
    ("fn f() { y = 1 }\nf()", ""),
    ("fn fact(n) = if n < 2 { 1 } else { n * fact(n - 1) }\nfact(10)", "3628800"),
    ("fn f() { for i in 0..<10 { if i == 4 { return i } } }\nf()", "4"),
    (
      "fn outer(n) { fn inner(k) = if k == 0 { n } else { inner(k - 1) }\n inner(3) }\nouter(9)",
      "9"
    ),
    ("fn counter() { c = 1; fn get() = c; c = 2; return get }\ncounter()()", "2"),
    ("fn add(n) = x -> x + n\na = add(1)\nb = add(10)\na(1) + b(1)", "13"),
    ("x = 1\nfn f() { x = 2; x }\nf() + x", "3"), ("x = 1\nfn f() = x\nx = 5\nf()", "5"),
    ("map(q -> q * 2, [\"a\", \"b\"])", "[\"aa\", \"bb\"]"),
    ("fn g(f, x) = f(f(x))\ng(x -> x * 3, 1)", "9"), ("fn f(n) { n += 1; n }\nf(1)", "2"),
    ("fn f(v) { v[0] = 9; v }\nx = [1, 2]\nf(x)[0] + x[0]", "10"),
    ("fn f(a) { g = () -> a; a = a + 1; g() }\nf(1)", "2"),
    // Pipes
    ("3 |> (x -> x + 1)", "4"), ("f = (x -> x + 1) |> (x -> x * 2)\nf(3)", "8"),
    ("[1, 4] |> sqrt |> sum", "3"),
    ("net = dense(2, 3) |> relu |> dense(2) |> softmax\ntype(net)", "\"network\""),
    ("type(relu |> softmax)", "\"network\""),
    ("net = dense(2, 3)\n(ones(4, 2) |> net).shape", "[4, 3]"),
    // Builtins and shadowing
    ("sum = 3\nsum + 1", "4"), ("fn sum(x) = 7\nsum([1])", "7"),
    ("compute = 1\nsum = 2\ndL_db_o([[1, 0]], [[0.5, 0.5]])[0, 1]", "0.5"),
    // Silence, ans
    ("1;\n2", "2"), ("1; 2", "2"), ("3\nans + 1", "3\n4"), ("none", ""),
    // Tensors
    ("x = [1, 2, 3]\nx[1:] = 0\nx", "3 tensor f32\n  1  0  0"),
    ("x = [1, 2, 3]\nx[x > 1] = 9\nsum(x)", "19"),
    ("x = [1, 2, 3]\nx[-1] += 4\nx[2]", "7"), ("[1, 2, 3][[2, 0]]", "2 tensor f32\n  3  1"),
    ("[[1, 2], [3, 4]]'[0, 1]", "3"), ("x = [[1, 2], [3, 4]]\nx.T[0, 1]", "3"),
    ("[3, 1, 2][::-1]", "3 tensor f32\n  2  1  3"), ("([1, 2] > 1)[1]", "true"),
    ("x = eye(2)\nx[0][1] = 5\nx[0, 1]", "5"), ("(1...3) * 2", "3 tensor f32\n  2  4  6"),
    ("v = [1, 2]\ng = [1, 1]\nv = 0.5 * v + 2 * g\nv", "2 tensor f32\n  2.5  3"),
    // Gradients
    ("x = 3\ngrad x^2 wrt x", "6"), ("a = 2\nb = 3\nl = grad a * b wrt a, b\nl[0]", "3"),
    ("x = [1, 2]\ngrad sum(x^3) wrt x", "2 tensor f32\n  3  12"),
    ("x = 1\ny = 5\ngrad y^2 + 0 * x wrt x", "0"), ("x = 2\ngrad (grad x^3 wrt x) wrt x", "12"),
    ("fn f(W) = grad sum(W * W) wrt W\nf([2])", "1 tensor f32\n  4"),
    ("r = {w: 3}\ngrad r.w^2 wrt r.w", "6"),
    // Commands
    ("x = 2\nshow x + 1", "shown 3"), ("show 4\nans", "shown 4\n4"), ("step = 3\nstep", "3"),
    ("fn f(a) { show a * 2 }\nf(4)", "shown 8"),
  ]

  @Test(arguments: cases)
  func prints(_ source: String, _ expected: String) {
    let output = MachineBench().run(source)
    #expect(output.trimmingSuffix("\n") == expected)
  }

  @Test func errors() {
    for (source, message) in Self.errorCases {
      #expect(MachineBench().run(source) == "error: \(message)", "\(source)")
    }
  }

  static let errorCases: [(String, String)] = [
    ("x = 1\ny = 5\ngrad y^2 wrt x", "the result does not depend on x"),
    ("x", "unknown name x"), ("fn f() { y; y = 1 }\nf()", "unknown name y"),
    ("zeros(3, 2) @ zeros(4, 5)", "cannot multiply 3×2 by 4×5: inner sizes 2 and 4 differ"),
    ("zeros(3) + zeros(4)", "shapes 3 and 4 do not broadcast"),
    ("[1, 2][5]", "index 5 is out of range for axis 0 of length 2"),
    ("[\"a\"][1]", "index 1 is out of range for a list of length 1"),
    ("[1, 2][0.5]", "an index must be a whole number, not 0.5"),
    ("if [1, 2] { }", "a condition must be true or false, not a tensor"),
    ("while 1 { }", "a condition must be true or false, not a number"),
    ("1 and true", "`and` takes true, false or a mask, not the number 1"),
    ("fn f(a) = a\nf()", "f needs the argument a"),
    ("fn f(a) = a\nf(1, 2)", "f takes 1 argument, and 2 are given"),
    ("fn f(a) = a\nf(b=1)", "f has no argument b"),
    ("fn f(a) = a\nf(1, a=1)", "f is given the argument a twice"),
    ("3(1)", "a number cannot be called"), ("{a: 1}.b", "the record has no field b"),
    ("a, b = [1, 2, 3]", "3 values for 2 variables"),
    ("\"a\" + 1", "cannot add the string \"a\" and the number 1"),
    (
      "x = 1\nfn f() { x += 1 }\nf()",
      "x is not a variable of this function, so it cannot be changed here"
    ),
    (
      "x = [1]\nfn f() { x[0] = 2 }\nf()",
      "x is not a variable of this function, so it cannot be changed here"
    ),
    (
      "x = [1, 2]\ngrad x wrt x",
      "a gradient is taken of a number, and this is 2: use sum(…) or mean(…)"
    ),
    ("grad 1 wrt 2", "`wrt` takes variables"),
    ("for i in 3 { }", "a number cannot be looped over"),
    ("error(\"no\")", "no"), ("1...3 by 0", "the step of a range must be a number other than 0"),
  ]
}

extension String {
  fileprivate func trimmingSuffix(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }
}
