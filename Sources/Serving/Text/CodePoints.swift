/// Places in a text counted in Unicode code points, as Python and Jupyter count them.
enum CodePoints {
  /// The byte at which the code point of a number begins; the text's end where there are fewer.
  static func offset(of count: Int, in text: String) -> Int {
    let scalars = text.unicodeScalars
    let index =
      scalars.index(scalars.startIndex, offsetBy: max(0, count), limitedBy: scalars.endIndex)
      ?? scalars.endIndex
    return text.utf8.distance(from: text.startIndex, to: index)
  }

  /// How many code points stand before a byte.
  static func count(before offset: Int, in text: String) -> Int {
    text.utf8.prefix(max(0, offset)).count { $0 & 0xC0 != 0x80 }
  }
}
