import Testing

@testable import Language

/// Records and the strings that are their keys.
@Suite struct RecordTests {
  /// Whatever is put in and taken out, a record holds what a list of pairs would, in its order.
  @Test(arguments: [3, 8, 9, 40, 3000]) func holdsWhatAListOfPairsWould(keys: Int) {
    var state = UInt64(keys)
    func random(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    var record = Record()
    var pairs: [(name: String, number: Double)] = []
    for step in 0..<4 * keys {
      let name = "key \(random(keys))"
      let place = pairs.firstIndex { $0.name == name }
      switch random(4) {
      case 0:
        record[name] = nil
        if let place { pairs.remove(at: place) }
      case 1:
        // What came last often goes first.
        guard let last = pairs.popLast() else { continue }
        record[TextBox(last.name)] = nil
      case 2:
        record.add(Double(step), to: TextBox(name))
        if let place {
          pairs[place].number += Double(step)
        } else {
          pairs.append((name, Double(step)))
        }
      default:
        if step % 2 == 0 {
          record[name] = .number(Double(step))
        } else {
          record[TextBox(name)] = .number(Double(step))
        }
        if let place {
          pairs[place].number = Double(step)
        } else {
          pairs.append((name, Double(step)))
        }
      }
    }
    #expect(record.names == pairs.map(\.name))
    #expect(record.values.map { $0.asNumber() } == pairs.map(\.number))
    for key in 0..<keys {
      let name = "key \(key)"
      let expected = pairs.first { $0.name == name }?.number
      #expect(record[name]?.asNumber() == expected)
      #expect(record[TextBox(name)]?.asNumber() == expected)
    }
  }

  static let texts = [
    "", "a", "b", "ab", "abc", "aé", "ae\u{301}", "é", "e\u{301}", "日本", "日本語", "\u{FFFF}", "👩‍👩‍👧",
    "seven ch", "eight chr", "fifteen letters", "sixteen letters!",
    "a text longer than its value holds",
    "a text longer than its value holdt",
  ]

  /// Strings are the same where their code points are, are in the order of these, and where they are
  /// the same so are their hashes.
  @Test(arguments: texts) func textsAreTheirCodePoints(_ text: String) {
    for other in Self.texts {
      let (left, right) = (
        TextBox(text), TextBox(String(decoding: Array(other.utf8), as: UTF8.self))
      )
      let (a, b) = (Array(text.unicodeScalars), Array(other.unicodeScalars))
      #expect((left == right) == (a == b))
      #expect((left < right) == a.lexicographicallyPrecedes(b))
      #expect((left.hash == right.hash) == (a == b))
    }
  }

  @Test func aTextThatGrowsHasItsOwnHash() throws {
    let text = TextBox("a")
    let before = text.hash
    _ = text.count
    try text.append(TextBox("b"))
    #expect(text.hash != before)
    #expect(text.hash == TextBox("ab").hash)
    try text.append(TextBox("é!"))
    #expect(text.count == 4)
    #expect(text.part(2..<4).printed == "é!")
  }
}
