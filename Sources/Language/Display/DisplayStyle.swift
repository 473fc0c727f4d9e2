/// How values are shown.
package struct DisplayStyle: Sendable {
  /// What a piece of the text is, so that a terminal can colour it.
  package enum Role: Sendable, Hashable {
    case number, string, keyword, header, punctuation
  }

  /// The columns that a line should keep to.
  package var width: Int
  /// Whether fewer columns of a tensor are shown where a row would be wider.
  package var fitsTensors = false
  /// How many rows and columns of a tensor are shown at each edge.
  package var edge: Int
  /// The significant digits of a tensor's elements.
  package var digits: Int
  /// Wraps a piece of text in what colours it.
  package var paint: @Sendable (String, Role) -> String

  package init(
    width: Int = 80, edge: Int = 3, digits: Int = 4,
    paint: @escaping @Sendable (String, Role) -> String = { text, _ in text }
  ) {
    self.width = width
    self.edge = edge
    self.digits = digits
    self.paint = paint
  }

  /// Without colours.
  package static let plain = DisplayStyle()
}
