import Foundation
import Tensors
import Testing

@testable import Datasets
@testable import Files

/// Tables with names: what each column holds, how it is written back, what is wrong and where.
@Suite struct NamedTableTests {
  private func load(_ text: String) throws -> (columns: [TableColumn], remarks: [LoadRemark]) {
    let bytes = Array(text.utf8)
    guard
      case .table(let columns, let remarks) = try FileReader.read(
        MemorySource(bytes, place: "t.csv"), path: "t.csv")
    else { throw DataError.noRows(path: "no table") }
    return (columns, remarks)
  }

  /// A column in words: `f32 1 nan`, `bool 0 1`, `text a|b`.
  private func words(_ column: TableColumn) -> String {
    switch column.content {
    case .texts(let texts): return "text " + texts.joined(separator: "|")
    case .numbers(let tensor):
      let numbers = tensor.doubles().map { Int(exactly: $0).map(String.init) ?? "\($0)" }
      return "\(tensor.elementType) " + numbers.joined(separator: " ")
    }
  }

  /// Each column's cells, one a line, under the name x beside a column of plain numbers, and what
  /// the column is.
  static let columns: [(cells: [String], words: String)] = [
    (["1", "2"], "f32 1 2"), (["1", ""], "f32 1 nan"), (["NA", "n/a"], "f32 nan nan"),
    (["\"3\"", "4"], "f32 3 4"), (["0.1", "123456789"], "f64 0.1 123456789"),
    (["16777217", "1"], "f64 16777217 1"), (["true", "False"], "bool 1 0"),
    (["TRUE", ""], "f32 1 nan"), (["a", "b"], "text a|b"), (["a", ""], "text a|"),
    (["NA", "DE"], "text NA|DE"), (["1", "x"], "text 1|x"), (["?", "5"], "f32 nan 5"),
    (["?", "-"], "text ?|-"), (["?", "a"], "text ?|a"), (["\"1,234\"", "5"], "f32 1234 5"),
    (["\"1,234.5\"", "-5"], "f32 1234.5 -5"), (["\"12,5\"", "5"], "f32 12.5 5"),
    (["1 234", "5"], "f32 1234 5"), (["1\u{202F}234", "5"], "f32 1234 5"),
    (["1'234", "5"], "f32 1234 5"), (["\"0,125\"", "5"], "f32 0.125 5"),
    (["\"7 \"", "8"], "f32 7 8"),
    (["12%", "5"], "text 12%|5"), (["2024-01-31", "x"], "text 2024-01-31|x"),
    (["\"a \"\"b\"\"\"", "\"c, d\""], "text a \"b\"|c, d"), (["\"a\nb\"", "c"], "text a\nb|c"),
    (["Ünï", "日本"], "text Ünï|日本"), (["inf", "-1e5"], "f32 inf -100000"),
  ]

  @Test(arguments: columns)
  func eachColumnIsOfItsKind(cells: [String], words: String) throws {
    let rows = cells.map { "\($0),1" }.joined(separator: "\n")
    let (columns, _) = try load("x,y\n\(rows)\n")
    #expect(columns.map(\.name) == ["x", "y"])
    #expect(self.words(columns[0]) == words)
    #expect(self.words(columns[1]) == "f32 1 1")
  }

  /// What is written reads back as the same columns, whatever stands in them.
  @Test(arguments: columns, ["csv", "tsv"])
  func tablesComeBackAsTheyWere(column: (cells: [String], words: String), ending: String) throws {
    let rows = column.cells.map { "\($0),1" }.joined(separator: "\n")
    let (columns, _) = try load("x,y\n\(rows)\n")
    let directory = try TemporaryDirectory()
    let path = directory["t.\(ending)"]
    try FileWriter.write(.table(columns), to: path)
    guard case .file(.table(let back, _)) = try Loader.load(path) else {
      Issue.record("no table came back")
      return
    }
    #expect(back.map(words) == columns.map(words))
    #expect(back.map(\.name) == ["x", "y"])
  }

  @Test(arguments: [
    [""], ["a", ""], ["#1", "a"], [" a ", "b"], ["\"", "\"\""], ["a\r\nb", "c"], ["", "", "z"],
  ]) func oddTextsComeBack(texts: [String]) throws {
    let directory = try TemporaryDirectory()
    let path = directory["t.csv"]
    let word = texts + ["word"]
    try FileWriter.write(
      .table([TableColumn(name: "a, \"b\"", content: .texts(word))]), to: path)
    guard case .file(.table(let back, _)) = try Loader.load(path) else {
      Issue.record("no table came back")
      return
    }
    #expect(back.map(\.name) == ["a, \"b\""])
    guard case .texts(let found) = back[0].content else {
      Issue.record("no text came back")
      return
    }
    #expect(found == word)
  }

  @Test(arguments: [
    ("who,2019,2020\nx,1.5,2\n", ["who", "2019", "2020"]),
    ("who,0,1\nx,5,7\n", ["who", "0", "1"]), ("a,a,b\nx,1,2\n", ["a", "a_2", "b"]),
    (",a\n0,x\n", ["index", "a"]), ("a,\nx,1\n", ["a", "column_2"]),
    ("a,b,\nx,1,\n", ["a", "b"]), ("name;wert\nx;1,5\n", ["name", "wert"]),
  ]) func names(text: String, names: [String]) throws {
    #expect(try load(text).columns.map(\.name) == names)
  }

  /// Rows of text and numbers without names are no table.
  @Test(arguments: ["M,0.4,0.6\nF,0.5,0.2\n", "5.1,3.5,setosa\n4.9,3,setosa\n", "a,1,2\nb,4,6\n"])
  func rowsWithoutNamesAreRefused(text: String) {
    guard case .notANumber(_, 1, _, _) = readingError(Array(text.utf8), as: "t.csv") else {
      Issue.record("\(String(describing: readingError(Array(text.utf8), as: "t.csv")))")
      return
    }
  }

  @Test(arguments: [
    ("a,b\nx,1\ny\n", DataError.raggedRow(path: "t.csv", line: 3, expected: 2, found: 1)),
    ("a,b\nx,1\ny,2,3\n", .raggedRow(path: "t.csv", line: 3, expected: 2, found: 3)),
    ("a,b\n\"x\ny\",1\nz\n", .raggedRow(path: "t.csv", line: 4, expected: 2, found: 1)),
    ("a,b\nx,1\n\"y,2\n", .unclosedQuote(path: "t.csv", line: 3)),
  ]) func faultsHaveALine(text: String, error: DataError) {
    #expect(readingError(Array(text.utf8), as: "t.csv") == error)
  }

  @Test func bytesThatAreNoTextHaveALine() {
    let latin: [UInt8] = Array("a,b\nx,1\ncaf".utf8) + [0xE9] + Array(",2\n".utf8)
    #expect(readingError(latin, as: "t.csv") == .notText(place: "t.csv", line: 3))
    let header: [UInt8] = Array("gr".utf8) + [0xF6] + Array("sse,b\nx,1\n".utf8)
    #expect(readingError(header, as: "t.csv") == .notText(place: "t.csv", line: 1))
  }

  @Test func whatIsDecidedIsTold() throws {
    #expect(
      try load("a,b\n1,2\n3,x\n4,5\n5,6\n").remarks
        == [.textAmongNumbers(name: "b", text: "x", line: 3)])
    #expect(try load("a,b\nx,?\ny,2\n").remarks == [.missingSign(name: "b", sign: "?", count: 1)])
    #expect(
      try load("a,b\nx,\"1,200\"\ny,2\n").remarks == [.thousands(name: "b", example: "1,200")])
    #expect(try load("a,b\nx,1\n# note\ny,2\n").remarks == [.commentLines(1)])
    #expect(try load("a,b\nx,1\ny,2\n").remarks.isEmpty)
  }
}
