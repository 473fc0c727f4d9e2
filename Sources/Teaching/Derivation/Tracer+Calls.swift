import Networks
import Runtime
import Syntax
import Tensors

extension Tracer {
  /// An argument as given.
  struct Given {
    let name: String?
    let value: Traced
    let span: Span
  }

  func call(
    _ callee: Expression, _ arguments: [Argument], _ span: Span, _ scope: Scope
  ) throws -> Traced {
    let function = try function(callee, scope)
    let given = try arguments.map {
      Given(name: $0.name?.text, value: try evaluate($0.value, scope), span: $0.value.span)
    }
    return try apply(function, given, span)
  }

  /// The called function: a builtin is no part of the tree that `explain` draws.
  private func function(_ callee: Expression, _ scope: Scope) throws -> Traced {
    if case .name(let name) = callee.kind { return try lookUp(name, at: callee.span, scope) }
    return try evaluate(callee, scope)
  }

  func apply(_ function: Traced, _ given: [Given], _ span: Span) throws -> Traced {
    switch function {
    case .closure(let literal, let scope, let text):
      return try run(literal, in: Scope(parent: scope), text, given, span)
    case .value(.function(let function), _): return try apply(function, given, span)
    case .value(.network(let box), let text):
      guard given.count == 1, let x = given.first else { throw unsupported("this call", span) }
      return .node(
        try unroll(
          box.content.network, named: text ?? "net", try node(x.value, x.span), at: span))
    case .value(let value, _): throw RuntimeError.notCallable(kind: value.kindName)
    default: throw unsupported("a call of this", span)
    }
  }

  private func apply(_ function: Function, _ given: [Given], _ span: Span) throws -> Traced {
    switch function.origin {
    case .builtin(let builtin): return try invoke(builtin, given, span)
    case .composed(let steps):
      var value = given
      for step in steps {
        let result = try apply(.value(step, nil), value, span)
        value = [Given(name: nil, value: result, span: span)]
      }
      return value.first?.value ?? .value(.none, nil)
    case .user:
      guard let (text, range) = function.definition else { throw unsupported("this call", span) }
      let literal = try definition(text, range, span)
      return try run(literal, in: Scope(function: function), text, given, span)
    }
  }

  /// The tree of a function, read again at its place so that spans stay right.
  private func definition(
    _ text: SourceText, _ range: Span, _ span: Span
  ) throws -> FunctionLiteral {
    var bytes = [UInt8](repeating: UInt8(ascii: " "), count: max(0, range.start))
    bytes += text.text(in: range).utf8
    let source = SourceText(bytes: bytes, name: text.name)
    let statements = try Parser.parse(source, commands: graph.machine.host.commandSyntax)
    switch statements.first?.kind {
    case .function(let literal)?: return literal
    case .expression(let expression)?:
      if case .function(let literal) = expression.kind { return literal }
    default: break
    }
    throw unsupported("this function", span)
  }

  private func run(
    _ literal: FunctionLiteral, in scope: Scope, _ text: SourceText, _ given: [Given],
    _ span: Span
  ) throws -> Traced {
    calls += 1
    defer { calls -= 1 }
    guard calls <= Self.callLimit else {
      throw unsupported("calls within each other deeper than \(Self.callLimit)", span)
    }
    let usage = literal.name?.text ?? "the function"
    guard given.count <= literal.parameters.count else {
      throw RuntimeError.tooManyArguments(
        function: usage, accepts: literal.parameters.count, got: given.count, usage: usage)
    }
    observer?.call(of: usage)
    for (index, argument) in given.enumerated() {
      let name = argument.name ?? literal.parameters[index].name.text
      guard literal.parameters.contains(where: { $0.name.text == name }) else {
        throw RuntimeError.unknownArgument(
          function: usage, name: name, known: literal.parameters.map(\.name.text))
      }
      self.name(argument.value, name)
      scope.variables[name] = argument.value
    }
    let caller = source
    source = text
    defer { source = caller }
    for parameter in literal.parameters where scope.variables[parameter.name.text] == nil {
      guard let value = parameter.defaultValue else {
        throw RuntimeError.missingArgument(
          function: usage, parameter: parameter.name.text, usage: usage)
      }
      scope.variables[parameter.name.text] = try evaluate(value, scope)
    }
    return try block(literal.body, scope).value
  }

  func pipe(
    _ left: Traced, _ leftExpression: Expression, _ right: Expression, _ span: Span,
    _ scope: Scope
  ) throws -> Traced {
    switch left {
    case .closure, .value(.function, _), .value(.network, _):
      throw unsupported("a composition made inside it", span, hint: "make it before: f = a |> b")
    default: break
    }
    let function = try function(right, scope)
    return try apply(
      function, [Given(name: nil, value: left, span: leftExpression.span)], span)
  }

  // MARK: Networks

  /// A network's layers one after the other, its parameters by their names.
  private func unroll(
    _ network: Network, named name: String, _ input: Node, at span: Span
  ) throws -> Node {
    var parameters = network.parameters[...]
    var x = input
    for layer in network.layers {
      let count = layer.parameterGroups.reduce(0) { $0 + $1.count }
      let own = try parameters.prefix(count).map { parameter in
        let path = "\(name).\(parameter.name)"
        return try graph.leaf(
          path, parameter.tensor, isTarget: path == target, isShared: true, at: span, in: source)
      }
      parameters = parameters.dropFirst(count)
      x = try output(of: layer, x, own, at: span)
    }
    return x
  }

  private func output(
    of layer: any Layer, _ x: Node, _ own: [Node], at span: Span
  ) throws -> Node {
    switch layer {
    case is Dense where own.count == 2:
      let product = try graph.operate("@", [x, own[0]], at: span, in: source) {
        try .matmul($0[0], $0[1])
      }
      return try graph.operate("+", [product, own[1]], at: span, in: source) {
        try .add($0[0], $0[1])
      }
    case let activation as ActivationLayer:
      return try graph.operate(activation.kind.rawValue, [x], at: span, in: source) {
        try activation.apply($0[0], parameters: [])
      }
    case is Softmax:
      return try graph.operate("softmax", [x], at: span, in: source) { try .softmax($0[0]) }
    case is Dropout: return x
    case is Flatten where x.rank >= 2:
      let rows = x.shape.dimensions[0]
      let sizes = [rows, x.shape.count / max(1, rows)]
      var options = Node.Options()
      options.arguments = sizes.map { ("shape", .number(Double($0))) }
      return try graph.operate("reshape", [x], options, at: span, in: source) {
        try .reshape($0[0], to: Shape(checking: sizes))
      }
    default:
      var options = Node.Options()
      options.layer = layer
      return try graph.operate("layer", [x] + own, options, at: span, in: source) {
        try layer.apply($0[0], parameters: $0.dropFirst())
      }
    }
  }
}
