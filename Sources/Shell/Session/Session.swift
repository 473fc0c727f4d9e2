import Console
import Language
import MessagePassing
import Networks
import Platform
import Plot
import Prompt
import Syntax
import Tensors

/// One run of nnsh: source in, values or diagnostics out.
///
/// What it gives goes to its audience. All of it happens on one thread, the one with the large stack
/// (`MachineThread`).
package final class Session: CommandHost {
  /// What `set` changes.
  package struct Settings {
    var color = Terminal.ColorChoice.auto
    var digits = 4
    var edge = 3
    /// How many rows of the terminal a value may fill at the prompt before it is cut.
    var rows = 60
    /// Whether long lists go through a pager.
    var usesPager = true
    var keepsHistory = true
    /// Whether the prompt shows colours and hints while a line is typed.
    var showsHints = true
    /// What curves and pictures are drawn with.
    var pictures = PictureStyle.auto
    /// The characters of curves.
    var dots: DotStyle { pictures.dots }
    /// Whether training redraws its curves.
    var drawsCurves = false
    /// Whether training shows how far it is.
    var showsProgress = true
  }

  /// How a run ended.
  package enum ExitCode {
    package static let success: Int32 = 0
    package static let failure: Int32 = 1
    /// Wrong usage, or code that cannot be read.
    package static let usage: Int32 = 2
    package static let interrupted: Int32 = 130
  }

  package let commandLine: CommandLine
  package internal(set) var settings = Settings()
  package internal(set) var terminal: Terminal
  /// Who is answered.
  let audience: any Audience
  var transcript: (any Transcript)?
  /// Whether what is drawn now goes to a page, and not to the terminal.
  var drawsForPage = false
  /// The file that statements typed are remembered in.
  var historyFile: HistoryFile?
  /// The statements typed in this session.
  var typed = LineHistory([])
  var runDepth = 0
  /// Whether the running statement has waited for a person, as a pager does: its time says nothing.
  var hasWaited = false
  /// Whether statements are typed, as against read from a file.
  var isAtPrompt = false
  /// Whether what was interrupted has said so itself.
  var interruptIsExplained = false
  /// Whether training ends after the epoch whose block runs; nil where none does.
  var epochEnds: Bool?
  /// The `minimize` that was interrupted.
  var unfinishedMinimization: MinimizeRun?
  /// The `minimize` that a file was saved by, until it goes on.
  var loadedMinimization: MinimizeCheckpoint?
  /// Where the next `minimize` starts: set for the time in which a loaded one is run again.
  var minimizeStart: MinimizeCheckpoint?
  /// What runs after every epoch of trainings that were interrupted, by the network's place.
  var unfinishedHooks: [String: EpochHooks] = [:]
  /// Where the network lies that was trained last: what goes back and forth in its past.
  var lastTrained: Place?
  /// Which definitions that hide layers have been told of.
  var shadowingNotes: Set<String> = []
  var hasNotedMissingLibrary = false
  /// The latest error, as it is shown without colours: rank 0 is told of those of other ranks.
  var lastError = ""
  /// Told what ends the process where that happens amid a statement: nothing can be written.
  package internal(set) var beforeEnding: ((String) -> Void)?
  private var madeReader: PromptReader?
  /// How many statements run within each other: of a script that a statement runs, and so on.
  var statementDepth = 0
  /// Whether what runs was typed at the prompt.
  var isRunningTyped = false
  /// What `use` has run.
  let usedFiles = UsedFiles()
  private var madeMachine: Machine?
  /// The function in which an error arose, open for looking.
  var openFrame: FrameView?
  private var madeDebugger: Debugger?
  /// What the terminal has answered about pictures, once it was asked.
  var askedGraphics: GraphicsProtocol??
  /// What is told what statements give, where a script runs as a test.
  var test: ScriptTest?
  /// Whether the terminal's last row holds output that no line feed has ended.
  private(set) var isInsideRow = false
  /// How many rows were ended on the terminal.
  private(set) var lineFeeds = 0

  package init(_ commandLine: CommandLine, terminal: Terminal, audience: any Audience) {
    self.commandLine = commandLine
    self.terminal = terminal
    self.audience = audience
    settings.color = commandLine.color
    settings.keepsHistory = commandLine.keepsHistory
    settings.showsProgress = !commandLine.isQuiet
    // What programs ask for is no statement that a person would want back.
    if commandLine.keepsHistory, !audience.takesEvents { historyFile = .standard }
  }

  /// One that answers on two streams.
  ///
  /// - Parameters:
  ///   - output: where results go.
  ///   - errors: where everything else goes.
  package convenience init(
    _ commandLine: CommandLine, terminal: Terminal, output: OutputStream, errors: OutputStream
  ) {
    self.init(
      commandLine, terminal: terminal, audience: StreamAudience(output: output, errors: errors))
  }

  /// The machine, made when code first runs.
  package var machine: Machine {
    if let madeMachine { return madeMachine }
    let machine = Machine(host: self) { [unowned self] text in writeOutput(text) }
    machine.nativeStackSize = MachineThread.usableStack
    machine.keepsFailedFrame = commandLine.isInteractive
    madeMachine = machine
    return machine
  }

  /// Where typed statements come from; made when the first one is asked for.
  var reader: PromptReader {
    if let madeReader { return madeReader }
    let reader = PromptReader(session: self)
    madeReader = reader
    return reader
  }

  /// What follows functions line by line; made when it is first asked for.
  var debugger: Debugger {
    if let madeDebugger { return madeDebugger }
    let debugger = Debugger(self)
    madeDebugger = debugger
    return debugger
  }

  /// Gives the terminal back as it was before the first statement was typed.
  func closePrompt() { madeReader = nil }

  // MARK: output

  /// Writes to standard output.
  package func writeOutput(_ text: String) {
    if let test { return test.write(text) }
    if drawsForPage {
      transcript?.addOutput(text)
      return
    }
    audience.print(text)
    if terminal.showsOutput { noteRow(text) }
    transcript?.addOutput(text)
  }

  /// The same of what pages and notebooks can show in another form.
  func writeOutput(_ text: String, as form: () -> RichForm) {
    if let test { return test.write(text) }
    if !drawsForPage {
      audience.print(text, as: form)
      if terminal.showsOutput { noteRow(text) }
    }
    transcript?.addOutput(text, as: form)
  }

  /// Writes to standard error, after what standard output was given before.
  package func writeError(_ text: String) {
    if let test { return test.tell(text) }
    // It was said when the same was drawn for the terminal.
    if drawsForPage { return }
    if text.hasPrefix("error: ") { lastError = text }
    audience.tell(text)
    if terminal.showsErrors { noteRow(text) }
  }

  /// Ends a row that output has left open, with a mark that it was not ended: the prompt would erase
  /// it.
  func endRow() {
    guard isInsideRow else { return }
    writeOutputAside(Paint(isOn: terminal.colorsOutput).dim("⏎") + "\n")
    isInsideRow = false
  }

  /// Writes what is no result to the terminal that shows the results.
  private func writeOutputAside(_ text: String) {
    audience.print(text)
    audience.flush()
  }

  private func noteRow(_ text: String) {
    lineFeeds += text.utf8.count { $0 == UInt8(ascii: "\n") }
    // Escape codes may stand at the end; none of ours is as long.
    let end = EscapeCodes.removed(from: String(decoding: text.utf8.suffix(64), as: UTF8.self))
    guard let last = end.unicodeScalars.last else { return }
    isInsideRow = last != "\n" && last != "\r"
  }

  /// Shows an error.
  package func report(_ diagnostic: Diagnostic) {
    // What stops this rank may be the end of another, which has been told already.
    (Ranks.current as? LaunchedRanks)?.endAfterFault()
    if diagnostic.phase == .interrupted, interruptIsExplained {
      interruptIsExplained = false
      return
    }
    // A terminal that shows what is typed has shown `^C` where the cursor was.
    let isBehindEcho =
      diagnostic.phase == .interrupted && terminal.drawsProgress && Terminal.echoesKeys
    let lead = isBehindEcho || isInsideRow && terminal.showsErrors ? "\n" : ""
    let width = terminal.showsErrors ? Terminal.size(of: STDERR_FILENO).columns : nil
    let text = lead + diagnostic.rendered(inColor: terminal.colorsErrors, width: width)
    if let test {
      test.tell(text + "\n")
    } else {
      audience.report(diagnostic, as: text)
      if terminal.showsErrors { noteRow("\n") }
    }
    lastError = diagnostic.rendered() + "\n"
    transcript?.addError(diagnostic.rendered() + "\n")
  }

  /// How values are printed.
  package var printStyle: DisplayStyle {
    var style = DisplayStyle.plain
    style.width = terminal.showsOutput ? Terminal.size().columns : 80
    style.fitsTensors = terminal.showsOutput
    style.digits = settings.digits
    style.edge = settings.edge
    return style
  }

  /// How values are shown.
  var displayStyle: DisplayStyle {
    var style = printStyle
    if terminal.colorsOutput { style.paint = Self.paint }
    return style
  }

  private static let paint: @Sendable (String, DisplayStyle.Role) -> String = { text, role in
    let paint = Paint(isOn: true)
    switch role {
    case .header: return paint.dim(text)
    case .string: return paint(text, .green)
    case .keyword: return paint(text, .magenta)
    case .number, .punctuation: return text
    }
  }

  // MARK: CommandHost

  package var commandSyntax: [String: CommandSyntax] { Command.syntaxByName }

  package func execute(_ command: RunningCommand, on machine: Machine) throws -> Value? {
    guard let entry = Command.named(command.name.text) else {
      throw RuntimeError.unknownName(command.name.text)
    }
    return try entry.body(
      CommandContext(
        declaration: entry.declaration, command: command, machine: machine, session: self))
  }

  package func echo(_ value: Value) {
    if case .none = value { return }
    let text = LongOutput.shown(value.display(displayStyle), in: self)
    if let test { return test.write(text + "\n") }
    let form = takesForms ? value.richForm() : nil
    audience.show(result: text, as: form)
    if terminal.showsOutput { noteRow("\n") }
    if let form {
      transcript?.addOutput(text + "\n") { form }
    } else {
      transcript?.addOutput(text + "\n")
    }
  }

  /// Whether anybody is there who takes more than text.
  private var takesForms: Bool {
    audience.takesEvents || transcript?.takesFigures == true
  }

  /// Writes lines to standard error, which a terminal gets broken between words.
  package func note(_ text: String) {
    guard terminal.showsErrors else { return writeError(text + "\n") }
    let width = Terminal.size(of: STDERR_FILENO).columns
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).flatMap {
      Diagnostic.wrapped(String($0), to: width, hanging: 2)
    }
    writeError(lines.joined(separator: "\n") + "\n")
  }

  package func answer(_ value: Value) -> Value? {
    test?.note(value)
    return Answer.kept(value, in: self)
  }

  /// Gives a global variable a value, as `load` does.
  ///
  /// - Parameter scope: the file whose variable it is to be; nil for the session's.
  func define(_ name: String, _ value: Value, on machine: Machine, in scope: Scope?) throws {
    guard let expression = try? Parser.parseExpression(SourceText(name, name: "")),
      case .name = expression.kind
    else {
      throw RuntimeError.other(
        "\(name) cannot be a variable's name", hint: "choose one: load … as data")
    }
    machine.globals[scope?.global(name) ?? name] = value
  }
}
