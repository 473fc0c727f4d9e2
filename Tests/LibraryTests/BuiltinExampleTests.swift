import Syntax
import Testing

@testable import Language

/// Every example of every declaration prints what it says.
@Suite struct BuiltinExampleTests {
  @Test(arguments: BuiltinRegistryTests.declarations) func prints(_ name: String) throws {
    let declaration = try #require(BuiltinRegistryTests.declaration(name))
    for example in declaration.examples {
      let output = try ExampleHost().output(of: example.code)
      if let expected = example.output {
        #expect(output == expected, "\(example.code)")
      }
    }
  }

  @Test func handwrittenGradientsAgreeWithAutodiff() throws {
    let script = """
      x = f64(randn(5, 4)); y = one_hot([0, 1, 2, 0, 1], 3)
      W_h = f64(randn(4, 6)); b_h = f64(randn(1, 6)); W_o = f64(randn(6, 3)); b_o = f64(randn(1, 3))
      h = relu(compute(x, W_h, b_h)); p = softmax(compute(h, W_o, b_o))
      fn L() = -sum(y * log(softmax(compute(relu(compute(x, W_h, b_h)), W_o, b_o))))
      fn agree(a, b) = if a.shape == b.shape { max(abs(a - b)) < 1e-12 } else { false }
      agree(dL_dW_o(y, p, h), grad L() wrt W_o)
      agree(dL_db_o(y, p), grad L() wrt b_o)
      agree(dL_dW_h(y, p, W_o, x, W_h, b_h), grad L() wrt W_h)
      agree(dL_db_h(y, p, W_o, x, W_h, b_h), grad L() wrt b_h)
      """
    #expect(try ExampleHost().output(of: script) == "true\ntrue\ntrue\ntrue")
  }

  @Test func imagesPassThroughLayers() throws {
    let script = """
      net = conv2d(1, 4, 3) |> relu |> max_pool(2) |> flatten |> dense(784, 10) |> softmax
      shape(net(rand(2, 784)))
      shape(residual(dense(4, 4))(rand(2, 4)))
      """
    #expect(try ExampleHost().output(of: script) == "[2, 10]\n[2, 4]")
  }

  @Test func numbersAreTensorsOfNoAxes() throws {
    #expect(try ExampleHost().output(of: "x = 3; x.shape\nx.ndim\nx.T") == "[]\n0\n3")
  }
}

/// A session without commands that collects what it prints.
final class ExampleHost: CommandHost {
  private var text = ""

  let commandSyntax: [String: CommandSyntax] = [:]

  func execute(_ command: RunningCommand, on machine: Machine) throws -> Value? { nil }

  func echo(_ value: Value) {
    if case .none = value { return }
    text += value.display() + "\n"
  }

  /// What the code prints, without the last newline; an error as its message.
  func output(of code: String) throws -> String {
    let machine = Machine(host: self) { self.text += $0 }
    do {
      try machine.run(machine.compile(SourceText(code, name: "-c")))
    } catch {
      text += "error: \(error.message)\n"
    }
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }
}
