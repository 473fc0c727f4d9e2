import Tensors
import Testing

@testable import Language

/// Values never alias, and what is held once is changed where it is.
@Suite struct MachineMemoryTests {
  /// The storage of `x` before and after a statement is the same.
  @Test(arguments: [
    "x[0] = 5", "x += 1", "x = x + 1", "x = 2 * x", "x *= y", "x[1:3] = 7", "x = 0.9 * x + 0.1 * y",
    "x = y + x", "x[0] += 3", "x -= 0.1 * y", "x = exp(-x) * y + 1",
  ])
  func changesInPlace(_ statement: String) {
    let bench = MachineBench()
    bench.run("x = ones(4) * 2\ny = ones(4) * 3")
    let before = Self.address(bench)
    bench.run(statement)
    #expect(before != nil && before == Self.address(bench))
  }

  @Test(arguments: [
    "r.a += 1", "r.a[0] = 1", "l[1] += 1", "l[1][2] = 0", "r.b.c[1:] = 4",
  ])
  func changesPartsInPlace(_ statement: String) throws {
    let bench = MachineBench()
    bench.run("r = {a: ones(3), b: {c: ones(3)}}\nl = [\"a\", ones(3)]")
    func addresses() -> [UInt] {
      ["r.a", "r.b.c", "l[1]"].compactMap { source in
        bench.run("probe = \(source)")
        defer { bench.run("probe = 0") }
        return bench.tensor("probe").flatMap(Self.address)
      }
    }
    let before = addresses()
    #expect(before.count == 3)
    bench.run(statement)
    #expect(addresses() == before)
  }

  private static func address(_ bench: MachineBench) -> UInt? {
    bench.tensor("x").flatMap(address)
  }

  private static func address(_ tensor: Tensor) -> UInt? {
    try? tensor.withFloats { UInt(bitPattern: $0.baseAddress) }
  }

  @Test func inPlaceInsideFunctions() {
    let bench = MachineBench()
    bench.run(
      """
      fn f(n) { x = zeros(1000); for i in 0..<n { x[i % 1000] = i; x += 1 }; x[0] }
      y = f(20000)
      """)
    #expect(bench.number("y") == 20_000)
  }

  @Test func copiesAreValues() {
    let bench = MachineBench()
    #expect(
      bench.run(
        """
        a = [1, 2]
        b = a
        b[0] = 9
        l = [a, b]
        c = l
        c[0][1] = 7
        r = {x: l}
        r.x[1] = "z"
        print(a[0], b[0], a[1], l[0][1], c[0][1], l[1][0])
        """) == "1 9 2 2 7 9\n")
  }

  /// Random programs of copies and writes against a model in Swift.
  @Test func randomPrograms() {
    var state: UInt64 = 42
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    for _ in 0..<30 {
      let bench = MachineBench()
      var model = [[Double]](repeating: [0, 0, 0], count: 4)
      var source = (0..<4).map { "v\($0) = zeros(3)" }.joined(separator: "\n") + "\n"
      for _ in 0..<40 {
        let (a, b, i, n) = (next(4), next(4), next(3), Double(next(9)))
        switch next(6) {
        case 0:
          source += "v\(a) = v\(b)\n"
          model[a] = model[b]
        case 1:
          source += "v\(a)[\(i)] = \(n)\n"
          model[a][i] = n
        case 2:
          source += "v\(a) += v\(b)\n"
          model[a] = zip(model[a], model[b]).map { $0 + $1 }
        case 3:
          source += "v\(a) = v\(a) * 0.5 + v\(b)\n"
          model[a] = zip(model[a], model[b]).map { $0 * 0.5 + $1 }
        case 4:
          source += "v\(a) = v\(b) - v\(a)\n"
          model[a] = zip(model[b], model[a]).map { $0 - $1 }
        default:
          source += "for i in 0..<2 { w = v\(a); w[\(i)] += \(n); v\(b) = w }\n"
          for _ in 0..<2 {
            var w = model[a]
            w[i] += n
            model[b] = w
          }
        }
      }
      #expect(bench.run(source) == "")
      for (index, expected) in model.enumerated() {
        let got = bench.tensor("v\(index)")?.doubles() ?? []
        #expect(
          zip(got, expected).allSatisfy { abs($0 - $1) <= 1e-4 * max(1, abs($1)) }, "\(source)")
      }
    }
  }

  /// A statement that fails leaves its target as it was.
  @Test(arguments: [
    "x = x + zeros(5)", "x += zeros(5)", "x = zeros(5) + x", "x[0:2] = zeros(7)", "x[9] = 1",
    "x = 2 * x + zeros(5)", "x = [x, error(\"no\")]", "x = if true { error(\"no\") } else { 1 }",
    "x = true and error(\"no\")", "x = f(x, 1, 2)", "x[0] += \"a\"", "x = sqrt(x, 1)", "x.y = 3",
    "x, y = [1, 2, 3]", "x = x @ x @ eye(2)", "for x in 5 { }", "x = -x * 2 + missing",
  ])
  func failureChangesNothing(_ statement: String) {
    let bench = MachineBench()
    bench.run("x = [1, 2, 3]\nfn f(a) = a")
    #expect(bench.run(statement).hasPrefix("error: "))
    #expect(bench.tensor("x")?.doubles() == [1, 2, 3])
  }

  @Test func failureInListsChangesNothing() {
    let bench = MachineBench()
    bench.run("l = [\"a\", [1, \"b\"]]\nr = {p: {q: 1}}")
    for statement in [
      "l[1][5] = 3", "l[1][0] += \"x\"", "r.p.z += 1", "r.p.q += \"x\"", "l[0:2] = 3",
    ] {
      #expect(bench.run(statement).hasPrefix("error: "), "\(statement)")
    }
    #expect(bench.run("l\nr") == "[\"a\", [1, \"b\"]]\n{p: {q: 1}}\n")
  }

  @Test func longLoopsOnLists() {
    let bench = MachineBench()
    bench.run("l = []\ns = \"\"\nfor i in 0..<100000 { l += [i]; s += \"x\" }\nn = len(l) + len(s)")
    #expect(bench.number("n") == 200_000)
  }
}
