import Testing

@testable import Language

/// Loops by every comparison and over every kind of range: the turns are those that a plain count
/// gives.
@Suite struct LoopTests {
  static let comparisons: [(String, @Sendable (Double, Double) -> Bool)] = [
    ("<", { $0 < $1 }), ("<=", { $0 <= $1 }), (">", { $0 > $1 }), (">=", { $0 >= $1 }),
    ("==", { $0 == $1 }), ("!=", { $0 != $1 }),
  ]

  @Test(arguments: comparisons.map(\.0)) func loopsEndWhereTheConditionSays(_ sign: String) throws {
    let holds = try #require(Self.comparisons.first { $0.0 == sign }).1
    for (start, step) in [(0.0, 1.0), (10, -1), (5, 1), (5, -2)] {
      for (form, isNegated) in [("i \(sign) 5", false), ("not (i \(sign) 5)", true)] {
        var turns = 0
        var i = start
        while holds(i, 5) != isNegated, turns < 20 {
          i += step
          turns += 1
        }
        let source =
          "fn f() { i = \(start); n = 0; while \(form) { i += \(step); n += 1; if n == 20 { break } }; return n }; f()"
        #expect(MachineBench().run(source) == "\(turns)\n", "\(form) from \(start) by \(step)")
        let compound = source.replacing("while \(form)", with: "while n < 7 and (\(form))")
        #expect(MachineBench().run(compound) == "\(min(turns, 7))\n", "\(form), at most 7")
      }
    }
  }

  static let ranges: [(String, [Double])] = [
    ("0..<3", [0, 1, 2]), ("1...3", [1, 2, 3]), ("-2...1", [-2, -1, 0, 1]), ("3...1", []),
    ("0...2.5", [0, 1, 2]), ("0..<2.5", [0, 1, 2]), ("0.5...2.5", [0.5, 1.5, 2.5]),
    ("3...1 by -1", [3, 2, 1]), ("0...1 by 0.25", [0, 0.25, 0.5, 0.75, 1]), ("0..<0", []),
    (
      "9007199254740990...9007199254740992",
      [9_007_199_254_740_990, 9_007_199_254_740_991, 9_007_199_254_740_992]
    ),
    ("1e300...1e300", [1e300]), ("1...nan + 3", []),
  ]

  @Test(arguments: ranges.dropLast()) func rangesGiveTheirNumbers(
    _ range: String, _ numbers: [Double]
  ) {
    let bench = MachineBench()
    bench.run("fn f() { l = [\"\"]; for i in \(range) { l += [i] }; return l[1:] }; l = f()")
    guard case .list(let box)? = bench.machine.globals["l"] else {
      Issue.record("no list")
      return
    }
    #expect(box.content.map { $0.asNumber() } == numbers)
    #expect(
      bench.run("for a, b in \(range) { }; \"none\"").hasPrefix(
        numbers.isEmpty ? "\"none\"" : "error"))
  }

  @Test func aRangeWithoutEndGoesOn() {
    #expect(
      MachineBench().run("n = 0; for i in 5..<inf { n = i; if i > 9 { break } }; n") == "10\n")
  }
}
