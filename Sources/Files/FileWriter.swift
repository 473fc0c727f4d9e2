/// Writes files, whole or not at all.
package enum FileWriter {
  /// Writes in the form that the path's ending announces; see `AtomicFile` for how.
  ///
  /// Errors: an ending unknown or unfit for the contents, a missing directory, a directory or a
  /// read-only file in the path's place, no permission, a full disk, an interruption. After any of
  /// them, what stood there before still does.
  ///
  /// - Parameter words: what an error calls the contents; nil for what they are.
  package static func write(
    _ contents: FileContents, calledBy words: String? = nil, to path: String
  ) throws(DataError) {
    let target = path.expandingHome
    let format = try writableFormat(target)
    guard format.holds.contains(contents.kind) else {
      throw .unsavable(
        value: words ?? contents.words, format: format,
        advice: "choose another ending: " + FileFormat.writable(holding: contents.kind))
    }
    try AtomicFile.write(target) { (sink) throws(DataError) in
      try format.write(contents, target, sink)
    }
  }

  /// Writes a text, whole or not at all; see `write(_:calledBy:to:)` for the errors.
  package static func write(text: String, to path: String) throws(DataError) {
    try AtomicFile.write(path.expandingHome) { (sink) throws(DataError) in
      try sink.write(Array(text.utf8))
    }
  }

  private static func writableFormat(_ path: String) throws(DataError) -> FileFormat {
    if path.pathExtension.isEmpty {
      switch FileKind(path: path) {
      case .directory: throw .isDirectory(path: path)
      // A device has no ending; tables are what a person can read there.
      case .other: return .csv
      default: break
      }
    }
    guard let format = FileFormat.announced(by: path), format.read != nil else {
      throw .unknownFormat(path: path, writing: true)
    }
    return format
  }
}
