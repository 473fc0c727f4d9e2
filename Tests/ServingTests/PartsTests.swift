import Console
import Files
import Foundation
import Testing

@testable import Serving

/// The small parts of the protocol.
@Suite struct PartsTests {
  @Test func base64IsThatOfTheStandard() {
    for count in 0..<70 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 11) }
      #expect(Base64.text(bytes) == Data(bytes).base64EncodedString())
    }
  }

  @Test(arguments: ["", "abc", "größe", "日本 👩‍👩‍👧 x", "e\u{301}"])
  func codePointsAreThoseOfPython(_ text: String) {
    let scalars = Array(text.unicodeScalars)
    for count in 0...scalars.count {
      let offset = CodePoints.offset(of: count, in: text)
      let before = String(String.UnicodeScalarView(scalars[..<count]))
      #expect(offset == before.utf8.count)
      #expect(CodePoints.count(before: offset, in: text) == count)
    }
    #expect(CodePoints.offset(of: 1000, in: text) == text.utf8.count)
  }

  @Test func charactersThatAreCutWaitForTheirRest() {
    let bytes = Array("aé日👍".utf8)
    for count in 0...bytes.count {
      let whole = StrayOutput.wholeCharacters(Array(bytes[..<count]))
      #expect([0, 1, 3, 6, 10].last { $0 <= count } == whole)
    }
    #expect(StrayOutput.wholeCharacters([0xFF, 0x80, 0x80, 0x80]) == 4)
  }

  @Test(arguments: [
    "{\"a\":[1,-2.5,true,null,\"x\\ny\\\"\\\\\\t\\u0001é\"],\"b\":{}}", "[]", "\"\"", "12",
  ])
  func jsonIsWrittenAsItIsRead(_ text: String) throws {
    let value = try JSONValue(parsing: Array(text.utf8), deepest: 8)
    #expect(String(decoding: value.text, as: UTF8.self) == text)
    #expect(JSONValue.number(.nan).text == Array("null".utf8))
  }
}
