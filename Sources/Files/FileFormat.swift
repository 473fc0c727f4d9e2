/// A form of file: what tells it from others, and how it is read and written.
///
/// Each is declared once, as a static member in the file of its reader, and named in `all`. What
/// `load` and `save` take, help, completion, and the endings that errors offer follow from it.
///
/// A class, as errors hold it: they stay small.
package final class FileFormat: Sendable {
  /// Every form. Where the first bytes could begin several, the first of them counts.
  package static let all: [FileFormat] = [
    npy, npz, torch, csv, text, json, jsonLines, idx, png, jpeg, safetensors, onnx, gzip,
  ]

  /// The form's name inside a sentence, with its article: `an .npz archive`.
  package let withArticle: String
  /// The endings that announce it, with their dots, the usual one first.
  package let endings: [String]
  /// Further endings that are understood, but not offered.
  let otherEndings: [String]
  /// Whether it is a text, which no first bytes tell from others.
  let isText: Bool
  /// Whether a file that begins with these bytes is one.
  let begins: @Sendable ([UInt8]) -> Bool
  /// Whether a zip archive with files of these names is one.
  let isNamedInZip: @Sendable ([String]) -> Bool
  /// Reads a file; nil for what only wraps another form.
  let read: (@Sendable (any ByteSource) throws(DataError) -> FileContents)?
  /// Whether `read` takes a compressed file too, and inflates it while it reads.
  let readsCompressed: Bool
  /// What it can hold when it is written.
  package let holds: Set<FileContents.Kind>
  /// Writes contents of a kind that it holds; the path is that of the file to be.
  let write: @Sendable (FileContents, _ path: String, any ByteSink) throws(DataError) -> Void

  init(
    _ withArticle: String, endings: [String], otherEndings: [String] = [], isText: Bool = false,
    begins: @escaping @Sendable ([UInt8]) -> Bool,
    isNamedInZip: @escaping @Sendable ([String]) -> Bool = { _ in false },
    read: (@Sendable (any ByteSource) throws(DataError) -> FileContents)?,
    readsCompressed: Bool = false, holds: Set<FileContents.Kind> = [],
    write: @escaping @Sendable (FileContents, String, any ByteSink) throws(DataError) -> Void =
      { _, _, _ in }
  ) {
    self.withArticle = withArticle
    self.endings = endings
    self.otherEndings = otherEndings
    self.isText = isText
    self.begins = begins
    self.isNamedInZip = isNamedInZip
    self.read = read
    self.readsCompressed = readsCompressed
    self.holds = holds
    self.write = write
  }

  /// The same without the article.
  package var name: String {
    withArticle.split(separator: " ", maxSplits: 1).last.map(String.init) ?? withArticle
  }

  /// Whether a path's ending announces it.
  package func isAnnounced(by path: String) -> Bool {
    let name = path.lastPathComponent.lowercased()
    return (endings + otherEndings).contains { name.hasSuffix($0) && name.count > $0.count }
  }

  /// The form that a path's ending announces, nil where it announces none.
  package static func announced(by path: String) -> FileFormat? {
    all.first { $0.isAnnounced(by: path) }
  }

  /// The form that a file's first bytes show, nil where they show none.
  package static func begun(by bytes: [UInt8]) -> FileFormat? { all.first { $0.begins(bytes) } }

  /// The form that the names in a zip archive show, nil where they show none.
  static func inZip(_ names: [String]) -> FileFormat? { all.first { $0.isNamedInZip(names) } }

  /// What the first bytes look like, in words for an error, nil where they show nothing known.
  static func described(firstBytes bytes: [UInt8]) -> String? {
    begun(by: bytes)?.withArticle ?? ForeignFile.shown(by: bytes)?.name
  }

  /// The endings of all files that can be read, for a sentence.
  package static let readable =
    all.filter { $0.read != nil }.flatMap(\.endings).joined(separator: " ")
    + ", any of them with \(gzip.endings.joined(separator: " "))"

  /// The endings of all files that can be written, for a sentence.
  package static let writable = writable(holding: FileContents.Kind.allCases)

  /// The endings of the files that can hold one of these kinds, for a sentence.
  package static func writable(holding kinds: FileContents.Kind...) -> String {
    writable(holding: kinds)
  }

  private static func writable(holding kinds: [FileContents.Kind]) -> String {
    all.filter { !$0.holds.isDisjoint(with: kinds) }.flatMap(\.endings).joined(separator: " ")
  }
}

extension FileFormat: Hashable {
  package static func == (left: FileFormat, right: FileFormat) -> Bool {
    left === right
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

extension FileFormat {
  /// A compressed file of another form.
  package static let gzip = FileFormat(
    "a gzip file", endings: [".gz"], begins: { $0.starts(with: [0x1F, 0x8B]) }, read: nil)
}
