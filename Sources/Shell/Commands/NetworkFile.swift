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
  ///
  /// - Parameter inAnyCase: also where no code makes a layer again, of which the file then holds
  ///   the numbers alone.
  /// - Parameter withTraining: whether what training remembers goes with it: the history and the
  ///   optimizer's states, so that it goes on as if nothing had happened.
  static func contents(
    of network: Network, inAnyCase: Bool = false, withTraining: Bool = false
  ) throws -> (tensors: [NamedTensor], notes: [String: String]) {
    var tensors = network.parameters.map { NamedTensor(name: $0.name, tensor: $0.tensor) }
    for (index, tensor) in network.statistics.enumerated() {
      tensors.append(NamedTensor(name: "\(statistic)\(index + 1)", tensor: tensor))
    }
    let source =
      inAnyCase
      ? (try? network.layers.source()) ?? network.description : try network.layers.source()
    var notes = [note: source, seedNote: String(network.seed)]
    if let input = network.seenInput {
      notes[inputNote] = input.map(String.init).joined(separator: " ")
    }
    if let loss = network.loss { notes[lossNote] = loss.rawValue }
    if withTraining {
      tensors += try TrainingRecord.tensors(of: network)
      notes.merge(TrainingRecord.notes(of: network)) { first, _ in first }
    }
    if let omitted = omissions(of: network, withTraining: withTraining) {
      notes[omissionNote] = omitted
    }
    return (tensors, notes)
  }

  /// Whether a file of that name holds what training remembers, too.
  static func holdsTraining(_ path: String) -> Bool { path.hasSuffix(".nnsh") }

  private static let inputNote = "input"
  private static let lossNote = "loss"
  private static let seedNote = "seed"
  private static let omissionNote = "not saved"

  /// What a network has that the file does not hold: what training remembers. Nil where there is
  /// nothing.
  static func omissions(of network: Network, withTraining: Bool) -> String? {
    if withTraining {
      return network.unfinished == nil ? nil : "where its training was interrupted"
    }
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
    from tensors: [NamedTensor], notes: [String: String], on machine: Machine
  ) throws -> Network? {
    guard let text = notes[note] else { return nil }
    let expression: Expression
    do {
      expression = try Parser.parseExpression(SourceText(text, name: note))
    } catch {
      throw unreadable(text)
    }
    var generator = RandomGenerator(seed: 0)
    let reader = LayerReader(text: text, machine: machine)
    var network = try Network(reader.layers(of: expression), generator: &generator)
    if let input = notes[inputNote] {
      // Layers that take their sizes from the data have theirs again.
      let sizes = input.split(separator: " ").compactMap { Int($0) }
      guard sizes.allSatisfy({ (1...1 << 24).contains($0) }), sizes.count < 8 else {
        throw unreadable(input)
      }
      try network.resolve(input: sizes)
    }
    let numbers = tensors.filter { !TrainingRecord.holds($0.name) }
    try setParameters(of: &network, to: numbers.filter { !$0.name.hasPrefix(statistic) })
    let statistics = numbers.filter { $0.name.hasPrefix(statistic) }.map(\.tensor)
    if !statistics.isEmpty { network.statistics = statistics }
    network.loss = try notes[lossNote].flatMap { try loss(named: $0, machine) }
    TrainingRecord.restore(&network, from: tensors, notes)
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

  /// The loss of a name: a known one, or a person's function that has it now.
  private static func loss(named name: String, _ machine: Machine) throws -> Loss? {
    if let known = Loss(rawValue: name) { return known }
    guard case .function(let function)? = machine.globals[name] else { return nil }
    return try? Loss(function, machine)
  }

  fileprivate static func unreadable(_ text: String) -> RuntimeError {
    .other(
      "the file's note about its layers cannot be read: \(TextLayout.cut(text, to: 60))", hint: nil)
  }
}

/// Makes the layers that a file's note names. A file brings no code of its own: a person's functions
/// are those that the session has.
private struct LayerReader {
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
    guard arguments.count == 2, case .name(let name) = arguments[1].kind else { throw unreadable }
    return try FunctionLayer(
      ownFunction(name), parameters: zeros(arguments[0]), call: nil, machine)
  }

  private func zeros(_ expression: Expression) throws -> Value {
    switch expression.kind {
    case .record(let fields):
      return .fields(try fields.map { ($0.name.text, try zeros($0.value)) })
    case .list(let parts):
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
