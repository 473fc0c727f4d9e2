import Datasets
import Networks
import Runtime
import Syntax
import Tensors

/// Networks in files: the parameters by their names, and a note with the layers as the language
/// writes them.
enum NetworkFile {
  private static let note = "network"
  private static let statistic = "running"

  /// What goes into the file.
  static func contents(
    of network: Network
  ) throws -> (tensors: [NamedTensor], notes: [String: String]) {
    var tensors = network.parameters.map { NamedTensor(name: $0.name, tensor: $0.tensor) }
    for (index, tensor) in network.statistics.enumerated() {
      tensors.append(NamedTensor(name: "\(statistic)\(index + 1)", tensor: tensor))
    }
    return (tensors, [note: network.description])
  }

  /// The network that a file holds; nil where it has no note about layers.
  ///
  /// - Throws: where the note is no composition of layers, or the parameters do not fit it.
  static func network(
    from tensors: [NamedTensor], notes: [String: String]
  ) throws -> Network? {
    guard let text = notes[note] else { return nil }
    let expression: Expression
    do {
      expression = try Parser.parseExpression(SourceText(text, name: note))
    } catch {
      throw unreadable(text)
    }
    var generator = RandomGenerator(seed: 0)
    var network = try Network(layers(of: expression, text), generator: &generator)
    let parameters = tensors.filter { !$0.name.hasPrefix(statistic) }
    for parameter in parameters { try network.setParameter(parameter.name, to: parameter.tensor) }
    guard parameters.count == network.parameters.count else {
      throw NetworkError.parameterCount(
        expected: network.parameters.count, got: parameters.count)
    }
    let statistics = tensors.filter { $0.name.hasPrefix(statistic) }.map(\.tensor)
    if !statistics.isEmpty { network.statistics = statistics }
    return network
  }

  private static func unreadable(_ text: String) -> RuntimeError {
    .other(
      "the file's note about its layers cannot be read: \(TextLayout.cut(text, to: 60))", hint: nil)
  }

  /// Only layers with literal arguments are built: a file runs no code.
  private static func layers(of expression: Expression, _ text: String) throws -> [any Layer] {
    switch expression.kind {
    case .pipe(let first, let second):
      return try layers(of: first, text) + layers(of: second, text)
    case .name(let name):
      guard let builtin = Builtin.named(name),
        case .network(let box)? = try builtin.asLayer(NoInterpreter())
      else { throw unreadable(text) }
      return box.content.network.layers
    case .call(let callee, let arguments):
      guard case .name(let name) = callee.kind, let builtin = Builtin.named(name),
        builtin.declaration.group == .layers
      else { throw unreadable(text) }
      let values = try arguments.map { try literal($0.value, text) }
      let value = try builtin.invoke(
        values, names: arguments.map { $0.name?.text }, interpreter: NoInterpreter())
      guard case .network(let box) = value else { throw unreadable(text) }
      return box.content.network.layers
    default: throw unreadable(text)
    }
  }

  private static func literal(_ expression: Expression, _ text: String) throws -> Value {
    switch expression.kind {
    case .number(let number): return .number(number)
    case .string(let string): return .text(string)
    case .bool(let bool): return .bool(bool)
    case .none: return .none
    case .unary(UnaryOperator.negate, let operand):
      guard case .number(let number) = operand.kind else { throw unreadable(text) }
      return .number(-number)
    default:
      // `residual(dense(4, 4) |> relu)`
      var generator = RandomGenerator(seed: 0)
      let network = try Network(layers(of: expression, text), generator: &generator)
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
