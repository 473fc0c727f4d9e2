import Files
import Syntax
import Tensors

/// What a file or a name turned out to hold.
package enum Loaded: Sendable {
  case dataSet(DataSet)
  case file(FileContents)
}

/// Finds and reads data: sets by name, and files of every known form.
package enum Loader {
  /// Loads `source`: a data set's name, or a path.
  ///
  /// A word without `/` and without a known ending is a name first, and a path only when no set
  /// is so named (`./letters` is always a path). Files are told apart by their ending, those
  /// without a known one by their first bytes (`isMapped` as there); a directory with IDX files, or with a folder of
  /// pictures for each class, is a data set.
  package static func load(
    _ source: String, folders: DataFolders = .standard, isMapped: Bool = false
  ) throws(DataError) -> Loaded {
    // Whatever standard input holds, by its content.
    if source == "-" { return .file(try FileReader.read("/dev/stdin")) }
    let isWord = !source.contains("/") && FileFormat.announced(by: source) == nil
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
      let name = bindingName(for: source)
      if IDXDirectory.looksLikeOne(path) {
        return .dataSet(try IDXDirectory.read(path, name: name, names: []))
      }
      return .dataSet(try PictureFolder.read(path, name: name))
    case .absent where isWord: throw unknown(source, folders)
    default: return .file(try FileReader.read(path, isMapped: isMapped))
    }
  }

  /// Loads files that hold parts of the same arrays or table, in this order.
  package static func load(
    joining paths: [String], isMapped: Bool = false
  ) throws(DataError) -> Loaded {
    .file(try FileReader.read(joining: paths.map(\.expandingHome), isMapped: isMapped))
  }

  /// The variable's name for what several files hold, by what comes before their numbers.
  package static func bindingName(forParts stem: String) -> String {
    let name = bindingName(for: stem)
    let short = String(name.reversed().drop { $0.isNumber || $0 == "_" }.reversed())
    return short.isEmpty || short == "data" ? name : short
  }

  /// The variable's name for what `source` holds: the file's name without endings, with `_` for
  /// what a name may not contain; `data` where nothing is left.
  package static func bindingName(for source: String) -> String {
    if let set = NamedSet.named(source) { return set.name }
    var stem = source.lastPathComponent
    while FileFormat.announced(by: stem) != nil, !stem.pathExtension.isEmpty {
      stem = stem.withoutPathExtension
    }
    var name = String(stem.map { $0.isLetter || $0.isNumber || $0 == "_" ? $0 : "_" })
    while name.hasPrefix("_") { name.removeFirst() }
    guard let first = name.first else { return "data" }
    return first.isLetter ? name : "_" + name
  }

  private static func unknown(_ name: String, _ folders: DataFolders) -> DataError {
    let available = NamedSet.available(folders)
    let candidates = Set(available + NamedSet.all.map(\.name) + FormulaSet.names).sorted()
    return .unknownSet(
      name: name, available: available, nearest: nearest(name, among: candidates, limit: 1).first)
  }
}
