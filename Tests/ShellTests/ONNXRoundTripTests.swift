import BinaryUnderTest
import Console
import Foundation
import Language
import Library
import Networks
import Syntax
import Tensors
import Testing

@testable import Shell

/// What nnsh writes in ONNX's form it reads back: every layer of the registry, with each of its
/// options, and networks of several.
@Suite struct ONNXRoundTripTests {
  /// Code that makes a network with each layer that the registry declares.
  static let networks: [String] =
    Builtin.all.filter { $0.layer != nil }.map { "dense(16, 9) |> \($0.name) |> dense(9, 2)" }
    + Builtin.all.filter { $0.declaration.group == .layers && $0.layer == nil }
    .flatMap { $0.declaration.examples.map(\.code) }

  /// Each layer with each option at another value than it has by itself.
  static let options: [String] = Builtin.all.filter {
    $0.declaration.group == .layers && $0.layer == nil
  }.flatMap { builtin -> [String] in
    guard let code = builtin.declaration.examples.first?.code, code.hasSuffix(")"),
      code.hasPrefix(builtin.name + "("), !code.contains("\n"), !code.contains("|>")
    else { return [] }
    return builtin.declaration.parameters.flatMap { parameter -> [String] in
      values(of: parameter).map { "\(code.dropLast()), \(parameter.name)=\($0))" }
    }
  }

  private static func values(of parameter: Parameter) -> [String] {
    switch (parameter.kind, parameter.defaultValue) {
    case (.bool, .some): ["true", "false"]
    case (.choice(let choices), .some): choices.map { "\"\($0)\"" }
    case (.integer, .some): ["2", "3"]
    default: []
    }
  }

  static let several = [
    "conv2d(4, 6, 3, groups=2, dilation=2) |> group_norm(3) |> relu |> upsample(2) |> flatten",
    "conv2d(1, 3, 3, padding=\"valid\", stride=2) |> batch_norm |> conv_transpose2d(3, 2, 3, stride=2)",
    "embedding(9, 4) |> positional(12, 4) |> transformer(4, 2, causal=true) |> dense(9) |> softmax",
    "embedding(9, 4) |> transformer(4, 2) |> gru(4, 5, mask=true) |> dense(2)",
    "dense(4, 4) |> residual(dense(4, 4) |> relu |> residual(layer_norm |> dense(4, 4)))",
    "lstm(3, 4, layers=2, return=\"all\", mask=true) |> attention(4, 2, mask=true) |> global_avg_pool",
    "dense(4, 3) |> silu |> own |> scale(3) |> log_softmax", "dense(5, 4) |> dropout(0.4) |> elu",
  ]

  private static let functions = """
    fn own(z) = tanh(z) * 2 + exp(-z^2)
    fn scale(n) = layer({g: ones(n) * 2, b: ones(n)}, (p, x) -> softmax(p.g * x + p.b))

    """

  @Test func theListsAreLong() {
    #expect(Self.networks.count > 20 && Self.options.count > 20)
  }

  @Test(arguments: networks + several) func networksComeBack(_ code: String) throws {
    try #require(try comesBack(code))
  }

  /// Options that do not go together with the example's numbers are refused when the layer is made.
  @Test func optionsComeBack() throws {
    var made = 0
    for code in Self.options where try comesBack(code) { made += 1 }
    #expect(made > Self.options.count * 2 / 3)
  }

  /// Whether the code makes a network, which then is compared with what a file of it gives.
  private func comesBack(_ code: String) throws -> Bool {
    let folder = try NNSH.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let session = session()
    var lines = code.split(separator: "\n")
    let last = lines.popLast() ?? ""
    let setup = Self.functions + lines.joined(separator: "\n") + "\nnet = \(last)\n"
    guard (try? run(setup, in: session)) != nil,
      case .network(let box)? = session.machine.globals["net"]
    else { return false }
    var generator = RandomGenerator(seed: 4)
    var network = box.content.network
    let shape = try #require(network.exampleShape(), "\(code)")
    try network.resolve(input: shape)
    try network.setParameters(
      network.parameters.map { try generator.normal($0.tensor.shape, deviation: 0.5) })
    network.statistics = try network.statistics.map {
      try Tensor.apply(.abs, generator.normal($0.shape))
    }
    session.machine.globals["net"] = .network(Box(NetworkValue(network)))
    let path = folder + "/net.onnx"
    try run("save net to \"\(path)\"\nload \"\(path)\" as back", in: session)
    guard case .network(let read)? = session.machine.globals["back"] else {
      Issue.record("\(code) gave no network")
      return true
    }
    let again = read.content.network
    #expect(again.description == network.description)
    let x = try rows(shape, of: network, &generator)
    let (expected, found) = (try network.forward(x), try again.forward(x))
    #expect(expected.shape == found.shape)
    for (a, b) in zip(expected.doubles(), found.doubles()) {
      #expect(abs(a - b) <= 1e-5 * max(1, abs(a)), "\(code)")
    }
    return true
  }

  private func rows(
    _ shape: [Int], of network: Network, _ generator: inout RandomGenerator
  ) throws -> Tensor {
    let rows = try Shape(checking: [3] + shape)
    guard network.description.hasPrefix("embedding") else {
      var x = try generator.normal(rows)
      if shape.count == 2, shape[0] > 1 {
        try x.assign([.at(0), .at(shape[0] - 1)], .scalar(0, .f32))
      }
      return x
    }
    return try Tensor(
      doubles: (0..<rows.count).map { Double($0 % 8) - 1 }, rows, elementType: .f32)
  }

  /// What another program has changed is read from its nodes, not from nnsh's notes.
  @Test func notesThatLieAreNotBelieved() throws {
    let session = session()
    try run("net = dense(3, 2) |> relu", in: session)
    guard case .network(let box)? = session.machine.globals["net"] else {
      Issue.record("no network")
      return
    }
    var model = try NetworkFile.model(of: box.content.network)
    let activation = try #require(model.graph.nodes.firstIndex { $0.operation == "Relu" })
    model.graph.nodes[activation].operation = "Tanh"
    let found = try NetworkFile.network(of: model, on: session.machine).network
    #expect(found.description == "dense(3, 2) |> tanh")
    model.notes["nnsh network"] = "dense(3, "
    #expect(
      try NetworkFile.network(of: model, on: session.machine).network.description
        == "dense(3, 2) |> tanh")
    // Where the nodes say nothing either, the note is what can be mended.
    model.graph.nodes[activation].operation = "Einsum"
    #expect(throws: (any Error).self) {
      _ = try NetworkFile.network(of: model, on: session.machine)
    }
  }

  @Test func aFunctionThatIsMissingIsNamed() throws {
    let folder = try NNSH.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/own.onnx"
    let first = session()
    let code = "fn own(z) = z - mean(z, axis=-1, keepdims=true)\n"
    try run(code + "save dense(4, 3) |> own to \"\(path)\"", in: first)
    do {
      try run("load \"\(path)\" as net", in: session())
      Issue.record("a network came without its function")
    } catch let failure as Diagnostic {
      #expect(failure.message.contains("a layer own, a function that is not here"))
    }
  }

  /// The nodes of a function of each number say all of it.
  @Test func aFormulaComesWithoutItsFunction() throws {
    let folder = try NNSH.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/own.onnx"
    try run("fn own(z) = z / (1 + abs(z))\nsave dense(4, 3) |> own to \"\(path)\"", in: session())
    let second = session()
    try run("load \"\(path)\" as net; shown = str(net)", in: second)
    guard case .string(let shown)? = second.machine.globals["shown"] else {
      Issue.record("no text")
      return
    }
    #expect(shown.content.hasPrefix("dense(4, 3) |> (z -> z / (1 + abs(z))) "))
  }

  private func session() -> Session {
    let nowhere = OutputStream(-1, capacity: 1 << 30) { _ in }
    var line = CommandLine()
    line.keepsHistory = false
    line.isQuiet = true
    return Session(line, terminal: Terminal(), output: nowhere, errors: nowhere)
  }

  private func run(_ code: String, in session: Session) throws {
    try session.machine.run(try session.machine.compile(SourceText(code, name: "test")))
  }
}
