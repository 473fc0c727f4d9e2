import Language
import Library
import Networks
import Syntax
import Tensors

/// Makes the layers that a file's note names. A file brings no code of its own but formulas, which can
/// only compute: a person's functions are those that the session has.
struct LayerReader {
  let text: String
  let machine: Machine

  private var unreadable: RuntimeError { NetworkFile.unreadable(text) }

  func layers(of expression: Expression) throws -> [any Layer] {
    switch expression.kind {
    case .pipe(let first, let second): return try layers(of: first) + layers(of: second)
    case .name(let name):
      if let builtin = Builtin.named(name) {
        if case .network(let box)? = try builtin.asLayer(NoInterpreter()) {
          return box.content.network.layers
        }
        guard builtin.differentiation == .differentiable else { throw unreadable }
        return [try FunctionLayer(Function(builtin), machine)]
      }
      return [try FunctionLayer(ownFunction(name), machine)]
    case .function(let literal): return [try FunctionLayer(formula(literal), machine)]
    case .call(let callee, let arguments):
      guard case .name(let name) = callee.kind else { throw unreadable }
      let names = arguments.map { $0.name?.text }
      guard let builtin = Builtin.named(name) else {
        let values = try arguments.map { try literal($0.value) }
        let made = try machine.call(.function(ownFunction(name)), values, names: names)
        guard case .network(let box) = made, box.content.network.layers.count == 1 else {
          throw RuntimeError.other(
            "\(expression) made a layer of this network and now makes \(made.kindPhrase)",
            hint: nil)
        }
        return box.content.network.layers
      }
      guard builtin.declaration.group == .layers else { throw unreadable }
      if name == "layer" { return [try layer(arguments.map(\.value))] }
      let values = try arguments.map { try literal($0.value) }
      let value = try builtin.invoke(values, names: names, interpreter: NoInterpreter())
      guard case .network(let box) = value else { throw unreadable }
      return box.content.network.layers
    default: throw unreadable
    }
  }

  private func ownFunction(_ name: String) throws -> Function {
    guard case .function(let function)? = machine.globals[name] else {
      throw RuntimeError.other(
        "the network has a layer \(name), a function that is not here",
        hint: "define \(name) first: a file holds weights and no code")
    }
    return function
  }

  /// `layer({W: [30, 27]}, logits)`: the shapes of parameters, and a function's name.
  private func layer(_ arguments: [Expression]) throws -> any Layer {
    guard arguments.count == 2 else { throw unreadable }
    let function: Function
    switch arguments[1].kind {
    case .name(let name): function = try ownFunction(name)
    case .function(let literal): function = try formula(literal)
    default: throw unreadable
    }
    return try FunctionLayer(function, parameters: zeros(arguments[0]), call: nil, machine)
  }

  /// A function that the file brings: one that can only compute.
  private func formula(_ literal: FunctionLiteral) throws -> Function {
    guard literal.isFormula(in: machine.vocabulary) else { throw unreadable }
    if let name = literal.usedNames.first(where: machine.globals.isUserDefined) {
      throw RuntimeError.other(
        "a layer of the network uses \(name), which is a variable of your own here",
        hint: "clear \(name) brings the builtin back")
    }
    let code = SourceText(text, name: "").text(in: literal.span)
    guard case .function(let function) = try CheckpointCode.value(of: code, on: machine) else {
      throw unreadable
    }
    return function
  }

  private func zeros(_ expression: Expression) throws -> Value {
    switch expression.kind {
    case .record(let fields):
      return .fields(try fields.map { ($0.name.text, try zeros($0.value)) })
    case .bracket(let parts):
      let sizes = parts.compactMap { part -> Int? in
        if case .number(let number) = part.kind { Int(exactly: number) } else { nil }
      }
      guard sizes.count == parts.count else { return .items(try parts.map { try zeros($0) }) }
      return Value(try Tensor.zeros(Shape(checking: sizes)))
    default: throw unreadable
    }
  }

  private func literal(_ expression: Expression) throws -> Value {
    switch expression.kind {
    case .number(let number): return .number(number)
    case .string(let string): return .text(string)
    case .bool(let bool): return .bool(bool)
    case .none: return .none
    case .unary(UnaryOperator.negate, let operand):
      guard case .number(let number) = operand.kind else { throw unreadable }
      return .number(-number)
    default:
      // `residual(dense(4, 4) |> relu)`
      var generator = RandomGenerator(seed: 0)
      let network = try Network(layers(of: expression), generator: &generator)
      return .network(Box(NetworkValue(network)))
    }
  }
}

/// Enough of an interpreter for making layers; it calls and prints nothing.
private final class NoInterpreter: Interpreter {
  let random = RandomState()
  func call(_ function: Value, _ arguments: [Value]) throws -> Value {
    throw RuntimeError.notCallable(kind: function.kindName)
  }
  func write(_ text: String) {}
  func global(_ name: String) -> Value? { nil }
}
