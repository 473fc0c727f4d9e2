import Testing

@testable import Language

/// What texts do by their bytes is what it would be by their code points, whatever these are.
@Suite struct TextTests {
  typealias Scalars = [UnicodeScalar]

  /// ASCII, characters of two, three and four bytes, accents apart from their letters, and texts
  /// longer than what Swift keeps without memory of their own, and than the distance of marks.
  static let texts: [String] =
    [
      "", "a", "é", "e\u{301}", "日", "🎈", "\r\n", "ab", "aé", "éa", "a\u{301}b", "\u{301}",
      "ab,cd,,e", ",", ",,", "a, b\n", " a b\t\n", "\u{3000}é ", "one\ntwo\r\nthree\n", "\n", "\r",
      "a\r", "banana", "ananas na", "日本日本", "e\u{301}é", "0123456789abcdef", "na",
    ] + ["é", "ab", "日a", "🎈\u{301}"].map { String(repeating: $0, count: 70) }

  static let parts = texts.filter { !$0.isEmpty && $0.utf8.count < 20 }

  private func scalars(_ text: String) -> Scalars { Array(text.unicodeScalars) }

  private func text(_ scalars: some Sequence<UnicodeScalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  /// Compared by code points: Swift takes accents apart from their letters for the same.
  private func isSame(_ value: Value, _ expected: some Sequence<UnicodeScalar>) -> Bool {
    guard case .string(let box) = value else { return false }
    let expected = Array(expected)
    return scalars(box.content) == expected && box.count == expected.count
      && box.isASCII == expected.allSatisfy(\.isASCII)
      && box.hash == TextBox(text(expected)).hash
  }

  @Test(arguments: texts) func charactersAndParts(_ string: String) throws {
    let box = TextBox(string)
    let scalars = scalars(string)
    #expect(box.count == scalars.count)
    let characters = try box.characterValues()
    #expect(characters.count == scalars.count)
    for (place, scalar) in scalars.enumerated() {
      #expect(isSame(characters[place], [scalar]))
      #expect(isSame(box.character(at: place), [scalar]))
      // Those of one ASCII character are one and the same, however they were made.
      if case .string(let character) = box.part(place..<place + 1) {
        #expect(character.code == (scalar.isASCII ? Int16(scalar.value) : -1))
      }
    }
    for start in stride(from: 0, through: scalars.count, by: max(1, scalars.count / 7)) {
      for end in stride(from: start, through: scalars.count, by: max(1, scalars.count / 7)) {
        #expect(isSame(box.part(start..<end), scalars[start..<end]))
      }
    }
    #expect(isSame(box.characters(at: scalars.indices.reversed()), scalars.reversed()))
    let others = Array(stride(from: 0, to: scalars.count, by: 3))
    #expect(isSame(box.characters(at: others), others.map { scalars[$0] }))
  }

  /// What was known of a text's characters is right after more has been appended.
  @Test(arguments: texts) func appending(_ string: String) throws {
    for more in Self.texts {
      for isKnown in [false, true] {
        let box = TextBox(string)
        if isKnown { _ = (box.count, box.hash) }
        try box.append(TextBox(more))
        #expect(isSame(.string(box), scalars(string) + scalars(more)))
        if box.count > 0 {
          let last = (scalars(string) + scalars(more)).suffix(1)
          #expect(isSame(box.character(at: box.count - 1), last))
        }
      }
    }
  }

  private func places(of part: Scalars, in text: Scalars) -> [Int] {
    guard text.count >= part.count else { return [] }
    return (0...text.count - part.count).filter { text[$0..<$0 + part.count].elementsEqual(part) }
  }

  /// The pieces between the places of a part, which do not overlap.
  private func pieces(_ text: Scalars, _ part: Scalars) -> [Scalars] {
    var (pieces, start): ([Scalars], Int) = ([], 0)
    for place in places(of: part, in: text) where place >= start {
      pieces.append(Array(text[start..<place]))
      start = place + part.count
    }
    return pieces + [Array(text[start...])]
  }

  @Test(arguments: texts) func lookingForParts(_ string: String) throws {
    let (box, whole) = (TextBox(string), scalars(string))
    for part in Self.parts {
      let (looked, points) = (TextBox(part), scalars(part))
      let places = places(of: points, in: whole)
      #expect(box.firstByte(of: looked).map { box.position(ofByte: $0) } == places.first)
      #expect(box.contains(looked) == !places.isEmpty)
      #expect(box.starts(with: looked) == places.contains(0))
      #expect(box.ends(with: looked) == places.contains(whole.count - points.count))
      let expected = pieces(whole, points)
      let found = try box.pieces(separatedBy: looked)
      #expect(found.count == expected.count)
      for (piece, expected) in zip(found, expected) { #expect(isSame(piece, expected)) }
      for other in ["", "x", "日本"] {
        let replaced = try box.replacing(looked, with: TextBox(other))
        #expect((replaced == nil) == places.isEmpty)
        let joined = Array(expected.joined(separator: scalars(other)))
        if let replaced { #expect(isSame(.string(replaced), joined)) }
        let values = expected.map { Value.text(text($0)) }
        let again = try TextBox.joined(values, separator: TextBox(other)) { _ in .interrupted }
        #expect(isSame(.string(again), joined))
      }
    }
    let empty = TextBox("")
    #expect(box.contains(empty) && box.starts(with: empty) && box.ends(with: empty))
  }

  @Test(arguments: texts) func lines(_ string: String) throws {
    var expected = pieces(scalars(string), ["\n"])
    if expected.last == [] { expected.removeLast() }
    let found = try TextBox(string).lines()
    #expect(found.count == expected.count)
    for (line, expected) in zip(found, expected) {
      #expect(isSame(line, expected.last == "\r" ? expected.dropLast() : expected[...]))
    }
  }

  @Test(arguments: texts) func stripping(_ string: String) {
    func stripped(_ goes: (UnicodeScalar) -> Bool) -> Scalars {
      let front = scalars(string).drop(while: goes)
      return front.reversed().drop(while: goes).reversed()
    }
    let box = TextBox(string)
    #expect(isSame(.string(box.stripped(of: nil)), stripped { $0.properties.isWhitespace }))
    for set in Self.parts {
      let given = CharacterSet(TextBox(set))
      let expected = stripped { set.unicodeScalars.contains($0) }
      #expect(isSame(.string(box.stripped(of: given)), expected))
    }
  }

  static let named: [(String, String)] = [
    ("strip(\"--a-\", of=\"-\")", "\"a\""), ("strip(s=\"--a-\", of=\"-\")", "\"a\""),
    ("strip(of=\"-\", s=\"--a-\")", "\"a\""), ("strip(\" a \")", "\"a\""),
    ("strip(\"a\", of=none)", "error: strip: of must be a string, not none"),
    ("find(part=\"b\", s=\"ab\")", "1"), ("find(s=\"ab\", part=\"b\")", "1"),
    ("replace(\"aXb\", old=\"X\", new=\"-\")", "\"a-b\""),
    ("replace(\"aXb\", new=\"-\", old=\"X\")", "\"a-b\""),
    ("get({a: 1}, key=\"b\", default=5)", "5"), ("get({a: 1}, default=5, key=\"a\")", "1"),
    ("split(\"a,b\", sep=\",\")", "[\"a\", \"b\"]"),
    ("fn strip(s, of) = of + s; strip(\"a\", of=\"b\")", "\"ba\""),
    ("fn strip(of, s) = of + s; strip(s=\"a\", of=\"b\")", "\"ba\""),
  ]

  /// Arguments by name go to their parameters, in whatever order they stand.
  @Test(arguments: named) func argumentsByName(_ code: String, _ expected: String) {
    let output = MachineBench().run(code)
    #expect(output == expected + (expected.hasPrefix("error") ? "" : "\n"))
  }

  @Test func order() throws {
    let boxes = Self.texts.map { TextBox($0) }
    for descending in [false, true] {
      let places = TextOrder.places(of: boxes, descending: descending)
      #expect(places.sorted() == Array(boxes.indices))
      for (a, b) in zip(places, places.dropFirst()) {
        let (left, right) = (boxes[a], boxes[b])
        #expect(left == right ? a < b : (left < right) != descending)
        let points = (scalars(left.content).map(\.value), scalars(right.content).map(\.value))
        #expect((left < right) == points.0.lexicographicallyPrecedes(points.1))
      }
    }
  }

  /// Numbers read quickly are those that Swift reads.
  @Test func plainNumbers() {
    let plain = ["0", "-0", "7", "-12.50", "123456789012345", "0.1", "12345.6789", " 3\n", "00.25"]
    for text in plain {
      let expected = Double(text.filter { !$0.isWhitespace })
      #expect(TextBox(text).plainNumber?.bitPattern == expected?.bitPattern, "\(text)")
    }
    let others = [
      "", " ", "-", ".", "-.", "1.", ".5", "+1", "1e3", "1_000", "1.2.3", "--1", "a", "1a", "inf",
      "nan", "1234567890123456", "0.1234567890123456", "١", "1\u{301}", "1 2", "\u{A0}1",
    ]
    for text in others { #expect(TextBox(text).plainNumber == nil, "\(text)") }
    var state: UInt64 = 1
    for _ in 0..<20_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let digits = String(state % 1_000_000_000_000_000)
      var text = digits
      let place = Int(state >> 40) % digits.count
      if place > 0 { text.insert(".", at: text.index(text.startIndex, offsetBy: place)) }
      #expect(TextBox(text).plainNumber == Double(text))
    }
  }

  /// The strings of one character are never released, and never counted.
  @Test func nobodyCountsCharacters() {
    guard case .string(let box) = TextBox.character(ascii: 97) else { return }
    let count = Unmanaged.passUnretained(box).toOpaque().load(fromByteOffset: 8, as: UInt.self)
    let held = (0..<1000).map { _ in TextBox.character(ascii: 97) }
    #expect(
      Unmanaged.passUnretained(box).toOpaque().load(fromByteOffset: 8, as: UInt.self) == count)
    var character = box
    #expect(!isKnownUniquelyReferenced(&character))
    #expect(held.count == 1000 && box.content == "a")
  }

  /// A look at a place sees what the place holds.
  @Test func borrowedValues() throws {
    let place = UnsafeMutablePointer<Value>.allocate(capacity: 1)
    place.initialize(to: .none)
    defer {
      place.deinitialize(count: 1)
      place.deallocate()
    }
    let values: [Value] = [
      .none, .bool(true), .number(2), .text("text"), .items([]), .record(RecordBox(Record())),
      .unset,
    ]
    for value in values {
      place.pointee = value
      switch value {
      case .string(let box):
        #expect(place.borrowedText?.takeUnretainedValue() === box)
      case .list(let box): #expect(place.borrowedList?.takeUnretainedValue() === box)
      case .record(let box): #expect(place.borrowedRecord?.takeUnretainedValue() === box)
      case .function(let function):
        #expect(place.borrowedFunction?.takeUnretainedValue() === function)
      default:
        #expect(place.borrowedText == nil && place.borrowedList == nil)
        #expect(place.borrowedRecord == nil && place.borrowedFunction == nil)
      }
    }
  }
}
