import Networks
import Runtime
import Syntax
import Tensors

/// The shape that a statement would give, worked out from the shapes of the variables it names;
/// it runs none of it.
struct ShapeInference {
  /// The size of an axis: a number, or a letter where it depends on the data.
  enum Extent: Equatable {
    case known(Int)
    case symbol(String)

    var text: String {
      switch self {
      case .known(let count): "\(count)"
      case .symbol(let name): name
      }
    }
  }

  /// What is known of a value.
  enum Inferred {
    case number(Double?)
    case tensor([Extent])
    /// What a layer or a network makes of rows; the rows are nil where they are not known yet.
    case layer((_ rows: [Extent]?) -> [Extent]?)
  }

  let machine: Machine

  /// `N×1000` for a text that ends in a call or a pipe; empty where it is not known, or too plain.
  func resultShape(of text: String) -> String {
    guard text.utf8.count <= 2000,
      let statements = try? Parser.parse(
        SourceText(text, name: ""), commands: Command.syntaxByName),
      let statement = statements.last
    else { return "" }
    let expression: Expression
    switch statement.kind {
    case .expression(let value): expression = value
    case .assignment(let targets, let value) where targets.count == 1: expression = value
    default: return ""
    }
    switch expression.kind {
    case .call, .pipe, .binary, .transpose, .index: break
    default: return ""
    }
    switch infer(expression) {
    case .tensor(let shape): return Self.text(shape)
    case .layer(let apply): return apply(nil).map(Self.text) ?? ""
    case .number:
      if case .call = expression.kind { return "number" }
      return ""
    case nil: return ""
    }
  }

  private static func text(_ shape: [Extent]) -> String {
    shape.isEmpty ? "number" : shape.map(\.text).joined(separator: "×")
  }

  // MARK: expressions

  func infer(_ expression: Expression) -> Inferred? {
    switch expression.kind {
    case .number(let value): return .number(value)
    case .name(let name): return infer(name: name)
    case .field: return Self.value(at: expression, machine).flatMap { Self.infer($0) }
    case .bracket(let elements): return infer(bracket: elements)
    case .unary(let operation, let operand):
      guard case .number(let value)? = infer(operand) else { return infer(operand) }
      return .number(operation == .negate ? value.map { -$0 } : value)
    case .transpose(let operand): return transposed(infer(operand))
    case .binary(let operation, let left, let right, _):
      guard let a = infer(left), let b = infer(right) else { return nil }
      return operation == .matmul ? product(a, b) : broadcast(a, b)
    case .call(let callee, let arguments): return infer(call: callee, arguments, piped: nil)
    case .pipe(let left, let right): return infer(pipe: left, right)
    case .index(let base, let places): return infer(index: base, places)
    default: return nil
    }
  }

  private func infer(name: String) -> Inferred? {
    if machine.globals.isUserDefined(name) {
      return machine.globals[name].flatMap { Self.infer($0) }
    }
    if Self.shapeKeepingLayers.contains(name) { return .layer { $0 } }
    if name == "flatten" { return .layer(Self.flattened) }
    return ["pi", "inf", "nan"].contains(name) ? .number(nil) : nil
  }

  private static let shapeKeepingLayers: Set<String> = [
    "relu", "tanh", "sigmoid", "gelu", "softmax", "batch_norm", "dropout", "residual",
  ]

  /// A variable, or a field of one: reading these runs no code of the user's.
  static func value(at expression: Expression, _ machine: Machine) -> Value? {
    switch expression.kind {
    case .name(let name): return machine.globals[name]
    case .field(let base, let name):
      return value(at: base, machine).flatMap { try? $0.field(name.text) }
    default: return nil
    }
  }

  private static func infer(_ value: Value) -> Inferred? {
    switch value {
    case .number(let number): return .number(number)
    case .bool: return .number(nil)
    case .tensor(let box): return .tensor(box.content.shape.dimensions.map(Extent.known))
    case .network(let box):
      let network = box.content.network
      return .layer { rows in
        let known = rows?.dropFirst().compactMap { extent -> Int? in
          if case .known(let count) = extent { count } else { nil }
        }
        guard let input = rows == nil ? network.inputShape : known,
          let output = try? network.outputShape(for: input)
        else { return nil }
        return [rows?.first ?? .symbol("N")] + output.map(Extent.known)
      }
    default: return nil
    }
  }

  private func infer(bracket elements: [Expression]) -> Inferred? {
    var inner: [Extent]?
    for element in elements {
      switch (infer(element), element.kind) {
      case (.number, _):
        guard inner == nil || inner == [] else { return nil }
        inner = []
      case (.tensor(let shape), .bracket):
        guard inner == nil || inner == shape else { return nil }
        inner = shape
      default: return nil
      }
    }
    return inner.map { .tensor([.known(elements.count)] + $0) }
  }

  private func infer(pipe left: Expression, _ right: Expression) -> Inferred? {
    guard let value = infer(left) else { return nil }
    if case .layer(let first) = value {
      guard case .layer(let second)? = infer(right) else { return nil }
      return .layer { second(first($0)) }
    }
    if case .layer(let apply)? = infer(right), case .tensor(let shape) = value {
      return apply(shape).map { .tensor($0) }
    }
    return infer(call: right, [], piped: value)
  }

  private func infer(index base: Expression, _ places: [Subscript]) -> Inferred? {
    guard case .tensor(let shape)? = infer(base), places.count <= shape.count else { return nil }
    var kept: [Extent] = []
    for (axis, place) in places.enumerated() {
      switch place {
      case .index(let index):
        switch infer(index) {
        case .number: break
        case .tensor(let chosen) where chosen.count == 1: kept += chosen
        default: return nil
        }
      case .ellipsis: return nil
      case .slice(let start, let stop, let step, _):
        guard step == nil, case .known(let size) = shape[axis] else { return nil }
        guard let lower = bound(start, size, else: 0), let upper = bound(stop, size, else: size)
        else { return nil }
        kept.append(.known(max(0, upper - lower)))
      }
    }
    return .tensor(kept + shape.dropFirst(places.count))
  }

  private func bound(_ expression: Expression?, _ size: Int, else whole: Int) -> Int? {
    guard let expression else { return whole }
    guard case .number(let value?)? = infer(expression), let place = Int(exactly: value) else {
      return nil
    }
    return min(size, max(0, place < 0 ? size + place : place))
  }

  // MARK: shapes

  private func transposed(_ value: Inferred?) -> Inferred? {
    guard case .tensor(let shape)? = value else { return value }
    return .tensor(shape.reversed())
  }

  func product(_ a: Inferred, _ b: Inferred) -> Inferred? {
    guard case .tensor(let left) = a, case .tensor(let right) = b,
      (1...2).contains(left.count), (1...2).contains(right.count), left.last == right.first
    else { return nil }
    return .tensor(Array(left.dropLast() + right.dropFirst()))
  }

  func broadcast(_ a: Inferred, _ b: Inferred) -> Inferred? {
    switch (a, b) {
    case (.number, .number): return .number(nil)
    case (.number, .tensor(let shape)), (.tensor(let shape), .number): return .tensor(shape)
    case (.tensor(let left), .tensor(let right)):
      let rank = max(left.count, right.count)
      let one = Extent.known(1)
      let first = Array(repeating: one, count: rank - left.count) + left
      let second = Array(repeating: one, count: rank - right.count) + right
      var shape: [Extent] = []
      for (x, y) in zip(first, second) {
        guard x == y || x == one || y == one else { return nil }
        shape.append(x == one ? y : x)
      }
      return .tensor(shape)
    default: return nil
    }
  }

  static func flattened(_ rows: [Extent]?) -> [Extent]? {
    guard let rows, let count = rows.first else { return nil }
    var product = 1
    for case .known(let size) in rows.dropFirst() {
      let (next, overflows) = product.multipliedReportingOverflow(by: size)
      guard !overflows else { return nil }
      product = next
    }
    let isKnown = rows.dropFirst().allSatisfy { if case .known = $0 { true } else { false } }
    return isKnown ? [count, .known(product)] : nil
  }
}
