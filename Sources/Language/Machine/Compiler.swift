import Operations
import Syntax

/// Turns the tree of one function, unevaluated expression or top-level statement into a `Code`.
///
/// Names become places here, as in Python: what a function assigns anywhere is its own variable
/// throughout; other names are those of the functions around it, then globals. A variable that a
/// function inside uses lies in a cell, all others in registers.
final class Compiler {
  /// Where a variable lies.
  enum Variable {
    case register(Int), cell(Int), capture(Int), global(Int)
    /// A builtin that nothing can shadow.
    case fixed(Value)
  }

  /// What `break` and `continue` of a loop need.
  struct Loop {
    var breaks: [Int] = []
    var continues: [Int] = []
  }

  var builder: CodeBuilder
  let parent: Compiler?
  let globals: Globals
  /// False for top-level statements, whose variables are globals.
  let isFunction: Bool
  /// In the prelude: builtins' names mean the builtins.
  let fixesBuiltins: Bool
  /// The file whose names are apart from the others; nil for the session's own.
  let scope: Scope?
  var loops: [Loop] = []
  private var locals: [String: Variable] = [:]
  private var captures: [String: Int] = [:]
  private var captureSources: [FunctionTemplate.Capture] = []

  /// For a top-level statement.
  init(
    globals: Globals, source: SourceText, span: Span, fixesBuiltins: Bool = false,
    scope: Scope? = nil
  ) {
    self.globals = globals
    self.fixesBuiltins = fixesBuiltins
    self.scope = scope
    parent = nil
    isFunction = false
    builder = CodeBuilder(name: nil, source: source, span: span)
    builder.scope = scope
  }

  /// For functions that stand among variables of known values, each in a cell.
  convenience init(globals: Globals, source: SourceText, span: Span, variables: [String]) {
    self.init(globals: globals, source: source, span: span)
    for name in variables { addCell(name) }
  }

  private init(inside parent: Compiler, name: String?, span: Span, isFunction: Bool = true) {
    self.parent = parent
    globals = parent.globals
    fixesBuiltins = parent.fixesBuiltins
    scope = parent.scope
    self.isFunction = isFunction
    builder = CodeBuilder(name: name, source: parent.builder.source, span: span)
    builder.fixesBuiltins = fixesBuiltins
    builder.scope = scope
  }

  // MARK: Names

  /// Where a name's value is found.
  func resolve(_ name: String) -> Variable {
    if let variable = locals[name] { return variable }
    if let index = captureIndex(name) { return .capture(index) }
    if fixesBuiltins, let value = globals.initialValue(name) { return .fixed(value) }
    return .global(globalSlot(for: name))
  }

  /// The slot of a global variable; in a scope of its own, of that file's variable.
  func globalSlot(for name: String) -> Int {
    globals.slot(for: scope?.global(name) ?? name)
  }

  private func captureIndex(_ name: String) -> Int? {
    if let known = captures[name] { return known }
    guard let source = parent?.captureSource(name) else { return nil }
    captures[name] = captureSources.count
    captureSources.append(source)
    builder.captureNames.append(name)
    return captureSources.count - 1
  }

  private func captureSource(_ name: String) -> FunctionTemplate.Capture? {
    if case .cell(let index)? = locals[name] { return .cell(index) }
    return captureIndex(name).map { .capture($0) }
  }

  // MARK: Functions

  /// The code of a function literal inside what is being compiled.
  func template(of literal: FunctionLiteral) throws(Diagnostic) -> FunctionTemplate {
    let inner = Compiler(inside: self, name: literal.name?.text, span: literal.span)
    inner.builder.isFunction = true
    inner.builder.tree = .function(literal)
    inner.builder.isObserved = isObserved
    try inner.declare(literal)
    for (index, parameter) in literal.parameters.enumerated() {
      try inner.emitParameter(index, parameter)
    }
    inner.emitUnsetLocals(from: literal.parameters.count)
    inner.observeEntry(literal.span)
    try inner.compileBody(literal.body)
    return FunctionTemplate(code: Code(inner.builder), captures: inner.captureSources)
  }

  /// The code of an expression that is evaluated later, in this place's environment.
  ///
  /// - Parameter isObserved: whether it is to tell an observer what it does; never by itself.
  func template(
    of expression: Expression, isObserved: Bool = false
  ) throws(Diagnostic) -> FunctionTemplate {
    let inner = Compiler(inside: self, name: nil, span: expression.span)
    inner.builder.tree = .expression(expression)
    inner.builder.isObserved = isObserved
    inner.builder.beginTemporaries()
    try isObserved ? inner.compileObservedLeaving(expression) : inner.compileLeaving(expression)
    return FunctionTemplate(code: Code(inner.builder), captures: inner.captureSources)
  }

  /// The code of what a command is given: an expression, or a block of statements.
  func template(ofArgument expression: Expression) throws(Diagnostic) -> FunctionTemplate {
    guard let block = expression.commandBlock else { return try template(of: expression) }
    return try template(ofCommandBlock: block)
  }

  /// The code of statements that a command runs later: outside functions they see and change the
  /// global variables, as the body of a loop does; in a function they have variables of their own.
  private func template(ofCommandBlock block: Block) throws(Diagnostic) -> FunctionTemplate {
    if isFunction {
      return try template(
        of: FunctionLiteral(name: nil, parameters: [], body: block, span: block.span))
    }
    let inner = Compiler(inside: self, name: nil, span: block.span, isFunction: false)
    inner.builder.beginTemporaries()
    try inner.compileDiscarding(block)
    inner.builder.emit(
      Instruction(.leave, a: inner.builder.constant(.none).bits), at: block.span)
    return FunctionTemplate(code: Code(inner.builder), captures: inner.captureSources)
  }

  private func declare(_ literal: FunctionLiteral) throws(Diagnostic) {
    let names = NameCollector(function: literal)
    var seen: Set<String> = []
    for parameter in literal.parameters {
      guard seen.insert(parameter.name.text).inserted else {
        throw problem("the parameter \(parameter.name.text) stands twice", parameter.name.span)
      }
      locals[parameter.name.text] = .register(builder.registerNames.count)
      builder.registerNames.append(parameter.name.text)
      builder.parameters.append(
        ParameterInfo(name: parameter.name.text, hasDefault: parameter.defaultValue != nil))
    }
    for name in names.assigned where !seen.contains(name) {
      if names.nested.contains(name) {
        addCell(name)
      } else {
        locals[name] = .register(builder.registerNames.count)
        builder.registerNames.append(name)
      }
    }
    capturedParameters = seen.intersection(names.nested)
    builder.beginTemporaries()
  }

  private var capturedParameters: Set<String> = []

  func addCell(_ name: String) {
    locals[name] = .cell(builder.cellNames.count)
    builder.cellNames.append(name)
  }

  /// Fills in a parameter's default and moves it into its cell. A call that gives every argument
  /// starts after this, unless a cell must be filled.
  private func emitParameter(_ index: Int, _ parameter: FunctionParameter) throws(Diagnostic) {
    let register = Operand.register(index)
    if let value = parameter.defaultValue {
      let jump = builder.position
      builder.emit(Instruction(.jumpIfSet, b: register.bits), at: value.span)
      try compile(value, into: register)
      builder.land(jump)
    }
    if capturedParameters.contains(parameter.name.text) {
      addCell(parameter.name.text)
      let cell = UInt32(truncatingIfNeeded: builder.cellNames.count - 1)
      builder.emit(Instruction(.storeCell, a: cell, b: register.bits), at: parameter.name.span)
    }
    if capturedParameters.isEmpty { builder.fullEntry = builder.position }
  }

  private func emitUnsetLocals(from first: Int) {
    for register in first..<max(first, builder.registerNames.count) {
      builder.emit(Instruction(.unset, a: Operand.register(register).bits), at: builder.span)
    }
  }

  private func compileBody(_ block: Block) throws(Diagnostic) {
    try compileLeaving(block)
  }

  // MARK: Problems

  /// An error found before anything runs.
  func problem(_ message: String, _ span: Span, suggestions: [String] = []) -> Diagnostic {
    Diagnostic(
      phase: .syntax, message, source: builder.source, span: span, suggestions: suggestions)
  }

  /// Checks that a count fits its field of an instruction.
  func checkCount(_ count: Int, _ what: String, _ span: Span) throws(Diagnostic) {
    guard count < Int(UInt16.max) else { throw problem("more than 65,534 \(what)", span) }
  }
}
