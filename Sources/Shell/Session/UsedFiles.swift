import Files
import Language
import Platform
import Syntax

/// The files that `use` has run, each once a session.
package final class UsedFiles {
  /// What each file defined, by its path from the root.
  private var records: [String: Value] = [:]
  /// The files that are being run, the outermost first.
  private var running: [String] = []

  /// The record of what a file defines; it is run the first time.
  ///
  /// - Parameters:
  ///   - path: as written; a relative one starts from the folder of `user`.
  ///   - user: the file that the command stands in, or `<prompt>` and the like.
  func use(
    _ path: String, from user: String, _ session: Session, on machine: Machine
  ) throws -> Value {
    let shown = Self.resolved(path, from: user)
    let file = Self.canonical(shown)
    if let record = records[file] { return record }
    if let first = running.firstIndex(of: file) {
      let names = (running[first...] + [file]).map(\.lastPathComponent)
      throw RuntimeError.other(
        "files use each other in a circle: \(names.joined(separator: " → "))",
        hint: "move what both need into a third file")
    }
    let source: SourceText
    do { source = try ScriptFile.read(shown) } catch {
      throw RuntimeError.other(error.message, hint: nil)
    }
    running.append(file)
    defer { running.removeLast() }
    let scope = Scope(file: file)
    try session.runUsed(source, scope, on: machine)
    let record = Value.fields(machine.globals.variables(of: scope))
    records[file] = record
    return record
  }

  /// A path as a file writes it: a relative one starts from the folder of that file.
  static func resolved(_ path: String, from user: String) -> String {
    let isFile = !user.hasPrefix("<") && user != "-c"
    guard !path.hasPrefix("/"), isFile, user.contains("/") else { return path }
    return user.parentDirectory.appendingPath(path)
  }

  /// The path from the root, without links, where there is such a file.
  package static func canonical(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
