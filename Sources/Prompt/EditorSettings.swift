import CEditline
import Console
import Platform

/// What `~/.editrc` binds keys to.
///
/// We read the file ourselves: libedit crashes at a quote that is left open and at keys beyond 1,024
/// characters, and some of its functions draw prompts of their own. Only lines that were looked at
/// reach it.
package struct EditorSettings {
  /// A line that libedit may have.
  package struct Binding: Equatable {
    /// `bind` and what follows it, without quotes.
    package var words: [String]
    /// The bytes of the key.
    package let key: [UInt8]
  }

  /// A line that is left out.
  package struct Fault: Equatable {
    /// From 1.
    package let line: Int
    package let reason: String
  }

  /// Whether the keys are vi's.
  package private(set) var isVi = false
  package private(set) var bindings: [Binding] = []
  package private(set) var faults: [Fault] = []
  /// The keys of `bind -s`, and the texts that they stand for.
  private var macros: [(key: [UInt8], text: [UInt8])] = []

  /// The longest word of a line, in bytes.
  static let wordLimit = 200

  package init() {}

  /// Reads the lines of a file.
  package init(_ text: String) {
    let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    for (index, line) in lines.enumerated() {
      do throws(Refusal) {
        try read(line)
      } catch {
        faults.append(Fault(line: index + 1, reason: error.reason))
      }
    }
  }

  /// `$EDITRC`, else `~/.editrc`; nil where there is none.
  package static var path: String? {
    if let path = Environment["EDITRC"] { return path.isEmpty ? nil : path }
    guard let home = Environment["HOME"], !home.isEmpty else { return nil }
    return home + "/.editrc"
  }

  /// Reads the person's own file; nothing where it cannot be read.
  package static func load() -> EditorSettings {
    guard let path else { return EditorSettings() }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { return EditorSettings() }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      return EditorSettings()
    }
    var bytes = [UInt8](repeating: 0, count: min(Int(status.st_size), sizeLimit))
    let count = Platform.read(descriptor, &bytes, bytes.count)
    return EditorSettings(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self))
  }

  /// What is longer is no file of settings.
  private static let sizeLimit = 1 << 20

  // MARK: lines

  /// Why a line is left out.
  struct Refusal: Error {
    let reason: String
  }

  private mutating func read(_ line: Substring) throws(Refusal) {
    guard line.utf8.count <= 4096 else { throw Refusal(reason: "the line is too long") }
    guard !line.utf8.contains(0) else { throw Refusal(reason: "it holds a zero byte") }
    var words = try Self.words(of: line)
    guard var command = words.first else { return }
    // `bash:bind …` is for another program.
    if let colon = command.firstIndex(of: ":") {
      let program = command[..<colon]
      guard program == "*" || "nnsh".contains(program) else { return }
      command = String(command[command.index(after: colon)...])
    }
    // The others set what only libedit's own drawing needs, or print.
    guard command == "bind" else { return }
    words[0] = command
    try bind(words)
  }

  private mutating func bind(_ words: [String]) throws(Refusal) {
    var rest = words.dropFirst()
    var (isMacro, isRemoval) = (false, false)
    while let option = rest.first, option.hasPrefix("-"), option.count > 1 {
      rest = rest.dropFirst()
      if option == "--" { break }
      for letter in option.dropFirst() {
        switch letter {
        case "v": isVi = true
        case "e": isVi = false
        case "a": break
        case "s": isMacro = true
        case "r": isRemoval = true
        // Keys by their names in the terminal's description; prints a list.
        case "k", "l": return
        default: throw Refusal(reason: "bind has no option -\(letter)")
        }
      }
      if option.contains(where: { "ve".contains($0) }) { return }
    }
    guard let written = rest.first else { return }
    let key = try Self.bytes(of: written)
    if isRemoval {
      bindings.append(Binding(words: words, key: key))
      return
    }
    guard rest.count == 2, let target = rest.last else {
      if rest.count == 1 { return }
      throw Refusal(reason: "bind takes a key and a function")
    }
    if isMacro {
      try addMacro(key, try Self.bytes(of: target))
      bindings.append(Binding(words: words, key: key))
      return
    }
    guard let function = try Self.function(target) else { return }
    bindings.append(Binding(words: words.dropLast() + [function], key: key))
  }

  /// A text that holds a key that stands for a text could go on for ever.
  private mutating func addMacro(_ key: [UInt8], _ text: [UInt8]) throws(Refusal) {
    func holds(_ text: [UInt8], _ key: [UInt8]) -> Bool {
      guard text.count >= key.count else { return false }
      return (0...(text.count - key.count)).contains { text[$0...].starts(with: key) }
    }
    let others = macros + [(key, text)]
    guard others.allSatisfy({ !holds($0.text, key) && !holds(text, $0.key) }) else {
      throw Refusal(reason: "the text holds a key that stands for a text itself")
    }
    macros.append((key, text))
  }

  /// The function to bind: ours in place of libedit's that draw by themselves or know only its own
  /// history; nil for those that mean nothing here.
  private static func function(_ name: String) throws(Refusal) -> String? {
    guard !name.isEmpty, name.utf8.allSatisfy({ $0 == 45 || (97...122).contains($0) }) else {
      throw Refusal(reason: "\(name) is not the name of a function")
    }
    switch name {
    case "ed-newline": return "nnsh-enter"
    case "ed-prev-history", "ed-search-prev-history", "ed-prev-line": return "nnsh-up"
    case "ed-next-history", "ed-search-next-history", "ed-next-line": return "nnsh-down"
    case "em-inc-search-prev", "em-inc-search-next", "vi-search-prev", "vi-search-next",
      "vi-repeat-search-next", "vi-repeat-search-prev":
      return "nnsh-search"
    case "ed-kill-line": return "nnsh-kill-to-end"
    case "vi-kill-line-prev": return "nnsh-kill-to-start"
    case "ed-move-to-beg", "vi-zero": return "nnsh-home"
    case "ed-move-to-end": return "nnsh-end"
    case "ed-clear-screen", "ed-redisplay": return "nnsh-clear"
    case "ed-quoted-insert": return "nnsh-quote"
    case "em-copy-prev-word": return "nnsh-copy-word"
    case "vi-undo", "vi-undo-line": return "nnsh-undo"
    case "ed-command", "em-exchange-mark", "vi-histedit", "vi-to-history-line", "vi-alias",
      "vi-comment-out", "vi-history-word", "ed-sequence-lead-in", "ed-start-over",
      "ed-argument-digit", "em-universal-argument":
      return nil
    default: return name
    }
  }

  // MARK: libedit

  /// Hands the bindings to the editor, which is open.
  func apply() {
    for binding in bindings {
      let words = binding.words.map { strdup($0) }
      defer { words.forEach { free($0) } }
      var pointers = words.map { UnsafePointer($0) }
      let key = binding.key.map { CChar(truncatingIfNeeded: $0) } + [0]
      _ = editline_bind(&pointers, Int32(pointers.count), key)
    }
    editline_bind_own_keys()
  }
}
