import Tensors
import Testing

@testable import Datasets
@testable import Files

/// What is saved as JSON is JSON, and reads back as the same.
@Suite struct JSONWritingTests {
  private func written(_ contents: FileContents, _ name: String) throws -> String {
    let format = try #require(FileFormat.announced(by: name))
    let sink = MemorySink()
    try format.write(contents, name, sink)
    return String(decoding: sink.bytes, as: UTF8.self)
  }

  private func read(_ text: String, _ name: String) throws -> JSONValue {
    guard
      case .json(let value, _) = try FileReader.read(
        MemorySource(Array(text.utf8), place: name), path: name)
    else { throw DataError.noRows(path: name) }
    return value
  }

  private func writingError(_ value: NestedValue, _ name: String = "a.json") -> DataError? {
    do {
      _ = try written(.tree(value), name)
      return nil
    } catch {
      return error as? DataError
    }
  }

  @Test func documentsAreSetIn() throws {
    let matrix = try tensor([1, 2, 3, 4], [2, 2])
    let value = NestedValue.record([
      ("name", .text("a \"b\"\n\u{1}é")), ("rate", .number(0.1)),
      ("sizes", .list([.number(784), .none])),
      ("W", .tensor(matrix)), ("deep", .list([.record([]), .list([])])), ("ok", .bool(true)),
    ])
    #expect(
      try written(.tree(value), "a.json") == """
        {
          "name": "a \\"b\\"\\n\\u0001é",
          "rate": 0.1,
          "sizes": [784, null],
          "W": [[1, 2],
           [3, 4]],
          "deep": [
            {},
            []
          ],
          "ok": true
        }

        """)
  }

  @Test func linesHoldAnElementEach() throws {
    let rows = NestedValue.list([.record([("a", .list([.number(1)]))]), .none, .text("x")])
    #expect(try written(.tree(rows), "a.jsonl") == "{\"a\": [1]}\nnull\n\"x\"\n")
    #expect(
      try written(.tensor(tensor([1, 2, 3, 4], [2, 2])), "a.jsonl") == "[1, 2]\n[3, 4]\n")
    #expect(try written(.tree(.list([])), "a.jsonl").isEmpty)
    guard case .unsavable? = writingError(.record([("a", .number(1))]), "a.jsonl") else {
      Issue.record("a record was written as lines")
      return
    }
  }

  @Test func tablesAreRecordsOfTheirRows() throws {
    let columns = [
      TableColumn(name: "age", content: .numbers(try tensor([36, .nan], [2]))),
      TableColumn(name: "city", content: .texts(["Oslo", ""])),
    ]
    #expect(
      try written(.table(columns), "t.jsonl")
        == "{\"age\": 36, \"city\": \"Oslo\"}\n{\"age\": null, \"city\": \"\"}\n")
  }

  /// Numbers of every size, in both types and in tensors.
  @Test(arguments: [
    0, -0.0, 0.1, -1.0 / 3, 1e-7, Double.leastNonzeroMagnitude, 2.2250738585072014e-308,
    1.7976931348623157e308, 1e20, 1e21,
    9_007_199_254_740_991, 9_007_199_254_740_992, 9_007_199_254_740_994, -1e15, 123_456.789,
  ]) func numbersReadBackAsThemselves(number: Double) throws {
    let sources: [NestedValue] = [
      .number(number), .list([.number(number)]),
      .tensor(try Tensor(doubles: [number], elementType: .f64)),
      .tensor(try Tensor(doubles: [Double(Float(number))], elementType: .f32)),
    ]
    for source in sources where Float(number).isFinite || source.isWide {
      let expected = source.isWide ? number : Double(Float(number))
      var value = try read(written(.tree(source), "n.json"), "n.json")
      if let elements = value.array { value = try #require(elements.first) }
      switch value {
      case .integer(let whole):
        #expect(Double(whole) == expected && (whole != 0 || expected.sign == .plus))
      case .number(let back): #expect(back.bitPattern == expected.bitPattern)
      default: Issue.record("\(value)")
      }
    }
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func whatJSONCannotSayIsRefusedWithItsPlace(number: Double) throws {
    let name = number.isNaN ? "nan" : number < 0 ? "-inf" : "inf"
    let parts: [(NestedValue, String)] = [
      (.number(number), name),
      (.record([("a", .list([.none, .number(number)]))]), "\(name) at a[1]"),
      (
        .record([("w", .tensor(try tensor([0, 0, 0, number], [2, 2])))]),
        "\(name) at w[1][1]"
      ),
    ]
    for (value, words) in parts {
      #expect(writingError(value)?.message == "cannot save \(words) as a JSON file")
    }
  }

  @Test func nestingIsWrittenAsDeepAsItReads() throws {
    func nested(_ depth: Int) -> NestedValue {
      (0..<depth).reduce(.number(1)) { value, _ in .list([value]) }
    }
    let text = try written(.tree(nested(JSONFile.deepest)), "a.json")
    _ = try read(text, "a.json")
    #expect(writingError(nested(JSONFile.deepest + 1)) == .nestedTooDeeply(.json))
    let lines = try written(.tree(nested(JSONFile.deepest)), "a.jsonl")
    _ = try read(lines, "a.jsonl")
  }
}

extension NestedValue {
  /// Whether its numbers are Float64.
  fileprivate var isWide: Bool {
    if case .tensor(let tensor) = self { tensor.elementType == .f64 } else { true }
  }
}
