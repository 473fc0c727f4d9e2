import CEditline
import Glibc
import Runtime
import Syntax
import Tensors

extension Session {
  /// Reads statements and runs them until the end of input or `quit`.
  ///
  /// - Returns: the exit code.
  func runPrompt() -> Int32 {
    runStartupFile()
    if let code = machine.exitCode { return code }
    isAtPrompt = true
    let source = PromptReader(session: self)
    if !commandLine.isQuiet, terminal.showsOutput {
      writeError("nnsh \(Version.text)  ·  help teaches it in a minute, Ctrl-D leaves\n")
    }
    var lastFailed = false
    while machine.exitCode == nil {
      output.flush()
      switch source.next() {
      case .endOfInput:
        // What was typed at a terminal is the user's to judge; a piped session reports failure.
        return source.isEditing || !lastFailed ? ExitCode.success : ExitCode.failure
      case .interrupted:
        Interrupt.clear()
        if source.explainsLeaving() { writeError("Ctrl-D or quit leaves\n") }
      case .terminated(let number):
        // The terminal is as it was and the history on disk: end as the signal asks.
        output.flush()
        signal(number, SIG_DFL)
        raise(number)
        return 128 + number
      case .text(let text):
        guard text.contains(where: { !$0.isWhitespace }) else { continue }
        lastFailed = !runTyped(text, source)
      }
    }
    return machine.exitCode ?? ExitCode.success
  }

  /// Runs what was typed.
  ///
  /// - Returns: whether it worked.
  private func runTyped(_ text: String, _ source: PromptReader) -> Bool {
    remember(text, source)
    transcript?.addStatement(text)
    hasWaited = false
    let start = MonotonicClock.now()
    let code = runScript(SourceText(text, name: "<prompt>"))
    transcript?.endStatement(hasFailed: code != ExitCode.success)
    Interrupt.clear()
    let seconds = MonotonicClock.now() - start
    if seconds >= 2, !hasWaited, machine.exitCode == nil, source.isEditing {
      let paint = Paint(isOn: terminal.colorsErrors)
      writeError(paint.dim("took \(NumberForm.duration(seconds))") + "\n")
    }
    return code == ExitCode.success
  }

  private func remember(_ text: String, _ source: PromptReader) {
    guard settings.keepsHistory, HistoryFile.isKept(text) else { return }
    typed.append(text)
    source.remember(text)
    historyFile?.append(text)
  }

  private func runStartupFile() {
    guard commandLine.runsStartupFile,
      let folder = Environment.folder("XDG_CONFIG_HOME", inHome: ".config")
    else { return }
    let path = folder + "/nnsh/rc.nns"
    guard access(path, F_OK) == 0 else { return }
    do {
      _ = runScript(try ScriptFile.read(path))
    } catch {
      writeError("error: \(error.message)\n")
    }
  }

  // MARK: transcript

  func startTranscript(_ path: String) throws {
    guard let transcript = Transcript(path: path) else {
      throw RuntimeError.other(
        "cannot write \(path): \(String(cString: strerror(errno)))", hint: nil)
    }
    self.transcript = transcript
  }

  func stopTranscript() {
    transcript?.forgetStatement()
    transcript = nil
  }
}

/// Where the statements of a prompt come from: the line editor on a terminal, plain lines otherwise.
final class PromptReader: LineEditorDelegate {
  private unowned let session: Session
  private var editor: LineEditor?
  private var rest: [UInt8] = []
  private var isAtEnd = false
  private var interruptsInARow = 0

  init(session: Session) {
    self.session = session
    guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1,
      Environment["TERM"] != nil, Environment["TERM"] != "dumb"
    else { return }
    let past = session.settings.keepsHistory ? session.historyFile?.entries() ?? [] : []
    editor = LineEditor(delegate: self, history: past)
  }

  /// Whether a person edits the lines.
  var isEditing: Bool { isatty(STDIN_FILENO) == 1 }

  func remember(_ entry: String) { editor?.remember(entry) }

  /// Whether it is time to say how to leave: at every first Ctrl-C in a row.
  func explainsLeaving() -> Bool {
    interruptsInARow += 1
    return interruptsInARow == 1 || interruptsInARow % 3 == 0
  }

  func next() -> LineEditor.Line {
    // In this order, and never between Enter and the statement: a Ctrl-C pressed there is for it,
    // and one pressed here ends the read.
    editline_forget_interrupt()
    Interrupt.clear()
    guard let editor else { return nextPlain() }
    let line = editor.read(prompt: "nnsh> ")
    if case .text = line { interruptsInARow = 0 }
    if line == .endOfInput { session.writeError("\n") }
    return line
  }

  /// A statement of as many lines as it needs.
  private func nextPlain() -> LineEditor.Line {
    var text = ""
    while true {
      if isEditing { session.writeError(text.isEmpty ? "nnsh> " : "    … ") }
      guard let line = nextLine() else {
        if Interrupt.isRequested { return .interrupted }
        return text.isEmpty ? .endOfInput : .text(text)
      }
      text += (text.isEmpty ? "" : "\n") + line
      if isComplete(text) { return .text(text) }
    }
  }

  private func nextLine() -> String? {
    while true {
      if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: rest[..<end], as: UTF8.self)
        rest.removeSubrange(...end)
        return line
      }
      if isAtEnd {
        guard !rest.isEmpty else { return nil }
        defer { rest = [] }
        return String(decoding: rest, as: UTF8.self)
      }
      var chunk = [UInt8](repeating: 0, count: 4096)
      let count = read(STDIN_FILENO, &chunk, chunk.count)
      if count < 0 {
        if errno == EINTR, !Interrupt.isRequested { continue }
        return nil
      }
      if count == 0 { isAtEnd = true }
      rest += chunk.prefix(count)
    }
  }

  // MARK: LineEditorDelegate

  func isComplete(_ text: String) -> Bool {
    if case .incomplete = Parser.completeness(of: text, commands: Command.syntaxByName) {
      return false
    }
    return true
  }

  /// The colours that are switched off by `NO_COLOR` and the like stand for all that moves.
  var showsLiveHelp: Bool { session.settings.showsHints && session.terminal.colorsOutput }

  func styles(of text: String, cursor: Int) -> LineStyles {
    LineStyles(
      of: text, cursor: cursor, isCommand: { Command.named($0) != nil },
      isFunction: { [machine = session.machine] in
        Builtin.named($0) != nil && !machine.globals.isUserDefined($0)
      })
  }

  func resultShape(of text: String) -> String {
    ShapeInference(machine: session.machine).resultShape(of: text)
  }

  func completions(of text: String, at cursor: Int) -> Completions {
    Completer(machine: session.machine, session: session).completions(of: text, at: cursor)
  }
}
