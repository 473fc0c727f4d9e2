import Graph
import Syntax

/// The compiled form of a top-level statement, of a function or of an unevaluated expression.
///
/// Codes are never changed after they are built, and the machine keeps every code that holds or is
/// a function until its own end; so a running frame may refer to its code without owning it.
package final class Code: @unchecked Sendable {
  // Unchecked: immutable once built, but for `observed`; used by the one machine thread.
  let name: String?
  /// Whether it was written as a function: calls of it are named in messages.
  let isFunction: Bool
  let source: SourceText
  let span: Span
  /// What calling needs, at a fixed address.
  let header: UnsafeMutablePointer<CodeHeader>
  let instructionCount: Int
  let constantCount: Int
  /// For each instruction, which of `sites` it belongs to.
  let siteIndices: [Int32]
  let sites: [Site]
  let parameters: [ParameterInfo]
  /// The names of the variables in the first registers.
  let registerNames: [String]
  /// The names of the variables in cells, and of those captured from outside.
  let cellNames: [String]
  let captureNames: [String]
  let tables: CodeTables
  /// What it was compiled from, where that may be observed; nil for statements.
  let tree: CodeTree?
  /// Whether it tells the machine's observer what it does.
  let isObserved: Bool
  /// Whether the builtins' names mean the builtins in it, as in the prelude.
  let fixesBuiltins: Bool
  /// The file whose names it uses, where that has a scope of its own.
  let scope: Scope?
  /// The same, telling an observer: made at the first need.
  var observed: ObservedCode?

  init(_ builder: CodeBuilder) {
    name = builder.name
    isFunction = builder.isFunction
    source = builder.source
    span = builder.span
    siteIndices = builder.siteIndices
    sites = builder.sites
    parameters = builder.parameters
    registerNames = builder.registerNames
    cellNames = builder.cellNames
    captureNames = builder.captureNames
    tables = builder.tables
    tree = builder.tree
    isObserved = builder.isObserved
    fixesBuiltins = builder.fixesBuiltins
    scope = builder.scope
    instructionCount = builder.instructions.count
    constantCount = builder.constants.count
    // SAFETY: each buffer is as large as what is put into it, and freed in `deinit`.
    let instructions = UnsafeMutablePointer<Instruction>.allocate(capacity: instructionCount + 1)
    for (position, instruction) in builder.instructions.enumerated() {
      (instructions + position).initialize(
        to: instruction.opcode.isJump ? instruction.relative(to: position) : instruction)
    }
    let constants = UnsafeMutablePointer<Value>.allocate(capacity: constantCount + 1)
    constants.initialize(from: builder.constants, count: constantCount)
    header = .allocate(capacity: 1)
    header.initialize(
      to: CodeHeader(
        instructions: UnsafePointer(instructions), constants: constants,
        registerCount: Int32(truncatingIfNeeded: builder.registerCount),
        localCount: Int32(truncatingIfNeeded: builder.registerNames.count),
        parameterCount: Int32(truncatingIfNeeded: builder.parameters.count),
        cellCount: Int32(truncatingIfNeeded: builder.cellNames.count),
        fullEntry: Int32(truncatingIfNeeded: builder.fullEntry),
        hasCaptures: !builder.captureNames.isEmpty))
    header.pointee.code = Unmanaged.passUnretained(self)
  }

  deinit {
    header.pointee.instructions.deallocate()
    header.pointee.constants.deinitialize(count: constantCount)
    header.pointee.constants.deallocate()
    header.deallocate()
  }

  /// The instructions, for the dump.
  var instructions: UnsafeBufferPointer<Instruction> {
    UnsafeBufferPointer(start: header.pointee.instructions, count: instructionCount)
  }

  /// The constants, for the dump.
  var constants: UnsafeBufferPointer<Value> {
    UnsafeBufferPointer(start: header.pointee.constants, count: constantCount)
  }

  /// Where an instruction comes from.
  func site(of instruction: Int) -> Site {
    guard siteIndices.indices.contains(instruction) else { return Site(span) }
    let index = Int(siteIndices[instruction])
    return sites.indices.contains(index) ? sites[index] : Site(span)
  }

  /// The function as its user would call it: `mean(x, axis=…)`.
  var usage: String {
    let inside = parameters.map { $0.hasDefault ? "\($0.name)=…" : $0.name }
    return "\(name ?? "function")(\(inside.joined(separator: ", ")))"
  }
}

/// The part of a code that the dispatch loop reads, without reference counting.
struct CodeHeader {
  let instructions: UnsafePointer<Instruction>
  let constants: UnsafeMutablePointer<Value>
  let registerCount: Int32
  /// The registers from here on hold intermediate values, each used once.
  let localCount: Int32
  let parameterCount: Int32
  let cellCount: Int32
  /// Where a call that gives all arguments begins: after the defaults.
  let fullEntry: Int32
  let hasCaptures: Bool
  var code: Unmanaged<Code>?
}

/// A place in the source, with the places of the operands where there are any.
struct Site {
  let span: Span
  let operands: [Span]

  init(_ span: Span, _ operands: [Span] = []) {
    self.span = span
    self.operands = operands
  }
}

/// A parameter of a function, in the register of its number.
struct ParameterInfo {
  let name: String
  let hasDefault: Bool
}

/// What instructions refer to by number.
struct CodeTables {
  var names: [TextBox] = []
  var functions: [FunctionTemplate] = []
  var literals: [LiteralPattern] = []
  var subscripts: [[SubscriptPattern]] = []
  var paths: [PathPattern] = []
  var interpolations: [[InterpolationPattern]] = []
  var recordKeys: [[TextBox]] = []
  var loopWords: [[String]] = []
  var argumentNames: [[String?]] = []
  var gradients: [GradientPattern] = []
  var commands: [CommandPattern] = []
  var errors: [RuntimeError] = []
  var chains: [ElementwiseChain] = []
  var observedExpressions: [ObservedExpression] = []
  var observedLoops: [ObservedLoop] = []
  var assertions: [AssertionPattern] = []
}

/// A function's code, and where the cells that it captures are found when it is made.
struct FunctionTemplate {
  enum Capture { case cell(Int), capture(Int) }

  let code: Code
  let captures: [Capture]
}

/// One place between brackets; the operands follow each other in registers.
enum SubscriptPattern: Equatable {
  case index
  case slice(start: Bool, stop: Bool, step: Bool)
  case ellipsis
  /// The word `none`.
  case newAxis
}

/// `r.field[i] = e`: the steps from a variable to the part that is written.
struct PathPattern {
  enum Step {
    case field(TextBox)
    case index([SubscriptPattern])
  }

  /// The cell that holds the variable; nil where the instruction names its register or global.
  let cell: Int?
  let steps: [Step]
  /// The operator of `+=`; nil for `=`.
  let update: BinaryOperator?
  /// Of `+= […]`, whose values come as a list: see `PartChange.extend`.
  let literal: LiteralPattern?
  let operandCount: Int
}

/// A piece of an interpolated string, its value in a register. Indirect, as each use copies it.
indirect enum InterpolationPattern {
  case text(String)
  case value(FormatSpecification?)
}

/// Where a variable lies, and the fields and elements after it: what `grad … wrt` may name.
struct PlacePattern {
  enum Root { case global(Int), cell(Int), capture(Int) }

  enum Step {
    case field(String)
    /// What stands between brackets.
    case index(FunctionTemplate)
  }

  let root: Root
  let name: String
  let path: [Step]
  let span: Span
}

/// `grad L wrt W, b`
struct GradientPattern {
  let loss: FunctionTemplate
  let lossSpan: Span
  let places: [PlacePattern]
  let isNumeric: Bool
  /// The plans that were made for it.
  let plans = PlanCache()
}

/// A command with its arguments compiled, not evaluated.
struct CommandPattern {
  enum Input {
    case word(String, Span)
    case expression(Expression, FunctionTemplate, PlacePattern?)
  }

  let name: Name
  let inputs: [(slot: String, input: Input)]
  /// Whether its value is assigned to a variable.
  let isAssigned: Bool
  /// What bare paths read as, where that could name a variable.
  let readings: [(slot: String, expression: Expression, template: FunctionTemplate)]
}
