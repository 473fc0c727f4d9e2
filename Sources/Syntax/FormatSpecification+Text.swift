extension FormatSpecification {
  private static let widest = 10_000
  private static let conversions: Set<Character> = ["d", "e", "E", "f", "F", "g", "G", "s", "%"]
  private static let alignments: Set<Character> = ["<", ">", "^", "="]

  /// Reads `[[fill]align][sign][0][width][,][.precision][conversion]`, as Python's.
  ///
  /// - Returns: nil where the text is no format, or asks for more than 10,000 columns.
  public init?(_ text: String) {
    self.init()
    var rest = Array(text)[...]
    var hasFill = false
    if rest.count >= 2, Self.alignments.contains(rest[rest.startIndex + 1]) {
      fill = rest.removeFirst()
      alignment = rest.removeFirst()
      hasFill = true
    } else if let first = rest.first, Self.alignments.contains(first) {
      alignment = rest.removeFirst()
    }
    if let first = rest.first, first == "+" || first == "-" || first == " " {
      sign = rest.removeFirst()
    }
    if rest.first == "0", rest.count > 1 {
      if !hasFill { fill = "0" }
      alignment = alignment ?? "="
      rest.removeFirst()
    }
    guard readNumber(&rest, into: \.width) else { return nil }
    if rest.first == "," || rest.first == "_" {
      grouping = rest.removeFirst() == ","
      if !grouping { return nil }
    }
    if rest.first == "." {
      rest.removeFirst()
      guard readNumber(&rest, into: \.precision), precision != nil else { return nil }
    }
    if let first = rest.first, Self.conversions.contains(first) { conversion = rest.removeFirst() }
    guard rest.isEmpty, !text.isEmpty else { return nil }
  }

  private mutating func readNumber(
    _ rest: inout ArraySlice<Character>, into field: WritableKeyPath<Self, Int?>
  ) -> Bool {
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    guard !digits.isEmpty else { return true }
    guard let value = Int(String(digits)), value <= Self.widest else { return false }
    rest.removeFirst(digits.count)
    self[keyPath: field] = value
    return true
  }

  /// The text after the `:`; reading it gives the same format.
  public var sourceText: String {
    var text = ""
    if let alignment { text += "\(fill)\(alignment)" }
    if let sign { text.append(sign) }
    if let width { text += "\(width)" }
    if grouping { text += "," }
    if let precision { text += ".\(precision)" }
    if let conversion { text.append(conversion) }
    return text
  }
}
