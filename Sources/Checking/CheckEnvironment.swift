import Language
import Operations
import Syntax
import Tensors

/// Evaluates the two sides of a check, with variables replaced for a while and put back however it
/// ends. The session's random numbers stay as they were, so that a loss that draws some is the same
/// loss each time.
struct CheckEnvironment {
  let machine: Machine
  let subject: CheckSubject
  /// The user's global variables that the loss reads, and those that the gradient reads.
  let lossNames: [String]
  let gradientNames: [String]

  init(_ subject: CheckSubject, machine: Machine) {
    self.machine = machine
    self.subject = subject
    lossNames = FunctionText.globals(readBy: subject.loss.expression, on: machine)
    gradientNames = FunctionText.globals(readBy: subject.gradient.expression, on: machine)
  }

  /// The value of an expression; that of a function without parameters is what it gives.
  func evaluate(_ part: CheckSubject.Part) throws -> Value {
    let generator = machine.random.generator
    defer { machine.random.generator = generator }
    let value = try part.evaluate()
    if case .function(let function) = value, function.definition != nil,
      function.parameters.allSatisfy(\.hasDefault)
    {
      return try machine.call(value, [])
    }
    return value
  }

  /// Runs `body` with global variables given other values.
  func replacing<Result>(_ values: [String: Value], _ body: () throws -> Result) throws -> Result {
    let saved = values.keys.map { ($0, machine.globals[$0]) }
    defer { for (name, value) in saved { machine.globals[name] = value } }
    for (name, value) in values { machine.globals[name] = value }
    return try body()
  }

  /// Runs `body` with the checked variable given another value.
  func setting<Result>(_ value: Value, _ body: () throws -> Result) throws -> Result {
    let saved = subject.variable.save()
    defer { subject.variable.restore(saved) }
    try subject.variable.write(value)
    return try body()
  }

  /// Runs `body` with every Float32 variable that the two sides read as Float64.
  func inDouble<Result>(_ body: () throws -> Result) throws -> Result {
    var values: [String: Value] = [:]
    for name in Set(lossNames + gradientNames) {
      guard let value = machine.globals[name], let cast = try Self.inDouble(value) else { continue }
      values[name] = cast
    }
    return try replacing(values) {
      guard let cast = try Self.inDouble(subject.variable.read()) else { return try body() }
      return try setting(cast, body)
    }
  }

  /// The value with its Float32 tensors as Float64; nil where it has none, or is nested so deeply
  /// that no loss reads it.
  private static func inDouble(_ value: Value) throws -> Value? {
    let hasSingles = value.contains { part in
      if case .tensor(let box) = part { box.content.elementType == .f32 } else { false }
    }
    guard hasSingles, !CallStack.isLow else { return nil }
    try Interrupt.check()
    switch value {
    case .tensor(let box):
      return box.content.elementType == .f32 ? Value(try box.content.cast(to: .f64)) : nil
    case .list(let box):
      let parts = try box.content.map { try inDouble($0) }
      guard parts.contains(where: { $0 != nil }) else { return nil }
      return .items(zip(box.content, parts).map { $1 ?? $0 })
    case .record(let box):
      let parts = try box.content.values.map { try inDouble($0) }
      guard parts.contains(where: { $0 != nil }) else { return nil }
      return .fields(
        zip(box.content.names, zip(box.content.values, parts)).map { ($0, $1.1 ?? $1.0) })
    default: return nil
    }
  }

  /// The checked variable's numbers.
  func point() throws -> Tensor {
    let value = try subject.variable.read()
    switch value {
    case .number(let number): return try Tensor.scalar(number, .f64)
    case .tensor(let box) where box.content.elementType != .bool: return box.content
    case .traced(let box): return box.content.tensor
    case .network:
      throw RuntimeError.other(
        "check takes one parameter at a time, and \(subject.variable.name) is a network",
        hint: "name the parameter: wrt \(subject.variable.name).W1")
    default:
      throw RuntimeError.other(
        "wrt takes a number or a tensor, and \(subject.variable.name) is \(value.kindPhrase)",
        hint: nil)
    }
  }

  /// How a function that was named as the loss is called, for the hint.
  private func call(of value: Value) -> String? {
    guard case .function(let function) = value else { return nil }
    let names = function.parameters.filter { !$0.hasDefault }.map(\.name)
    return "write the call: \(subject.loss.text)(\(names.joined(separator: ", ")))"
  }

  /// The loss as a variable of the tape, or as a constant.
  func lossValue() throws -> Variable {
    let value = try evaluate(subject.loss)
    switch value {
    case .traced(let box) where box.content.count == 1: return box.content
    case .number(let number): return try Variable(number)
    case .tensor(let box) where box.content.count == 1: return Variable(box.content)
    case .traced, .tensor, .list:
      let shape = try value.asTensor()?.shape ?? .scalar
      throw RuntimeError.other(
        "a loss is a number, and \(subject.loss.text) is \(shape)", hint: "use sum(…) or mean(…)")
    default:
      throw RuntimeError.other(
        "a loss is a number, and \(subject.loss.text) is \(value.kindPhrase)", hint: call(of: value)
      )
    }
  }
}
