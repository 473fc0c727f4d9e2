import Networks
import Runtime
import Syntax
import Tensors

/// What an expression gives while a loss is being unrolled.
enum Traced {
  case node(Node)
  case list([Traced])
  /// Anything that is no number and no tensor, with the text that names it where there is one.
  case value(Value, String?)
  /// A function written inside the loss.
  case closure(FunctionLiteral, Scope, SourceText)
}

/// The local variables of a function under way.
final class Scope {
  var variables: [String: Traced] = [:]
  let parent: Scope?
  /// The function value whose body runs, for the variables that it captured.
  let function: Function?

  /// Whether the expression stands in no function.
  var isOutermost: Bool { parent == nil && function == nil && variables.isEmpty }

  init(parent: Scope? = nil, function: Function? = nil) {
    self.parent = parent
    self.function = function
  }
}

/// Reads a loss as the machine would run it, and notes each operation as a `Node`: functions are
/// inlined, networks unrolled into their layers, short loops into their turns, and of a conditional
/// the branch that the present values take.
final class Tracer {
  /// Turns of all loops together, and calls within each other.
  static let turnLimit = 100
  static let callLimit = 60

  /// Told of each expression: `explain` draws its tree from this.
  protocol Observer: AnyObject {
    func enter(_ expression: Expression, in source: SourceText)
    func leave(_ expression: Expression, with result: Traced?)
    func call(of name: String)
  }

  let graph: Graph
  let thunk: Thunk
  /// The place that the derivation is taken with respect to: `W_h`, `net.W1`; nil for none.
  let target: String?
  private let place: Place?
  weak var observer: (any Observer)?
  var source: SourceText
  var turns = 0
  var calls = 0
  /// The names that nodes have been given, so that none stands for two.
  var names: Set<String> = []
  private var capturedNodes: [String: Node] = [:]
  /// What the tracer must tell: the branch of a conditional that was taken.
  var remarks: [String] = []

  init(_ thunk: Thunk, machine: Machine, withRespectTo place: Place? = nil) {
    self.thunk = thunk
    self.place = place
    target = place?.description
    source = thunk.source
    graph = Graph(machine: machine, isExact: place != nil)
  }

  /// The whole expression.
  func trace() throws -> Traced { try evaluate(thunk.expression, Scope()) }

  // MARK: Names

  func lookUp(_ name: String, at span: Span, _ scope: Scope) throws -> Traced {
    var current: Scope? = scope
    var outermost = scope
    while let here = current {
      if let found = here.variables[name] { return found }
      outermost = here
      current = here.parent
    }
    if let function = outermost.function {
      if let value = function.captured(name) {
        return try captured(value, name, function, at: span)
      }
      if let value = graph.machine.globals[name] { return try traced(value, name, at: span) }
    } else if let value = thunk.lookUp(name) {
      return try traced(value, name, at: span)
    }
    throw RuntimeError.unknownName(name)
  }

  /// A variable that a function took along; the same node each time.
  private func captured(
    _ value: Value, _ name: String, _ function: Function, at span: Span
  ) throws -> Traced {
    // In a function that derives, the variable of the derivation may be one of these.
    if let place, function.captured(name, isAt: place) {
      let result = try traced(value, name, at: span)
      if case .node(let node) = result { node.isCaptured = true }
      return result
    }
    switch value {
    case .number, .tensor: break
    default: return .value(value, name)
    }
    let key = "\(ObjectIdentifier(function).hashValue) \(name)"
    if let known = capturedNodes[key] { return .node(known) }
    guard let tensor = try value.asTensor() else { return .value(value, name) }
    let node = try graph.leaf(name, tensor, at: span, in: source)
    node.isCaptured = true
    capturedNodes[key] = node
    return .node(node)
  }

  /// A value that lies outside the loss.
  func traced(_ value: Value, _ text: String, at span: Span) throws -> Traced {
    switch value {
    case .number(let number):
      return .node(
        try graph.leaf(
          text, Tensor.scalar(number, .f64), isTarget: text == target, isShared: true, at: span,
          in: source))
    case .tensor(let box):
      return .node(
        try graph.leaf(
          text, box.content, isTarget: text == target, isShared: true, at: span, in: source))
    case .traced(let box):
      return .node(
        try graph.leaf(
          text, box.content.tensor, isTarget: text == target, isShared: true, at: span,
          in: source))
    default: return .value(value, text)
    }
  }

  /// A result of a builtin on constants.
  func constant(_ value: Value, _ text: String, at span: Span) throws -> Traced {
    switch value {
    case .number(let number) where Node.isShort(text):
      return .node(try graph.leaf(text, Tensor.scalar(number, .f64), at: span, in: source))
    case .number(let number): return .node(try graph.number(number, at: span, in: source))
    case .tensor(let box):
      return .node(try graph.leaf(text, box.content, at: span, in: source))
    default: return .value(value, text)
    }
  }

  // MARK: What was given

  /// The value, where it is not one that the derivation follows.
  func plain(_ traced: Traced, _ span: Span) throws -> Value {
    switch traced {
    case .value(let value, _): return value
    case .node(let node): return Value(node.tensor)
    case .list(let items): return .items(try items.map { try plain($0, span) })
    case .closure: throw unsupported("a function here", span)
    }
  }

  func truth(_ traced: Traced, _ span: Span) throws -> Bool {
    switch try plain(traced, span) {
    case .bool(let value): return value
    case .number(let number): return number != 0
    case .tensor(let box) where box.content.count == 1: return box.content.item != 0
    default: throw unsupported("this condition", span)
    }
  }

  func node(_ traced: Traced, _ span: Span) throws -> Node {
    switch traced {
    case .node(let node): return node
    case .value(let value, let text):
      if let tensor = try value.asTensor() {
        return try graph.leaf(
          text ?? source.text(in: span), tensor, at: span, in: source)
      }
      throw unsupported("\(value.kindPhrase) here", span)
    case .list(let items):
      let nodes = try items.map { try node($0, span) }
      guard nodes.allSatisfy({ !$0.isOnPath }), let value = try plain(traced, span).asTensor()
      else { throw unsupported("a list here", span) }
      return try graph.leaf(source.text(in: span), value, at: span, in: source)
    case .closure: throw unsupported("a function here", span)
    }
  }

  func unsupported(_ construct: String, _ span: Span, hint: String? = nil) -> Unsupported {
    Unsupported(construct, span: span, source: source, hint: hint)
  }

  /// Gives a computed node the name that the code calls it by, where it has none yet.
  func name(_ traced: Traced, _ name: String) {
    guard case .node(let node) = traced, !node.isLeaf, node.name == nil else { return }
    var unique = name
    var count = 2
    while !names.insert(unique).inserted {
      unique = "\(name)\(count)"
      count += 1
    }
    node.name = unique
  }
}

extension Node {
  /// Whether an expression's text may stand in a formula as it is.
  static func isShort(_ text: String) -> Bool { text.utf8.count <= 32 && !text.contains("\n") }
}
