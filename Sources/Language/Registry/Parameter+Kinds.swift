import Operations
import Tensors

extension Parameter {
  /// The argument as the builtin's body expects it (a list of numbers becomes a tensor where a
  /// tensor is wanted), or nil where it is of another kind.
  ///
  /// - Parameter exactly: whether numbers that are not yet in a tensor keep their 64 bits.
  func accepts(_ value: Value, exactly: Bool = false) throws -> Value? {
    switch defaultValue {
    case .some(.none), .some(.computed):
      if case .none = value { return value }
    default: break
    }
    if exactly, kind == .tensor, value.isLoose, let tensor = try value.asTensor(.f64) {
      return .tensor(Box(tensor))
    }
    return try kind.accepts(value)
  }
}

extension Parameter.Kind {
  /// The same by kind alone.
  func accepts(_ value: Value) throws -> Value? {
    switch self {
    case .tensor: return try acceptsTensor(value)
    case .axes, .shape: return try acceptsNumbers(value)
    case .number: return acceptsNumber(value)
    case .integer:
      guard let number = acceptsNumber(value)?.asNumber(), number.rounded() == number else {
        return nil
      }
      return .number(number)
    case .split: return acceptsSplit(value) ? value : nil
    case .choice(let choices):
      guard case .string(let box) = value, choices.contains(box.content) else { return nil }
      return value
    default: return fits(value) ? value : nil
    }
  }

  /// The kinds that match exactly one case of a value.
  private func fits(_ value: Value) -> Bool {
    switch (self, value) {
    case (.any, _), (.bool, .bool), (.string, .string), (.path, .string), (.place, .string),
      (.topic, .string), (.list, .list), (.record, .record), (.function, .function),
      (.function, .network), (.network, .network), (.optimizer, .optimizer),
      (.schedule, .schedule), (.schedule, .number), (.schedule, .function), (.dataSet, .dataSet),
      (.sequence, .list), (.sequence, .range), (.sequence, .tensor), (.sequence, .string),
      (.sequence, .traced), (.sequence, .table):
      true
    default: false
    }
  }

  private func acceptsTensor(_ value: Value) throws -> Value? {
    switch value {
    case .number, .bool, .tensor, .traced: return value
    case .list(let box) where value.isTraced:
      return try Value.stackedVariables(box.content).map { Value($0) }
    case .range, .list:
      return try value.asTensor().map { .tensor(Box($0)) }
    case .table(let box): return .tensor(Box(try box.content.matrix()))
    default: return nil
    }
  }

  private func acceptsNumber(_ value: Value) -> Value? {
    switch value {
    case .number: return value
    case .tensor(let box) where box.content.count == 1: return value
    case .traced(let box) where box.content.count == 1: return value
    default: return nil
    }
  }

  private func acceptsNumbers(_ value: Value) throws -> Value? {
    switch value {
    case .number: return value
    case .tensor(let box): return box.content.rank <= 1 ? value : nil
    case .list: return try value.asNumbers() == nil ? nil : value
    case .range(let box): return box.content.count <= Shape.rankLimit ? value : nil
    case .traced(let box): return box.content.rank <= 1 ? value : nil
    default: return nil
    }
  }

  /// A split, or what has `.x` and `.y`.
  private func acceptsSplit(_ value: Value) -> Bool {
    switch value {
    case .split, .dataSet: true
    case .record(let box): box.content["x"] != nil && box.content["y"] != nil
    default: false
    }
  }

  /// Whether it takes whole numbers, which no derivative passes.
  var isCounted: Bool {
    switch self {
    case .integer, .axes, .shape: true
    default: false
    }
  }

  /// Whether it takes a number with a fraction: a rate, a share.
  var isPlainNumber: Bool {
    switch self {
    case .number, .schedule: true
    default: false
    }
  }

  /// What messages say was expected: `a tensor`.
  package var phrase: String {
    switch self {
    case .any: "any value"
    case .number: "a number"
    case .integer: "a whole number"
    case .bool: "true or false"
    case .string: "a string"
    case .tensor: "a tensor, a number or a list of numbers"
    case .list: "a list"
    case .sequence: "a list, a range, a tensor or a string"
    case .record: "a record"
    case .function: "a function"
    case .network: "a network"
    case .optimizer: "an optimizer"
    case .schedule: "a number, a schedule or a function of the epoch"
    case .dataSet: "a data set"
    case .split: "a data set's part, or a record with x and y"
    case .axes: "an axis number or a list of them"
    case .shape: "sizes as numbers or a list of numbers"
    case .choice(let choices): Self.phrase(choices)
    case .block: "a block"
    case .path: "a path"
    case .place: "a variable"
    case .topic: "a name"
    }
  }

  /// `"mean" or "sum"`.
  private static func phrase(_ choices: [String]) -> String {
    let quoted = choices.map { "\"\($0)\"" }
    guard let last = quoted.last, quoted.count > 1 else { return quoted.first ?? "nothing" }
    return quoted.dropLast().joined(separator: ", ") + " or " + last
  }
}

extension Value {
  /// The kind with an article and, for a tensor, its shape; for short values the value itself:
  /// `a tensor 2×3`, `the string "mean"`.
  package var kindPhrase: String {
    switch self {
    case .none: "none"
    case .bool(let value): "\(value)"
    case .number(let number): "the number \(number.displayed)"
    case .string(let box) where box.content.count <= 20: "the string \"\(box.content)\""
    case .string: "a string"
    case .tensor(let box): Self.phrase(box.content.shape)
    case .traced(let box) where box.content.rank > 0: Self.phrase(box.content.shape)
    default: kindName.withArticle
    }
  }

  private static func phrase(_ shape: Shape) -> String {
    shape.rank == 1 ? "a vector of \(shape)" : "a \(shape) tensor"
  }

  /// Whether it is a range, or a list of numbers or of such lists.
  fileprivate var isLoose: Bool {
    switch self {
    case .range: true
    case .list(let box):
      box.content.allSatisfy { element in
        if case .number = element { return true }
        if case .list = element { return element.isLoose }
        return false
      }
    default: false
    }
  }

  /// Whether this is being differentiated, or is a list or record that holds something that is.
  package var isTraced: Bool {
    // Nothing is while no tape watches; most calls end here.
    guard Tape.isAnyOpen else { return false }
    return contains { part in
      switch part {
      case .traced: true
      case .network(let box): box.content.tracedParameters != nil
      default: false
      }
    }
  }

  /// Whether a gradient will be asked of this, or of something that it holds.
  package var isDifferentiated: Bool {
    guard Tape.isAnyOpen else { return false }
    return contains { part in
      switch part {
      case .traced(let box): box.content.isDifferentiated
      case .network(let box):
        box.content.tracedParameters?.contains(where: \.isDifferentiated) ?? false
      default: false
      }
    }
  }

  /// Remembers that `name` was computed from this, or from what it holds, and passes no derivative.
  package func noteCut(_ name: String, reason: String) {
    guard Tape.isAnyOpen else { return }
    var parts = ValueWalk(self)
    while let part = parts.next() {
      if case .traced(let box) = part { box.content.noteCut(name, reason: reason) }
    }
  }

  /// Numbers and tensors of one shape, some of them traced, as one variable with a new first axis.
  package static func stackedVariables(_ elements: [Value], depth: Int = 1) throws -> Variable? {
    // No tensor has so many axes.
    guard depth <= Shape.rankLimit else { return nil }
    var variables: [Variable] = []
    for element in elements {
      try Interrupt.check()
      switch element {
      case .traced(let box): variables.append(box.content)
      case .list(let box):
        guard let inner = try stackedVariables(box.content, depth: depth + 1) else {
          return nil
        }
        variables.append(inner)
      default:
        guard let tensor = try element.asTensor(depth: depth + 1) else { return nil }
        variables.append(Variable(tensor))
      }
    }
    return try Variable.stack(variables, axis: 0)
  }

  /// A variable as a value: traced while it is watched, otherwise a plain number or tensor.
  package init(_ variable: Variable) {
    self = variable.isConstant ? Value(variable.tensor) : .traced(Box(variable))
  }
}
