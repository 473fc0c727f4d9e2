import Files
import Tensors

/// What a file or a name turned out to hold.
package enum Loaded: Sendable {
  case dataSet(DataSet)
  /// The arrays of an archive, in its order, and what of it was left out.
  case record([NamedTensor], remarks: [LoadRemark] = [])
  /// One array; the header's cells where it is a table that has them.
  case tensor(Tensor, columnNames: [String], remarks: [LoadRemark] = [])
  /// A network's parameters, with the notes that tell how to rebuild it.
  case parameters([NamedTensor], notes: [String: String])
}

/// Finds and reads data: sets by name, and files of every known form.
package enum Loader {
  /// Loads `source`: a data set's name, or a path.
  ///
  /// A word without `/` and without a known ending is a name first, and a path only when no set
  /// is so named (`./letters` is always a path). Files are told apart by their ending, those
  /// without a known one by their first bytes; a directory with IDX files is a data set.
  package static func load(
    _ source: String, folders: DataFolders = .standard
  ) throws(DataError) -> Loaded {
    let isWord = !source.contains("/") && FileFormat(path: source) == nil
    if isWord {
      do throws(DataError) {
        if let set = try NamedSet.load(source, folders: folders) { return .dataSet(set) }
      } catch {
        // A file of that name is a better answer than how to install the set.
        guard case .notInstalled = error, FileKind(path: source).isRegular else { throw error }
      }
    }
    let path = source.expandingHome
    switch FileKind(path: path) {
    case .directory:
      guard IDXDirectory.looksLikeOne(path) else { throw .isDirectory(path: source) }
      return .dataSet(try IDXDirectory.read(path, name: bindingName(for: source), names: []))
    case .absent where isWord: throw unknown(source, folders)
    default:
      let source = try FileSource.open(path) { (beginning) throws(DataError) in
        try requireSense(beginning, path: path)
      }
      return try read(source, path: path)
    }
  }

  /// The variable's name for what `source` holds: the file's name without endings, with `_` for
  /// what a name may not contain; `data` where nothing is left.
  package static func bindingName(for source: String) -> String {
    if let set = NamedSet.named(source) { return set.name }
    var stem = source.lastPathComponent
    while FileFormat(path: stem) != nil, !stem.pathExtension.isEmpty {
      stem = stem.withoutPathExtension
    }
    var name = String(stem.map { $0.isLetter || $0.isNumber || $0 == "_" ? $0 : "_" })
    while name.hasPrefix("_") { name.removeFirst() }
    guard let first = name.first else { return "data" }
    return first.isLetter ? name : "_" + name
  }

  private static func unknown(_ name: String, _ folders: DataFolders) -> DataError {
    let available = NamedSet.available(folders)
    let candidates = Set(available + NamedSet.all.map(\.name)).sorted()
    return .unknownSet(
      name: name, available: available, nearest: NearestName.of(name, among: candidates))
  }

  // MARK: Files

  static func read(_ source: any ByteSource, path: String) throws(DataError) -> Loaded {
    let beginning = try source.prefix(ForeignFile.beginningSize)
    switch try format(path: path, beginning: beginning, archive: source) {
    case .npy: return .tensor(try NPYFile.read(try SourceStream(source)), columnNames: [])
    case .idx:
      return .tensor(try IDXFile.read(try ByteStreams.inflatingIfNeeded(source)), columnNames: [])
    case .png: return .tensor(try PNGFile.read(try SourceStream(source)), columnNames: [])
    case .csv:
      let table = try CSVReader.read(source)
      return .tensor(table.tensor, columnNames: table.columnNames, remarks: table.remarks)
    case .npz:
      let archive = try NPZArchive.read(source)
      return archive.notes.map { .parameters(archive.tensors, notes: $0) }
        ?? .record(archive.tensors, remarks: archive.remarks)
    case .safetensors:
      let (tensors, notes) = try SafetensorsFile.read(source)
      return .parameters(tensors, notes: notes)
    case .gzip: return try readCompressed(source, path: path)
    }
  }

  /// The ending decides, so that a damaged file is called damaged; without a known ending, the
  /// first bytes decide. A gzip file may bear its content's ending alone. Files of other programs
  /// are named, by their content before their ending; `archive` is looked into where it is a zip.
  private static func format(
    path: String, beginning: [UInt8], archive: (any ByteSource)?
  ) throws(DataError) -> FileFormat {
    let content = FileFormat(firstBytes: beginning)
    guard let named = FileFormat(path: path) else {
      if let foreign = foreign(path, beginning, content, archive) { throw foreign }
      if let content { return content }
      if let announced = ForeignFile.announced(by: path) {
        throw announced.error(path, byName: true)
      }
      // What a pipe gives, as /dev/stdin, has no ending to go by.
      if path.pathExtension.isEmpty, beginsAsTable(beginning) { return .csv }
      throw .unknownFormat(path: path, writing: false)
    }
    if named == .gzip, content != .gzip {
      throw .wrongMagic(
        path: path, format: .gzip, looksLike: FileFormat.described(firstBytes: beginning))
    }
    if content == .gzip { return .gzip }
    if named == .csv, !isText(beginning) {
      if let foreign = foreign(path, beginning, content, archive) { throw foreign }
      if let content {
        throw .wrongMagic(path: path, format: .csv, looksLike: content.withArticle)
      }
    }
    if named != .csv, content == nil, let shown = ForeignFile.shown(by: beginning) {
      if shown.name == ForeignFile.pickle.name { throw .pickled(place: path) }
      throw .wrongMagic(path: path, format: named, looksLike: shown.name)
    }
    if content == .npz, let foreign = foreign(path, beginning, content, archive) { throw foreign }
    return named
  }

  /// The error for a file of another program.
  private static func foreign(
    _ path: String, _ beginning: [UInt8], _ content: FileFormat?, _ archive: (any ByteSource)?
  ) -> DataError? {
    var shown: ForeignFile?
    if content == .npz, let archive, let directory = try? ZipDirectory(archive) {
      shown = ForeignFile.shown(byNamesInZip: directory.entries.map(\.name))
    } else if content == nil {
      shown = ForeignFile.shown(by: beginning)
    }
    guard var shown else { return nil }
    // A pickle or a zip may be anyone's; the ending tells whose.
    if shown.isContainer, let announced = ForeignFile.announced(by: path) { shown = announced }
    return shown.error(path)
  }

  /// Whether the first bytes may begin a text.
  /// Whether a text begins as a table does: one of its first lines has a number among its cells.
  private static func beginsAsTable(_ beginning: [UInt8]) -> Bool {
    guard isText(beginning) else { return false }
    return beginning.split(separator: 10, maxSplits: 3).prefix(2).contains { line in
      let cells = line.split { [9, 13, 32, 44, 59].contains($0) }
      return cells.contains { Double(String(decoding: $0, as: UTF8.self)) != nil }
    }
  }

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
    let content = FileFormat(firstBytes: beginning)
    if format == .csv {
      guard beginning.contains(where: { $0 < 9 }), content != .gzip else { return }
      throw .malformed(
        place: path, format: .csv, reason: "it holds bytes that no text holds")
    }
    guard content == format || content == .gzip else {
      throw .wrongMagic(
        path: path, format: format, looksLike: FileFormat.described(firstBytes: beginning))
    }
  }

  /// IDX streams into its tensor; the other forms are inflated first.
  private static func readCompressed(
    _ source: any ByteSource, path: String
  ) throws(DataError) -> Loaded {
    let inner = path.pathExtension == "gz" ? path.withoutPathExtension : path
    let beginning = try ByteStreams.inflatingIfNeeded(source).beginning(ForeignFile.beginningSize)
    guard !beginning.isEmpty else { throw .empty(path: path) }
    // One layer only: a gzip file inside a gzip file is nobody's data.
    guard FileFormat(firstBytes: beginning) != .gzip else {
      throw .malformed(place: path, format: .gzip, reason: "it is compressed twice")
    }
    if try format(path: inner, beginning: beginning, archive: nil) == .idx {
      let tensor = try IDXFile.read(try ByteStreams.inflatingIfNeeded(source))
      return .tensor(tensor, columnNames: [])
    }
    let bytes = try ByteStreams.inflatingIfNeeded(source).remainingBytes()
    return try read(MemorySource(bytes, place: path), path: inner)
  }
}

extension ForeignFile {
  /// The error for a file that is one of these, or bears its name at least.
  fileprivate func error(_ path: String, byName: Bool = false) -> DataError {
    .foreign(
      path: path, name: (byName ? "named like " : "") + name, advice: advice(for: path))
  }

  /// Whether its content alone does not tell what it is.
  fileprivate var isContainer: Bool { name == Self.pickle.name || name == Self.zip.name }
}
