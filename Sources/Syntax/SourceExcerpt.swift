/// The part of a source line that a message shows, and where its caret stands.
struct SourceExcerpt {
  /// Columns of a line that are shown at most, and those of them before the caret.
  private static let widest = 160
  private static let tabWidth = 4

  /// The text without tabs or control characters; `…` stands where the line goes on.
  let text: String
  /// Columns before the caret.
  let caretColumn: Int
  /// Columns that the marked piece takes on this line, at least one.
  let caretWidth: Int

  /// - Parameters:
  ///   - source: where the line stands; it may be of 100 MB, of which only a piece is read.
  ///   - span: what to mark, only as far as its first line goes.
  ///   - columns: what a line may take.
  init(_ source: SourceText, _ span: Span, columns: Int = .max) {
    // A sign for what is left out may stand at either end.
    let widest = min(Self.widest, max(columns, 12) - 2)
    let context = min(60, widest / 2)
    let line = source.lineSpan(around: span.start)
    let start = min(max(span.start, line.start), line.end)
    let end = min(max(span.end, start), line.end)
    var cells = Self.cells(source, line, around: start)
    let before = cells.prefix { $0.offset < start }.reduce(0) { $0 + $1.width }
    let total = cells.reduce(0) { $0 + $1.width }
    let readsFromStart = cells.first.map { $0.offset == line.start } ?? true
    let readsToEnd = cells.last.map { $0.end == line.end } ?? true
    var column = before
    var prefix = ""
    var suffix = ""
    if !readsFromStart || (total > widest && before > context) {
      var cut = 0
      while column > context, cut < cells.count {
        column -= cells[cut].width
        cut += 1
      }
      cells.removeFirst(cut)
      prefix = "…"
      column += 1
    }
    var width = 0
    let shown = cells.prefix { cell in
      width += cell.width
      return width <= widest
    }
    if shown.count < cells.count || !readsToEnd { suffix = "…" }
    text = prefix + shown.map(\.text).joined() + suffix
    caretColumn = column
    let marked = shown.filter { $0.offset >= start && $0.offset < end }
    caretWidth = max(1, marked.reduce(0) { $0 + $1.width })
  }

  /// One character of the line: what to print for it and the bytes it stands for.
  private struct Cell {
    let text: String
    let width: Int
    let offset: Int
    let end: Int
  }

  /// The characters of a line near an offset.
  private static func cells(_ source: SourceText, _ line: Span, around start: Int) -> [Cell] {
    let reach = 4 * widest
    let bytes = source.bytes
    var lower = max(line.start, start - reach)
    while lower > line.start, bytes[lower] & 0xC0 == 0x80 { lower -= 1 }
    var upper = min(line.end, start + reach)
    while upper < line.end, bytes[upper] & 0xC0 == 0x80 { upper += 1 }
    var cells: [Cell] = []
    var column = 0
    var offset = lower
    for character in readableText(source, Span(lower, upper)) {
      let end = offset + character.utf8.count
      var text = String(character)
      var width = DisplayWidth.of(character)
      if character == "\t" {
        width = tabWidth - column % tabWidth
        text = String(repeating: " ", count: width)
      } else if let scalar = character.unicodeScalars.first, isControl(scalar) {
        text = String(Character(visible(scalar)))
        width = 1
      }
      cells.append(Cell(text: text, width: width, offset: offset, end: end))
      column += width
      offset = end
    }
    return cells
  }

  /// A piece of the text in which each byte that is no UTF-8 became `?`, so that offsets agree.
  private static func readableText(_ source: SourceText, _ span: Span) -> String {
    let lexer = Lexer(source)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(span.end - span.start)
    var offset = span.start
    while offset < span.end {
      if let (_, width) = lexer.decodeScalar(at: offset), offset + width <= span.end {
        bytes.append(contentsOf: source.bytes[offset..<offset + width])
        offset += width
      } else {
        bytes.append(UInt8(ascii: "?"))
        offset += 1
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
  }

  /// What to print for a scalar: its picture where it is a control character.
  static func visible(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    guard isControl(scalar) else { return scalar }
    return scalar.value < 0x20 ? Unicode.Scalar(0x2400 + scalar.value) ?? "?" : "?"
  }
}
