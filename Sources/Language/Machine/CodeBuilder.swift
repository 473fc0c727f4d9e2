import Syntax

/// Collects the instructions of one code and hands out its registers.
///
/// Variables have the lowest registers; intermediate values are stacked above them, each used
/// exactly once, so that the machine may take them out rather than copy them.
struct CodeBuilder {
  let name: String?
  let source: SourceText
  let span: Span
  private(set) var instructions: [Instruction] = []
  private(set) var constants: [Value] = []
  private(set) var siteIndices: [Int32] = []
  private(set) var sites: [Site] = []
  /// Whether it is a function as written, rather than a statement or an unevaluated expression.
  var isFunction = false
  var tree: CodeTree?
  var isObserved = false
  var fixesBuiltins = false
  var scope: Scope?
  var parameters: [ParameterInfo] = []
  var registerNames: [String] = []
  var cellNames: [String] = []
  var captureNames: [String] = []
  var fullEntry = 0
  var tables = CodeTables()
  private(set) var registerCount = 0
  /// The next free register for an intermediate value.
  private(set) var nextTemporary = 0
  private var numberConstants: [UInt64: Int] = [:]

  init(name: String?, source: SourceText, span: Span) {
    self.name = name
    self.source = source
    self.span = span
  }

  /// Where the next instruction will stand.
  var position: Int { instructions.count }

  /// Ends the variables: registers from here on are intermediate.
  mutating func beginTemporaries() {
    nextTemporary = registerNames.count
    registerCount = max(registerCount, nextTemporary)
  }

  /// A register above all in use.
  mutating func temporary() -> Operand { temporaries(1) }

  /// The first of several registers in a row.
  mutating func temporaries(_ count: Int) -> Operand {
    let first = nextTemporary
    nextTemporary += count
    registerCount = max(registerCount, nextTemporary)
    return .register(first)
  }

  /// Gives back all registers from one on.
  mutating func release(to register: Int) { nextTemporary = register }

  /// Whether an operand is an intermediate value.
  func isTemporary(_ operand: Operand) -> Bool {
    operand.base == .frame && operand.index >= registerNames.count
  }

  mutating func emit(_ instruction: Instruction, at site: Site) {
    instructions.append(instruction)
    if let last = sites.last, last.span == site.span, last.operands == site.operands {
      siteIndices.append(Int32(truncatingIfNeeded: sites.count - 1))
    } else {
      siteIndices.append(Int32(truncatingIfNeeded: sites.count))
      sites.append(site)
    }
  }

  mutating func emit(_ instruction: Instruction, at span: Span) {
    emit(instruction, at: Site(span))
  }

  /// Sets the target of a jump to where the next instruction will stand.
  mutating func land(_ jump: Int, at target: Int? = nil) {
    guard instructions.indices.contains(jump) else { return }
    instructions[jump].c = UInt32(truncatingIfNeeded: target ?? position)
  }

  mutating func constant(_ number: Double) -> Operand {
    if let known = numberConstants[number.bitPattern] { return .constant(known) }
    numberConstants[number.bitPattern] = constants.count
    return constant(.number(number))
  }

  mutating func constant(_ value: Value) -> Operand {
    constants.append(value)
    return .constant(constants.count - 1)
  }

  mutating func nameIndex(_ name: String) -> UInt32 {
    if let known = tables.names.firstIndex(where: { $0.content == name }) { return UInt32(known) }
    tables.names.append(TextBox(name))
    return UInt32(truncatingIfNeeded: tables.names.count - 1)
  }
}

extension Array {
  /// Appends the element and gives its index.
  mutating func adding(_ element: Element) -> Int {
    append(element)
    return count - 1
  }
}
