import Files
import Language
import Networks
import Platform
import Prompt
import Syntax
import Tensors

extension Session {
  /// Does what the command line says.
  ///
  /// - Returns: the exit code.
  package func run() -> Int32 {
    prepare()
    if commandLine.source.isRun { tellOfRescuedNetworks() }
    let code = runSource()
    closePrompt()
    audience.flush()
    return code
  }

  /// Does what the command line says of any code that runs.
  private func prepare() {
    if let threads = commandLine.threads { Threads.count = threads }
    if let seed = commandLine.seed { machine.random.generator = RandomGenerator(seed: seed) }
    if Ranks.isFirst { AtomicFile.removeLeftovers(in: ".") }
    machine.globals["args"] = .items(commandLine.arguments.map(Value.text))
  }

  /// Makes ready for pieces of code that a program sends one by one: variables stay from one to the
  /// next, and what fails or is interrupted loses nothing, as at the prompt.
  package func beginServing() {
    prepare()
    isAtPrompt = true
  }

  /// What could stand at a byte of a text, as Tab offers it.
  package func completions(of text: String, at offset: Int) -> Completions {
    Completer(machine: machine, session: self).completions(of: text, at: offset)
  }

  /// Whether a text can run as it is.
  package func completeness(of text: String) -> Parser.Completeness {
    PromptReader.completeness(text)
  }

  /// The colours of a text that is being typed.
  package func styles(of text: String, cursor: Int) -> LineStyles {
    LineStyles(
      of: text, cursor: cursor, isCommand: { Command.named($0) != nil },
      isFunction: { [machine] in
        Builtin.named($0) != nil && !machine.globals.isUserDefined($0)
      })
  }

  /// The shape of what a text would give, as `N×10`; empty where that is not known.
  package func resultShape(of text: String) -> String {
    ShapeInference(machine: machine).resultShape(of: text)
  }

  /// Says at the start which trainings an earlier process did not live to finish. A person at the
  /// prompt, or who reads events, is told whether a script has said so or not.
  package func tellOfRescuedNetworks() {
    guard !commandLine.isQuiet else { return }
    let isPrompt = commandLine.source == .standard && isatty(STDIN_FILENO) == 1
    let reader: RescuedNetworks.Reader =
      isPrompt || audience.takesEvents ? .prompt : .script
    for line in RescuedNetworks.tell(reader) { writeError(line + "\n") }
  }

  /// Says once that products run slower than they could, after the first that did.
  func noteMissingLibrary() {
    guard !hasNotedMissingLibrary, ProductLibrary.wasMissed, !commandLine.isQuiet else { return }
    hasNotedMissingLibrary = true
    writeError(
      "note: there is no oneDNN on this machine, so matrix products run in nnsh's own kernel, "
        + "which is slower: apt-get install libdnnl2 (Debian 12), libdnnl3.6 (Debian 13) or "
        + "brew install onednn brings it\n")
  }

  private func runSource() -> Int32 {
    let standardInputIsTerminal = isatty(STDIN_FILENO) == 1
    if Ranks.current.ranks > 1,
      commandLine.isInteractive || isForOne(standardInputIsTerminal)
    {
      writeError(Self.promptForOne)
      return ExitCode.usage
    }
    switch commandLine.source {
    case .standard:
      if standardInputIsTerminal || commandLine.isInteractive { return runPrompt() }
      return runDescriptor(STDIN_FILENO, name: "<stdin>")
    case .code(let code): return finish(runScript(SourceText(code, name: "-c")))
    case .demonstration(let path): return finish(demonstrate(path))
    // It runs what it is sent, and has nothing of its own.
    case .service: return ExitCode.success
    case .checked(let paths): return check(paths)
    case .tested(let paths): return testScripts(paths)
    case .file("-"): return finish(runDescriptor(STDIN_FILENO, name: "<stdin>"))
    case .file(let path):
      do {
        return finish(runScript(try ScriptFile.read(path)))
      } catch {
        writeError("error: \(error.message)\n")
        return ExitCode.usage
      }
    }
  }

  /// Stays at the prompt after the script where `-i` asks for it.
  private func finish(_ code: Int32) -> Int32 {
    guard commandLine.isInteractive, machine.exitCode == nil else { return code }
    openFailedFrame(after: code)
    return runPrompt()
  }

  /// Whether rank 0 would have a prompt.
  private func isForOne(_ standardInputIsTerminal: Bool) -> Bool {
    guard commandLine.source == .standard else { return false }
    return (try? Ranks.current.isAgreed(Ranks.isFirst && standardInputIsTerminal)) ?? true
  }

  private func runDescriptor(_ descriptor: Int32, name: String) -> Int32 {
    do throws(ScriptFile.Failure) {
      let bytes = try Self.shared { () throws(ScriptFile.Failure) -> [UInt8] in
        try ScriptFile.readAll(descriptor, name)
      }
      return runScript(SourceText(bytes: bytes, name: name))
    } catch {
      writeError("error: \(error.message)\n")
      return ExitCode.failure
    }
  }

  /// Runs a whole text.
  ///
  /// - Returns: the exit code.
  package func runScript(_ source: SourceText) -> Int32 {
    do throws(Diagnostic) {
      let program = try machine.compile(source)
      noteShadowing(program)
      var worst = ExitCode.success
      machine.run(program) { diagnostic in
        report(diagnostic)
        let isInterrupt = diagnostic.phase == .interrupted
        Interrupt.clear()
        worst = isInterrupt ? ExitCode.interrupted : ExitCode.failure
        return commandLine.keepsGoing && !isInterrupt
      }
      return machine.exitCode ?? worst
    } catch {
      report(error)
      return error.phase == .interrupted ? ExitCode.interrupted : ExitCode.usage
    }
  }

  /// Says of each definition that hides a layer that it does, once a session.
  private func noteShadowing(_ program: Program) {
    for note in program.statements.compactMap(ShadowedLayers.note(on:))
    where shadowingNotes.insert(note).inserted {
      writeError(note + "\n")
    }
  }

  /// Runs a script inside this session, for `run`.
  func runFile(_ path: String, on machine: Machine) throws {
    guard runDepth < 50 else {
      throw RuntimeError.other(
        "scripts run each other more than 50 deep", hint: "does \(path) run itself?")
    }
    let source: SourceText
    do {
      source = try ScriptFile.read(path)
    } catch {
      throw RuntimeError.other(error.message, hint: nil)
    }
    runDepth += 1
    defer { runDepth -= 1 }
    let program = try machine.compile(source)
    noteShadowing(program)
    try machine.run(program)
    if let code = machine.exitCode { throw RuntimeError.exit(code) }
  }

  /// Runs a file in a scope of its own, for `use`.
  func runUsed(_ source: SourceText, _ scope: Scope, on machine: Machine) throws {
    guard runDepth < 50 else {
      throw RuntimeError.other("files use each other more than 50 deep", hint: nil)
    }
    runDepth += 1
    defer { runDepth -= 1 }
    try machine.run(try machine.compile(source, scope: scope))
    if let code = machine.exitCode { throw RuntimeError.exit(code) }
  }

  /// The statements of the history file and of this session.
  func historyEntries() -> [String] {
    settings.keepsHistory ? historyFile?.entries() ?? typed.entries : typed.entries
  }
}

/// Scripts in files.
enum ScriptFile {
  /// No script is longer, in bytes; a device may never end.
  private static let longest = 64 << 20

  /// Why a script cannot be read.
  struct Failure: Error {
    let message: String
  }

  /// The script that a word of the command line names; `-` is standard input.
  static func named(_ path: String) throws(Failure) -> SourceText {
    guard path == "-" else { return try read(path) }
    return SourceText(bytes: try readAll(STDIN_FILENO, "<stdin>"), name: "<stdin>")
  }

  static func read(_ path: String) throws(Failure) -> SourceText {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw Failure(
        message: errno == ENOENT
          ? "no such file: \(path)" : "cannot read \(path): \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    return SourceText(bytes: try readAll(descriptor, path), name: path)
  }

  static func readAll(_ descriptor: Int32, _ name: String) throws(Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_size > 0 {
      bytes.reserveCapacity(min(Int(status.st_size), longest) + 1)
    }
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Platform.read(descriptor, &chunk, chunk.count)
      if count < 0 {
        if errno == EINTR, !Interrupt.isRequested { continue }
        let reason = errno == EINTR ? "interrupted" : String(cString: strerror(errno))
        throw Failure(message: "cannot read \(name): \(reason)")
      }
      guard count > 0 else { return bytes }
      guard bytes.count + count <= longest else {
        throw Failure(
          message: "\(name) is longer than a script can be, \(longest >> 20) MB")
      }
      bytes.append(contentsOf: chunk[..<count])
    }
  }
}
