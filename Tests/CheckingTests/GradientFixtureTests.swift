import Foundation
import Language
import Syntax
import Tensors
import Testing

/// `grad` beside PyTorch on generated losses: functions, loops, indexing, broadcasting, products.
@Suite struct GradientFixtureTests {
  private struct Fixture: Decodable {
    struct Input: Decodable {
      let shape: [Int]
      let values: [Double]
    }
    struct Case: Decodable {
      let setup: String
      let loss: String
      let value: Double
      let gradients: [String: [Double]]
    }
    let inputs: [String: Input]
    let cases: [Case]
  }

  private static func read() throws -> Fixture {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/gradients.json")
    return try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file))
  }

  @Test func gradientsAgreeWithPyTorch() throws {
    let fixture = try Self.read()
    #expect(fixture.cases.count >= 200)
    for part in fixture.cases {
      let machine = Machine(host: CheckHost.silent) { _ in }
      for (name, input) in fixture.inputs {
        machine.globals[name] = Value(
          try Tensor(doubles: input.values, Shape(checking: input.shape), elementType: .f64))
      }
      let names = part.gradients.keys.sorted()
      let code =
        part.setup + "\nvalue = \(part.loss)\n"
        + names.map { "gradient_\($0) = grad \(part.loss) wrt \($0)\n" }.joined()
      do {
        try machine.run(try machine.compile(SourceText(code, name: "case")))
      } catch {
        Issue.record("\(part.loss): \(error)")
        continue
      }
      let value = machine.globals["value"]?.asNumber() ?? .nan
      #expect(abs(value - part.value) <= 1e-9 * max(1, abs(part.value)), "\(part.loss)")
      for (name, expected) in part.gradients {
        let found = try #require(try machine.globals["gradient_\(name)"]?.asTensor()).doubles()
        let scale = expected.reduce(1e-6) { max($0, abs($1)) }
        let gap = zip(found, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
        #expect(found.count == expected.count && gap <= 1e-9 * scale, "\(part.loss) wrt \(name)")
      }
    }
  }
}
