import Files

extension Saver {
  /// Writes a text, whole or not at all; see `save(_:to:)` for the errors.
  package static func save(text: String, to path: String) throws(DataError) {
    try AtomicFile.write(path.expandingHome) { (sink) throws(DataError) in
      try sink.write(Array(text.utf8))
    }
  }
}
