import Language
import Operations
import Syntax
import Tensors

/// Told of each expression of an evaluation: `explain` draws its tree from this.
package protocol EvaluationListener: AnyObject {
  /// Whether further parts would be shown.
  var wantsMore: Bool { get }
  /// An expression begins that is beyond what is shown.
  func leaveOut()
  /// An expression begins, after so many operations.
  func enter(_ expression: Expression, in source: SourceText, operations: Int)
  /// The expression under way gave something, after so many operations.
  func leave(with result: Trace, operations: Int)
}

/// Notes each operation of an evaluation as a `Node` while the machine runs it: what `explain`
/// shows and `derive` differentiates.
///
/// The machine decides all that happens; here it is only found out where each value came from. A
/// tensor is known again by its memory, what the tape records by its place there, a number by the
/// expression or the variable that gave it. What is not known again is a value by itself, which is
/// less to read and never wrong.
package final class EvaluationRecorder: MachineObserver {
  /// Calls within each other of a loss that is derived.
  static let callLimit = 60

  /// An expression under way.
  struct Part {
    let observed: ObservedExpression
    let depth: Int
    /// Its operands, in the order of evaluation.
    var operands: [Trace] = []
    /// Whether a function that it calls is running: what follows is no operand.
    var isInside = false
    /// What was evaluated in it last.
    var latest: Trace?

    func isOf(_ expression: ObservedExpression, _ depth: Int) -> Bool {
      observed === expression && self.depth == depth
    }
  }

  package let graph: Graph
  let thunk: Thunk
  /// The variable of the derivation: `W_h`, `net.W1`; nil for none.
  let place: Place?
  /// Told of each expression.
  private let listener: (any EvaluationListener)?
  /// What the recorder must tell: the branch of a conditional that was taken.
  var remarks: [String] = []
  /// What the derivation does not treat; the evaluation ended there.
  private(set) var refusal: Unsupported?

  private(set) var stack: [Part] = []
  /// The depth of the expression itself, outside all functions.
  private(set) var outermost = 0
  /// What was evaluated last, for the assignments that follow it.
  private(set) var recent: [Trace] = []
  /// The variables of the running functions, by depth.
  var scopes: [Int: [String: Trace]] = [:]
  /// The loops under way, the innermost last.
  private var loops: [LoopRun] = []
  private var loopCount = 0
  /// What walks over sequences run through, by depth and loop.
  var sequences: [String: Trace] = [:]
  /// Nodes by the memory of their values, which are kept so that no other gets it, and by their
  /// places on the tape.
  private(set) var nodesByIdentity: [TensorIdentity: (node: Node, tensor: Tensor)] = [:]
  var nodesByPosition: [Int: Node] = [:]
  /// The random numbers before the evaluation: a derivation may draw none.
  let generator: RandomGenerator
  /// Whether a network's layers are being applied, which the machine is not to be asked for.
  var isUnrolling = false

  package init(
    _ thunk: Thunk, machine: Machine, withRespectTo place: Place? = nil,
    listener: (any EvaluationListener)? = nil
  ) {
    self.thunk = thunk
    self.place = place
    self.listener = listener
    graph = Graph(machine: machine, isExact: place != nil)
    generator = machine.random.generator
  }

  /// Whether derivatives are followed, rather than values shown.
  var isDeriving: Bool { place != nil }

  /// The variable of the derivation as text; nil for none.
  var target: String? { place?.description }

  /// Evaluates the expression, with the variable of the derivation on the tape.
  ///
  /// - Throws: `Unsupported` for what is not derived, and whatever evaluating gives.
  package func evaluate() throws -> Trace {
    do {
      let value = try evaluateObserved()
      if let refusal { throw refusal }
      if let last = recent.last, last.value.isSame(as: value) { return last }
      return try known(value) ?? Trace(value)
    } catch {
      throw refusal ?? error
    }
  }

  private func evaluateObserved() throws -> Value {
    guard let place else { return try thunk.evaluate(observedBy: self) }
    let value = try place.read()
    guard let tensor = try value.asTensor(), value.isTensorLike else {
      return try thunk.evaluate(observedBy: self)
    }
    let node = try graph.leaf(
      place.description, tensor, isTarget: true, sharedAs: key(place.description, !place.isGlobal),
      at: place.span, in: thunk.source)
    node.isLocal = !place.isGlobal
    register(node)
    return try thunk.evaluate(observedBy: self, at: place, node.variable)
  }

  // MARK: The machine's observer

  package var followsCalls: Bool { isDeriving || listener?.wantsMore != false }

  package func willEvaluate(_ expression: ObservedExpression, depth: Int) throws {
    if stack.isEmpty { outermost = depth }
    guard followsCalls else {
      listener?.leaveOut()
      return
    }
    leaveLoops(before: expression, depth: depth)
    stack.append(Part(observed: expression, depth: depth))
    listener?.enter(expression.expression, in: expression.source, operations: graph.nodes.count)
  }

  package func didEvaluate(
    _ expression: ObservedExpression, depth: Int, as value: Value
  ) throws -> Value {
    leaveLoops(before: expression, depth: depth)
    // Beyond what a tree shows nothing is noted.
    guard followsCalls || stack.contains(where: { $0.isOf(expression, depth) }) else {
      return value
    }
    // Expressions that `return` or an error that was caught led out of.
    while let top = stack.last, !top.isOf(expression, depth) {
      stack.removeLast()
      listener?.leave(with: Trace(.none), operations: graph.nodes.count)
    }
    guard let part = stack.last else { return value }
    let trace = try refusing { try self.trace(of: part, as: value) }
    stack.removeLast()
    if expression.role == .choice { remark(expression, trace.value) }
    note(trace)
    listener?.leave(with: trace, operations: graph.nodes.count)
    return trace.value
  }

  package func didEnter(parameters: [(name: String, value: Value)], depth: Int) throws {
    guard followsCalls else { return }
    if isDeriving, depth - outermost > Self.callLimit {
      try refusing {
        throw unsupported("calls within each other deeper than \(Self.callLimit)")
      }
    }
    enterScope(parameters, depth)
    if !stack.isEmpty { stack[stack.count - 1].isInside = true }
  }

  package func didCall(
    _ builtin: Builtin, _ arguments: [Value], names: [String?], giving value: Value
  ) throws -> Value {
    guard followsCalls else { return value }
    if let part = stack.last { leaveLoops(before: part.observed, depth: part.depth) }
    let trace = try refusing {
      try result(of: builtin, Given(arguments, names: names), value)
    }
    replaceLatest(trace)
    return trace.value
  }

  // MARK: Loops

  /// A loop under way.
  private struct LoopRun {
    let loop: ObservedLoop
    let depth: Int
    var turn: Node.Turn

    func holds(_ span: Span, in source: SourceText) -> Bool {
      source === loop.source && span.start >= loop.span.start && span.end <= loop.span.end
    }
  }

  /// Leaves the loops that an expression does not stand in.
  private func leaveLoops(before expression: ObservedExpression, depth: Int) {
    leaveLoops { loop in
      loop.depth > depth
        || loop.depth == depth && !loop.holds(expression.expression.span, in: expression.source)
    }
  }

  private func leaveLoops(where isLeft: (LoopRun) -> Bool) {
    while let last = loops.last, isLeft(last) {
      loops.removeLast()
      graph.turn = loops.first?.turn
    }
  }

  /// Notes that a turn begins: of a run of the loop that is under way, or of a new one.
  func beginTurn(of loop: ObservedLoop, isFirst: Bool, depth: Int) {
    leaveLoops {
      $0.depth > depth
        || $0.depth == depth && $0.loop !== loop && !$0.holds(loop.span, in: loop.source)
        || isFirst && $0.depth == depth && $0.loop === loop
    }
    if let last = loops.last, last.loop === loop, last.depth == depth {
      loops[loops.count - 1].turn.number += 1
    } else {
      loops.append(LoopRun(loop: loop, depth: depth, turn: .init(loop: loopCount, number: 1)))
      loopCount += 1
    }
    graph.turn = loops.first?.turn
  }

  // MARK: Notes

  /// Notes what was computed last in the expression under way.
  func replaceLatest(_ trace: Trace) {
    if !stack.isEmpty { stack[stack.count - 1].latest = trace }
  }

  /// Notes what was evaluated for the expression around it.
  private func note(_ trace: Trace) {
    recent.append(trace)
    if recent.count > 16 { recent.removeFirst(8) }
    guard !stack.isEmpty else { return }
    stack[stack.count - 1].latest = trace
    if !stack[stack.count - 1].isInside, stack[stack.count - 1].observed.expression.hasOperands {
      stack[stack.count - 1].operands.append(trace)
    }
  }

  /// Keeps what the derivation does not treat, whatever the machine makes of the error.
  func refusing<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as Unsupported {
      if refusal == nil { refusal = error }
      throw error
    }
  }

  /// Says which way a condition went; the derivation holds on that way.
  private func remark(_ expression: ObservedExpression, _ value: Value) {
    guard let truth = try? value.truth() else { return }
    let text = expression.source.text(in: expression.expression.span)
    remarks.append("`\(text)` is \(truth) at these values")
  }

  /// Where the evaluation stands.
  var span: Span { stack.last?.observed.expression.span ?? thunk.expression.span }
  var source: SourceText { stack.last?.observed.source ?? thunk.source }

  func unsupported(_ construct: String, hint: String? = nil) -> Unsupported {
    Unsupported(construct, span: span, source: source, hint: hint)
  }

  /// Makes a node known again by its value.
  func register(_ node: Node) {
    if let position = graph.tape.position(of: node.variable) {
      nodesByPosition[position] = node
    } else {
      register(node, as: node.tensor)
    }
  }

  /// Makes a node known again by a tensor that it was made of.
  func register(_ node: Node, as tensor: Tensor) {
    guard tensor.rank > 0, isDeriving || nodesByIdentity.count < Graph.sizeLimit else { return }
    nodesByIdentity[tensor.identity] = (node, tensor)
  }
}

extension Expression {
  /// Whether what is evaluated directly in it are its operands, in the order in which they stand.
  fileprivate var hasOperands: Bool {
    switch kind {
    case .unary, .binary, .logical, .transpose, .call, .pipe, .index, .field, .bracket, .list:
      true
    default: false
    }
  }
}
