import Console
import Syntax

/// What people paste into a prompt.
package enum PastedText {
  /// The text without what does not belong into a statement: the prompts and outputs of a session
  /// that was copied from the screen, colours, and the line end that would run it.
  ///
  /// - Parameter isComplete: whether lines are a whole statement.
  package static func cleaned(
    _ text: String, isComplete: (String) -> Bool = { _ in true }
  ) -> String {
    var lines = plain(text).split(separator: 10, omittingEmptySubsequences: false).map(Array.init)
    if lines.contains(where: isPrompt) {
      lines = statements(of: lines, isComplete)
    } else {
      lines = lines.map { continuation($0) ?? $0 }
    }
    while lines.last?.isEmpty == true { lines.removeLast() }
    return String(decoding: Array(lines.joined(separator: [10])), as: UTF8.self)
  }

  // MARK: sessions

  private static let prompt = Array("nnsh>".utf8)
  /// Copied, it may have lost the spaces around it.
  private static let mark = Array("…".utf8)

  private static func isPrompt(_ line: [UInt8]) -> Bool {
    let rest = line.drop { $0 == 32 }
    guard rest.starts(with: prompt) else { return false }
    return rest.count == prompt.count || rest[rest.startIndex + prompt.count] == 32
  }

  private static func withoutPrompt(_ line: [UInt8]) -> [UInt8] {
    Array(line.drop { $0 == 32 }.dropFirst(prompt.count + 1))
  }

  /// What stands after the mark of a statement's further line; nil where there is no mark.
  private static func continuation(_ line: [UInt8]) -> [UInt8]? {
    let rest = line.drop { $0 == 32 }
    guard rest.starts(with: mark), line.count - rest.count <= 4 else { return nil }
    let code = rest.dropFirst(mark.count)
    return Array(code.first == 32 ? code.dropFirst() : code)
  }

  /// The lines after prompts, with those that belong to the same statement.
  private static func statements(
    of lines: [[UInt8]], _ isComplete: (String) -> Bool
  ) -> [[UInt8]] {
    var kept: [[UInt8]] = []
    var statement: [[UInt8]] = []
    var isOpen = false
    func text() -> String {
      String(decoding: Array(statement.joined(separator: [10])), as: UTF8.self)
    }
    let first = lines.firstIndex { isPrompt($0) } ?? 0
    if first == 1 || (first > 1 && lines[1..<first].allSatisfy { continuation($0) != nil }) {
      // The selection began after the prompt.
      statement = [lines[0]] + lines[1..<first].compactMap { continuation($0) }
      if lines[0].isEmpty || !isComplete(text()) { statement = [] }
    }
    for line in lines[first...] {
      if isPrompt(line) {
        kept += statement
        statement = [withoutPrompt(line)]
        isOpen = !isComplete(text())
      } else if let code = continuation(line) {
        statement.append(code)
        isOpen = !isComplete(text())
      } else if isOpen {
        statement.append(line)
        isOpen = !isComplete(text())
      }
    }
    return (kept + statement).filter { !$0.isEmpty }
  }

  // MARK: bytes

  /// A tab becomes two spaces; escape sequences and other control characters would garble the row.
  private static func plain(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    for byte in EscapeCodes.removed(from: text).utf8 {
      if byte == UInt8(ascii: "\t") {
        bytes += [32, 32]
      } else if byte == 10 || byte >= 32 && byte != 127 {
        bytes.append(byte)
      }
    }
    return bytes
  }
}
