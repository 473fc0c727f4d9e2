import Networks
import Operations
import Tensors

extension Builtin {
  /// Calls the builtin: binds the arguments to its parameters, checks their number and kinds, and
  /// runs the body.
  ///
  /// - Parameters:
  ///   - values: what was given, in the order written.
  ///   - names: the keyword of each, nil where it is positional; empty where none has one.
  ///   - interpreter: the machine that runs the call.
  /// - Throws: `RuntimeError` or an error of the modules below for arguments that do not fit.
  package func invoke(
    _ values: [Value], names: [String?] = [], interpreter: any Interpreter
  ) throws -> Value {
    if let elementwise, names.isEmpty {
      if let result = elementwise(numbers: values) { return result }
      if let result = try elementwise(one: values) { return result }
    }
    var binder = ArgumentBinder(declaration: declaration)
    try binder.bind(values, names: names)
    try checkDerivative(of: binder.values)
    let arguments = Arguments(
      declaration: declaration, values: binder.values, given: binder.given)
    return try body(arguments, interpreter)
  }
}

extension Builtin {
  /// Refuses, or remembers, that no derivative passes from the arguments to the result.
  private func checkDerivative(of arguments: [Value]) throws {
    // Nothing is differentiated while no tape watches; most calls end here.
    guard Tape.isAnyOpen else { return }
    switch differentiation {
    case .differentiable: break
    case .constant:
      for (parameter, argument) in Swift.zip(declaration.parameters, arguments)
      where parameter.kind.isPlainNumber && argument.isDifferentiated {
        throw RuntimeError.notDifferentiable(
          declaration.name, reason: "its argument \(parameter.name) is a plain number")
      }
    case .refused(let reason):
      if arguments.contains(where: \.isDifferentiated) {
        throw RuntimeError.notDifferentiable(declaration.name, reason: reason)
      }
    case .stepwise(let reason):
      for argument in arguments { argument.noteCut(declaration.name, reason: reason) }
    }
  }
}

/// Puts the arguments of a call in the order of the parameters, with Python's rules: positional
/// ones first, then those by keyword; a variadic parameter takes all that is left and what follows
/// it can be given by keyword only.
struct ArgumentBinder {
  let declaration: Declaration
  private(set) var values: [Value] = []
  private(set) var given: GivenParameters = []

  init(declaration: Declaration) {
    self.declaration = declaration
  }

  mutating func bind(_ arguments: [Value], names: [String?]) throws {
    let parameters = declaration.parameters
    if names.isEmpty, !declaration.isVariadic, arguments.count <= parameters.count {
      return try bindInOrder(arguments)
    }
    values = Array(repeating: .none, count: parameters.count)
    var variadic: [Value] = []
    var position = 0
    for (index, argument) in arguments.enumerated() {
      if index < names.count, let name = names[index] {
        try bind(argument, named: name)
        continue
      }
      guard position < parameters.count else {
        throw RuntimeError.tooManyArguments(
          function: declaration.name, accepts: parameters.count,
          got: arguments.count, usage: usage)
      }
      if parameters[position].isVariadic {
        variadic.append(try checked(argument, parameters[position]))
      } else {
        try set(argument, position)
        position += 1
      }
    }
    try finish(variadic)
  }

  /// How it is called; of a layer that has nothing to set, with what it is applied to.
  private var usage: String {
    declaration.group == .layers && declaration.parameters.isEmpty
      ? "the layer is made first and then applied: \(declaration.signature)(x)"
      : declaration.signature
  }

  /// The same where all arguments are positional and each has a parameter of its own.
  private mutating func bindInOrder(_ arguments: [Value]) throws {
    let parameters = declaration.parameters
    values.reserveCapacity(parameters.count)
    for (index, argument) in arguments.enumerated() {
      if declaration.takesTensor[index], argument.isTensor {
        values.append(argument)
      } else {
        values.append(try checked(argument, parameters[index]))
      }
    }
    for parameter in parameters[arguments.count...] {
      guard let defaultValue = parameter.defaultValue else { throw missing(parameter) }
      values.append(defaultValue.value)
    }
    given = GivenParameters(first: arguments.count)
  }

  /// Fills in the variadic parameter and the defaults.
  private mutating func finish(_ variadic: [Value]) throws {
    for (index, parameter) in declaration.parameters.enumerated() where !given[index] {
      if parameter.isVariadic {
        values[index] = .items(variadic)
        given[index] = !variadic.isEmpty
        if variadic.isEmpty, parameter.defaultValue == nil { throw missing(parameter) }
      } else {
        guard let defaultValue = parameter.defaultValue else { throw missing(parameter) }
        values[index] = defaultValue.value
      }
    }
  }

  private mutating func bind(_ argument: Value, named name: String) throws {
    let parameters = declaration.parameters
    guard let index = parameters.firstIndex(where: { $0.answers(to: name) }) else {
      throw unknown(name)
    }
    if parameters[index].isVariadic {
      guard !given[index] else {
        throw repeated(name)
      }
      values[index] = .items([try checked(argument, parameters[index])])
      given[index] = true
    } else {
      try set(argument, index)
    }
  }

  private func unknown(_ name: String) -> RuntimeError {
    let parameters = declaration.parameters
    let meant = parameters.filter { $0.isMeant(by: name) }.map(\.name)
    let hint =
      meant.isEmpty
      ? Parameter.foreign[name] : "its name here is \(meant.joined(separator: ", or "))"
    if let hint {
      return .other("\(declaration.name) has no argument \(name)", hint: hint)
    }
    return .unknownArgument(
      function: declaration.name, name: name, known: parameters.map(\.name),
      usage: declaration.signature)
  }

  private mutating func set(_ argument: Value, _ index: Int) throws {
    let parameter = declaration.parameters[index]
    guard !given[index] else {
      throw repeated(parameter.name)
    }
    values[index] = try checked(argument, parameter)
    given[index] = true
  }

  private func repeated(_ name: String) -> RuntimeError {
    .repeatedArgument(
      function: declaration.name, name: name, usage: declaration.signature)
  }

  private func missing(_ parameter: Parameter) -> RuntimeError {
    .missingArgument(
      function: declaration.name, parameter: parameter.name, usage: declaration.signature)
  }

  /// The argument in the form that the body expects, or the error that it is of another kind.
  private func checked(_ argument: Value, _ parameter: Parameter) throws -> Value {
    switch (parameter.kind, argument) {
    case (.any, _), (.string, .string): return argument
    default: break
    }
    // Sums and extremes of a list are numbers again, so they must not pass through 24 bits.
    let exactly = parameter.isExact || declaration.group == .reduce
    if Tape.isAnyOpen, parameter.kind.isCounted {
      argument.noteCut(declaration.name, reason: "its argument \(parameter.name) is a whole number")
    }
    if let fitting = try parameter.accepts(argument, exactly: exactly) { return fitting }
    throw RuntimeError.argumentKind(
      function: declaration.name, parameter: parameter.name,
      expected: parameter.kind.phrase, got: argument.kindPhrase,
      usage: declaration.signature)
  }
}

extension Value {
  /// Whether it is a tensor, or is being differentiated.
  fileprivate var isTensor: Bool {
    switch self {
    case .tensor, .traced: true
    default: false
    }
  }
}

extension Parameter.Default {
  /// The value that stands in for a missing argument; `none` where the builtin works it out.
  package var value: Value {
    switch self {
    case .none, .computed: Value.none
    case .bool(let value): .bool(value)
    case .number(let value): .number(value)
    case .string(let value): .text(value)
    }
  }
}
