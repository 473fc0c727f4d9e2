/// Enough of a terminal to see what a person sees: text, cursor movements, erasing, wrapping.
package struct Screen {
  package private(set) var columns: Int
  package private(set) var rows: Int
  private var cells: [[Character]]
  package private(set) var row = 0
  package private(set) var column = 0
  /// The last column was written: the next character wraps (as xterm does).
  private var wrapIsPending = false
  /// Characters push what follows them to the right.
  private var inserts = false
  private var sequence: [Unicode.Scalar] = []
  private var partial: [UInt8] = []
  private var saved = (row: 0, column: 0)
  /// Whether it knows titles, pictures and other strings of control by their ends, as all but the
  /// simplest terminals do; one that does not shows what they hold.
  private let knowsStrings: Bool

  package init(columns: Int, rows: Int, knowsStrings: Bool = true) {
    self.knowsStrings = knowsStrings
    self.columns = columns
    self.rows = rows
    cells = Array(repeating: Array(repeating: " ", count: columns), count: rows)
  }

  /// The rows without their trailing spaces, up to the last one that shows something.
  package var lines: [String] {
    var lines = cells.map { row -> String in
      var text = String(row.filter { $0 != "\0" })
      while text.last == " " { text.removeLast() }
      return text
    }
    while lines.last == "" { lines.removeLast() }
    return lines
  }

  /// Another size, as xterm does it: rows are cut or filled up, none is broken.
  package mutating func resize(columns newColumns: Int, rows newRows: Int) {
    cells = cells.map { row in
      Array(row.prefix(newColumns)) + Array(repeating: " ", count: max(0, newColumns - row.count))
    }
    while cells.count > newRows {
      if row + 1 < cells.count { cells.removeLast() } else { cells.removeFirst() }
      row = min(row, cells.count - 1)
    }
    while cells.count < newRows { cells.append(Array(repeating: " ", count: newColumns)) }
    (columns, rows) = (newColumns, newRows)
    column = min(column, newColumns - 1)
  }

  package var text: String { lines.joined(separator: "\n") }

  package mutating func feed(_ bytes: [UInt8]) {
    partial += bytes
    var usable = partial.count
    // A character that is not complete yet waits for its rest.
    for back in 1...4 where back <= partial.count {
      let byte = partial[partial.count - back]
      if byte & 0xC0 == 0x80 { continue }
      let needed = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
      if needed > back { usable = partial.count - back }
      break
    }
    let text = String(decoding: partial[..<usable], as: UTF8.self)
    partial.removeFirst(usable)
    for scalar in text.unicodeScalars { take(scalar) }
  }

  private mutating func take(_ scalar: Unicode.Scalar) {
    if !sequence.isEmpty { return takeSequence(scalar) }
    switch scalar {
    case "\u{1B}": sequence = [scalar]
    case "\r": move(row, 0)
    case "\n": lineFeed()
    case "\u{8}": move(row, column - 1)
    case "\t": move(row, (column / 8 + 1) * 8)
    default: if scalar.value >= 32 { put(Character(scalar)) }
    }
  }

  private mutating func put(_ character: Character) {
    let isWide =
      character.unicodeScalars.first.map {
        (0x1100...0x115F).contains($0.value) || (0x2E80...0xFFDC).contains($0.value)
          || $0.value >= 0x1F300
      } ?? false
    let width = isWide ? 2 : 1
    if wrapIsPending || column + width > columns {
      lineFeed()
      column = 0
    }
    wrapIsPending = false
    if inserts {
      for _ in 0..<width {
        cells[row].insert(" ", at: column)
        cells[row].removeLast()
      }
    }
    cells[row][column] = character
    if isWide, column + 1 < columns { cells[row][column + 1] = "\0" }
    column += width
    if column >= columns {
      column = columns - 1
      wrapIsPending = true
    }
  }

  private mutating func lineFeed() {
    wrapIsPending = false
    if row + 1 < rows {
      row += 1
    } else {
      cells.removeFirst()
      cells.append(Array(repeating: " ", count: columns))
    }
  }

  private mutating func move(_ newRow: Int, _ newColumn: Int) {
    wrapIsPending = false
    row = min(max(0, newRow), rows - 1)
    column = min(max(0, newColumn), columns - 1)
  }

  private mutating func takeSequence(_ scalar: Unicode.Scalar) {
    if scalar == "\u{18}" {
      sequence = []
      return
    }
    sequence.append(scalar)
    if sequence.count == 2, scalar != "[" {
      let goesOn = scalar == "(" || (knowsStrings && "]PX^_".unicodeScalars.contains(scalar))
      if !goesOn { sequence = [] }
      if scalar == "7" { saved = (row, column) }
      if scalar == "8" { move(saved.row, saved.column) }
      return
    }
    if "]PX^_".unicodeScalars.contains(sequence[1]) {
      let isEnded = scalar == "\\" && sequence[sequence.count - 2] == "\u{1B}"
      if isEnded || scalar == "\u{7}" { sequence = [] }
      return
    }
    if sequence[1] == "(" {
      sequence = []
      return
    }
    guard sequence.count > 2, (0x40...0x7E).contains(scalar.value) else { return }
    let body = String(String.UnicodeScalarView(sequence[2..<(sequence.count - 1)]))
    sequence = []
    guard !body.hasPrefix("?") else { return }
    perform(scalar, body.split(separator: ";").map { Int($0) ?? 0 })
  }

  private mutating func perform(_ command: Unicode.Scalar, _ numbers: [Int]) {
    let count = max(1, numbers.first ?? 1)
    switch command {
    case "h": if numbers.first == 4 { inserts = true }
    case "l": if numbers.first == 4 { inserts = false }
    case "A": move(row - count, column)
    case "B": move(row + count, column)
    case "C": move(row, column + count)
    case "D": move(row, column - count)
    case "G": move(row, count - 1)
    case "H": move((numbers.first ?? 1) - 1, (numbers.count > 1 ? numbers[1] : 1) - 1)
    case "K": for place in column..<columns { cells[row][place] = " " }
    case "J":
      let isAll = numbers.first == 2
      for place in (isAll ? 0 : column)..<columns { cells[row][place] = " " }
      for other in (isAll ? 0 : row + 1)..<rows {
        cells[other] = Array(repeating: " ", count: columns)
      }
    case "P":
      for _ in 0..<count where column < cells[row].count {
        cells[row].remove(at: column)
        cells[row].append(" ")
      }
    case "@":
      for _ in 0..<count {
        cells[row].insert(" ", at: column)
        cells[row].removeLast()
      }
    default: break
    }
  }
}
