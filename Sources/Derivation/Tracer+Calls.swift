import Language
import Networks
import Syntax
import Tensors

extension Tracer {
  /// An argument as given.
  struct Given {
    let name: String?
    let value: Traced
    let span: Span
  }

  /// The tree of a function that was called, and the names that it binds.
  struct Definition {
    let literal: FunctionLiteral
    let own: Set<String>
    /// Kept, so that no other function gets its identity.
    let function: Function
  }

  func call(
    _ callee: Expression, _ arguments: [Argument], _ span: Span, _ scope: Scope
  ) throws -> Traced {
    let function = try function(callee, scope)
    let keepsDigits = function.keepsDigits(arguments)
    let given = try arguments.enumerated().map { position, argument in
      let expression = argument.value
      if keepsDigits, position == 0, case .bracket(let elements) = expression.kind {
        let parts = try LiteralParts(elements) { try evaluate($0, scope) }
        return Given(
          name: argument.name?.text, value: try literal(parts, isWide: true, expression.span),
          span: expression.span)
      }
      return Given(
        name: argument.name?.text, value: try evaluate(expression, scope), span: expression.span)
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
      if isOpaque(literal) { return try machineCall(function, given, span) }
      let own = Set(NameCollector(function: literal).assigned)
      return try run(literal, in: open(Scope(parent: scope, own: own)), text, given, span)
    case .value(.function(let function), _): return try apply(function, given, span)
    case .value(.network(let box), let text):
      guard given.count == 1, let x = given.first, x.name == nil else {
        throw RuntimeError.tooManyArguments(
          function: "a network", accepts: 1, got: given.count, usage: "net(x)")
      }
      return .node(
        try unroll(box.content, named: text, try node(x.value, x.span), at: span))
    default: throw RuntimeError.notCallable(kind: try plain(function, span).kindName)
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
      guard let (text, _) = function.definition else { throw unsupported("this call", span) }
      let definition = try definition(of: function, span)
      if isOpaque(definition.literal) {
        return try machineCall(.value(.function(function), nil), given, span)
      }
      return try run(
        definition.literal, in: open(Scope(function: function, own: definition.own)), text, given,
        span)
    }
  }

  /// The tree of a function, read again at its place so that spans stay right.
  func definition(of function: Function, _ span: Span) throws -> Definition {
    let key = ObjectIdentifier(function)
    if let known = definitions[key] { return known }
    guard let (text, range) = function.definition else { throw unsupported("this function", span) }
    var bytes = [UInt8](repeating: UInt8(ascii: " "), count: max(0, range.start))
    bytes += text.text(in: range).utf8
    let source = SourceText(bytes: bytes, name: text.name)
    let statements = try Parser.parse(source, commands: graph.machine.host.commandSyntax)
    var found: FunctionLiteral?
    switch statements.first?.kind {
    case .function(let literal)?: found = literal
    case .expression(let expression)?:
      if case .function(let literal) = expression.kind { found = literal }
    default: break
    }
    guard let found else { throw unsupported("this function", span) }
    let definition = Definition(
      literal: found, own: Set(NameCollector(function: found).assigned), function: function)
    definitions[key] = definition
    return definition
  }

  // MARK: Functions of the user's

  /// Whether `explain` leaves a function to the machine: one that does what the tracer does not,
  /// or one further in than the tree is drawn.
  private func isOpaque(_ literal: FunctionLiteral) -> Bool {
    guard !isDeriving else { return false }
    return calls >= Self.callLimit || observer?.wantsMore == false || !literal.body.isFollowed
  }

  private func machineCall(_ function: Traced, _ given: [Given], _ span: Span) throws -> Traced {
    let value = try graph.machine.call(
      try plain(function, span), try given.map { try plain($0.value, $0.span) },
      names: given.argumentNames)
    return try traced(constant: value, at: span)
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
    try bind(literal, scope, given)
    let caller = source
    source = text
    defer { source = caller }
    for parameter in literal.parameters where scope.variables[parameter.name.text] == nil {
      guard let value = parameter.defaultValue else {
        let name = literal.name?.text ?? "the function"
        throw RuntimeError.missingArgument(
          function: name, parameter: parameter.name.text, usage: name)
      }
      scope.variables[parameter.name.text] = try evaluate(value, scope)
    }
    do {
      return try body(literal.body, scope).value
    } catch let error as Unsupported where isDeriving {
      // A helper that the variable has no influence on may do what it likes.
      guard let value = try independentCall(scope, given, span, error) else { throw error }
      return value
    }
  }

  /// What a call gives that the variable of the derivation has no influence on, by the machine;
  /// nil where it may have.
  private func independentCall(
    _ scope: Scope, _ given: [Given], _ span: Span, _ error: Unsupported
  ) throws -> Traced? {
    guard let function = scope.function, !given.contains(where: { isOnPath($0.value) }),
      !mayReachTarget(.function(function))
    else { return nil }
    return try withoutRandomness(span) {
      try machineCall(.value(.function(function), nil), given, span)
    }
  }

  /// Puts the arguments into the parameters' places, by the machine's rules.
  private func bind(_ literal: FunctionLiteral, _ scope: Scope, _ given: [Given]) throws {
    let usage = literal.name?.text ?? "the function"
    let names = literal.parameters.map(\.name.text)
    let positional = given.filter { $0.name == nil }.count
    guard positional <= names.count else {
      throw RuntimeError.tooManyArguments(
        function: usage, accepts: names.count, got: given.count, usage: usage)
    }
    var position = 0
    for argument in given {
      let name: String
      if let keyword = argument.name {
        name = keyword
      } else {
        name = names[position]
        position += 1
      }
      guard names.contains(name) else {
        throw RuntimeError.unknownArgument(function: usage, name: name, known: names, usage: usage)
      }
      guard scope.variables[name] == nil else {
        throw RuntimeError.repeatedArgument(function: usage, name: name, usage: usage)
      }
      self.name(argument.value, name)
      scope.variables[name] = argument.value
    }
  }

  func pipe(
    _ left: Traced, _ leftExpression: Expression, _ right: Expression, _ span: Span,
    _ scope: Scope
  ) throws -> Traced {
    switch left {
    case .closure, .value(.function, _), .value(.network, _):
      let first = try plain(left, leftExpression.span)
      let second = try plain(try function(right, scope), right.span)
      return .value(
        try withoutRandomness(span) {
          let machine = graph.machine
          return try Value.composed(
            first, second, random: machine.random, machine.host.vocabulary)
        }, nil)
    default: break
    }
    let function = try function(right, scope)
    return try apply(
      function, [Given(name: nil, value: left, span: leftExpression.span)], span)
  }
}

extension Traced {
  /// Whether it makes Float64 of the numbers of a literal in its call, as the machine has it.
  fileprivate func keepsDigits(_ arguments: [Argument]) -> Bool {
    guard case .value(.function(let function), _) = self, let builtin = function.builtin else {
      return false
    }
    switch builtin.declaration.name {
    case "f64": return arguments.count == 1
    case "tensor":
      return arguments.count == 2 || arguments.contains { $0.name?.text == "dtype" }
    default: return false
    }
  }
}

extension Block {
  /// Whether it holds nothing but what the tracer follows: no command, no assignment to a part.
  fileprivate var isFollowed: Bool {
    statements.allSatisfy { statement in
      switch statement.kind {
      case .command: false
      case .assignment(let targets, _): targets.allSatisfy(\.isName)
      case .update(let target, _, _): target.isName
      case .forLoop(_, _, let body), .whileLoop(_, let body): body.isFollowed
      case .expression(let expression):
        if case .conditional(_, let then, let otherwise) = expression.kind {
          then.isFollowed && otherwise?.isFollowed != false
        } else {
          true
        }
      default: true
      }
    }
  }
}

extension Expression {
  fileprivate var isName: Bool { if case .name = kind { true } else { false } }
}
