/// Texts in UTF-8.
extension FileFormat {
  package static let text = FileFormat(
    "a text", endings: [".txt"], isText: true, begins: { _ in false },
    read: { (source) throws(DataError) in .text(try TextFile.read(source)) }, holds: [.text],
    write: { (contents, _, sink) throws(DataError) in
      if case .text(let text) = contents { try sink.write(Array(text.utf8)) }
    })
}

package enum TextFile {
  /// Reads a whole file of any ending as text; a byte order mark at its beginning is left out.
  package static func read(_ path: String) throws(DataError) -> String {
    try read(try FileSource.open(path) { (_) throws(DataError) in })
  }

  static func read(_ source: any ByteSource) throws(DataError) -> String {
    let bytes = try source.bytes(at: 0, count: source.count, part: "text")
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let text = bytes.starts(with: mark) ? bytes[3...] : bytes[...]
    guard let valid = String(validating: text, as: UTF8.self) else {
      throw .notText(place: source.place, line: Self.lineOfFirstFault(bytes))
    }
    return valid
  }

  /// The line in which the bytes are no UTF-8, from 1.
  private static func lineOfFirstFault(_ bytes: [UInt8]) -> Int {
    let lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
    let place = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil }
    return (place ?? 0) + 1
  }
}
