import Console
import Platform
import Syntax

/// Draws the line that is being edited, and nothing but changes to what it drew before.
///
/// It breaks rows itself and never relies on where a terminal wraps, so that the cursor's place is
/// known for wrapped lines, wide characters and several lines alike. A text taller than the screen
/// shows the rows around the cursor.
package struct LineDisplay {
  /// What stands before a further line of a statement.
  package static let continuationMark = "    … "

  /// What is drawn.
  package struct Content {
    package var prompt = "nnsh> "
    package var text = ""
    /// A byte offset of the text.
    package var cursor = 0
    package var styles = LineStyles(plain: 0)
    /// What Right would accept, shown after the cursor.
    package var ghost = ""
    /// What the statement gives, shown after all else.
    package var shape = ""
    /// A row below the text; empty for none.
    package var note = ""
    package var isColored = false

    package init() {}
  }

  /// A row of the screen.
  private struct Row: Equatable {
    var text = ""
    var width = 0
  }

  private var rows: [Row] = []
  private var cursorRow = 0
  private var cursorColumn = 0
  private var top = 0
  private var columns = 80

  package init() {}

  // MARK: laying out

  /// The rows of a text, and where the cursor stands in them.
  private struct Layout {
    var rows = [Row()]
    var cursor = (row: 0, column: 0)
    private let columns: Int
    private let isColored: Bool
    private var style = LineStyle.plain

    init(columns: Int, isColored: Bool) {
      self.columns = columns
      self.isColored = isColored
    }

    private var last: Int { rows.count - 1 }
    var column: Int { rows[last].width }

    mutating func switchTo(_ next: LineStyle) {
      guard isColored, next != style else { return }
      if style.code != "" { rows[last].text += "\u{1B}[0m" }
      rows[last].text += next.code
      style = next
    }

    mutating func openRow() {
      let kept = style
      switchTo(.plain)
      rows.append(Row())
      switchTo(kept)
    }

    mutating func append(_ character: String, width: Int, _ next: LineStyle) {
      if column + width > columns { openRow() }
      switchTo(next)
      rows[last].text += character
      rows[last].width += width
    }

    mutating func append(_ text: String, _ next: LineStyle) {
      for character in text {
        append(String(character), width: DisplayWidth.of(character), next)
      }
    }

    mutating func placeCursor(beforeWidth width: Int) {
      if column + width > columns { openRow() }
      cursor = (last, column)
    }
  }

  private func layout(_ content: Content, columns: Int, rowLimit: Int) -> Layout {
    var layout = Layout(columns: columns, isColored: content.isColored)
    let bytes = Array(content.text.utf8)
    let window = Self.window(bytes, content.cursor, columns: columns, rows: rowLimit)
    let mark = Self.continuationMark
    if window.lowerBound == 0 {
      for character in content.prompt { layout.append(String(character), width: 1, .plain) }
      if content.isColored, layout.rows.count == 1 {
        layout.rows[0].text = "\u{1B}[1;32m" + content.prompt.dropLast() + "\u{1B}[0m "
      }
    } else {
      layout.append(mark, .mark)
    }
    var offset = window.lowerBound
    var isPlaced = false
    let shown = String(decoding: bytes[window], as: UTF8.self)
    for character in shown {
      let style =
        content.styles.bytes.indices.contains(offset) ? content.styles.bytes[offset] : .plain
      let next = offset + character.utf8.count
      let (text, width) = Self.visible(character)
      if !isPlaced, content.cursor < next {
        layout.placeCursor(beforeWidth: character == "\n" ? 1 : width)
        isPlaced = true
      }
      if character == "\n" {
        layout.switchTo(.plain)
        layout.openRow()
        layout.append(mark, .mark)
      } else {
        layout.append(text, width: width, style)
      }
      offset = next
    }
    if !isPlaced { layout.placeCursor(beforeWidth: 1) }
    appendHints(content, to: &layout, columns)
    layout.switchTo(.plain)
    return layout
  }

  /// Hints stand only on a line of one row that has room for them: nothing else can move then.
  private func appendHints(_ content: Content, to layout: inout Layout, _ columns: Int) {
    guard layout.rows.count == 1 else { return }
    let room = columns - 1 - layout.column
    let ghost = content.ghost.split(separator: "\n", omittingEmptySubsequences: false).first ?? ""
    let shownGhost = ghost.count < content.ghost.count ? ghost + " …" : String(ghost)
    let ghostWidth = DisplayWidth.of(shownGhost)
    let isGhostShown = ghostWidth > 0 && ghostWidth <= room
    if isGhostShown { layout.append(shownGhost, .ghost) }
    let shape = "  → " + content.shape
    if !content.shape.isEmpty, DisplayWidth.of(shape) + (isGhostShown ? ghostWidth : 0) <= room {
      layout.append(shape, .shape)
    }
  }

  /// A control character is shown as `^X`.
  private static func visible(_ character: Character) -> (String, Int) {
    if let ascii = character.asciiValue, ascii < 32 || ascii == 127 {
      guard ascii != 10 else { return ("", 0) }
      return ("^" + String(UnicodeScalar(ascii ^ 64)), 2)
    }
    return (String(character), DisplayWidth.of(character))
  }

  /// The bytes that can be on the screen: a long text is not laid out as a whole at every key.
  private static func window(
    _ bytes: [UInt8], _ cursor: Int, columns: Int, rows: Int
  ) -> Range<Int> {
    let reach = max(2048, columns * rows * 4)
    guard bytes.count > reach * 2 else { return 0..<bytes.count }
    let place = min(max(0, cursor), bytes.count)
    var start = max(0, place - reach)
    if start > 0 {
      if let line = bytes[start..<place].firstIndex(of: 10) {
        start = line + 1
      } else {
        while start < place, bytes[start] & 0xC0 == 0x80 { start += 1 }
      }
    }
    var end = min(bytes.count, place + reach)
    while end < bytes.count, bytes[end] & 0xC0 == 0x80 { end += 1 }
    return start..<end
  }

  // MARK: drawing

  /// The bytes that bring the screen from what was drawn last to this content.
  package mutating func draw(_ content: Content, size: (columns: Int, rows: Int)) -> String {
    let width = max(8, size.columns)
    columns = width
    let laidOut = layout(content, columns: width, rowLimit: max(1, size.rows))
    let note = noteRow(content, columns: width, fits: size.rows > 1)
    let height = max(1, size.rows - (note == nil ? 0 : 1))
    let cursor = laidOut.cursor
    top = min(top, max(0, laidOut.rows.count - height))
    if cursor.row < top { top = cursor.row }
    if cursor.row >= top + height { top = cursor.row - height + 1 }
    let shown = Array(laidOut.rows.dropFirst(top).prefix(height)) + (note.map { [$0] } ?? [])
    var output = ""
    var row = cursorRow
    var column = cursorColumn
    for (index, new) in shown.enumerated() {
      if index < rows.count, rows[index] == new { continue }
      output += Self.move(from: row, to: index)
      output += new.text + (new.width < width ? "\u{1B}[K" : "")
      row = index
      column = -1
    }
    if rows.count > shown.count {
      output += Self.move(from: row, to: shown.count) + "\u{1B}[J"
      row = shown.count
      column = -1
    }
    let target = (row: cursor.row - top, column: cursor.column)
    if row != target.row || column != target.column {
      output += Self.move(from: row, to: target.row)
      if target.column > 0 { output += "\u{1B}[\(target.column)C" }
    }
    rows = shown
    cursorRow = target.row
    cursorColumn = target.column
    return output
  }

  private func noteRow(_ content: Content, columns: Int, fits: Bool) -> Row? {
    guard !content.note.isEmpty, fits else { return nil }
    var layout = Layout(columns: columns, isColored: content.isColored)
    layout.append(TextLayout.cut(content.note, to: columns - 1), .mark)
    layout.switchTo(.plain)
    return layout.rows[0]
  }

  /// The bytes that leave the text where it is and the cursor on a new line below it.
  package mutating func finish() -> String {
    let output = Self.move(from: cursorRow, to: max(0, rows.count - 1)) + "\r\n"
    forget()
    return output
  }

  /// Forgets what was drawn: the next drawing begins at the cursor.
  package mutating func forget() {
    rows = []
    cursorRow = 0
    cursorColumn = 0
    top = 0
  }

  /// The bytes that erase what was drawn, in a window that now has another width.
  ///
  /// - Parameter reflows: whether the terminal has broken rows that became too long into several;
  ///   others cut them. Nothing that it could be asked tells afterwards which it did, and erasing
  ///   too many rows loses what stood above; so this is false where it is not known.
  package mutating func erase(columns newColumns: Int, reflows: Bool) -> String {
    let width = max(1, newColumns)
    func height(_ cells: Int) -> Int { reflows ? max(1, (cells + width - 1) / width) : 1 }
    let above = rows.prefix(cursorRow).reduce(0) { $0 + height($1.width) }
    let up = above + (reflows ? cursorColumn / width : 0)
    forget()
    return "\r" + (up > 0 ? "\u{1B}[\(up)A" : "") + "\u{1B}[J"
  }

  /// To the beginning of a row; a line feed also makes the rows that are not there yet.
  private static func move(from row: Int, to target: Int) -> String {
    if target < row { return "\r\u{1B}[\(row - target)A" }
    return "\r" + String(repeating: "\n", count: target - row)
  }
}
