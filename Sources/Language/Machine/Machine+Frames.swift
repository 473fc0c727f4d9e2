import Syntax
import Tensors

extension Machine {
  /// The header of the function that a call names, if it takes just as many arguments, all in
  /// registers, and uses no variables of functions around it.
  @inline(__always)
  func plainFunction(_ instruction: Instruction) -> UnsafeMutablePointer<CodeHeader>? {
    guard let function = slot(bases, instruction.b).borrowedFunction,
      let header = function._withUnsafeGuaranteedRef(\.header),
      header.pointee.parameterCount == Int32(instruction.extra),
      header.pointee.cellCount == 0, !header.pointee.hasCaptures
    else { return nil }
    return header
  }

  /// Makes a frame the running one.
  @inline(__always)
  func pushFrame(_ frame: Frame) throws {
    let end = frame.base + Int(frame.registerCount)
    guard depth < Self.callDepthLimit, end <= stackEnd else {
      throw RuntimeError.recursionTooDeep(limit: Self.callDepthLimit)
    }
    if end > initializedEnd { initializeStack(to: end) }
    depth += 1
    // SAFETY: `depth` was checked against the number of frames.
    (frames + depth).initialize(to: frame)
    bases[0] = frame.base
    bases[2] = frame.constants
  }

  private func initializeStack(to end: UnsafeMutablePointer<Value>) {
    // SAFETY: `end` was checked against the stack's; a little more is prepared at once.
    let more = min(stackEnd, end + 256)
    initializedEnd.initialize(repeating: .none, count: more - initializedEnd)
    initializedEnd = more
  }

  /// Leaves the running frame, emptying its registers; gives where its value goes.
  @inline(__always)
  func popFrame() -> UInt32 {
    let frame = frames + depth
    let base = frame.pointee.base
    // SAFETY: the frame's registers are initialized.
    for index in 0..<Int(frame.pointee.registerCount) where !(base + index).isTrivial {
      base[index] = .none
    }
    if frame.pointee.function != nil || cells.count != Int(frame.pointee.firstCell) {
      releaseExtras(of: frame)
    }
    depth -= 1
    bases[0] = frames[depth].base
    bases[2] = frames[depth].constants
    return frame.pointee.destination
  }

  private func releaseExtras(of frame: UnsafeMutablePointer<Frame>) {
    cells.removeLast(cells.count - Int(frame.pointee.firstCell))
    frame.pointee.function?.release()
    frame.pointee.function = nil
  }

  /// The first register above those in use.
  var stackTop: UnsafeMutablePointer<Value> {
    frames[depth].base + Int(frames[depth].registerCount)
  }

  /// Runs code in a frame of its own, called from outside the dispatch loop.
  func execute(
    _ header: UnsafeMutablePointer<CodeHeader>, function: Function?,
    arguments: some RandomAccessCollection<Value>
  ) throws -> Value {
    try checkNativeStack()
    let base = stackTop
    let entryDepth = depth
    guard base + arguments.count <= stackEnd else {
      throw RuntimeError.recursionTooDeep(limit: Self.callDepthLimit)
    }
    let count = Int(header.pointee.parameterCount)
    try enter(header, function: function, base: base, destination: 0)
    for (index, argument) in arguments.prefix(count).enumerated() { base[index] = argument }
    for index in min(count, arguments.count)..<count { base[index] = .unset }
    let isFull = arguments.count == count && arguments.allSatisfy { !$0.isUnset }
    let start = header.pointee.instructions + (isFull ? Int(header.pointee.fullEntry) : 0)
    try dispatch(from: start, until: entryDepth)
    let value = result
    result = .none
    return value
  }

  /// Pushes the frame of a function, with its cells.
  func enter(
    _ header: UnsafeMutablePointer<CodeHeader>, function: Function?,
    base: UnsafeMutablePointer<Value>, destination: UInt32
  ) throws {
    let captured = function.flatMap { $0.captures.isEmpty ? nil : $0 }
    let frame = Frame(
      header: header, base: base, function: nil, firstCell: cells.count, destination: destination)
    try pushFrame(frame)
    frames[depth].function = captured.map { Unmanaged.passRetained($0) }
    for _ in 0..<Int(header.pointee.cellCount) { cells.append(Cell(.unset)) }
  }

  /// Throws before the thread's own stack ends: builtins that call functions nest on it.
  private func checkNativeStack() throws {
    var local: UInt8 = 0
    let here = withUnsafeMutablePointer(to: &local) { UInt(bitPattern: $0) }
    // The stack grows downwards.
    if depth == 0 {
      nativeStackLimit = here > UInt(nativeStackSize) ? here - UInt(nativeStackSize) : 0
    }
    if here < nativeStackLimit {
      throw RuntimeError.recursionTooDeep(limit: Self.callDepthLimit)
    }
  }

  // MARK: Errors

  /// Leaves all frames above `entryDepth` and tells where the error arose.
  func unwind(
    _ error: any Error, at pc: UnsafePointer<Instruction>, to entryDepth: Int
  ) -> Failure {
    var failure: Failure
    var position = pc
    if let inner = error as? Failure {
      failure = inner
      if let name = failure.unplacedFunction {
        appendCall(name, at: position, to: &failure)
        failure.unplacedFunction = nil
      }
    } else {
      failure = Diagnosis(machine: self, pc: position).failure(for: error)
      if keepsFailedFrame, let code, code.isFunction {
        failedFrame = frame(of: code, at: failure.diagnostic.span)
      }
    }
    while depth > entryDepth {
      let name = frames[depth].code.flatMap(Self.callName)
      _ = popFrame()
      if depth == entryDepth {
        failure.unplacedFunction = name
      } else if let name {
        position = frames[depth].pc - 1
        appendCall(name, at: position, to: &failure)
      }
    }
    return failure
  }

  private static func callName(_ code: Unmanaged<Code>) -> String? {
    let code = code.takeUnretainedValue()
    return code.isFunction ? code.name ?? "an anonymous function" : nil
  }

  private func appendCall(
    _ name: String, at pc: UnsafePointer<Instruction>, to failure: inout Failure
  ) {
    guard let code = frames[depth].code?.takeUnretainedValue() else { return }
    let site = code.site(of: pc - code.header.pointee.instructions)
    // Of a long chain, the innermost calls and the outermost one tell enough.
    if failure.diagnostic.callChain.count == 8 { failure.diagnostic.callChain.removeLast() }
    failure.diagnostic.callChain.append(
      Diagnostic.Frame(function: name, source: code.source, span: site.span))
  }
}
