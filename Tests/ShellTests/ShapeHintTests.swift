import Foundation
import Testing

@testable import Console
@testable import Language
@testable import Library
@testable import Shell
@testable import Syntax

/// The shape shown while a statement is typed is the one that it gives.
@Suite struct ShapeHintTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("GoldenTests/Scripts")

  /// All examples of the help, and all golden scripts.
  static let texts: [String] = {
    let declarations = Builtin.all.map(\.declaration) + Prelude.declarations
    let examples = declarations.flatMap { $0.examples.map(\.code) }
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    // One asks for all memory; one needs the stack that only the shell's own thread has.
    let others = ["out_of_memory.nns", "deep_and_shared.nns"]
    let scripts = files.filter { $0.hasSuffix(".nns") && !others.contains($0) }.sorted()
    return examples
      + scripts.compactMap {
        try? String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8)
      }
  }()

  private static func session() throws -> Session {
    let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
    let session = Session(
      try CommandLine(parsing: ["-q", "--no-history"]), terminal: Terminal(),
      output: OutputStream(null, capacity: 1 << 16) { _ in },
      errors: OutputStream(null, capacity: 0) { _ in })
    session.settings.keepsHistory = false
    return session
  }

  /// In a process of its own: the scripts change settings that hold for all of it.
  @Test func hintsOfAllExamplesAreRight() async {
    await #expect(processExitsWith: .success) { try ShapeHintTests.compareHints() }
  }

  fileprivate static func compareHints() throws {
    var shown = 0
    for text in texts {
      let session = try session()
      let machine = session.machine
      let source = SourceText(text, name: "example")
      guard let statements = try? Parser.parse(source, commands: session.commandSyntax) else {
        continue
      }
      for statement in statements where machine.exitCode == nil {
        let written = source.text(in: statement.span)
        let hint = ShapeInference(machine: machine).resultShape(of: written)
        if !hint.isEmpty {
          let random = machine.random.generator
          let value = try? machine.evaluate(statement.valueExpression, in: source)
          machine.random.generator = random
          machine.exitCode = nil
          #expect(value.map { isRight(hint, $0) } ?? false, "\(written): \(hint)")
          shown += 1
        }
        if let program = try? machine.compile([statement], source: source) {
          try? machine.run(program)
        }
      }
    }
    #expect(shown > 150)
  }

  private static func isRight(_ hint: String, _ value: Value) -> Bool {
    switch value {
    case .number, .bool: return hint == "number"
    case .tensor(let box):
      return hint == box.content.shape.dimensions.map(String.init).joined(separator: "×")
    case .network(let box):
      let network = box.content.network
      guard let input = network.inputShape, let output = try? network.outputShape(for: input)
      else { return hint.hasPrefix("N×") }
      return hint == (["N"] + output.map(String.init)).joined(separator: "×")
    default: return false
    }
  }

  /// What is large is tried on stand-ins.
  @Test(arguments: [
    ("relu(x @ W + b)", "60000×256"), ("x[:100]", "100×784"), ("x[100:300]", "200×784"),
    ("x[5000]", "784"), ("x[:, 3]", "60000"), ("flatten(images)", ""),
    ("reshape(x, 60000, 784)", "60000×784"), ("sum(x, axis=1, keepdims=true)", "60000×1"),
    ("sum(x, axis=-1)", "60000"), ("mean(x)", "number"), ("concat([x, x])", "120000×784"),
    ("concat([x, x], axis=1)", "60000×1568"), ("stack([x, x])", "2×60000×784"),
    ("zeros(60000, 784)", "60000×784"), ("zeros(28 * 28, n)", "784×1000"),
    ("randn(x.shape[1], 10)", "784×10"), ("x' @ x", "784×784"), ("outer(x[0], x[1])", "784×784"),
    ("one_hot(labels, 10)", "60000×10"), ("one_hot(labels)", ""), ("unique(labels)", ""),
    ("x[x > 0]", ""), ("net(x)", "60000×10"), ("x |> net", "60000×10"),
    ("x @ x", ""), ("images[0]'", "28×28"), ("transpose(images, [2, 0, 1])", "28×60000×28"),
    ("repeat(b, 3)", "768"), ("cumsum(x)", "47040000"),
    ("argmax(x, axis=1)", "60000"), ("dense(784, 1000) |> relu", "N×1000"),
    ("x^100", "60000×784"), ("zeros(10^9)", "1000000000"), ("arange(0, 100, 5)", "20"),
    ("conv2d(1, 8, 3) |> relu |> max_pool(2)", "N×H/2×W/2×8"), ("own(x)", ""),
  ])
  func large(_ text: String, _ shape: String) throws {
    let session = try Self.session()
    let setup = """
      x = zeros(60000, 784); W = zeros(784, 256); b = zeros(256); n = 1000
      images = zeros(60000, 28, 28); labels = zeros(60000)
      net = dense(784, 10) |> softmax
      fn own(x) = x @ x
      """
    _ = session.runScript(SourceText(setup, name: "setup"))
    #expect(ShapeInference(machine: session.machine).resultShape(of: text) == shape)
  }
}

extension Statement {
  /// The expression that a hint is about.
  fileprivate var valueExpression: Syntax.Expression {
    switch kind {
    case .expression(let expression): expression
    case .assignment(_, let value): value
    default: Syntax.Expression(.none, span)
    }
  }
}
