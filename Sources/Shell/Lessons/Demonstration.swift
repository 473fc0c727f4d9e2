import CEditline
import Console
import Language
import Platform
import Syntax
import Tensors

/// Plays a script to people: its comments as prose, its code typed at a prompt, a pause before
/// each statement runs.
///
/// Without a terminal to type on, all is printed and run at once.
struct Demonstration {
  /// How it ended.
  enum Ending: Equatable {
    case finished
    /// The audience had enough.
    case left
    /// A statement failed: what follows mostly needs it.
    case failed
  }

  private let session: Session
  private let paint: Paint
  /// The variables that the person's own statements have given values, or taken away.
  private(set) var assigned: Set<String> = []
  /// The keys that pauses wait for; nil without a terminal.
  private let keys: Keys?

  init(_ session: Session) {
    self.session = session
    paint = Paint(isOn: session.terminal.colorsOutput)
    keys =
      session.terminal.showsOutput && isatty(STDIN_FILENO) == 1 && Environment["TERM"] != "dumb"
      ? Keys() : nil
  }

  /// Plays a script.
  ///
  /// - Parameter worst: the exit code of what failed, if anything did.
  /// - Throws: a syntax error; nothing has run then.
  mutating func play(_ source: SourceText, worst: inout Int32) throws(Diagnostic) -> Ending {
    let parts = try ScriptPart.parts(of: source)
    if keys != nil {
      session.hasWaited = true
      session.writeOutput(
        paint.dim("Enter runs what was typed, q leaves; other keys type a statement of your own")
          + "\n\n")
    }
    var previous: ScriptPart.Kind?
    for part in parts {
      if previous != nil, part.kind == .prose || previous == .prose { session.writeOutput("\n") }
      previous = part.kind
      guard part.kind == .code else {
        showProse(part.text)
        continue
      }
      guard type(part.text) else { return .left }
      // Line feeds in front keep the places that errors name right.
      let above = String(repeating: "\n", count: part.line - 1)
      let code = session.runScript(SourceText(above + part.text, name: source.name))
      Interrupt.clear()
      session.endRow()
      if session.machine.exitCode != nil { return .finished }
      if code != Session.ExitCode.success {
        worst = code
        // Ctrl-C ends the whole of it, not one statement of many.
        if !session.commandLine.keepsGoing || code == Session.ExitCode.interrupted {
          return .failed
        }
      }
    }
    return .finished
  }

  private func showProse(_ text: String) {
    let width = min(76, Terminal.size().columns - 2)
    for line in TextLayout.wrapped(text, to: max(20, width)) {
      session.writeOutput(paint(line, .cyan) + "\n")
    }
  }

  // MARK: typing

  /// Types code and waits for Enter. Another key begins a statement of the person's own, after which
  /// the code is there again.
  ///
  /// - Returns: false where the audience leaves.
  private mutating func type(_ code: String) -> Bool {
    var isNew = true
    while true {
      session.writeOutput(paint("nnsh>", .green, bold: true) + " ")
      guard let keys else {
        session.writeOutput(code + "\n")
        return true
      }
      switch keys.withRawInput({ waitForKey(keys, typing: coloured(code), slowly: isNew) }) {
      case .enter:
        session.writeOutput("\n")
        return true
      case .leave: return leave()
      case .other(let byte):
        session.writeOutput("\n")
        guard runStatement(beginningWith: byte) else { return leave() }
      }
      isNew = false
    }
  }

  /// Shows code, at a person's speed at first, and waits for a key.
  private func waitForKey(_ keys: Keys, typing pieces: [String], slowly: Bool) -> Keys.Key {
    // A long statement takes no longer than a second and a half.
    let pause = max(1, min(25, 1500 / max(1, pieces.count)))
    var isHurried = !slowly
    var key: Keys.Key?
    for (index, piece) in pieces.enumerated() {
      session.writeOutput(piece)
      // A key after the last one is no longer about the typing.
      guard !isHurried, index + 1 < pieces.count else { continue }
      switch keys.next(within: Int32(pause)) {
      case .leave: return .leave
      case .none: break
      case .enter: isHurried = true
      case let other?: (isHurried, key) = (true, other)
      }
    }
    while true {
      if let key = key ?? keys.next(within: -1) { return key }
    }
  }

  /// Lets the person type a statement, and runs it; an empty one goes on.
  ///
  /// - Returns: false where they leave.
  private mutating func runStatement(beginningWith byte: UInt8) -> Bool {
    editline_give_back(byte)
    switch session.reader.next() {
    case .text(let text):
      guard text.contains(where: { !$0.isWhitespace }) else { return true }
      session.remember(text, session.reader)
      let before = session.machine.globals.userDefined
      _ = session.runScript(SourceText(text, name: "<prompt>"))
      noteAssigned(since: before)
      Interrupt.clear()
      session.endRow()
      return session.machine.exitCode == nil
    case .interrupted:
      Interrupt.clear()
      return true
    case .endOfInput: return false
    case .terminated(let number):
      _ = session.end(bySignal: number)
      return false
    }
  }

  private mutating func noteAssigned(since before: [(name: String, value: Value)]) {
    let globals = session.machine.globals
    let known = Dictionary(uniqueKeysWithValues: before.map { ($0.name, $0.value) })
    for (name, value) in globals.userDefined
    where !(known[name]?.isIdentical(to: value) ?? false) { assigned.insert(name) }
    for name in known.keys where !globals.isUserDefined(name) { assigned.insert(name) }
  }

  private func leave() -> Bool {
    Interrupt.clear()
    session.writeOutput("\n")
    return false
  }

  /// The characters, each in its colour.
  private func coloured(_ code: String) -> [String] {
    guard paint.isOn else { return code.map { String($0) } }
    let bytes = Array(code.utf8)
    var pieces: [String] = []
    var end = 0
    func add(_ span: Span, _ colour: Paint.Color?) {
      let text = String(decoding: bytes[span.start..<span.end], as: UTF8.self)
      pieces += text.map { character in colour.map { paint("\(character)", $0) } ?? "\(character)" }
    }
    for token in Lexer.highlight(code) where token.span.start >= end {
      add(Span(end, token.span.start), nil)
      add(token.span, Self.colour(of: token.kind))
      end = token.span.end
    }
    add(Span(end, bytes.count), nil)
    return pieces
  }

  private static func colour(of kind: HighlightedToken.Class) -> Paint.Color? {
    switch kind {
    case .keyword: .magenta
    case .number: .yellow
    case .string: .green
    case .comment: .gray
    case .invalid: .red
    case .operator, .identifier: nil
    }
  }
}

/// Single keys from the terminal.
private struct Keys {
  enum Key {
    case enter, leave
    case other(UInt8)
  }

  /// Runs a body while keys come one by one and unseen.
  func withRawInput<Result>(_ body: () -> Result) -> Result {
    var settings = termios()
    guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return body() }
    var raw = settings
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
    tcsetattr(STDIN_FILENO, TCSANOW, &raw)
    defer { tcsetattr(STDIN_FILENO, TCSANOW, &settings) }
    return body()
  }

  /// The next key; nil where none comes within the milliseconds (-1: waits without limit).
  func next(within milliseconds: Int32) -> Key? {
    var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    // An interrupt between this look and the wait does not end the wait: never wait for ever.
    if Interrupt.isRequested { return .leave }
    let count = poll(&waiting, 1, milliseconds < 0 ? 100 : milliseconds)
    if Interrupt.isRequested { return .leave }
    guard count > 0 else { return nil }
    var byte: UInt8 = 0
    let length = read(STDIN_FILENO, &byte, 1)
    if Interrupt.isRequested || length == 0 { return .leave }
    // A terminal that is gone gives an error for ever.
    guard length == 1 else { return errno == EINTR ? nil : .leave }
    switch byte {
    case UInt8(ascii: "\n"), UInt8(ascii: "\r"): return .enter
    // Ctrl-C where the terminal sends no signal for it, Ctrl-D.
    case UInt8(ascii: "q"), 3, 4: return .leave
    default: return .other(byte)
    }
  }
}

extension Session {
  /// `nnsh --demo FILE`. Who leaves it, or sees it fail, at a terminal stays at the prompt, with all
  /// that it has made.
  ///
  /// - Returns: the exit code.
  func demonstrate(_ path: String) -> Int32 {
    do {
      let source = try ScriptFile.read(path)
      var worst = ExitCode.success
      let ending: Demonstration.Ending
      do throws(Diagnostic) {
        var demonstration = Demonstration(self)
        ending = try demonstration.play(source, worst: &worst)
      } catch {
        report(error)
        return ExitCode.usage
      }
      if ending != .finished, machine.exitCode == nil, isatty(STDIN_FILENO) == 1,
        terminal.showsOutput
      {
        writeError("the demonstration ends here; Ctrl-D or quit leaves\n")
        return runPrompt(begins: false)
      }
      return machine.exitCode ?? worst
    } catch {
      writeError("error: \(error.message)\n")
      return ExitCode.usage
    }
  }
}
