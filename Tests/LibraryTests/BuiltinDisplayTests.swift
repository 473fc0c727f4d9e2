import Networks
import Tensors
import Testing

@testable import Language

@Suite struct BuiltinDisplayTests {
  @Test(arguments: [
    (0.1 + 0.2, "0.3"), (3, "3"), (-7, "-7"), (1_234_567, "1234567"),
    (1e20, "100000000000000000000"),
    (1e-7, "1e-07"), (3.14159265, "3.14159"), (.infinity, "inf"), (-.infinity, "-inf"),
    (.nan, "nan"), (-0.0, "-0"), (1e15, "1000000000000000"), (1234567.8, "1.23457e+06"),
    (0.346573590, "0.346574"), (9_007_199_254_740_992, "9007199254740992"), (1.0 / 3, "0.333333"),
  ])
  func numbers(_ number: Double, _ text: String) {
    #expect(Value.number(number).display() == text)
  }

  @Test func matrices() throws {
    #expect(try Value.matrix([[1, 2], [3, 40]]).display() == "2×2 tensor f32\n  1   2\n  3  40")
    #expect(
      try Value.matrix([[0.3047, -1.04], [12.5, 0]]).display()
        == "2×2 tensor f32\n  0.3047  -1.04\n    12.5      0")
    let large = try Tensor.sequence(from: 0, step: 1, count: 80).reshaped([8, 10])
    #expect(
      Value.tensor(Box(large)).display() == """
        8×10 tensor f32
           0   1   2  …   7   8   9
          10  11  12  …  17  18  19
          20  21  22  …  27  28  29
          …
          50  51  52  …  57  58  59
          60  61  62  …  67  68  69
          70  71  72  …  77  78  79
        """)
  }

  @Test func otherTensors() throws {
    #expect(try Value.vector([1, 2.5, -3]).display() == "3 tensor f32\n  1  2.5  -3")
    #expect(
      Value.tensor(Box(try Tensor.sequence(from: 0, step: 1, count: 7))).display()
        == "7 tensor f32\n  0  1  2  …  4  5  6")
    #expect(
      Value.tensor(Box(try Tensor(doubles: [1, 0], elementType: .bool))).display()
        == "2 tensor bool\n  true  false")
    #expect(
      Value.tensor(Box(try Tensor(doubles: [1.0 / 3, 1e-9], elementType: .f64))).display()
        == "2 tensor f64\n  0.3333  1e-09")
    #expect(Value.tensor(Box(try Tensor.zeros([0, 3]))).display() == "0×3 tensor f32")
    #expect(
      try Value.vector([.nan, .infinity, -.infinity]).display()
        == "3 tensor f32\n  nan  inf  -inf")
    #expect(
      try Value.matrix([[123456.7], [0.00001234]]).display()
        == "2×1 tensor f32\n  1.235e+05\n  1.234e-05")
  }

  @Test func moreAxes() throws {
    let cube = try Tensor.sequence(from: 0, step: 1, count: 8).reshaped([2, 2, 2])
    #expect(
      Value.tensor(Box(cube)).display() == """
        2×2×2 tensor f32
        [0, :, :]
          0  1
          2  3
        [1, :, :]
          4  5
          6  7
        """)
    let deep = try Tensor.zeros([3, 3, 1, 1])
    #expect(
      Value.tensor(Box(deep)).display() == """
        3×3×1×1 tensor f32
        [0, 0, :, :]
          0
        [0, 1, :, :]
          0
          …
        [2, 2, :, :]
          0
        """)
  }

  @Test func collections() throws {
    #expect(Value.text("a\"b\n{c}").display() == "\"a\\\"b\\n{{c}}\"")
    #expect(Value.text("a\"b").printed == "a\"b")
    let list = Value.items([.number(1), .text("a"), .none, try .matrix([[1, 2]])])
    #expect(list.display() == "[1, \"a\", none, 1×2 tensor f32]")
    let long = Value.items((0..<100).map { .number(Double($0)) })
    #expect(long.display() == "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …, 97, 98, 99]")
    #expect(Value.fields([("a", .number(1)), ("b", .bool(true))]).display() == "{a: 1, b: true}")
    #expect(
      Value.fields([("", .number(1)), ("a b", .number(2)), (",", .number(3)), ("1.5", .number(4))])
        .display() == "{\"\": 1, \"a b\": 2, \",\": 3, 1.5: 4}")
    let text = String(repeating: "x", count: 60)
    #expect(
      Value.fields([("first", .text(text)), ("second", .text(text))]).display()
        == "{\n  first: \"\(text)\",\n  second: \"\(text)\",\n}")
    let range = NumberRange(lower: 0, upper: 10, step: 2, isInclusive: true)
    #expect(Value.range(Box(range)).display() == "0...10 by 2")
  }

  @Test func textThatNobodyReadsIsCut() {
    let whole = String(repeating: "a", count: 1_000_000)
    #expect(Value.text(whole).display() == "\"\(whole)\"")
    let beginning = "\"" + String(repeating: "ä", count: 1000) + "…\""
    let long = Value.text(String(repeating: "ä", count: 5_000_000))
    #expect(long.display() == beginning + " (10000000 bytes)")
    #expect(long.printed.count == 5_000_000)
    let many = Value.items(Array(repeating: Value.text(whole), count: 3))
    #expect(many.inline().utf8.count < 1_010_000)
    #expect(Value.fields([(whole, .number(1))]).display().utf8.count < 1100)
  }

  @Test func deepNestingEnds() {
    var value = Value.number(1)
    for _ in 0..<1000 { value = .items([value]) }
    #expect(value.display().contains("[…]"))
    for _ in 0..<1000 { value = .fields([("a", value)]) }
    #expect(value.display().count < 10_000)
  }

  @Test func models() throws {
    let bench = BuiltinBench()
    let dense = try bench.run("dense", .number(4), .number(2))
    #expect(dense.display() == "dense(4, 2)   10 parameters")
    #expect(try bench.run("dense", .number(2)).display() == "dense(2)   inputs not known yet")
    #expect(try Value.builtin("sum").display() == "builtin sum(x, axis=none, keepdims=false)")
    #expect(Value.optimizer(Box(Optimizer(.sgd, rate: 0.1))).display() == "sgd(0.1)")
  }

  @Test func coloursWrapWhatTheyName() {
    let style = DisplayStyle { text, role in role == .number ? "<\(text)>" : text }
    #expect(Value.items([.number(1), .text("a")]).display(style) == "[<1>, \"a\"]")
  }
}
