import Syntax

/// What the cells of a column are, as far as they have been seen: numbers, truth values or text.
///
/// One text among numbers makes the column one of text, but for two ways to write numbers that
/// nothing else can mean: a single sign for what is missing, as `?`, and thousands that are
/// separated, as `1,234`.
struct CSVColumnForm {
  enum Kind { case floats, doubles, truths, text }

  private let point: UInt8
  private var (numbers, truths, missing, grouped) = (0, 0, 0, 0)
  private var texts = 0
  private var needsDouble = false
  private var rounded = RoundedIntegers()
  /// The sign that stands in the place of numbers, and how often.
  private var marker: [UInt8]?
  private var markers = 0
  /// The first text, and its line.
  private var firstText: (text: String, line: Int)?
  private var firstGrouped = ""

  private static let markerWords: Set<String> = ["?", "-", "--", ".", "*"]

  init(point: UInt8) { self.point = point }

  /// Whether no cell holds anything.
  var isBlank: Bool { numbers + truths + grouped + markers + texts == 0 }

  var kind: Kind {
    if texts > 0 || (markers > 0 && numbers + grouped == 0) { return .text }
    if truths > 0, numbers + grouped + missing + markers == 0 { return .truths }
    return needsDouble ? .doubles : .floats
  }

  mutating func add(_ bytes: UnsafeBufferPointer<UInt8>, line: Int) {
    // Once there is a text, the others change nothing but the count.
    if texts > 0, numbers + grouped == 0 {
      texts += 1
      return
    }
    if let number: CSVNumber<Float>.Result = plainNumber(bytes) {
      if number.needsDouble { needsDouble = true }
      if number.isRounded { rounded.note(plainDouble(bytes)) }
      count(bytes)
    } else if let number: CSVNumber<Float>.Result = groupedNumber(bytes) {
      if number.needsDouble { needsDouble = true }
      if grouped == 0 { firstGrouped = Self.excerpt(bytes) }
      grouped += 1
    } else if isMarker(bytes) {
      marker = Array(bytes)
      markers += 1
    } else {
      if texts == 0 { firstText = (Self.excerpt(bytes), line) }
      texts += 1
    }
  }

  /// Counts a cell that reads as a number, which words for true, false and nothing do too.
  private mutating func count(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let first = bytes.first(where: { $0 != CSVCursor.space }) else { return missing += 1 }
    switch first | 0x20 {
    case UInt8(ascii: "t"), UInt8(ascii: "f"): truths += 1
    case UInt8(ascii: "n"), UInt8(ascii: "<") | 0x20, UInt8(ascii: "#") | 0x20: missing += 1
    default: numbers += 1
    }
  }

  // MARK: Numbers

  /// The number in a cell of a column of numbers; nil for a sign that stands in its place.
  func number<Value: CSVValue>(_ bytes: UnsafeBufferPointer<UInt8>) -> CSVNumber<Value>.Result? {
    plainNumber(bytes) ?? groupedNumber(bytes)
  }

  private func plainNumber<Value: CSVValue>(
    _ bytes: UnsafeBufferPointer<UInt8>
  ) -> CSVNumber<Value>.Result? {
    guard let start = bytes.baseAddress else { return CSVCursor.number([], point: point) }
    // Blanks before a closing quotation mark are no part of a number.
    var count = bytes.count
    while count > 0, [CSVCursor.space, CSVCursor.tab].contains(bytes[count - 1]) { count -= 1 }
    return CSVNumber<Value>.parse(start, start + count, point: point)
  }

  private func plainDouble(_ bytes: UnsafeBufferPointer<UInt8>) -> Double {
    let number: CSVNumber<Double>.Result? = plainNumber(bytes)
    return number?.value ?? .nan
  }

  /// A number whose thousands are separated: one to three digits, then groups of three.
  private func groupedNumber<Value: CSVValue>(
    _ bytes: UnsafeBufferPointer<UInt8>
  ) -> CSVNumber<Value>.Result? {
    guard (5...40).contains(bytes.count) else { return nil }
    let bytes = Self.withPlainSpaces(bytes)
    let signs = [point == UInt8(ascii: ".") ? "," : ".", " ", "'"].map(UInt8.init(ascii:))
    guard let sign = signs.first(where: bytes.contains) else { return nil }
    let whole = bytes.prefix { $0 != point }
    let unsigned = whole.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
    guard whole.count - unsigned.count <= 1 else { return nil }
    let groups = unsigned.split(separator: sign, omittingEmptySubsequences: false)
    guard groups.count > 1, let first = groups.first, (1...3).contains(first.count),
      first.first != UInt8(ascii: "0"), groups.dropFirst().allSatisfy({ $0.count == 3 }),
      groups.joined().allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    return CSVCursor.number(bytes.filter { $0 != sign }, point: point)
  }

  /// Spaces that break no line, as French programs write them between thousands, as plain ones.
  private static func withPlainSpaces(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    guard bytes.contains(where: { $0 >= 0x80 }) else { return Array(bytes) }
    let text = String(decoding: bytes, as: UTF8.self)
    return Array(text.replacing("\u{A0}", with: " ").replacing("\u{202F}", with: " ").utf8)
  }

  /// Whether a cell is the one sign of this column that stands for a missing number.
  private func isMarker(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    if let marker { return marker.elementsEqual(bytes) }
    return bytes.count <= 2 && Self.markerWords.contains(String(decoding: bytes, as: UTF8.self))
  }

  // MARK: What is told

  /// What should be told about how the column was read.
  func remarks(name: String) -> [LoadRemark] {
    if kind == .text {
      // A slip rather than a column of text, where numbers prevail.
      guard let firstText, numbers + grouped > texts else { return [] }
      return [.textAmongNumbers(name: name, text: firstText.text, line: firstText.line)]
    }
    var remarks = rounded.remarks(name: name)
    if markers > 0, let marker {
      remarks.append(
        .missingSign(name: name, sign: String(decoding: marker, as: UTF8.self), count: markers))
    }
    if grouped > 0 { remarks.append(.thousands(name: name, example: firstGrouped)) }
    return remarks
  }

  private static func excerpt(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    let text = ShownName.cleaned(String(decoding: bytes.prefix(64), as: UTF8.self))
    return text.count <= 30 ? text : String(text.prefix(29)) + "…"
  }
}
