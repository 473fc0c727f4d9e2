/// Reads files of every known form.
package enum FileReader {
  /// Reads a file. Files are told apart by their ending, those without a known one by their first
  /// bytes.
  ///
  /// - Parameter isMapped: whether numbers that are in the file as they are in memory stay there, to
  ///   be read when they are used.
  package static func read(
    _ path: String, isMapped: Bool = false
  ) throws(DataError) -> FileContents {
    let source = try FileSource.open(path, isMapped: isMapped) { (beginning) throws(DataError) in
      try requireSense(beginning, path: path)
    }
    return try read(source, path: path)
  }

  /// Reads a file that is open already; its path tells how it is named.
  package static func read(_ source: any ByteSource, path: String) throws(DataError) -> FileContents
  {
    let beginning = try source.prefix(ForeignFile.beginningSize)
    let format = try format(path: path, beginning: beginning, archive: source)
    guard let read = format.read else { return try readCompressed(source, path: path) }
    return try read(source)
  }

  /// The ending decides, so that a damaged file is called damaged; without a known ending, the
  /// first bytes decide. A gzip file may bear its content's ending alone. Files of other programs
  /// are named, by their content before their ending; `archive` is looked into where it is a zip.
  private static func format(
    path: String, beginning: [UInt8], archive: (any ByteSource)?
  ) throws(DataError) -> FileFormat {
    let names = names(in: archive, beginning)
    let content = names.flatMap(FileFormat.inZip) ?? FileFormat.begun(by: beginning)
    guard let named = FileFormat.announced(by: path) else {
      if let foreign = foreign(path, beginning, content, names) { throw foreign }
      if let content { return content }
      if let announced = ForeignFile.announced(by: path) {
        throw announced.error(path, byName: true)
      }
      // What a pipe gives, as /dev/stdin, has no ending to go by.
      if path.pathExtension.isEmpty, beginsAsTable(beginning) { return .csv }
      if path.hasPrefix("/dev/"), isText(beginning) { return textForm(of: beginning) }
      throw .unknownFormat(path: path, writing: false)
    }
    if named == .gzip, content != .gzip {
      throw .wrongMagic(
        path: path, format: .gzip, looksLike: FileFormat.described(firstBytes: beginning))
    }
    if content == .gzip { return .gzip }
    if named.isText, !isText(beginning) {
      if let foreign = foreign(path, beginning, content, names) { throw foreign }
      if let content {
        throw .wrongMagic(path: path, format: named, looksLike: content.withArticle)
      }
    }
    if !named.isText, content == nil, let shown = ForeignFile.shown(by: beginning) {
      if shown.name == ForeignFile.pickle.name { throw .pickled(place: path) }
      throw .wrongMagic(path: path, format: named, looksLike: shown.name)
    }
    if content == .npz, let foreign = foreign(path, beginning, content, names) { throw foreign }
    if let content, content != named, names != nil, named.begins(beginning) {
      throw .wrongMagic(path: path, format: named, looksLike: content.withArticle)
    }
    return named
  }

  /// The names of the files in an archive; nil for what is no sound zip archive.
  private static func names(in archive: (any ByteSource)?, _ beginning: [UInt8]) -> [String]? {
    guard let archive, FileFormat.begun(by: beginning) == .npz else { return nil }
    return try? ZipDirectory(archive).entries.map(\.name)
  }

  /// The error for a file of another program.
  ///
  /// - Parameter names: those in it, where it is a zip archive.
  private static func foreign(
    _ path: String, _ beginning: [UInt8], _ content: FileFormat?, _ names: [String]?
  ) -> DataError? {
    var shown: ForeignFile?
    if content == .npz, let names {
      shown = ForeignFile.shown(byNamesInZip: names)
    } else if content == nil {
      shown = ForeignFile.shown(by: beginning)
    }
    guard var shown else { return nil }
    // A pickle or a zip may be anyone's; the ending tells whose.
    if shown.isContainer, let announced = ForeignFile.announced(by: path) { shown = announced }
    return shown.error(path)
  }

  /// Whether a text begins as a table does: one of its first lines has a number among its cells.
  private static func beginsAsTable(_ beginning: [UInt8]) -> Bool {
    guard isText(beginning) else { return false }
    return beginning.split(separator: 10, maxSplits: 3).prefix(2).contains { line in
      let cells = line.split { [9, 13, 32, 44, 59].contains($0) }
      return cells.contains { Double(String(decoding: $0, as: UTF8.self)) != nil }
    }
  }

  /// The form of a text without a name: JSON by how it begins, a table where its first lines have as
  /// many cells each.
  private static func textForm(of beginning: [UInt8]) -> FileFormat {
    var lines = beginning.split(separator: 10, maxSplits: 3)
    // The last piece may be cut off, or hold more than a line.
    if lines.count > 3 || beginning.count >= ForeignFile.beginningSize { lines.removeLast() }
    let first = beginning.first { ![9, 10, 13, 32].contains($0) }
    if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
      let areRecords = lines.count > 1 && lines.allSatisfy { $0.first == UInt8(ascii: "{") }
      let areWhole = lines.allSatisfy { $0.last { $0 != 13 } == UInt8(ascii: "}") }
      return areRecords && areWhole ? .jsonLines : .json
    }
    let isTable = [9, 44, 59].contains { (separator: UInt8) in
      let counts = Set(lines.map { line in line.count { $0 == separator } })
      return lines.count > 1 && counts.count == 1 && counts != [0]
    }
    return isTable ? .csv : .text
  }

  /// Whether the first bytes may begin a text.
  private static func isText(_ beginning: [UInt8]) -> Bool {
    // The last character may be cut off.
    !beginning.contains { $0 < 9 || (14..<32).contains($0) && $0 != 27 }
      && String(
        validating: beginning.prefix(beginning.count - min(beginning.count / 2, 4)), as: UTF8.self)
        != nil
  }

  /// Refuses what a pipe or device gives before all of it is read, where its beginning shows that
  /// it is not what the path announces: it may never end.
  private static func requireSense(_ beginning: [UInt8], path: String) throws(DataError) {
    guard !beginning.isEmpty else { return }
    let format = try format(path: path, beginning: beginning, archive: nil)
    let content = FileFormat.begun(by: beginning)
    if format.isText {
      guard beginning.contains(where: { $0 < 9 }), content != .gzip else { return }
      throw .malformed(
        place: path, format: format, reason: "it holds bytes that no text holds")
    }
    guard content == .gzip || format.begins(beginning) else {
      throw .wrongMagic(
        path: path, format: format, looksLike: FileFormat.described(firstBytes: beginning))
    }
  }

  /// Some forms inflate while they read; for the others the whole is inflated first.
  private static func readCompressed(
    _ source: any ByteSource, path: String
  ) throws(DataError) -> FileContents {
    let inner = path.pathExtension == "gz" ? path.withoutPathExtension : path
    let beginning = try ByteStreams.inflatingIfNeeded(source).beginning(ForeignFile.beginningSize)
    guard !beginning.isEmpty else { throw .empty(path: path) }
    // One layer only: a gzip file inside a gzip file is nobody's data.
    guard FileFormat.begun(by: beginning) != .gzip else {
      throw .malformed(place: path, format: .gzip, reason: "it is compressed twice")
    }
    let format = try format(path: inner, beginning: beginning, archive: nil)
    if format.readsCompressed, let read = format.read { return try read(source) }
    let bytes = try ByteStreams.inflatingIfNeeded(source).remainingBytes()
    return try read(MemorySource(bytes, place: path), path: inner)
  }
}

extension ForeignFile {
  /// The error for a file that is one of these, or bears its name at least.
  func error(_ path: String, byName: Bool = false) -> DataError {
    .foreign(
      path: path, name: (byName ? "named like " : "") + name, advice: advice(for: path))
  }

  /// Whether its content alone does not tell what it is.
  fileprivate var isContainer: Bool { name == Self.pickle.name || name == Self.zip.name }
}
