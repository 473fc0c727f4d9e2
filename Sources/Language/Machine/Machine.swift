import Syntax
import Tensors

/// Runs compiled code: registers on one stack of values, frames on another.
///
/// `README.md` beside this folder tells why it is built so. One thread at a time may use a
/// machine.
package final class Machine: Interpreter {
  /// How deep functions may call each other.
  package static let callDepthLimit = 10_000
  /// Registers of all running functions together.
  private static let stackCapacity = 1 << 21

  /// The global variables.
  package let globals: Globals
  /// The session's random numbers.
  package let random = RandomState()
  /// What `exit(n)` gave; running stops then.
  package internal(set) var exitCode: Int32?
  /// Where echoes and commands go.
  package unowned let host: any CommandHost

  /// The top-level statements that ran, oldest first.
  package internal(set) var past: [PastStatement] = []

  private let writeText: (String) -> Void

  // SAFETY of the pointers below: allocated once in `init`, freed in `deinit`; `depth` stays within
  // the frames and every frame's registers within the stack, as `pushFrame` checks.

  /// Where operands are found, by `Operand.Base`: registers of the running frame, globals,
  /// constants of its code.
  let bases: UnsafeMutablePointer<UnsafeMutablePointer<Value>>
  let frames: UnsafeMutablePointer<Frame>
  private let stack = AddressSpace<Value>(capacity: Machine.stackCapacity)
  let stackStart: UnsafeMutablePointer<Value>
  let stackEnd: UnsafeMutablePointer<Value>
  /// All below is initialized.
  var initializedEnd: UnsafeMutablePointer<Value>
  /// The running frame; 0 where none runs.
  var depth = 0
  var cells: [Cell] = []
  /// Told of what code does that was compiled to be observed.
  package internal(set) var observer: (any MachineObserver)?
  /// Told of all that top-level statements do, where one stands by.
  package var standingObserver: (any MachineObserver)?
  /// Whether the frame in which an error arises is kept to be looked at.
  package var keepsFailedFrame = false
  /// The function in which the last error arose.
  package var failedFrame: RunningFrame?
  /// Whether the session has been told what dropout does to gradients.
  var hasNotedTraining = false
  /// A network without all its parameters that was called where these are differentiated: its seed,
  /// by which it is known, and the shape of the rows that it was given.
  var uncompleted: (seed: UInt64, shape: Shape)?
  /// Whether nothing is written, as while a layer's shapes are found out.
  private var isSilent = false
  /// What the frame left last gave, where native code called it.
  var result: Value = .none
  /// Codes that are or hold functions: a value may refer to them at any time.
  private var keptCodes: [Code] = []
  let prelude: PreludeFunctions
  /// How much of the thread's own stack running code may use, in bytes: builtins that call
  /// functions, as `map` does, nest there.
  package var nativeStackSize = 4 << 20
  /// The lowest address that it may grow to.
  var nativeStackLimit: UInt = 0

  /// - Parameters:
  ///   - host: carries out commands and shows values; it must outlive the machine.
  ///   - write: puts text on standard output.
  package init(host: any CommandHost, write: @escaping (String) -> Void) {
    self.host = host
    writeText = write
    stackStart = stack.start
    stackEnd = stackStart + stack.capacity
    initializedEnd = stackStart
    frames = .allocate(capacity: Self.callDepthLimit + 2)
    bases = .allocate(capacity: 4)
    let vocabulary = { [unowned host] in host.vocabulary }
    let prelude = PreludeFunctions(vocabulary)
    self.prelude = prelude
    globals = Globals(vocabulary) { name in prelude.initialValue(of: Scope.written(name)) }
    bases.initialize(repeating: stackStart, count: 4)
    bases[1] = globals.slots
    frames.initialize(to: Frame(base: stackStart, constants: stackStart))
    globals.didMove = { [unowned self] in bases[1] = globals.slots }
    prelude.machine = self
  }

  deinit {
    stackStart.deinitialize(count: initializedEnd - stackStart)
    frames.deallocate()
    bases.deallocate()
  }

  /// Does what a turn of a loop or a call is asked for: it stops where Ctrl-C was pressed or memory
  /// runs short, and releases what is no longer needed.
  func attend() throws {
    if Interrupt.isRequested { throw RuntimeError.interrupted }
    DeferredRelease.drain()
    ProductMemo.clear()
    try MemoryGuard.throwIfShort()
  }

  // MARK: Interpreter

  package func write(_ text: String) { if !isSilent { writeText(text) } }

  package func call(_ function: Value, element: Value) throws -> Value {
    guard case .function(let called) = function, observer == nil else {
      return try call(function, taking: element)
    }
    if let value = try called.direct?.one?(element) { return value }
    guard let header = called.header, header.pointee.parameterCount == 1 else {
      return try call(function, taking: element)
    }
    return try withExtendedLifetime(called) {
      try execute(header, function: called, arguments: CollectionOfOne(element))
    }
  }

  package func callApart(_ function: Value, _ arguments: [Value], silently: Bool) throws -> Value {
    let before = isSilent
    isSilent = before || silently
    defer { isSilent = before }
    return try unobserved { try call(function, arguments, names: []) }
  }

  package var runningCall: RunningCall? {
    guard let code, code.isFunction, let name = code.name else { return nil }
    return RunningCall(name: name, arguments: parameters(of: code).map(\.value))
  }

  package func global(_ name: String) -> Value? { globals[name] }

  /// The names that it knows from the beginning.
  package var vocabulary: Vocabulary { globals.vocabulary }

  // MARK: Programs

  /// Reads and compiles a text; nothing of it runs.
  ///
  /// - Parameter scope: where its names are to be apart from the session's.
  package func compile(
    _ source: SourceText, scope: Scope? = nil
  ) throws(Diagnostic) -> Program {
    let statements = try Parser.parse(source, commands: self.host.commandSyntax) {
      Interrupt.isRequested
    }
    return try compile(statements, source: source, scope: scope)
  }

  /// The program of one statement of a text.
  package func compile(
    _ source: SourceText, only statement: Statement
  ) throws(Diagnostic) -> Program {
    try compile([statement], source: source)
  }

  /// Keeps a code until the machine's own end.
  func keep(_ code: Code) { keptCodes.append(code) }

  func compile(
    _ statements: [Statement], source: SourceText, scope: Scope? = nil
  ) throws(Diagnostic) -> Program {
    var codes: [Code] = []
    codes.reserveCapacity(statements.count)
    for statement in statements {
      if codes.count % 4096 == 4095, Interrupt.isRequested {
        throw Diagnostic(
          phase: .interrupted, "interrupted", source: source, span: statement.span)
      }
      codes.append(
        try Compiler.code(of: statement, source: source, globals: globals, scope: scope))
    }
    keptCodes += codes.filter { !$0.tables.isWithoutFunctions }
    return Program(source: source, statements: statements, codes: codes)
  }

  /// Runs a program, statement by statement, up to its first error.
  package func run(_ program: Program) throws(Diagnostic) {
    for (statement, code) in zip(program.statements, program.codes) {
      if exitCode != nil { return }
      try run(code, statement)
    }
  }

  /// Runs a program; `onError` is told of each error and says whether to go on after it.
  package func run(_ program: Program, onError: (Diagnostic) -> Bool) {
    for (statement, code) in zip(program.statements, program.codes) {
      if exitCode != nil { return }
      do throws(Diagnostic) {
        try run(code, statement)
      } catch {
        guard onError(error) else { return }
      }
    }
  }

  private func run(_ code: Code, _ statement: Statement) throws(Diagnostic) {
    let code = try watched(code, statement)
    let outer = observer
    if code.isObserved { observer = standingObserver }
    defer { observer = outer }
    let position = remember(statement, in: code.source)
    ProductMemo.isOn = true
    if depth == 0 { MemoryGuard.forgetShortage() }
    var hasFailed = true
    host.statementBegins(statement, in: code.source)
    defer { host.statementEnds(statement, hasFailed: hasFailed) }
    // A statement within another, as of a script that `run` runs, ends with its own.
    defer {
      ProductMemo.isOn = false
      DeferredRelease.drain()
    }
    do {
      _ = try execute(code.header, function: nil, arguments: [])
      hasFailed = false
    } catch let failure as Failure {
      if case .exit(let status) = failure.error {
        exitCode = status
        hasFailed = false
        return
      }
      if past.indices.contains(position) { past[position].failure = failure.error }
      throw failure.diagnostic
    } catch {
      throw Diagnostic("\(error)", source: code.source, span: code.span)
    }
  }

  /// The code, telling the observer that stands by what it does.
  private func watched(_ code: Code, _ statement: Statement) throws(Diagnostic) -> Code {
    guard standingObserver != nil, observer == nil else { return code }
    let watched = try Compiler.code(
      of: statement, source: code.source, globals: globals, scope: code.scope, isObserved: true)
    if !watched.tables.isWithoutFunctions { keep(watched) }
    return watched
  }

  /// Calls a function, network or composition.
  package func call(_ function: Value, _ arguments: [Value]) throws -> Value {
    try call(function, arguments, names: [])
  }
}

extension CodeTables {
  /// Whether no value can refer to the code after it has run.
  var isWithoutFunctions: Bool { functions.isEmpty && gradients.isEmpty && commands.isEmpty }
}
