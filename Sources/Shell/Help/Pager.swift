import CEditline
import Console
import Platform
import Syntax
import Tensors

/// Shows more lines than a screen holds: $PAGER, or less where it is installed.
enum Pager {
  /// The rows that lines take on a terminal, the wrapped ones counted.
  static func rows(_ lines: [String], columns: Int) -> Int {
    lines.reduce(0) { total, line in
      let width = DisplayWidth.of(EscapeCodes.removed(from: line))
      return total + max(1, (width + columns - 1) / max(1, columns))
    }
  }

  /// The command that pages; nil where there is none.
  static var command: String? {
    if let pager = Environment["PAGER"], pager.contains(where: { !$0.isWhitespace }) {
      return pager
    }
    let folders = (Environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
    return folders.contains { access("\($0)/less", X_OK) == 0 } ? "less -FRX" : nil
  }

  /// Pages a text and waits until the reader has left it.
  ///
  /// - Parameter atEnd: whether the reader first sees its end, where the pager can do that.
  /// - Returns: whether a pager ran.
  static func show(_ text: String, atEnd: Bool) -> Bool {
    guard var command else { return false }
    let program = command.split(separator: " ").first?.split(separator: "/").last
    if atEnd, program == "less" { command += " +G" }
    // For a PAGER that is a bare `less`, and for the signs of other alphabets.
    setenv("LESS", "FRX", 0)
    setenv("LESSCHARSET", "utf-8", 0)
    editline_lend_terminal()
    defer { editline_take_terminal() }
    guard let pipe = popen(command, "we") else { return false }
    // Ctrl-C is the pager's while it runs; ignored only now, as the pager would inherit it.
    var ignoring = sigaction()
    ignoring.__sigaction_handler.sa_handler = SIG_IGN
    var previous = sigaction()
    sigaction(SIGINT, &ignoring, &previous)
    let bytes = Array(text.utf8)
    fwrite(bytes, 1, bytes.count, pipe)
    let status = pclose(pipe)
    sigaction(SIGINT, &previous, nil)
    // 127 is the shell's word that there is no such pager.
    return status >> 8 != 127
  }
}

extension CommandContext {
  /// Writes lines of results; at the prompt, through a pager where the screen is too short.
  func page(_ lines: [String], atEnd: Bool = false) { session.page(lines, atEnd: atEnd) }

  /// The same of a table.
  func page(_ table: Table) {
    session.page(table.lines(width: width, paint: paint)) { table.richForm }
  }
}

extension Session {
  /// Writes lines of results; at the prompt, through a pager where the screen is too short.
  ///
  /// - Parameter form: another form in which pages and notebooks can show them.
  func page(_ lines: [String], atEnd: Bool = false, as form: (() -> RichForm)? = nil) {
    let text = lines.joined(separator: "\n") + "\n"
    let lines = text.dropLast().split(separator: "\n", omittingEmptySubsequences: false)
      .map(String.init)
    let size = Terminal.size()
    guard isAtPrompt, settings.usesPager, runDepth == 0, terminal.showsOutput,
      isatty(STDIN_FILENO) == 1, Environment["TERM"] != "dumb",
      Pager.rows(lines, columns: size.columns) >= size.rows
    else { return write(text, as: form) }
    audience.flush()
    hasWaited = true
    guard Pager.show(text, atEnd: atEnd) else { return write(text, as: form) }
    if let form {
      transcript?.addOutput(text, as: form)
    } else {
      transcript?.addOutput(text)
    }
  }

  private func write(_ text: String, as form: (() -> RichForm)?) {
    if let form { writeOutput(text, as: form) } else { writeOutput(text) }
  }
}
