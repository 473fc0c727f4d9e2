import Foundation
import Tensors
import Testing

@testable import Datasets
@testable import Files

@Suite struct TableTests {
  private func table(_ text: String) throws -> CSVTable {
    try CSVReader.read(MemorySource(Array(text.utf8), place: "t.csv"))
  }

  private func error(_ text: String) -> DataError? {
    do throws(DataError) {
      _ = try CSVReader.read(MemorySource(Array(text.utf8), place: "t.csv"))
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: [
    "1,2\n3,4\n", "1;2\n3;4", "1\t2\r\n3\t4\r\n", "1 2\n3   4  \n", " 1 , 2 \n 3 , 4 \n",
    "\"1\",\"2\"\n\"3\",4\n", "\u{FEFF}1,2\n3,4\n", "# a comment\n\n1,2\n\n3,4\n\n", "1,2\r3,4\r",
    "a,b\n1,2\n3,4\n", "\"a, b\",\"c\"\"d\"\n1,2\n3,4\n", "x\ty\n1\t2\n3\t4",
  ]) func separatorsQuotesAndLineEnds(text: String) throws {
    let tensor = try table(text).tensor
    #expect(tensor.shape == [2, 2])
    #expect(tensor.elementType == .f32)
    #expect(tensor.doubles() == [1, 2, 3, 4])
  }

  /// What reading gives, as text: the numbers, or the error.
  private func outcome(_ text: String, blockSize: Int) -> String {
    do throws(DataError) {
      let table = try CSVReader.read(
        MemorySource(Array(text.utf8), place: "t.csv"), blockSize: blockSize)
      let tensor = table.tensor
      return "\(table.columnNames) \(tensor.shape) \(tensor.elementType) \(tensor.doubles())"
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: [
    "a,b\n1,2\n\n# 3,\"4\n5,6\r\n7,8\r9,10", "1\r2\r3\r\r4", "1\r\n2\r\n\r\n3\r\n",
    "1 2\n 3  4 \n5 6", "\"1\",\"2\"\n\"3\" , 4\n5,\"6\"", "1,2\n3,4\n5,6,7\n8\n",
    "1,2\n3,4\n5,x\n6,y\n", "1\n2\n0.123456789012", "1,2\n3,\"4\n5,6\n7,8",
    "1,2\n3,\"4\n5\"\n7,8", "1,2\n\n\n3,4\n   \n#", "1,5;2\n3;4,5\n", "1.5,2\n,\n3,nan\n",
    "\u{FEFF}x\n1\n2", "1,2\n3,4,\n", "1,2\n3,4\n#\n5,\u{0}6\n",
    String(repeating: "1.25,-3\r\n", count: 400) + "1\n",
    String(repeating: "12,", count: 9000) + "1",
  ]) func whereTheTextIsCutDoesNotMatter(text: String) {
    let whole = outcome(text, blockSize: 1 << 20)
    for blockSize in [1, 2, 3, 5, 8, 64, 1000] where text.utf8.count / blockSize < 1000 {
      #expect(outcome(text, blockSize: blockSize) == whole)
    }
  }

  @Test func aHeaderMayBeLong() throws {
    let names = (0..<30_000).map { "column \($0)" }
    let text = String(repeating: "# remark\n", count: 40_000) + names.joined(separator: ",") + "\n"
    let read = try table(text + names.indices.map { "\($0)" }.joined(separator: ",") + "\n")
    #expect(read.columnNames == names)
    #expect(read.tensor.doubles() == names.indices.map(Double.init))
    #expect(
      error(text + "1,2\n")
        == .raggedRow(path: "t.csv", line: 40_002, expected: 30_000, found: 2))
  }

  /// A number whose nearest Float64 lies exactly between two Float32 ones, but not it itself:
  /// rounding twice would give the wrong one.
  @Test(arguments: [
    ("7038531e-32", 0x1.5c87fap-84), ("-0.00000000000000000000000007038531", -0x1.5c87fap-84),
  ]) func float32IsRoundedOnce(text: String, expected: Double) throws {
    let tensor = try table("0.5\n\(text)\n").tensor
    #expect(tensor.elementType == .f32)
    #expect(tensor.doubles()[1] == expected)
    #expect(Double(Float(try #require(Double(text)))) != expected)
  }

  @Test func headers() throws {
    #expect(try table("id,\"the, name\"\n1,2\n").columnNames == ["id", "the, name"])
    #expect(try table("1,2\n").columnNames.isEmpty)
    #expect(try table("\"1\",\"2\"\n").tensor.doubles() == [1, 2])
  }

  @Test func decimalCommas() throws {
    #expect(try table("1,5;2,25\n-3,0;4\n").tensor.doubles() == [1.5, 2.25, -3, 4])
  }

  @Test func oneColumnIsAVector() throws {
    #expect(try table("1\n2\n3\n").tensor.shape == [3])
    #expect(try table("1,2,3\n").tensor.shape == [1, 3])
  }

  @Test func missingCellsAreNaN() throws {
    let values = try table("1,,3\nNA,nan,\n-inf,inf,1e5\n").tensor.doubles()
    #expect(values.count == 9)
    #expect(values[1].isNaN && values[3].isNaN && values[4].isNaN && values[5].isNaN)
    #expect(values[6...] == [-.infinity, .infinity, 1e5])
  }

  @Test func numbers() throws {
    let texts = [
      "0", "-0", "+7", ".5", "5.", "1e3", "1E-3", "1e+3", "123456789012345678", "0.1",
      "1.7976931348623157e308", "4.9e-324", "1e400", "-1e-400", "3.14159265358979312",
      "9007199254740993", "100000000000000000000000", "0.000000000000000000000001234567",
    ]
    for text in texts {
      let value = try table("0\n\(text)\n").tensor.doubles()[1]
      let expected = try #require(Double(text))
      #expect(value == expected || value == Double(Float(expected)), "\(text) gave \(value)")
    }
    for text in ["1.2.3", "1e", "e5", "--1", "1x", "0x10", "1 2"] {
      #expect(error("0,0\n0,\(text)\n") != nil, "\(text) was read")
    }
  }

  @Test func longNumbersRoundCorrectly() throws {
    var state: UInt64 = 1
    var texts: [String] = []
    for _ in 0..<4000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let digits = String(state).prefix(Int(15 + state >> 62))
      let point = Int(state >> 58 & 15)
      let exponent = Int(state >> 50 & 31) - 16
      texts.append("\(digits.prefix(point)).\(digits.dropFirst(point))e\(exponent)")
    }
    texts += texts.map { "\($0)".replacing("e", with: "9876e") }
    texts += texts.prefix(500).map { "-\($0)8" }
    for exponent in stride(from: -345, to: 312, by: 3) {
      texts.append("9007199254740993e\(exponent)")
      texts.append("12345678901234567890123456789e\(exponent)")
    }
    // Exactly between two Float64 numbers: to the even one.
    texts += [
      "9007199254740993", "9007199254740995", "4503599627370497.5", "1.0000000000000001110",
    ]
    let read = try table(texts.joined(separator: "\n")).tensor.doubles()
    for (text, value) in zip(texts, read) {
      #expect(Double(text) == value, "\(text) gave \(value)")
    }
  }

  @Test func float64WhereFloat32WouldLose() throws {
    #expect(try table("0.1,123.456\n").tensor.elementType == .f32)
    #expect(try table("0.1000000000000,2\n").tensor.elementType == .f32)
    #expect(try table("0.123456789012,2\n").tensor.elementType == .f64)
    #expect(try table("16777217,2\n").tensor.elementType == .f64)
    #expect(try table("16777216,2\n").tensor.elementType == .f32)
    #expect(try table("1e300,2\n").tensor.elementType == .f64)
    // Float32 0.1 printed in full needs no Float64.
    #expect(try table("0.10000000149011612,2\n").tensor.elementType == .f32)
  }

  @Test func whatNumPyWrites() throws {
    let plain = try loadTensor(fixture("savetxt.csv"))
    #expect(plain.doubles() == [1.5, -2.25, 1e-7, 3e20])
    #expect(try loadTensor(fixture("savetxt_comma.csv")).doubles() == [1.5, -2.25, 1e-7, 3e20])
  }

  @Test func faultsAreNamedWithLineAndColumn() {
    #expect(
      error("a,b\n1,2\n3\n") == .raggedRow(path: "t.csv", line: 3, expected: 2, found: 1))
    #expect(
      error("1,2\n\n3,x y\n")
        == .notANumber(path: "t.csv", line: 3, column: 2, text: "x y"))
    #expect(
      error("5.1,3.5,setosa\n") == .notANumber(path: "t.csv", line: 1, column: 3, text: "setosa"))
    #expect(error("1,2\n\"3,4\n") == .unclosedQuote(path: "t.csv", line: 2))
    #expect(error("a,b\n") == .noRows(path: "t.csv"))
    #expect(error("\n\n") == .noRows(path: "t.csv"))
    #expect(error("") == .empty(path: "t.csv"))
    #expect(
      error("1,2\n3,x\n")?.message == "t.csv, line 2, column 2: \"x\" is not a number")
  }

  @Test func utf16IsCalledByName() throws {
    let message = readingError([0xFF, 0xFE, 0x31, 0], as: "t.csv")?.message ?? ""
    #expect(message.contains("UTF-16"))
  }

  @Test func roundTrips() throws {
    let directory = try TemporaryDirectory()
    var generator = SystemRandomNumberGenerator()
    let wide = (0..<600).map { _ in Double(bitPattern: generator.next()) }.filter(\.isFinite)
    let narrow = wide.map { Double(Float(bitPattern: UInt32(truncatingIfNeeded: $0.bitPattern))) }
      .filter(\.isFinite)
    for (index, tensor) in [
      try tensor(wide, [wide.count], .f64), try tensor(narrow, [narrow.count]),
      try tensor([1, 2, 3, 4, 5, 6], [2, 3]), try tensor([1, 0], [2], .bool),
    ].enumerated() {
      for ending in ["csv", "tsv"] {
        let path = directory["\(index).\(ending)"]
        try FileWriter.write(.tensor(tensor), to: path)
        let read = try loadTensor(path)
        #expect(read.shape == tensor.shape)
        let isSame = read.doubles() == tensor.doubles()
        #expect(isSame, "\(path)")
      }
    }
    let text = try String(contentsOfFile: directory["2.csv"], encoding: .utf8)
    #expect(text == "1,2,3\n4,5,6\n")
  }

  @Test func onlyTablesAreSavedAsTables() throws {
    let directory = try TemporaryDirectory()
    #expect(throws: DataError.self) {
      try FileWriter.write(.tensor(try tensor([1], [1, 1, 1])), to: directory["a.csv"])
    }
    #expect(directory.names.isEmpty)
  }
}
