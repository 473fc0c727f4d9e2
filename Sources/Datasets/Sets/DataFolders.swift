import Files

/// Where data sets are looked for by name.
package struct DataFolders: Sendable {
  /// In order of preference; some may not exist.
  package var paths: [String]

  package init(_ paths: [String]) { self.paths = paths }

  /// `$NNSH_DATA` (several, with `:` between them), `$XDG_DATA_HOME/nnsh`, and the system's.
  package static var standard: DataFolders {
    var paths = environmentVariable("NNSH_DATA")?.split(separator: ":").map(String.init) ?? []
    if let data = environmentVariable("XDG_DATA_HOME") {
      paths.append(data.appendingPath("nnsh"))
    } else if let home = environmentVariable("HOME") {
      paths.append(home.appendingPath(".local/share/nnsh"))
    }
    return DataFolders(paths + ["/usr/share/datasets"])
  }

  /// The first folder's `NAME/` with IDX files, or `NAME.npz`.
  func find(_ names: [String]) -> String? {
    for folder in paths {
      for name in names {
        let path = folder.appendingPath(name)
        if IDXDirectory.looksLikeOne(path) { return path }
        if FileKind(path: path + ".npz").isRegular { return path + ".npz" }
      }
    }
    return nil
  }

  /// The names of all sets in the folders, sorted.
  func names() -> [String] {
    var names: Set<String> = []
    for folder in paths {
      for entry in directoryEntries(folder) {
        if entry.hasSuffix(".npz") {
          names.insert(String(entry.dropLast(4)))
        } else if IDXDirectory.looksLikeOne(folder.appendingPath(entry)) {
          names.insert(entry)
        }
      }
    }
    return names.sorted()
  }
}
