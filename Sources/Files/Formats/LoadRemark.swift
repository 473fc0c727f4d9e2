import Syntax

/// What a loading has left out or decided, to be told with its result.
package enum LoadRemark: Hashable, Sendable {
  /// An array of an archive that holds no numbers.
  case arrayLeftOut(name: String, type: String)
  /// Rows at the end of a table that hold nothing.
  case emptyRows(Int)
  /// Columns at the right edge of a table that hold nothing.
  case emptyColumns(Int)
  /// The first row, 0, 1, 2, …, was taken for names.
  case countedNames(Int)
  /// The first row, 0, 1, 2, …, was taken for numbers.
  case countingRow(Int)
  /// The first row, whole numbers with equal steps, was taken for names.
  case regularNames(first: Double, last: Double)
  /// The first row, whole numbers with equal steps, was taken for numbers.
  case regularRow(first: Double, last: Double)
  /// Lines of a table with text that begin with `#`.
  case commentLines(Int)
  /// A text made a column of text, most of whose cells are numbers.
  case textAmongNumbers(name: String, text: String, line: Int)
  /// A sign in a column of numbers was read as a missing one.
  case missingSign(name: String, sign: String, count: Int)
  /// Thousands in a column are separated.
  case thousands(name: String, example: String)
  /// A model takes the features on the axis after the rows, and is read as one that takes them last.
  case featuresMoved(rank: Int)
  /// Whole numbers beyond ±2⁵³ became others; the array's name where it has one.
  case roundedIntegers(name: String?, count: Int, first: Double)

  /// One sentence without a full stop.
  package var message: String {
    switch self {
    case .arrayLeftOut(let name, let type):
      "\(name) is left out: it holds \(ShownName.cleaned(type))"
    case .emptyRows(let count):
      count == 1
        ? "an empty row at the end is left out" : "\(count) empty rows at the end are left out"
    case .emptyColumns(let count):
      count == 1
        ? "an empty column at the right is left out"
        : "\(count) empty columns at the right are left out"
    case .countedNames(let count):
      "the first row, \(Self.count(to: count)), is taken for names: the rows below hold decimals"
    case .countingRow(let count):
      "the first row, \(Self.count(to: count)), is taken for numbers; where it is pandas' header, "
        + "leave it out: x[1:]"
    case .regularNames(let first, let last):
      "the first row, \(Self.whole(first)), …, \(Self.whole(last)), is taken for names: the rows "
        + "below hold decimals"
    case .regularRow(let first, let last):
      "the first row, \(Self.whole(first)), …, \(Self.whole(last)), is taken for numbers; where it "
        + "is a header, leave it out: x[1:]"
    case .commentLines(let count):
      count == 1
        ? "a line that begins with # is left out"
        : "\(count) lines that begin with # are left out"
    case .textAmongNumbers(let name, let text, let line):
      "\(name) is a column of text: \"\(text)\" in line \(line) is no number"
    case .missingSign(let name, let sign, let count):
      "\(name): \"\(sign)\" is read as a missing number, nan, \(Self.times(count))"
    case .thousands(let name, let example):
      "\(name): \(example) and its like are read as numbers with separated thousands"
    case .featuresMoved(let rank):
      "the model takes \(rank == 4 ? "channels × height × width" : "features × steps"), as PyTorch "
        + "has it, and the network \(rank == 4 ? "height × width × channels" : "steps × features"): "
        + "of such a batch x, give it transpose(x, [\(rank == 4 ? "0, 2, 3, 1" : "0, 2, 1")])"
    case .roundedIntegers(let name, let count, let first):
      (name.map { "\($0): " } ?? "") + "\(count) whole number\(count == 1 ? "" : "s") beyond 2^53 "
        + "\(count == 1 ? "is" : "are") rounded to what Float64 holds, the first to "
        + "\(Self.whole(first)); where every digit counts, keep them as text or in two parts"
    }
  }

  private static func times(_ count: Int) -> String { count == 1 ? "once" : "\(count) times" }

  private static func whole(_ number: Double) -> String {
    Int(exactly: number).map(String.init) ?? String(number)
  }

  private static func count(to columns: Int) -> String {
    columns <= 3
      ? (0..<columns).map(String.init).joined(separator: ", ") : "0, 1, …, \(columns - 1)"
  }
}
