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
  /// Before the number of a parameter that a reset brings back.
  private static let given = "given."

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
    var notes = notes(of: network, source: source)
    if withTraining {
      let given = network.givenParameters
      tensors += given.enumerated().map { NamedTensor(name: Self.given + "\($0)", tensor: $1) }
      // Where nothing in it is new, older ones read it, too.
      notes[versionNote] = String(given.isEmpty ? version - 1 : version)
      tensors += try TrainingRecord.tensors(of: network)
      notes.merge(TrainingRecord.notes(of: network)) { first, _ in first }
      if let unfinished = network.unfinished {
        tensors += try PlanRecord.tensors(of: unfinished)
        notes.merge(try PlanRecord.notes(of: unfinished)) { first, _ in first }
      }
    }
    if let omitted = omissions(of: network, withTraining: withTraining) {
      notes[omissionNote] = omitted
    }
    return (tensors, notes)
  }

  /// What notes say of a network whatever its numbers are.
  ///
  /// - Parameter source: code that makes its layers again.
  static func notes(of network: Network, source: String) -> [String: String] {
    var notes = [note: source, seedNote: String(network.seed)]
    if let input = network.seenInput {
      notes[inputNote] = input.map(String.init).joined(separator: " ")
    }
    if let loss = network.loss { notes[lossNote] = loss.recorded?.code ?? loss.rawValue }
    if !network.names.isEmpty { notes[namesNote] = network.names.joined(separator: "\u{0}") }
    return notes
  }

  /// A network with all that the form of the file can hold.
  static func contents(of network: Network, for path: String) throws -> FileContents {
    if FileFormat.announced(by: path)?.holds.contains(.model) ?? false {
      return .model(try model(of: network))
    }
    let isWhole = holdsTraining(path)
    let (tensors, notes) = try contents(of: network, inAnyCase: !isWhole, withTraining: isWhole)
    return .parameters(tensors, notes: notes)
  }

  /// Writes a network, whole or not at all, with all that the form of the file can hold.
  static func write(_ network: Network, to path: String) throws {
    try FileWriter.write(try contents(of: network, for: path), to: path)
  }

  /// Whether a file of that name holds what training remembers, too.
  static func holdsTraining(_ path: String) -> Bool { path.hasSuffix(".nnsh") }

  /// The form of what is kept of a training; a file of a later one is refused.
  private static let version = 3
  private static let versionNote = "version"
  private static let inputNote = "input"
  private static let lossNote = "loss"
  /// With a zero between the names, which no name holds.
  private static let namesNote = "class names"
  private static let seedNote = "seed"
  private static let omissionNote = "not saved"

  /// What a network has that the file does not hold: what training remembers. Nil where there is
  /// nothing.
  static func omissions(of network: Network, withTraining: Bool) -> String? {
    if withTraining { return nil }
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
    guard var network = try unfilled(from: notes, on: machine) else { return nil }
    let numbers = tensors.filter {
      !TrainingRecord.holds($0.name) && !PlanRecord.holds($0.name) && !$0.name.hasPrefix(given)
    }
    try setParameters(of: &network, to: numbers.filter { !$0.name.hasPrefix(statistic) })
    let statistics = numbers.filter { $0.name.hasPrefix(statistic) }.map(\.tensor)
    if !statistics.isEmpty { network.statistics = statistics }
    takeGiven(from: tensors, of: &network)
    TrainingRecord.restore(&network, from: tensors, notes)
    network.unfinished = try PlanRecord.unfinished(from: tensors, notes, on: machine)
    return network
  }

  /// What a reset brings back: what it brought back of the network that was saved, otherwise the
  /// file's own numbers.
  private static func takeGiven(from tensors: [NamedTensor], of network: inout Network) {
    network.takeAsGiven()
    var found: [String: Tensor] = [:]
    for tensor in tensors where tensor.name.hasPrefix(given) { found[tensor.name] = tensor.tensor }
    let kept = network.givenParameters.indices.compactMap { found[given + "\($0)"] }
    if kept.count == network.givenParameters.count { network.givenParameters = kept }
  }

  /// The network that a file's notes tell of, with any numbers; nil where none of them is about
  /// layers.
  static func unfilled(from notes: [String: String], on machine: Machine) throws -> Network? {
    guard let text = notes[note] else { return nil }
    if let other = notes[versionNote].flatMap({ Int($0) }), other > version {
      throw RuntimeError.other(
        "the file is a checkpoint of form \(other), and this nnsh reads forms up to \(version)",
        hint: "load it with the nnsh that wrote it, or a later one")
    }
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
    network.loss = try notes[lossNote].flatMap { try loss(named: $0, machine) }
    if let seed = notes[seedNote].flatMap({ UInt64($0) }) { network.seed = seed }
    if let names = notes[namesNote] {
      network.names = names.split(separator: "\u{0}", omittingEmptySubsequences: false)
        .map(String.init)
    }
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
    guard case .function(let function)? = try? CheckpointCode.value(of: name, on: machine) else {
      return nil
    }
    return try? Loss(function, machine)
  }

  static func unreadable(_ text: String) -> RuntimeError {
    .other(
      "the file's note about its layers cannot be read: \(TextLayout.cut(text, to: 60))", hint: nil)
  }
}
