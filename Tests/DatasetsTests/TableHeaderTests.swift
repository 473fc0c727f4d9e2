import Tensors
import Testing

@testable import Datasets
@testable import Files

/// Which first rows are names, what separates cells, and how numbers may be written: read rightly,
/// or refused with the cause.
@Suite struct TableHeaderTests {
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
    ("label,0,1\n3,0.5,0.25\n", ["label", "0", "1"]), (",0,1\n0,0.5,0.25\n", ["", "0", "1"]),
    ("id,2023,2024\n1,5,6\n", ["id", "2023", "2024"]),
    ("0,1,label\n0.5,2,3\n", ["0", "1", "label"]),
    ("0,1,2\n0.5,0.25,1.0\n", ["0", "1", "2"]), ("id,1.5,2.5\n1,2,3", ["id", "1.5", "2.5"]),
    ("a,a,b\n1,2,3\n", ["a", "a", "b"]), ("a,,b\n1,2,3\n", ["a", "", "b"]),
    ("\"1\",\"2\"\n3,4\n", ["1", "2"]), ("\"\",\"x, y\"\n1,2\n", ["", "x, y"]),
    ("\u{FEFF}sep=;\na;b\n1;2\n", ["a", "b"]), ("height weight\n170 60.5\n", ["height", "weight"]),
    ("a;b (1,5)\n1,5;2\n", ["a", "b (1,5)"]), ("NA,x\n1,2\n", ["NA", "x"]),
    ("\u{1B}[31ma,b\n1,2\n", ["␛[31ma", "b"]), ("a\tb, c\n1\t2\n", ["a", "b, c"]),
    ("a,b,\n1,2,\n3,4,\n", ["a", "b"]), ("a,b\n1,2,\n3,4,\n", ["a", "b"]),
    ("a,b,\n1,2\n3,4\n", ["a", "b"]), ("a,b,\n1,2,\n3,4,5\n", ["a", "b", ""]),
  ]) func firstRowsThatAreNames(text: String, names: [String]) throws {
    #expect(try table(text).columnNames == names)
  }

  @Test(arguments: [
    "0,1,2\n3,4,5\n", "1,2,3\n4,5,6\n", "nan,0,1\n2,3,4\n", ",2,4\n3,4,5\n", "0.0,1.0\n0.5,0.25",
    "\"1\",\"2\"\n\"3\",\"4\"\n", "0,1,2\n", "1,2,\n3,4,\n",
  ]) func firstRowsThatAreNumbers(text: String) throws {
    #expect(try table(text).columnNames.isEmpty)
  }

  /// Text in a row of numbers is a fault, not a name.
  @Test(arguments: [
    ("5.1,3.5,setosa\n4.9,3,setosa\n", 1, 3), ("1,abc,3\n4,5,6\n", 1, 2),
    ("M,0.4,0.3\nF,0.5,0.2\n", 1, 1), ("a,b\n1,2\n3,x\n", 3, 2), ("?,5,6\n1,2,3\n", 1, 1),
  ]) func faultsInData(text: String, line: Int, column: Int) {
    guard case .notANumber(_, line, column, _) = error(text) else {
      Issue.record("\(String(describing: error(text)))")
      return
    }
  }

  @Test func whatIsLeftOutIsTold() throws {
    let rows = try table("a,b\n1,2\n,\n,,\n\n")
    #expect(rows.tensor.shape == [1, 2])
    #expect(rows.remarks == [.emptyRows(2)])
    let columns = try table("1,2,,\n3,4,,\n")
    #expect(columns.tensor.doubles() == [1, 2, 3, 4])
    #expect(columns.remarks == [.emptyColumns(2)])
    #expect(try table(",,\na,b,c\n1,2,3\n").columnNames == ["a", "b", "c"])
    // A row in the middle keeps its place.
    #expect(try table("1,2\n,\n3,4\n").tensor.shape == [3, 2])
    #expect(error("a,b\n,\n") == .noRows(path: "t.csv"))
    #expect(try table("0,1\n2,3\n").remarks == [.countingRow(2)])
    #expect(try table("0,1\n0.5,\n").remarks == [.countedNames(2)])
    #expect(
      try table("2019,2020,2021\n1,5,7\n").remarks == [.regularRow(first: 2019, last: 2021)])
    #expect(try table("2022,2023\n1.5,2.5\n").remarks == [.regularNames(first: 2022, last: 2023)])
    #expect(try table("2022,2023\n1.5,2.5\n").columnNames == ["2022", "2023"])
    #expect(try table("1,2,3\n4,5,6\n").remarks.isEmpty)
  }

  /// Whole numbers that Float64 skips are told, wherever they stand and however they are read.
  @Test(arguments: [
    ("a\n9007199254740993\n", 1), ("a,b\n\"9007199254740993\",1\n-9007199254740993,2\n", 2),
    ("a\n9007199254740992\n1e300\n", 0), ("a\n123456789012345678901234567890\n", 1),
  ]) func roundedWholeNumbersAreTold(text: String, count: Int) throws {
    let found = try table(text).remarks.contains { remark in
      if case .roundedIntegers(nil, count, _) = remark { true } else { false }
    }
    #expect(found == (count > 0))
  }

  @Test(arguments: [
    ("1,5;2,25\n-3,0;4\n", [1.5, 2.25, -3, 4]), ("1,5\t2\n3\t4,25\n", [1.5, 2, 3, 4.25]),
    ("\"1,5\",\"2,5\"\n\"3,0\",4\n", [1.5, 2.5, 3, 4]), ("1,5e3;2\n3;4\n", [1500, 2, 3, 4]),
    ("1.5;2\n3;4\n", [1.5, 2, 3, 4]), ("no.;x\n0,125;2\n3;4\n", [0.125, 2, 3, 4]),
    ("1,234;5\n2;3\n", [1.234, 5, 2, 3]),
  ]) func decimalsAfterAComma(text: String, values: [Double]) throws {
    #expect(try table(text).tensor.doubles().map { Float($0) } == values.map { Float($0) })
  }

  @Test(arguments: [
    ("a,b\n\"1,234\",2\n", "thousands"), ("a;b\n1.234,5;2\n", "thousands"),
    ("a;b\n1.5;1,234.5\n", "thousands"), ("a,b\n1 234,2\n", "thousands"),
    ("a,b\n12%,2\n", "unit"), ("a,b\n-,2\n", "missing"), ("a,b\n2.5,\"1,5\"\n", "point"),
    ("1,2\nx,2\n", "first line"), ("a,b\n1,5,2,5\n", "decimal commas"),
    ("1|2\n3|4\n", "tr '|' ,"), ("sep=|\n1|2\n", "tr '|' ,"),
  ]) func adviceNamesTheCause(text: String, word: String) {
    let advice = error(text)?.suggestions.joined() ?? ""
    #expect(advice.contains(word), "\(advice)")
  }

  @Test func textsThatAreNone() {
    for bytes: [UInt8] in [[0x31, 0, 0x2C, 0], [0x31, 0x2C, 0, 0x0A]] {
      #expect(readingError(bytes, as: "t.csv")?.message.contains("zero bytes") == true)
    }
  }

  /// Digits that Float32 cannot give back need Float64, however few they are.
  @Test(arguments: [
    ("0.3", false), ("123456", false), ("0.1234567", false), ("9.9999991", true),
    ("8.5000004", true),
    ("16777217", true), ("16777216.5", true), ("1700000000.5", true), ("0.30000000", false),
    ("0.123456789", true), ("1e39", true), ("1e-30", false), ("3.4028235e38", false),
    ("0.30000001192092896", false), ("20240131.5", true),
  ]) func float64ByDigits(text: String, isDouble: Bool) throws {
    let type = try table("0.5\n\(text)\n").tensor.elementType
    #expect((type == .f64) == isDouble)
  }

  /// What is saved as a table is read as the same numbers, in Float64 where they need it.
  @Test(arguments: [
    [0.1, 0.2, 0.3, 0.4], [1e22, .leastNonzeroMagnitude, 0.1, 16_777_217], [0, 1, 2, 0.5],
    [0, 1, 0.5, 0.25],
    [.nan, 0, 0.1, 0.7], [-0.0, 1e300, 1e-300, 1.0 / 3], [1e23, 9_007_199_254_740_992, 0.1, 2],
  ]) func savedTablesComeBack(values: [Double]) throws {
    let directory = try TemporaryDirectory()
    for type in [ElementType.f64, .f32] {
      let saved = try tensor(values, [2, 2], type)
      try FileWriter.write(.tensor(saved), to: directory["a.csv"])
      let read = try loadTensor(directory["a.csv"])
      #expect(read.shape == saved.shape)
      let isSame = zip(read.doubles(), saved.doubles()).allSatisfy {
        $0 == $1 || $0.isNaN && $1.isNaN
      }
      #expect(isSame, "\(read.doubles())")
    }
  }
}
