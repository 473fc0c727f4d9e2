import Testing

@testable import Language

/// Ranges of every extent: empty, endless, too long to be held, with fractional steps.
@Suite struct RangeTests {
  static let rows: [(String, String)] = [
    ("for i in 1...inf { print(i); if i == 3 { break } }", "1\n2\n3"),
    ("for i in 0..<inf by 5 { print(i); if i >= 10 { break } }", "0\n5\n10"),
    ("for i in 0...-inf by -1 { print(i); if i == -1 { break } }", "0\n-1"),
    ("for i in 0..<-inf { print(i) }", ""), ("len(0..<1e17)", "100000000000000000"),
    ("len(0..<1e300)", "1e+300"), ("len(0..<1 by 0.1)", "10"), ("len(0...1 by 0.1)", "11"),
    ("len(1..<1.3 by 0.1)", "3"), ("len(0..<1e-12)", "1"), ("len(0...0)", "1"), ("len(0..<0)", "0"),
    ("len(5..<0)", "0"), ("len(5..<0 by -2)", "3"), ("len(1...3.5)", "3"), ("(1...inf)[5]", "6"),
    ("(1...inf)[:3]", "3 tensor f32\n  1  2  3"), ("(0..<1e17)[1e16]", "10000000000000000"),
    ("map(x -> x, 0...1 by 0.25)", "[0, 0.25, 0.5, 0.75, 1]"),
    ("for i in 0..<1e17 { if i == 2 { print(i); break } }", "2"),
    ("by = 2; 1...5 by by", "1...5 by 2"),
    ("(1...inf).upper", "inf"),
  ]

  @Test(arguments: rows) func runs(_ row: (String, String)) {
    #expect(MachineBench().run(row.0).trimmingSuffix(while: \.isNewline) == row.1)
  }

  static let refusals = [
    "len(0..<inf)", "0..<nan", "nan..<3", "inf..<3", "-inf...3", "0..<3 by 0", "0..<3 by inf",
    "0..<3 by nan", "map(x -> x, 1...inf)", "filter(x -> true, 0..<inf)", "tensor(1...inf)",
    "sum(1...inf)",
    "zip(1...inf, [1])", "(1...inf) + 1", "tensor(0..<1e17)", "map(x -> x, 0..<1e17)",
    "(0..<1e17)[:]",
    "(1...inf)[::2]", "zeros(1...inf)", "[1, 2][0..<1e15]", "range(inf)", "arange(inf)",
    "\"a\"..<3",
    "a, b = 1...inf",
  ]

  @Test(arguments: refusals) func refuses(_ code: String) {
    #expect(MachineBench().run(code).hasPrefix("error: "))
  }
}

extension String {
  /// The text without a last run of characters.
  fileprivate func trimmingSuffix(while isDropped: (Character) -> Bool) -> String {
    var text = self
    while let last = text.last, isDropped(last) { text.removeLast() }
    return text
  }
}
