import Console
import Files
import Language
import Syntax
import Tensors

/// Follows functions line by line: `debug f(x)` shows each line with what it gives, `pause FILE:LINE`
/// stops there.
///
/// A line begins with the first expression on it that is evaluated. At a terminal each one waits
/// for a word (`DebugPrompt`); otherwise all are written.
final class Debugger: MachineObserver {
  /// Where it stops next.
  enum Stop: Equatable {
    case never
    case everyLine
    /// At the next line of the function at this depth, or of one that called it.
    case atMost(depth: Int)
  }

  /// A place to stop at.
  struct Pause: Equatable {
    let path: String
    let line: Int
  }

  /// A line of a running function.
  private struct Line: Equatable {
    let source: ObjectIdentifier
    let number: Int
  }

  var pauses: [Pause] = []
  var stop = Stop.never
  private unowned let session: Session
  private unowned let machine: Machine
  /// Whether lines and values are written as they come.
  private var isShown = false
  /// The depth of the expression that is debugged: only what it calls is shown.
  private var root: Int?
  private var lines: [Int: Line] = [:]
  /// How many expressions are open in each function.
  private var open: [Int: Int] = [:]
  private var calls: [(depth: Int, name: String)] = []
  /// The value of the last expression on a line, unless an assignment shows it.
  private var pending: Value?

  init(_ session: Session) {
    self.session = session
    machine = session.machine
  }

  /// Evaluates an expression, line by line.
  func debug(_ thunk: Thunk) throws -> Value {
    let before = (stop, isShown, root, lines, open, calls)
    defer { (stop, isShown, root, lines, open, calls) = before }
    stop = DebugPrompt.isPossible(session) ? .everyLine : .never
    isShown = true
    root = machine.runningDepth + 1
    (lines, open, calls) = ([:], [:], [])
    let value = try thunk.evaluate(observedBy: self)
    flush()
    return value
  }

  // MARK: MachineObserver

  let followsCalls = true
  let followsGradients = true

  func willEvaluate(_ expression: ObservedExpression, depth: Int) throws {
    leaveCalls(above: depth)
    defer { open[depth, default: 0] += 1 }
    guard root.map({ depth > $0 && machine.isInFunction }) ?? true else { return }
    let number = expression.source.position(of: expression.expression.span.start).line
    let line = Line(source: ObjectIdentifier(expression.source), number: number)
    guard open[depth, default: 0] == 0 || lines[depth] != line else { return }
    guard lines[depth] != line else { return }
    lines[depth] = line
    try arrive(at: expression, number, depth: depth)
  }

  func didEvaluate(
    _ expression: ObservedExpression, depth: Int, as value: Value
  ) throws -> Value {
    if let call = calls.last, call.depth > depth {
      pending = nil
      calls.removeLast()
      if isShown { show("\(call.name) gives \(DebugValue.text(of: value))", depth: depth) }
      if stop == .atMost(depth: call.depth) { stop = .atMost(depth: depth) }
    } else if open[depth] == 1, root.map({ depth > $0 }) ?? true {
      pending = value
    }
    open[depth, default: 1] -= 1
    return value
  }

  func didEnter(parameters: [(name: String, value: Value)], depth: Int) throws {
    flush()
    leaveCalls(above: depth - 1)
    open[depth] = 0
    lines[depth] = nil
    let name = machine.runningFunctionName ?? "an anonymous function"
    calls.append((depth, name))
    guard isShown else { return }
    show("\(name)(\(parameters.map(\.name).joined(separator: ", ")))", depth: depth - 1)
    for (name, value) in parameters {
      show("\(name) = \(DebugValue.text(of: value))", depth: depth)
    }
  }

  func didAssign(
    _ value: Value, to name: String, part: (index: Int, count: Int), depth: Int
  ) throws {
    pending = nil
    guard isShown, root.map({ depth > $0 }) ?? true else { return }
    show("\(name) = \(DebugValue.text(of: value))", depth: depth, isResult: true)
  }

  func willTakeTurn(
    of loop: ObservedLoop, position: Int, elements: [Value], of sequence: Value?, depth: Int
  ) throws {
    // The same line comes again.
    lines[depth] = nil
    open[depth] = 0
    guard isShown, root.map({ depth > $0 }) ?? true else { return }
    pending = nil
    for (name, value) in zip(loop.names, elements) {
      show("\(name) = \(DebugValue.text(of: value))", depth: depth, isResult: true)
    }
  }

  func didCall(
    _ builtin: Builtin, _ arguments: [Value], names: [String?], giving value: Value
  ) throws -> Value { value }

  func output(of network: Box<NetworkValue>, for input: Value) throws -> Value? { nil }

  // MARK: lines

  private func arrive(at expression: ObservedExpression, _ number: Int, depth: Int) throws {
    flush()
    let source = expression.source
    let isPause = pauses.contains { $0.line == number && source.isNamed($0.path) }
    let stops =
      switch stop {
      case .never: isPause
      case .everyLine: true
      case .atMost(let limit): depth <= limit || isPause
      }
    guard isShown || stops else { return }
    let text = source.line(around: expression.expression.span.start).text
    let code = String(text.drop { $0 == " " || $0 == "\t" })
    show("\(source.name.lastPathComponent):\(number) | \(code)", depth: depth)
    guard stops else { return }
    guard DebugPrompt.isPossible(session) else {
      if isPause, !isShown { showVariables(depth) }
      return
    }
    stop = try DebugPrompt(session, depth: depth, frame: machine.runningFrame).nextStop()
    isShown = root != nil || stop != .never
  }

  private func showVariables(_ depth: Int) {
    for (name, value) in machine.runningFrame.variables {
      show("\(name) = \(DebugValue.text(of: value))", depth: depth, isResult: true)
    }
  }

  private func leaveCalls(above depth: Int) {
    while let last = calls.last, last.depth > depth { calls.removeLast() }
  }

  /// Shows the value of a line that assigns nothing.
  private func flush() {
    guard let value = pending else { return }
    pending = nil
    if case .none = value { return }
    guard isShown else { return }
    show("→ \(DebugValue.text(of: value))", depth: calls.last?.depth ?? 0, isResult: true)
  }

  /// - Parameter isResult: whether it belongs to the line above.
  private func show(_ text: String, depth: Int, isResult: Bool = false) {
    let level = root.map { max(0, depth - $0) } ?? 0
    let indent = String(repeating: "  ", count: min(level, 20) + (isResult ? 1 : 0))
    let shown = indent + EscapeCodes.shown(text)
    session.writeOutput(
      (isResult ? Paint(isOn: session.terminal.colorsOutput).dim(shown) : shown) + "\n")
  }
}

extension SourceText {
  /// Whether it is the file that a path names: by the same words, or by its end.
  func isNamed(_ path: String) -> Bool { name == path || name.hasSuffix("/" + path) }
}

/// A value in a line, with its shape.
enum DebugValue {
  static func text(of value: Value) -> String {
    let value = value.withoutTrace
    let short = ShortValue.text(of: value, width: 56)
    switch value {
    case .tensor(let box):
      let tensor = box.content
      let shape = "\(tensor.shape) tensor"
      if !short.isEmpty { return "\(short)  \(shape)" }
      return shape + (range(of: tensor).map { ", \($0)" } ?? "")
    case .network(let box): return "network \(box.content.network.description)"
    default:
      if !short.isEmpty { return short }
      let extent = ValueMeasure(value).extent
      return value.kindName + (extent.isEmpty ? "" : " \(extent)")
    }
  }

  /// From the least to the greatest element of what is not too large to be looked through.
  private static func range(of tensor: Tensor) -> String? {
    guard tensor.count > 0, tensor.count <= 10_000_000, let least = try? tensor.reduce(.min).item,
      let greatest = try? tensor.reduce(.max).item
    else { return nil }
    return "\(least.displayed) … \(greatest.displayed)"
  }
}
