/// Texts in JSON: one value, or one a line.
extension FileFormat {
  package static let json = FileFormat(
    "a JSON file", endings: [".json"], isText: true,
    begins: { _ in false },
    read: { (source) throws(DataError) in
      try JSONFile.read(source) { (parser: inout JSONParser) throws(JSONFault) in
        try parser.document()
      }
    }, holds: JSONFile.kinds,
    write: { (contents, _, sink) throws(DataError) in
      try JSONWriter.write(contents, .document, to: sink)
    })

  package static let jsonLines = FileFormat(
    "a file of JSON lines", endings: [".jsonl"], otherEndings: [".ndjson"], isText: true,
    begins: { _ in false },
    read: { (source) throws(DataError) in
      try JSONFile.read(source) { (parser: inout JSONParser) throws(JSONFault) in
        .array(try parser.lines())
      }
    }, holds: JSONFile.kinds,
    write: { (contents, _, sink) throws(DataError) in
      try JSONWriter.write(contents, .lines, to: sink)
    })
}

package enum JSONFile {
  /// As deep as brackets may be nested in a script.
  package static let deepest = 1000
  /// All but networks.
  static let kinds: Set<FileContents.Kind> = [.tree, .tensor, .record, .table, .text]

  static func read(
    _ source: any ByteSource,
    _ value: (inout JSONParser) throws(JSONFault) -> JSONValue
  ) throws(DataError) -> FileContents {
    let bytes = try source.bytes(at: 0, count: source.count, part: "text")
    guard bytes.contains(where: { $0 > 0x20 }) else { throw .empty(path: source.place) }
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      throw .notText(place: source.place, line: 1)
    }
    // A parsed value takes many times the memory of its text.
    try MemoryLimit.require(bytes.count.multipliedSaturating(16), for: source.place)
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes[3...]) : bytes
    var parser = JSONParser(text, deepest: deepest)
    do throws(JSONFault) {
      return .json(try value(&parser), remarks: parser.rounded.remarks(name: nil))
    } catch {
      switch error {
      case .interrupted: throw .interrupted(path: source.place)
      case .unsound(let reason, let offset):
        throw Self.error(text, source.place, offset, reason: reason)
      case .goesOn(let offset):
        throw Self.error(
          text, source.place, offset, reason: "one value has ended, and more follows",
          advice: "lines of JSON, a value each, load from a .jsonl file")
      }
    }
  }

  /// The error at a byte of a text.
  private static func error(
    _ text: [UInt8], _ place: String, _ offset: Int, reason: String, advice: String? = nil
  ) -> DataError {
    let before = text.prefix(offset)
    let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    return .json(
      path: place, line: before.count { $0 == 0x0A } + 1,
      column: String(decoding: before[lineStart...], as: UTF8.self).unicodeScalars.count + 1,
      reason: reason, advice: advice)
  }
}
