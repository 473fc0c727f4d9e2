import Tensors
import Testing

@testable import Language
@testable import Library

/// What builtins give without binding their arguments is what they give with it.
@Suite struct DirectCallTests {
  static let values: [Value] = {
    let box = RecordBox(Record([("a", .number(3)), ("b", .text("x"))]))
    let vector = try? Tensor(doubles: [0.25, -1.5, 2], elementType: .f32)
    let numbers: [Value] = [0, -0.0, 1, 2.5, -3, 97, 128, 1e300, .infinity, .nan].map {
      .number($0)
    }
    let texts: [Value] = ["", "a", "ab", " a ", "é", "日本", "a\u{7F}"].map { .text($0) }
    let others: [Value] = [
      .none, .bool(true), .items([.number(1), .text("a")]), .record(box),
      vector.map { Value($0) } ?? .none,
      .range(Box(NumberRange(lower: 0, upper: 3, isInclusive: false))),
    ]
    return numbers + texts + others
  }()

  static let names = Builtin.all.filter { $0.direct != nil }.map(\.declaration.name)

  @Test func someBuiltinsHaveThem() {
    #expect(
      Set(["get", "len", "ord", "chr", "min", "max", "exp", "maximum", "strip"]).isSubset(
        of: Self.names))
  }

  @Test(arguments: names) func givesTheSame(_ name: String) throws {
    let builtin = try #require(Builtin.named(name))
    let direct = try #require(builtin.direct)
    let bench = BuiltinBench()
    func compare(_ arguments: [Value], _ call: () throws -> Value?) throws {
      guard let value = try call() else { return }
      let bound = try builtin.invoke(arguments, interpreter: bench)
      #expect(value.inline() == bound.inline(), "\(name) of \(arguments.map { $0.inline() })")
      #expect(value.kindName == bound.kindName)
    }
    for first in Self.values {
      if let one = direct.one { try compare([first]) { try one(first) } }
      for second in Self.values {
        if let two = direct.two { try compare([first, second]) { try two(first, second) } }
        for third in direct.three == nil ? [] : Self.values {
          if let three = direct.three {
            try compare([first, second, third]) { try three(first, second, third) }
          }
        }
      }
    }
  }

  /// White space parts words whatever its code point.
  @Test func wordsEndAtEveryWhiteSpace() throws {
    let spaces = (0...0x3000).compactMap(UnicodeScalar.init).filter(\.properties.isWhitespace)
    #expect(spaces.count == 25)
    var text = ""
    for (place, space) in spaces.enumerated() { text += "w\(place)é\(space)\(space)" }
    let words = try BuiltinBench().run("split", .text(text))
    #expect(words.elementCount == spaces.count)
    #expect(try words.element(24).printed == "w24é")
    for text in [
      "", " ", "a", " a", "a ", "\u{3000}a\u{85}", "a\u{200B}b", "ab\u{A0}cd", "\u{2028}",
    ] {
      let expected = text.unicodeScalars.split { $0.properties.isWhitespace }.map { String($0) }
      guard case .list(let box) = try BuiltinBench().run("split", .text(text)) else {
        Issue.record("no list")
        continue
      }
      #expect(box.content.map(\.printed) == expected)
    }
  }

  /// The remainder of whole numbers, which has a way of its own, is that of all others.
  @Test func remaindersOfWholeNumbers() throws {
    let numbers: [Double] = [
      0, -0.0, 1, -1, 2, -3, 7, 10, -10, 2_147_483_647, -2_147_483_648, 2_147_483_648, 1e15, 0.5,
      -2.5,
    ]
    for x in numbers {
      for y in numbers where y != 0 {
        let remainder = BinaryOperation.remainder(x, y)
        var expected = x.truncatingRemainder(dividingBy: y)
        if expected != 0, (expected < 0) != (y < 0) { expected += y }
        if expected == 0 { expected = y < 0 ? -0.0 : 0 }
        #expect(remainder.bitPattern == expected.bitPattern, "\(x) % \(y)")
      }
      #expect(BinaryOperation.remainder(x, 0).isNaN || x.isNaN)
    }
  }
}
