/// What pictures in the terminal can be drawn with.
package enum Ink: Hashable, Sendable {
  /// Braille dots.
  case dots
  /// Marks of ASCII, by how dark they are.
  case marks
  /// The 24 greys and the 216 colours of the 256-colour palette.
  case palette
  /// 24 bits a colour.
  case trueColor
  /// Pixels, where the terminal takes them.
  case pixels(GraphicsProtocol, cell: CellSize)
  /// A file, for a page.
  case page

  /// Whether it has colours.
  package var isColored: Bool { self != .dots && self != .marks }

  /// The same for what stands inside a line of text.
  package var inText: Ink {
    switch self {
    case .pixels: .trueColor
    case .page: .dots
    default: self
    }
  }
}

/// How many pixels a character of the terminal takes.
package struct CellSize: Hashable, Sendable {
  package let width: Int
  package let height: Int

  package init(width: Int, height: Int) { (self.width, self.height) = (width, height) }

  /// What is common, where the terminal does not say.
  package static let usual = CellSize(width: 10, height: 20)
}
