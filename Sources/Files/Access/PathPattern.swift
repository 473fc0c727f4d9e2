import Platform

/// A path with signs that stand for any names, as shells have them: `parts/x-*.npy`. Brackets alone make
/// none: they are more often an index.
package struct PathPattern {
  package let text: String

  /// Nil for what is a path as it stands, or a file's.
  package init?(_ text: String) {
    guard text.contains("*") || text.contains("?"), case .absent = FileKind(path: text) else {
      return nil
    }
    self.text = text
  }

  /// The files that fit, in the order of their names; numbers in names by their value, so that part 2
  /// comes before part 10.
  package func files() throws(DataError) -> [String] {
    SharedFiles.waitForAll()
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(text.expandingHome, 0, nil, &found) == 0 else { throw .noMatch(pattern: text) }
    var paths: [String] = []
    for index in 0..<Int(found.gl_pathc) {
      // SAFETY: glob has made so many C strings.
      guard let path = found.gl_pathv[index] else { continue }
      paths.append(String(cString: path))
    }
    let files = paths.filter { FileKind(path: $0) != .directory }
    guard !files.isEmpty else { throw .noMatch(pattern: text) }
    return files.map { (Self.key($0), $0) }.sorted { Self.precedes($0.0, $1.0) }.map(\.1)
  }

  /// The part of a pattern before its first sign, to name what is loaded.
  package var stem: String {
    let stem = String(text.prefix { !"*?[".contains($0) })
    return stem.isEmpty || stem.hasSuffix("/") ? text.parentDirectory : stem
  }

  /// A run of digits, by its value, or of other characters.
  private enum Piece: Equatable {
    case number(String)
    case text(String)
  }

  private static func key(_ path: String) -> [Piece] {
    var pieces: [Piece] = []
    var rest = path[...]
    while let first = rest.first {
      let isNumber = first.isASCII && first.isNumber
      let run = rest.prefix { ($0.isASCII && $0.isNumber) == isNumber }
      rest = rest.dropFirst(run.count)
      pieces.append(isNumber ? .number(String(run.drop { $0 == "0" })) : .text(String(run)))
    }
    return pieces
  }

  private static func precedes(_ left: [Piece], _ right: [Piece]) -> Bool {
    for (one, other) in zip(left, right) where one != other {
      switch (one, other) {
      case (.number(let a), .number(let b)):
        return a.count == b.count ? a < b : a.count < b.count
      case (.text(let a), .text(let b)): return a < b
      case (.number, .text): return true
      case (.text, .number): return false
      }
    }
    return left.count < right.count
  }
}
