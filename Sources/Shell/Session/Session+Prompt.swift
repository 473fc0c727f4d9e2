import CEditline
import Console
import Language
import Library
import Networks
import Platform
import Prompt
import Syntax
import Tensors

extension Session {
  /// Reads statements and runs them until the end of input or `quit`.
  ///
  /// - Parameter begins: whether the session begins here: with the start-up file and a greeting.
  /// - Returns: the exit code.
  func runPrompt(begins: Bool = true) -> Int32 {
    if begins { runStartupFile() }
    if let code = machine.exitCode { return code }
    isAtPrompt = true
    let source = reader
    if begins, !commandLine.isQuiet, terminal.showsOutput {
      writeError("nnsh \(Version.text)  ·  help teaches it in a minute, Ctrl-D leaves\n")
    }
    var lastFailed = false
    while machine.exitCode == nil {
      audience.flush()
      CallStack.releaseUnused()
      switch source.next() {
      case .endOfInput:
        // What was typed at a terminal is the user's to judge; a piped session reports failure.
        return source.isEditing || !lastFailed ? ExitCode.success : ExitCode.failure
      case .interrupted:
        Interrupt.clear()
        if source.explainsLeaving() { writeError("Ctrl-D or quit leaves\n") }
      case .terminated(let number): return end(bySignal: number)
      case .text(let text):
        guard text.contains(where: { !$0.isWhitespace }) else { continue }
        lastFailed = !runTyped(text, source)
      }
    }
    return machine.exitCode ?? ExitCode.success
  }

  /// Ends as a signal asks: the terminal is as it was and the history on disk.
  func end(bySignal number: Int32) -> Int32 {
    audience.flush()
    signal(number, SIG_DFL)
    raise(number)
    return 128 + number
  }

  /// Runs what was typed.
  ///
  /// - Returns: whether it worked.
  private func runTyped(_ text: String, _ source: PromptReader) -> Bool {
    remember(text, source)
    hasWaited = false
    let start = MonotonicClock.now()
    let code = runEntered(SourceText(text, name: "<prompt>"))
    let seconds = MonotonicClock.now() - start
    if seconds >= 2, !hasWaited, machine.exitCode == nil, source.isEditing {
      let paint = Paint(isOn: terminal.colorsErrors)
      writeError(paint.dim("took \(NumberForm.duration(seconds))") + "\n")
    }
    return code == ExitCode.success
  }

  /// Runs what was entered: at the prompt, or by a program.
  ///
  /// - Returns: the exit code that it would have as a script.
  package func runEntered(_ source: SourceText) -> Int32 {
    let text = source.text(in: Span(0, source.bytes.count))
    transcript?.addStatement(text)
    isRunningTyped = true
    let code = runLooking(source, text)
    isRunningTyped = false
    transcript?.endStatement(hasFailed: code != ExitCode.success)
    Interrupt.clear()
    return code
  }

  /// Runs what was entered; where an error has left a function open, with its variables in sight.
  private func runLooking(_ source: SourceText, _ text: String) -> Int32 {
    let depth = machine.runningDepth
    var code = ExitCode.success
    if let view = openFrame {
      if !view.run(text, in: self) { code = ExitCode.failure }
    } else {
      code = runScript(source)
    }
    if depth == 0 { openFailedFrame(after: code) }
    return machine.exitCode ?? code
  }

  /// Opens the function in which an error arose, where `-i` asks for it.
  ///
  /// - Parameter code: what the statements ended with.
  func openFailedFrame(after code: Int32) {
    defer { machine.failedFrame = nil }
    guard code == ExitCode.failure, let frame = machine.failedFrame else { return }
    openFrame = FrameView(frame)
    writeError(
      "\(frame.function) is open at \(frame.place): who lists its variables, expressions see them\n"
    )
  }

  func remember(_ text: String, _ source: PromptReader) {
    guard remember(text) else { return }
    source.remember(text)
    historyFile?.append(text)
  }

  /// Adds to the statements of this session, for `history`.
  ///
  /// - Returns: whether it is one that is kept.
  @discardableResult
  package func remember(_ text: String) -> Bool {
    guard settings.keepsHistory, HistoryFile.isKept(text) else { return false }
    typed.append(text)
    return true
  }

  private func runStartupFile() {
    guard commandLine.runsStartupFile,
      let folder = Environment.folder("XDG_CONFIG_HOME", inHome: ".config")
    else { return }
    let path = folder + "/nnsh/rc.nns"
    guard access(path, F_OK) == 0 else { return }
    do {
      for part in try ScriptFile.read(path).parts(completeness: PromptReader.completeness) {
        _ = runScript(part)
        guard machine.exitCode == nil else { return }
      }
    } catch {
      writeError("error: \(error.message)\n")
    }
  }

  // MARK: transcript

  func startTranscript(_ path: String) throws {
    guard Ranks.isFirst else { return }
    do {
      let transcript = try makeTranscript(path)
      if transcript.continuesFile { writeError("\(path) is continued\n") }
      // That of another transcript that is on.
      self.transcript?.forgetStatement()
      self.transcript = transcript
    } catch {
      throw RuntimeError.other("cannot write \(path): \(error.reason)", hint: nil)
    }
  }

  func stopTranscript() {
    transcript?.forgetStatement()
    transcript = nil
  }

  package func statementBegins(_ statement: Statement, in source: SourceText) {
    statementDepth += 1
    if statementDepth == 1 { test?.begin() }
    // What a statement runs, as `run` does, comes with that statement; what is typed is written as
    // it was typed.
    guard let transcript, statementDepth == 1, !isRunningTyped else { return }
    let place = source.position(of: statement.span.start)
    let code = source.text(in: statement.span) + (statement.isSilenced ? ";" : "")
    transcript.addStatement("# \(EscapeCodes.shown(source.name)):\(place.line)\n" + code)
  }

  package func statementEnds(_ statement: Statement, hasFailed: Bool) {
    statementDepth -= 1
    if statementDepth == 0, !hasFailed { test?.end(statement, on: machine) }
    if statementDepth == 0 { noteMissingLibrary() }
    if statementDepth == 0, !isRunningTyped { transcript?.endStatement(hasFailed: hasFailed) }
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
    for fault in editor?.faults ?? [] {
      let path = EditorSettings.path ?? ""
      session.writeError("\(path):\(fault.line): this line is left out: \(fault.reason)\n")
    }
  }

  /// Whether a person edits the lines.
  var isEditing: Bool { isatty(STDIN_FILENO) == 1 }

  func remember(_ entry: String) { editor?.remember(entry) }

  /// Whether it is time to say how to leave: at every first Ctrl-C in a row.
  func explainsLeaving() -> Bool {
    interruptsInARow += 1
    return interruptsInARow == 1 || interruptsInARow % 3 == 0
  }

  func next(prompt: String = "nnsh> ") -> LineEditor.Line {
    // In this order, and never between Enter and the statement: a Ctrl-C pressed there is for it,
    // and one pressed here ends the read.
    editline_forget_interrupt()
    Interrupt.clear()
    session.endRow()
    guard let editor else { return nextPlain(prompt) }
    let line = editor.read(prompt: prompt)
    if case .text = line { interruptsInARow = 0 }
    if line == .endOfInput { session.writeError("\n") }
    return line
  }

  /// A statement of as many lines as it needs.
  private func nextPlain(_ prompt: String) -> LineEditor.Line {
    var text = ""
    while true {
      if isEditing { session.writeError(text.isEmpty ? prompt : "    … ") }
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
        // Of a line break of two bytes, both.
        let isPair = end > rest.startIndex && rest[end - 1] == UInt8(ascii: "\r")
        let line = String(decoding: rest[..<(isPair ? end - 1 : end)], as: UTF8.self)
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
        if errno == EAGAIN {
          // Whoever shares the terminal or pipe has made it one that does not wait.
          var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
          poll(&waiting, 1, 100)
          if !Interrupt.isRequested { continue }
        }
        return nil
      }
      if count == 0 { isAtEnd = true }
      rest += chunk.prefix(count)
    }
  }

  // MARK: LineEditorDelegate

  func isComplete(_ text: String) -> Bool {
    if case .incomplete = Self.completeness(text) { return false }
    return true
  }

  static func completeness(_ text: String) -> Parser.Completeness {
    Parser.completeness(of: text, commands: Command.syntaxByName)
  }

  /// The colours that are switched off by `NO_COLOR` and the like stand for all that moves.
  var showsLiveHelp: Bool { session.settings.showsHints && session.terminal.colorsOutput }

  func styles(of text: String, cursor: Int) -> LineStyles {
    session.styles(of: text, cursor: cursor)
  }

  func resultShape(of text: String) -> String { session.resultShape(of: text) }

  func completions(of text: String, at cursor: Int) -> Completions {
    session.completions(of: text, at: cursor)
  }
}
