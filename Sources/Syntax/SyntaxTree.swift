/// An expression and where it stands.
public struct Expression: Sendable {
  /// What kind of expression it is, with its parts.
  public let kind: Kind
  /// The bytes of the source that it was read from.
  public let span: Span

  /// Its parts, each as the property of its name.
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
  /// What fills the width; a space unless the format says otherwise.
  public var fill: Character = " "
  /// `<`, `>`, `^` or `=`; nil for the usual one of the value.
  public var alignment: Character?
  /// `+`, `-` or a space: how numbers that are not negative begin.
  public var sign: Character?
  /// The least number of columns.
  public var width: Int?
  /// Whether commas separate the thousands.
  public var grouping: Bool = false
  /// The digits after the point, or significant ones, as the conversion has it.
  public var precision: Int?
  /// `d`, `e`, `f`, `g`, `s` or `%`; nil for the usual one of the value.
  public var conversion: Character?

  /// A format that changes nothing.
  public init() {}
}

/// An identifier and where it stands.
public struct Name: Hashable, Sendable {
  /// The identifier.
  public let text: String
  /// Where it stands.
  public let span: Span

  /// Its parts, each as the property of its name.
  public init(_ text: String, _ span: Span) {
    self.text = text
    self.span = span
  }
}

/// `label: value` of a record literal.
public struct RecordField: Sendable {
  /// The label.
  public let name: Name
  /// What it labels.
  public let value: Expression

  /// Its parts, each as the property of its name.
  public init(name: Name, value: Expression) {
    self.name = name
    self.value = value
  }
}

/// An argument of a call, `name=` before it where it is named.
public struct Argument: Sendable {
  /// The parameter that is named; nil for an argument by position.
  public let name: Name?
  /// What is passed.
  public let value: Expression

  /// Its parts, each as the property of its name.
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
  /// Its name; nil for `x -> e`.
  public let name: Name?
  /// Its parameters, in order.
  public let parameters: [FunctionParameter]
  /// What a call runs.
  public let body: Block
  /// The whole literal, from `fn` or the first parameter to its end: what `source` shows.
  public let span: Span

  /// Its parts, each as the property of its name.
  public init(name: Name?, parameters: [FunctionParameter], body: Block, span: Span) {
    self.name = name
    self.parameters = parameters
    self.body = body
    self.span = span
  }
}

/// A parameter of a user's function, with its default where it has one.
public struct FunctionParameter: Sendable {
  /// The parameter.
  public let name: Name
  /// Evaluated at each call that leaves the parameter out.
  public let defaultValue: Expression?

  /// Its parts, each as the property of its name.
  public init(name: Name, defaultValue: Expression?) {
    self.name = name
    self.defaultValue = defaultValue
  }
}

/// The statements between braces, or the single expression after `=` or `->`.
///
/// The value of a block is that of its last statement if it is an expression, otherwise `none`.
public struct Block: Sendable {
  /// The statements, in order.
  public let statements: [Statement]
  /// Where the block stands, its braces included.
  public let span: Span

  /// Its parts, each as the property of its name.
  public init(statements: [Statement], span: Span) {
    self.statements = statements
    self.span = span
  }
}

/// A statement and where it stands.
public struct Statement: Sendable {
  /// What kind of statement it is, with its parts.
  public let kind: Kind
  /// The bytes of the source that it was read from.
  public let span: Span
  /// Whether a `;` ends it, which silences its echo.
  public let isSilenced: Bool

  /// Its parts, each as the property of its name.
  public init(_ kind: Kind, _ span: Span, isSilenced: Bool = false) {
    self.kind = kind
    self.span = span
    self.isSilenced = isSilenced
  }

  /// What a statement can be.
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
  /// The command, by the name or alias that was written.
  public let name: Name
  /// What was given, by the name of the slot; a variadic slot has several entries, in order.
  public let arguments: [CommandArgument]
  /// The variable that takes its value: `r` of `r = test net on d`.
  public let target: Name?

  /// Its parts, each as the property of its name.
  public init(name: Name, arguments: [CommandArgument], target: Name? = nil) {
    self.name = name
    self.arguments = arguments
    self.target = target
  }

  /// What was given for a slot or an option.
  public func values(_ slot: String) -> [CommandArgument] {
    arguments.filter { $0.slot == slot }
  }
}

/// One argument of a command.
public struct CommandArgument: Sendable {
  /// What can be given to a command.
  public enum Value: Sendable {
    case expression(Expression)
    /// A bare word, a bare path or an unevaluated string.
    case word(String)
  }

  /// The slot or the option that it fills.
  public let slot: String
  /// What was given.
  public let value: Value
  /// Where it stands.
  public let span: Span
  /// What a bare path reads as, where it could name a variable or an element of one: `f`, `args[0]`.
  public let reading: Expression?

  /// Its parts, each as the property of its name.
  public init(slot: String, value: Value, span: Span, reading: Expression? = nil) {
    self.slot = slot
    self.value = value
    self.span = span
    self.reading = reading
  }
}
