import Language
import Operations
import Syntax
import Tensors

/// What an expression gives while a loss is being unrolled.
package enum Traced {
  case node(Node)
  case list([Traced])
  /// Anything that is no number and no tensor, with the text that names it where there is one.
  case value(Value, String?)
  /// A function written inside the loss.
  case closure(FunctionLiteral, Scope, SourceText)
}

/// The local variables of a function under way.
package final class Scope {
  var variables: [String: Traced] = [:]
  let parent: Scope?
  /// The function value whose body runs, for the variables that it captured.
  let function: Function?
  /// The names that the function binds anywhere: they are its own throughout, as for the compiler.
  let own: Set<String>

  /// Whether the expression stands in no function.
  var isOutermost: Bool { parent == nil && function == nil }

  init(parent: Scope? = nil, function: Function? = nil, own: Set<String> = []) {
    self.parent = parent
    self.function = function
    self.own = own
  }
}

/// Reads a loss as the machine would run it, and notes each operation as a `Node`: functions are
/// inlined, networks unrolled into their layers, short loops into their turns, and of a conditional
/// the branch that the present values take.
///
/// What operators, brackets, indices and builtins do is the machine's own (`Value.binary` and its
/// like); only names and the flow through functions, loops and conditionals are followed here. What
/// cannot be followed is given to the machine whole (`Tracer+Whole`).
package final class Tracer {
  /// Turns of all loops together, and calls within each other, of a loss that is derived.
  static let turnLimit = 100
  static let callLimit = 60
  /// Expressions within each other.
  static let depthLimit = 800

  /// Told of each expression: `explain` draws its tree from this.
  package protocol Observer: AnyObject {
    /// Whether further parts would be shown.
    var wantsMore: Bool { get }
    func enter(_ expression: Expression, in source: SourceText)
    func leave(_ expression: Expression, with result: Traced?)
  }

  package let graph: Graph
  let thunk: Thunk
  /// The place that the derivation is taken with respect to: `W_h`, `net.W1`; nil for none.
  let target: String?
  let place: Place?
  package weak var observer: (any Observer)?
  var source: SourceText
  var turns = 0
  var calls = 0
  var depth = 0
  var capturedNodes: [String: Node] = [:]
  /// The trees of functions that were called, with the names that each binds.
  var definitions: [ObjectIdentifier: Definition] = [:]
  /// How the block ends that is being left.
  var leaving = Outcome.continued
  /// All scopes that were opened: functions in them refer back to them.
  private(set) var scopes: [Scope] = []
  /// What the tracer must tell: the branch of a conditional that was taken.
  var remarks: [String] = []

  package init(_ thunk: Thunk, machine: Machine, withRespectTo place: Place? = nil) {
    self.thunk = thunk
    self.place = place
    target = place?.description
    source = thunk.source
    graph = Graph(machine: machine, isExact: place != nil)
  }

  deinit {
    // A function kept in the scope that it refers to would keep both alive.
    for scope in scopes { scope.variables = [:] }
  }

  /// Whether derivatives are followed, rather than values shown.
  var isDeriving: Bool { target != nil }

  /// The whole expression.
  package func trace() throws -> Traced { try evaluate(thunk.expression, open(Scope())) }

  /// Notes a scope, so that it is emptied in the end.
  func open(_ scope: Scope) -> Scope {
    scopes.append(scope)
    return scope
  }

  // MARK: What was given

  /// The value, where it is not one that the derivation follows.
  package func plain(_ traced: Traced, _ span: Span) throws -> Value {
    switch traced {
    case .value(let value, _): return value
    case .node(let node): return Value(node.tensor)
    case .list(let items): return .items(try items.map { try plain($0, span) })
    case .closure(let literal, let scope, let text):
      return .function(try function(literal, scope, text, span))
    }
  }

  /// Which way a condition goes.
  func truth(_ traced: Traced, _ span: Span) throws -> Bool { try plain(traced, span).truth() }

  func node(_ traced: Traced, _ span: Span) throws -> Node {
    switch traced {
    case .node(let node): return node
    case .value(let value, let text):
      guard let tensor = try value.asTensor() else {
        throw unsupported("\(value.kindPhrase) here", span)
      }
      return try leaf(tensor, text, at: span)
    case .list(let items):
      let nodes = try items.map { try node($0, span) }
      return try bracket(of: nodes, nil, span)
    case .closure: throw unsupported("a function here", span)
    }
  }

  /// Whether the variable of the derivation has an influence on it.
  func isOnPath(_ traced: Traced) -> Bool {
    switch traced {
    case .node(let node): node.isOnPath
    case .list(let items): items.contains(where: isOnPath)
    case .value, .closure: false
    }
  }

  /// A value that the derivation takes as it stands.
  ///
  /// - Parameter text: code that gives it wherever it is read; nil where none does, as names in it
  ///   would be those of a function.
  func leaf(_ tensor: Tensor, _ text: String?, at span: Span) throws -> Node {
    if let text, Node.isShort(text) { return try graph.leaf(text, tensor, at: span, in: source) }
    if tensor.rank == 0, let number = tensor.item {
      return try graph.number(number, at: span, in: source)
    }
    let node = try graph.leaf(
      Node.identifier(in: source.text(in: span)), tensor, at: span, in: source)
    node.isCaptured = true
    return node
  }

  /// What the machine's own operations gave from operands that no derivative passes through.
  func computed(
    _ value: Value, _ name: String, _ operands: [Traced], _ options: Node.Options = .init(),
    at span: Span
  ) throws -> Traced {
    switch value {
    case .number, .tensor: break
    case .list(let box): return .list(try box.content.map { try traced(constant: $0, at: span) })
    default: return .value(value, nil)
    }
    guard var tensor = try value.asTensor() else { return .value(value, nil) }
    if graph.isExact, tensor.elementType == .f32 { tensor = try tensor.cast(to: .f64) }
    var inputs: [Node] = []
    for case .node(let node) in operands { inputs.append(node) }
    guard inputs.count == operands.count else {
      return .node(try leaf(tensor, nil, at: span))
    }
    return .node(
      try graph.operate(name, inputs, options, isConstant: true, at: span, in: source) { _ in
        Variable(tensor)
      })
  }

  /// An element of a value that the machine gave.
  func traced(constant value: Value, at span: Span) throws -> Traced {
    switch value {
    case .number(let number): return .node(try graph.number(number, at: span, in: source))
    case .tensor(let box): return .node(try leaf(box.content, nil, at: span))
    case .list(let box): return .list(try box.content.map { try traced(constant: $0, at: span) })
    default: return .value(value, nil)
    }
  }

  func unsupported(_ construct: String, _ span: Span, hint: String? = nil) -> Unsupported {
    Unsupported(construct, span: span, source: source, hint: hint)
  }

  /// Gives a computed node the name that the code calls it by, where it has none yet.
  func name(_ traced: Traced, _ name: String) {
    guard case .node(let node) = traced, !node.isLeaf, node.name == nil else { return }
    node.name = name
  }
}

extension Node {
  /// Whether an expression's text may stand in a formula as it is.
  static func isShort(_ text: String) -> Bool { text.utf8.count <= 32 && !text.contains("\n") }

  /// A name made of the letters of an expression: what stands for a value that no name gives.
  static func identifier(in text: String) -> String {
    let letters = text.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    guard let first = letters.first, first.isLetter, letters.count <= 12 else { return "c" }
    return String(letters)
  }
}
