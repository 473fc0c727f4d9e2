import Console
import Files
import Language
import Library
import Networks
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
    var notes = [note: network.description, seedNote: String(network.seed)]
    if let loss = network.loss { notes[lossNote] = loss.rawValue }
    if let omitted = omissions(of: network) { notes[omissionNote] = omitted }
    return (tensors, notes)
  }

  private static let lossNote = "loss"
  private static let seedNote = "seed"
  private static let omissionNote = "not saved"

  /// What a network has that the file does not hold: what training remembers. Nil where there is
  /// nothing.
  static func omissions(of network: Network) -> String? {
    var parts: [String] = []
    let (epochs, steps) = (network.history.count, network.optimizerState.steps)
    if epochs > 0 { parts.append("the history of \(epochs) epoch\(epochs == 1 ? "" : "s")") }
    if steps > 0 {
      parts.append(
        "what \(network.optimizerState.rule) remembers of \(steps) step\(steps == 1 ? "" : "s")")
    }
    if network.unfinished != nil { parts.append("the interrupted training") }
    guard let last = parts.popLast() else { return nil }
    return parts.isEmpty ? last : parts.joined(separator: ", ") + " and " + last
  }

  /// The same of the network that a file was written from.
  static func omissions(in notes: [String: String]) -> String? { notes[omissionNote] }

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
    try setParameters(of: &network, to: tensors.filter { !$0.name.hasPrefix(statistic) })
    let statistics = tensors.filter { $0.name.hasPrefix(statistic) }.map(\.tensor)
    if !statistics.isEmpty { network.statistics = statistics }
    network.loss = notes[lossNote].flatMap(Loss.init(rawValue:))
    if let seed = notes[seedNote].flatMap({ UInt64($0) }) { network.seed = seed }
    return network
  }

  /// All at once: each by its name would look through all names each time.
  private static func setParameters(of network: inout Network, to given: [NamedTensor]) throws {
    let known = network.parameters
    guard given.count == known.count else {
      throw NetworkError.parameterCount(expected: known.count, got: given.count)
    }
    var tensors: [String: Tensor] = [:]
    for parameter in given { tensors[parameter.name] = parameter.tensor }
    let names = known.map(\.name)
    if let stranger = given.first(where: { tensor in !Set(names).contains(tensor.name) }) {
      throw NetworkError.noSuchParameter(name: stranger.name, known: names)
    }
    try network.setParameters(
      known.map { name, old in
        guard let tensor = tensors[name] else {
          throw NetworkError.noSuchParameter(name: name, known: names)
        }
        return tensor.elementType == .bool ? try tensor.cast(to: .f32) : tensor
      })
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
