import Platform
import Syntax

/// The scripts that `use` binds, as far as they can be known without running them.
enum UsedScripts {
  /// So many files may use each other in a row.
  private static let deepest = 8
  /// Longer ones are not read while somebody types.
  private static let longest = 1 << 20

  /// What is known of each, by the name that it is bound to.
  ///
  /// - Parameter files: those that use the script, the outermost first, by their paths from the root.
  static func known(
    in statements: [Statement], of source: SourceText, _ commandLine: CommandLine,
    usedBy files: [String]
  ) -> [String: ScriptKnowledge] {
    let files = files + [UsedFiles.canonical(source.name)]
    guard files.count <= deepest else { return [:] }
    var known: [String: ScriptKnowledge] = [:]
    for case .command(let command) in statements.map(\.kind) where command.name.text == "use" {
      guard let path = command.values("path").first?.value.plainText,
        case .word(let name)? = command.values("name").first?.value
      else { continue }
      let file = UsedFiles.resolved(path, from: source.name)
      guard !files.contains(UsedFiles.canonical(file)), isShortFile(file),
        let script = try? ScriptFile.read(file)
      else { continue }
      known[name] = try? ScriptKnowledge(script, commandLine, usedBy: files)
    }
    return known
  }

  /// Reading a pipe would wait for its writer.
  private static func isShortFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
      && status.st_size <= longest
  }
}

extension CommandArgument.Value {
  /// A bare word, or a string without braces.
  fileprivate var plainText: String? {
    switch self {
    case .word(let word): return word
    case .expression(let expression):
      guard case .string(let text) = expression.kind else { return nil }
      return text
    }
  }
}
