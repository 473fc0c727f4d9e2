import Foundation
import Testing

@testable import Serving

/// Places as editors count them.
@Suite struct DocumentTests {
  private static let texts = [
    "", "a", "a\nb\n", "a\r\nb\rc\n\nd", "größe = 1\n日本 = 2\n", "x = \"👍👍\" # 👩‍👩‍👧\r\n\u{2028}y",
  ]

  /// Foundation's strings are in UTF-16: they tell what is right.
  @Test(arguments: texts)
  func placesAreThoseOfUTF16(_ text: String) {
    let document = Document(text)
    var (line, character) = (0, 0)
    var offset = 0
    let scalars = Array(text.unicodeScalars)
    for (place, scalar) in scalars.enumerated() {
      let position = Document.Position(line: line, character: character)
      #expect(document.position(of: offset) == position)
      let isBreak = scalar == "\n" || scalar == "\r"
      if !isBreak || character == 0 { #expect(document.offset(of: position) == offset) }
      offset += String(scalar).utf8.count
      character += String(scalar).utf16.count
      let isPair = scalar == "\r" && place + 1 < scalars.count && scalars[place + 1] == "\n"
      if isBreak, !isPair { (line, character) = (line + 1, 0) }
    }
    #expect(document.position(of: offset) == Document.Position(line: line, character: character))
  }

  @Test func placesBeyondTheTextAreItsEnds() {
    let document = Document("ab\n👍c\n")
    func offset(_ line: Int, _ character: Int) -> Int {
      document.offset(of: .init(line: line, character: character))
    }
    #expect(offset(0, 99) == 2 && offset(9, 0) == 9 && offset(-1, 5) == 0 && offset(1, -3) == 3)
    // Half a character is its beginning.
    #expect(offset(1, 1) == 3 && offset(1, 2) == 7)
    #expect(document.position(of: 999) == .init(line: 2, character: 0))
  }

  @Test func changesAreMadeWhereTheyAreMeant() {
    var document = Document("x = \"👍\"\ny = 2")
    document.replace(
      .init(line: 0, character: 5), .init(line: 0, character: 7), with: "é\né")
    #expect(document.text == "x = \"é\né\"\ny = 2")
    document.replace(.init(line: 2, character: 4), .init(line: 2, character: 5), with: "3")
    #expect(document.text == "x = \"é\né\"\ny = 3")
    document.replace(.init(line: 9, character: 0), .init(line: 0, character: 0), with: "!")
    #expect(document.text.hasSuffix("!"))
  }

  @Test(arguments: [
    ("file:///home/a%20b/x.nns", "/home/a b/x.nns"), ("file:///gr%C3%B6%C3%9Fe.nns", "/größe.nns"),
    ("untitled:Untitled-1", "untitled:Untitled-1"), ("file:///a%", "/a%"),
    ("file:///a%zz", "/a%zz"),
  ])
  func addressesArePaths(_ uri: String, _ path: String) {
    #expect(DocumentURI.path(of: uri) == path)
  }
}
