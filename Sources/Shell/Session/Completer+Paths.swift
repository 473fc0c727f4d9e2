import Console
import Files
import Language
import Library
import Platform
import Prompt
import Syntax

/// Strings and file paths.
extension Completer {
  /// How a path is written.
  enum Quoting {
    /// A word of a command, in quotes only where it must be.
    case bare
    /// Inside quotes that are open, in an expression.
    case quoted
  }

  /// Inside a string: the choices of the argument that it is, or files.
  func string(_ typed: String, _ place: CompletionPlace) -> Completions {
    if let bracket = place.bracket, bracket.kind == "(", let start = place.stringStart {
      let head = place.text(upTo: start - 1)
      let callee = CompletionPlace.trailingWord(place.text(upTo: bracket.place))
      let label = CompletionPlace.trailingWord(
        String(head.filter { $0 != " " }.dropLast(head.hasSuffix("=") ? 1 : 0)))
      if head.filter({ $0 != " " }).hasSuffix("="),
        let parameter = Builtin.named(callee)?.declaration.parameters.first(
          where: { $0.name == label }),
        case .choice(let choices) = parameter.kind
      {
        return Completions(choices.map { .init($0, ending: "\"") }, typed: typed)
      }
    }
    let command = place.statement.prefix { $0 != " " }
    return paths(typed, quoting: .quoted, for: place.bracket == nil ? String(command) : "")
  }

  /// The files and folders that begin as what was typed.
  ///
  /// - Parameter command: the command that the path is for: it may read only some files.
  func paths(
    _ typed: String, quoting: Quoting, for command: String,
    also others: [Completions.Candidate] = []
  ) -> Completions {
    let source = typed
    let typed = quoting == .quoted ? Self.unescaped(typed) : typed
    let slash = typed.lastIndex(of: "/")
    let folder = slash.map { String(typed[...$0]) } ?? ""
    let start = slash.map { String(typed[typed.index(after: $0)...]) } ?? typed
    var opened = folder.isEmpty ? "." : folder
    if opened.hasPrefix("~/"), let home = Environment["HOME"] { opened = home + opened.dropFirst() }
    var found = folder.isEmpty ? others : []
    for entry in Self.entries(of: opened) {
      guard entry.name.hasPrefix(start), start.hasPrefix(".") || !entry.name.hasPrefix("."),
        entry.isFolder || Self.isRead(entry.name, by: command)
      else { continue }
      found.append(Self.candidate(folder, entry, quoting))
    }
    return Completions(found, typed: typed, as: source)
  }

  private struct Entry {
    let name: String
    let isFolder: Bool
  }

  private static func entries(of folder: String) -> [Entry] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var found: [Entry] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name != ".", name != "..", !name.contains("\n") else { continue }
      var status = stat()
      let isFolder =
        switch Int32(entry.pointee.d_type) {
        case Int32(DT_DIR): true
        case Int32(DT_REG): false
        default: stat(folder + "/" + name, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        }
      found.append(Entry(name: name, isFolder: isFolder))
    }
    return found
  }

  /// Whether a command can do something with a file of this name.
  private static func isRead(_ name: String, by command: String) -> Bool {
    switch command {
    case "run": return name.hasSuffix(".nns")
    case "load": return FileFormat.all.contains { $0.isAnnounced(by: name) }
    default: return true
    }
  }

  private static func candidate(
    _ folder: String, _ entry: Entry, _ quoting: Quoting
  ) -> Completions.Candidate {
    let path = folder + entry.name
    let label = entry.name + (entry.isFolder ? "/" : "")
    switch quoting {
    case .quoted:
      return .init(
        path, ending: entry.isFolder ? "/" : "\"", label: label, written: escaped(path))
    case .bare:
      if path.allSatisfy(isBare) {
        return .init(path, ending: entry.isFolder ? "/" : " ", label: label)
      }
      // The quotes of a folder stay open: its files follow.
      return .init(
        path, ending: entry.isFolder ? "/" : "\" ", label: label, written: "\"" + escaped(path))
    }
  }

  private static func isBare(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || "_-./~+:@%,".contains(character)
  }

  private static func escaped(_ path: String) -> String {
    path.map { character in
      switch character {
      case "\"": "\\\""
      case "\\": "\\\\"
      case "{": "{{"
      case "}": "}}"
      default: String(character)
      }
    }.joined()
  }

  private static func unescaped(_ text: String) -> String {
    text.replacing("{{", with: "{").replacing("}}", with: "}").replacing("\\\"", with: "\"")
      .replacing("\\\\", with: "\\")
  }
}
