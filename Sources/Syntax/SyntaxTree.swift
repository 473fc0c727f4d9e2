/// An expression and where it stands.
public struct Expression: Sendable {
  public let kind: Kind
  public let span: Span

  public init(_ kind: Kind, _ span: Span) {
    self.kind = kind
    self.span = span
  }

  /// Only what holds expressions itself is boxed, so that a list of numbers stays flat.
  public enum Kind: Sendable {
    case none
    case bool(Bool)
    case number(Double)
    case string(String)
    /// A string with `{expression:format}` parts.
    case interpolation([InterpolationPart])
    case name(String)
    /// A bracket literal; whether it is a tensor or a list shows when it runs.
    case bracket([Expression])
    /// `return a, b`: always a list, of the values untouched.
    case list([Expression])
    case record([RecordField])
    /// `a..<b`, `a...b`, with `by step`.
    indirect case range(lower: Expression, upper: Expression, inclusive: Bool, step: Expression?)
    indirect case unary(UnaryOperator, Expression)
    indirect case binary(BinaryOperator, Expression, Expression, operatorSpan: Span)
    /// `and`, `or`: the right side runs only where the left does not decide.
    indirect case logical(LogicalOperator, Expression, Expression)
    /// `x'`
    indirect case transpose(Expression)
    indirect case call(Expression, [Argument])
    indirect case index(Expression, [Subscript])
    indirect case field(Expression, Name)
    indirect case function(FunctionLiteral)
    indirect case conditional(condition: Expression, then: Block, otherwise: Block?)
    /// `a |> f`
    indirect case pipe(Expression, Expression)
    /// `grad L wrt W`, and `numgrad L wrt W`.
    indirect case gradient(of: Expression, withRespectTo: [Expression], numeric: Bool)
  }
}

/// A piece of an interpolated string.
public enum InterpolationPart: Sendable {
  case text(String)
  /// The format is what stands after `:`, as `.4f`; nil where there is none.
  case value(Expression, format: FormatSpecification?)
}

/// Width, precision and conversion of `{value:8.4f}`, as in Python.
public struct FormatSpecification: Hashable, Sendable {
  public var fill: Character = " "
  public var alignment: Character?
  public var sign: Character?
  public var width: Int?
  public var grouping: Bool = false
  public var precision: Int?
  public var conversion: Character?

  public init() {}
}

/// An identifier and where it stands.
public struct Name: Hashable, Sendable {
  public let text: String
  public let span: Span

  public init(_ text: String, _ span: Span) {
    self.text = text
    self.span = span
  }
}

/// `label: value` of a record literal.
public struct RecordField: Sendable {
  public let name: Name
  public let value: Expression

  public init(name: Name, value: Expression) {
    self.name = name
    self.value = value
  }
}

/// An argument of a call, `name=` before it where it is named.
public struct Argument: Sendable {
  public let name: Name?
  public let value: Expression

  public init(name: Name?, value: Expression) {
    self.name = name
    self.value = value
  }
}

/// One place between the brackets of `x[i, a:b, :]`.
public enum Subscript: Sendable {
  case index(Expression)
  /// `start:stop:step`, each of which may be left out.
  case slice(start: Expression?, stop: Expression?, step: Expression?, Span)
  /// `...`: the axes that the others leave out.
  case ellipsis(Span)
}

/// `-x` and `not x`.
public enum UnaryOperator: String, Sendable { case negate = "-", not = "not", plus = "+" }

/// The operators whose both sides are always evaluated.
public enum BinaryOperator: String, Sendable, CaseIterable {
  case add = "+", subtract = "-", multiply = "*", divide = "/", remainder = "%"
  case matmul = "@", power = "^"
  case equal = "==", notEqual = "!=", less = "<", lessOrEqual = "<=", greater = ">"
  case greaterOrEqual = ">="
  /// `x in list`: whether the right side holds the left.
  case contains = "in"
}

/// `and` and `or`.
public enum LogicalOperator: String, Sendable { case and, or }

/// `x -> e`, `fn name(a, b=1) = e` or `fn name(a) { … }`.
public struct FunctionLiteral: Sendable {
  public let name: Name?
  public let parameters: [FunctionParameter]
  public let body: Block
  /// The whole literal, from `fn` or the first parameter to its end: what `source` shows.
  public let span: Span

  public init(name: Name?, parameters: [FunctionParameter], body: Block, span: Span) {
    self.name = name
    self.parameters = parameters
    self.body = body
    self.span = span
  }
}

/// A parameter of a user's function, with its default where it has one.
public struct FunctionParameter: Sendable {
  public let name: Name
  public let defaultValue: Expression?

  public init(name: Name, defaultValue: Expression?) {
    self.name = name
    self.defaultValue = defaultValue
  }
}

/// The statements between braces, or the single expression after `=` or `->`.
///
/// The value of a block is that of its last statement if it is an expression, otherwise `none`.
public struct Block: Sendable {
  public let statements: [Statement]
  public let span: Span

  public init(statements: [Statement], span: Span) {
    self.statements = statements
    self.span = span
  }
}

/// A statement and where it stands.
public struct Statement: Sendable {
  public let kind: Kind
  public let span: Span
  /// Whether a `;` ends it, which silences its echo.
  public let isSilenced: Bool

  public init(_ kind: Kind, _ span: Span, isSilenced: Bool = false) {
    self.kind = kind
    self.span = span
    self.isSilenced = isSilenced
  }

  public indirect enum Kind: Sendable {
    case expression(Expression)
    /// `a = e` and `a, b = e`; a target is a name, an index or a field.
    case assignment(targets: [Expression], value: Expression)
    /// `a += e`
    case update(target: Expression, BinaryOperator, value: Expression)
    case function(FunctionLiteral)
    case whileLoop(condition: Expression, body: Block)
    /// `for e in …`, `for i, v in …`
    case forLoop(names: [Name], sequence: Expression, body: Block)
    case breakLoop
    case continueLoop
    case returnValue(Expression?)
    case command(Command)
  }
}

/// A command as written, its arguments filled into the places of its `CommandSyntax`.
public struct Command: Sendable {
  public let name: Name
  /// What was given, by the name of the slot; a variadic slot has several entries, in order.
  public let arguments: [CommandArgument]

  public init(name: Name, arguments: [CommandArgument]) {
    self.name = name
    self.arguments = arguments
  }

  /// What was given for a slot or an option.
  public func values(_ slot: String) -> [CommandArgument] {
    arguments.filter { $0.slot == slot }
  }
}

/// One argument of a command.
public struct CommandArgument: Sendable {
  public enum Value: Sendable {
    case expression(Expression)
    /// A bare word, a bare path or an unevaluated string.
    case word(String)
  }

  /// The slot or the option that it fills.
  public let slot: String
  public let value: Value
  public let span: Span

  public init(slot: String, value: Value, span: Span) {
    self.slot = slot
    self.value = value
    self.span = span
  }
}
