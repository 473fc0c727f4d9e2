import Testing

@testable import Datasets
@testable import Files

/// JSON as RFC 8259 has it: what loads, and the place of every fault.
@Suite struct JSONTests {
  private func load(_ text: String, _ name: String = "t.json") throws -> JSONValue {
    guard
      case .json(let value, _) = try FileReader.read(
        MemorySource(Array(text.utf8), place: name), path: name)
    else { throw DataError.noRows(path: name) }
    return value
  }

  private func words(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool(let truth): "\(truth)"
    case .integer(let number): "\(number)"
    case .number(let number): "\(number)"
    case .string(let text): "'\(text)'"
    case .array(let values): "[" + values.map(words).joined(separator: ",") + "]"
    case .object(let members):
      "{" + members.map { "\($0.name):\(words($0.value))" }.joined(separator: ",") + "}"
    }
  }

  @Test(arguments: [
    ("{}", "{}"), ("[]", "[]"), (" 1 ", "1"), ("-2.5e3", "-2500.0"), ("\"\"", "''"),
    ("[1, [2, {\"a\": null}]]", "[1,[2,{a:null}]]"),
    ("{\"b\":true,\"a\":false}", "{b:true,a:false}"),
    ("\"\\u00e9\\ud83d\\ude00\\n\\\"\\/\"", "'é😀\n\"/'"), ("[NaN, -Infinity]", "[nan,-inf]"),
    ("\u{FEFF}[0]", "[0]"), ("18446744073709551616", "1.8446744073709552e+19"),
  ]) func sound(text: String, words: String) throws {
    #expect(try self.words(load(text)) == words)
  }

  @Test func lines() throws {
    #expect(try words(load("{\"a\":1}\n\n[2]\r\n3\n", "t.jsonl")) == "[{a:1},[2],3]")
  }

  @Test(arguments: [
    ("{\"a\" 1}", 1, 6), ("[1,]", 1, 4), ("[1 2]", 1, 4), ("{\"a\": 1,\n}", 2, 1),
    ("{a: 1}", 1, 2), ("[01]", 1, 2), ("[1.]", 1, 2), ("[+1]", 1, 2), ("\"é\\x\"", 1, 4),
    ("\"a", 1, 1), ("[", 1, 2), ("tru", 1, 1), ("{}\n{}", 2, 1), ("'a'", 1, 1), ("\"a\nb\"", 1, 3),
    ("\"\\ud800\"", 1, 7),
  ]) func faultsHaveAPlace(text: String, line: Int, column: Int) {
    guard case .json("t.json", line, column, _, _) = readingError(Array(text.utf8), as: "t.json")
    else {
      Issue.record("\(String(describing: readingError(Array(text.utf8), as: "t.json")))")
      return
    }
  }
}
