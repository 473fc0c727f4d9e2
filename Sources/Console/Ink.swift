/// What pictures in the terminal can be drawn with.
package enum Ink: Sendable {
  /// Braille dots.
  case dots
  /// The 24 greys and the 216 colours of the 256-colour palette.
  case palette
  /// 24 bits a colour.
  case trueColor
}
