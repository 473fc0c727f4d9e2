import Tensors

/// What a file or a name turned out to hold.
package enum Loaded: Sendable {
  case dataSet(DataSet)
  /// The arrays of an archive, in its order.
  case record([NamedTensor])
  /// One array; the header's cells where it is a table that has them.
  case tensor(Tensor, columnNames: [String])
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
  ) throws(DatasetError) -> Loaded {
    let isWord = !source.contains("/") && FileFormat(path: source) == nil
    if isWord {
      do throws(DatasetError) {
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
    default: return try read(try FileSource.open(path), path: path)
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

  private static func unknown(_ name: String, _ folders: DataFolders) -> DatasetError {
    let available = NamedSet.available(folders)
    let candidates = Set(available + NamedSet.all.map(\.name)).sorted()
    return .unknownSet(
      name: name, available: available, nearest: NearestName.of(name, among: candidates))
  }

  // MARK: Files

  static func read(_ source: any ByteSource, path: String) throws(DatasetError) -> Loaded {
    let start = try source.prefix(16)
    switch try format(path: path, start: start) {
    case .npy: return .tensor(try NPYFile.read(try SourceStream(source)), columnNames: [])
    case .idx:
      return .tensor(try IDXFile.read(try ByteStreams.inflatingIfNeeded(source)), columnNames: [])
    case .png: return .tensor(try PNGFile.read(try SourceStream(source)), columnNames: [])
    case .csv:
      let table = try CSVReader.read(source)
      return .tensor(table.tensor, columnNames: table.columnNames)
    case .npz:
      let (tensors, notes) = try NPZArchive.read(source)
      return notes.map { .parameters(tensors, notes: $0) } ?? .record(tensors)
    case .safetensors:
      let (tensors, notes) = try SafetensorsFile.read(source)
      return .parameters(tensors, notes: notes)
    case .gzip: return try readCompressed(source, path: path)
    }
  }

  /// The ending decides, so that a damaged file is called damaged; without a known ending, the
  /// first bytes decide. A gzip file may bear its content's ending alone.
  private static func format(path: String, start: [UInt8]) throws(DatasetError) -> FileFormat {
    let content = FileFormat(firstBytes: start)
    guard let named = FileFormat(path: path) else {
      if let content { return content }
      if FileFormat.isPickle(start) { throw .pickled(place: path) }
      throw .unknownFormat(path: path, writing: false)
    }
    if named == .gzip, content != .gzip {
      throw .wrongMagic(
        path: path, format: .gzip, looksLike: FileFormat.described(firstBytes: start))
    }
    return content == .gzip ? .gzip : named
  }

  /// IDX streams into its tensor; the other forms are inflated first.
  private static func readCompressed(
    _ source: any ByteSource, path: String
  ) throws(DatasetError) -> Loaded {
    let inner = path.pathExtension == "gz" ? path.withoutPathExtension : path
    var format = FileFormat(path: inner)
    if format == nil {
      format = FileFormat(firstBytes: try ByteStreams.inflatingIfNeeded(source).beginning(16))
    }
    if format == .idx {
      let tensor = try IDXFile.read(try ByteStreams.inflatingIfNeeded(source))
      return .tensor(tensor, columnNames: [])
    }
    let bytes = try ByteStreams.inflatingIfNeeded(source).remainingBytes()
    guard !bytes.isEmpty else { throw .empty(path: path) }
    // One layer only: a gzip file inside a gzip file is nobody's data.
    guard FileFormat(firstBytes: Array(bytes.prefix(2))) != .gzip else {
      throw .malformed(place: path, format: .gzip, reason: "it is compressed twice")
    }
    return try read(MemorySource(bytes, place: path), path: inner)
  }
}
