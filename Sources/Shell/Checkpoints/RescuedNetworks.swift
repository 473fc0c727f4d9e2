import Console
import Datasets
import Files
import Language
import Networks
import Platform

/// Networks of trainings that the process did not live to finish, in the user's state folder.
///
/// Beside each file that nobody has been told of lies a note of what happened. The next script that
/// starts tells of it once, the prompt tells of it whether a script has or not and takes the note
/// away, and so does loading the file. The newest `kept` files stay.
enum RescuedNetworks {
  /// `nnsh/rescued` in the user's state folder; nil where there is no home.
  static var folder: String? {
    Environment.folder("XDG_STATE_HOME", inHome: ".local/state").map { $0 + "/nnsh/rescued" }
  }

  private static let ending = ".nnsh"
  private static let noteEnding = ".note"
  /// Of a note that a script has told of.
  private static let toldEnding = ".told"
  /// How many files stay: nobody else deletes them.
  static let kept = 20

  /// Writes a network, whole or not at all.
  ///
  /// - Parameters:
  ///   - name: the variable that held it.
  ///   - reason: what ended the training, as `SIGTERM in epoch 3 of 10`.
  ///   - path: where the training was saved anyway; nil for the state folder.
  /// - Returns: the file's path, and how many of the oldest files made room for it.
  static func keep(
    _ network: Network, named name: String, because reason: String, at path: String? = nil
  ) throws -> (path: String, deleted: Int) {
    let word = String(name.map { $0.isLetter || $0.isNumber ? $0 : "_" }.prefix(40))
    let own = folder.map { "\($0)/\(word)-\(timestamp())-\(getpid())\(ending)" }
    guard let target = path ?? own else {
      throw RuntimeError.other("there is no folder for it: HOME is not set", hint: nil)
    }
    if let folder { makeFolders(folder) }
    try NetworkFile.write(network, to: target)
    if let own {
      let elsewhere = path.map { absolute($0) + "\n" } ?? ""
      write("\(word)\n\(reason)\n" + elsewhere, to: own + noteEnding)
    }
    return (target, path == nil ? deleteOldest() : 0)
  }

  private static func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    guard let folder = getcwd(nil, 0) else { return path }
    defer { free(folder) }
    return String(cString: folder) + "/" + path
  }

  /// - Returns: how many went.
  private static func deleteOldest() -> Int {
    let files = files(endingIn: ending).map { path -> (path: String, time: Int) in
      var status = stat()
      return (path, stat(path, &status) == 0 ? status.st_mtim.tv_sec : 0)
    }
    let newestFirst = files.sorted { ($0.time, $0.path) > ($1.time, $1.path) }
    let old = newestFirst.dropFirst(kept)
    for file in old {
      unlink(file.path)
      for ending in [noteEnding, toldEnding] { unlink(file.path + ending) }
    }
    return old.count
  }

  /// A line for each network that nobody has been told of, oldest first; the reader need not be told
  /// again.
  ///
  /// - Parameter reader: at the prompt, what a script has told of counts as untold.
  static func tell(_ reader: Reader) -> [String] {
    let notes = notes(for: reader)
    defer { markTold(notes, to: reader) }
    return notes.compactMap { note in
      guard let bytes = try? ScriptFile.read(note).bytes else { return nil }
      let text = String(decoding: bytes.prefix(4000), as: UTF8.self).split(separator: "\n")
      guard text.count >= 2 else { return nil }
      let path = text.count > 2 ? String(text[2]) : withoutEnding(note)
      guard access(path, F_OK) == 0 else { return nil }
      return "a training was ended by \(text[1]): "
        + "load \(quoted(path)) as \(text[0]) brings its network back"
    }
  }

  /// Whose start it is that tells.
  enum Reader { case prompt, script }

  private static func markTold(_ notes: [String], to reader: Reader) {
    for note in notes {
      switch reader {
      case .prompt: unlink(note)
      case .script: rename(note, withoutEnding(note) + toldEnding)
      }
    }
  }

  /// The file that a note lies beside.
  private static func withoutEnding(_ note: String) -> String {
    String(note.dropLast(note.hasSuffix(toldEnding) ? toldEnding.count : noteEnding.count))
  }

  private static func notes(for reader: Reader) -> [String] {
    let untold = files(endingIn: noteEnding)
    return reader == .script ? untold : (untold + files(endingIn: toldEnding)).sorted()
  }

  /// Nobody need be told again of this file, which has been loaded.
  static func markTold(_ path: String) {
    guard let folder else { return }
    if path.hasPrefix(folder + "/") {
      for ending in [noteEnding, toldEnding] { unlink(path + ending) }
    }
    for note in notes(for: .prompt) {
      let bytes = (try? ScriptFile.read(note).bytes) ?? []
      let text = String(decoding: bytes.prefix(4000), as: UTF8.self).split(separator: "\n")
      if text.count > 2, String(text[2]) == absolute(path) { unlink(note) }
    }
  }

  /// How the file is given to `load`.
  static func quoted(_ path: String) -> String { path.contains(" ") ? "\"\(path)\"" : path }

  private static func files(endingIn ending: String) -> [String] {
    guard let folder, let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var found: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        // SAFETY: the system ends the name with a zero within the field.
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(ending), !name.hasPrefix(".") { found.append(folder + "/" + name) }
    }
    return found.sorted()
  }

  private static func write(_ text: String, to path: String) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return }
    _ = OutputStream.writeAll(Array(text.utf8), to: descriptor)
    close(descriptor)
  }

  private static func makeFolders(_ folder: String) {
    for (index, character) in zip(folder.indices, folder)
    where character == "/" && index > folder.startIndex {
      mkdir(String(folder[..<index]), 0o700)
    }
    mkdir(folder, 0o700)
  }

  /// `20261127-004512`
  private static func timestamp() -> String {
    var now = time(nil)
    var parts = tm()
    localtime_r(&now, &parts)
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(parts.tm_year + 1900)\(two(parts.tm_mon + 1))\(two(parts.tm_mday))-"
      + two(parts.tm_hour) + two(parts.tm_min) + two(parts.tm_sec)
  }
}
