import BinaryUnderTest
import Foundation
import Language
import Library
import Testing

/// Every layer of the registry composes, trains, is saved and comes back by what its declaration
/// and its own description say.
@Suite struct LayerFileTests {
  /// Code that makes a network with the layer, which trains on rows of 16 numbers.
  static let networks: [String] =
    Builtin.all.filter { $0.layer != nil }.map { "dense(16, 9) |> \($0.name) |> dense(9, 2)" }
    + Builtin.all.filter { $0.declaration.group == .layers && $0.layer == nil }.flatMap { builtin in
      builtin.declaration.examples.map(\.code)
    }.map { $0.contains("784") || $0.contains("4, ") ? $0 : "\($0) |> flatten |> dense(2)" }
    + ["dense(16, 4, init=\"he\") |> dense(2)", "conv2d(1, 2, 3, stride=2, padding=\"valid\")"]

  @Test func layersAreSavedAsTheyAre() throws {
    #expect(Self.networks.count > 12)
    let folder = try NNSH.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let script = Self.networks.map { code in
      """
      \(code.split(separator: "\n").dropLast().joined(separator: "\n"))
      net = \(code.split(separator: "\n").last ?? "")
      save net to "\(folder)/net.safetensors"
      load "\(folder)/net.safetensors" as back
      print("@ {net}")
      print("@ {back}")
      """
    }.joined(separator: "\n")
    let outcome = try NNSH.run(["-q", "-c", script])
    #expect(outcome.code == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n").filter { $0.hasPrefix("@ ") }
    #expect(lines.count == 2 * Self.networks.count)
    for index in stride(from: 0, to: lines.count - 1, by: 2) {
      #expect(lines[index] == lines[index + 1])
    }
  }

  /// A reset begins anew with the numbers that the layer was given; where a file has none of those,
  /// with its own.
  @Test(arguments: ["nnsh", "safetensors", "npz", "onnx"])
  func aResetBringsBackWhatWasGiven(_ ending: String) throws {
    let folder = try NNSH.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let script = """
      fn apart(p, x) = x @ p.W
      fn made(n) = layer({s: 2 * ones(n)}, (p, x) -> p.s * x)
      net = layer({W: [[1, 2], [3, 4]]}, apart) |> residual(layer({W: eye(2)}, apart)) |> softmax
      net = made(2) |> net
      train net on dataset([[1, 2], [2, 1]], [0, 1]) epochs=2
      trained = net.parameters
      save net to "\(folder)/net.\(ending)"
      load "\(folder)/net.\(ending)" as back
      reset net; reset back
      assert(net.W2 == [[1, 2], [3, 4]] |> all)
      for name in keys(net.parameters) {
        wanted = if "\(ending)" == "nnsh" or name == "s1" { net.parameters } else { trained }
        assert(allclose(back.parameters[name], wanted[name]), name)
      }
      """
    let outcome = try NNSH.run(["-q", "-c", script])
    #expect(outcome.code == 0, "\(outcome.errors)")
  }

  /// Functions of one's own as layers, by name and as formulas, with records of parameters: every form
  /// that holds networks gives the same layers with the same numbers back.
  @Test(arguments: ["nnsh", "safetensors", "npz", "onnx"])
  func functionsAreSavedAsTheyAre(_ ending: String) throws {
    let layers = [
      "named", "layer({s: [2.0, 3.0]}, stretched)", "layer({s: 2.0}, stretched)",
      "layer({w: [ones(2, 2), eye(2)], inner: {b: ones(2)}}, mixed)", "(z -> leaky_relu(z, 0.2))",
      "(z -> clip(z, none, 0.5) * -pi)", "layer({s: [0.1, 0.2]}, (p, z) -> maximum(p.s, z))",
    ]
    let folder = try NNSH.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let script =
      """
      fn named(z) = z * sigmoid(z)
      fn stretched(p, z) = p.s * z
      fn mixed(p, z) = z @ p.w[0] + z @ p.w[1] + p.inner.b
      x = randn(5, 3)

      """
      + layers.map { layer in
        """
        net = dense(3, 2) |> \(layer)
        save net to "\(folder)/net.\(ending)"
        load "\(folder)/net.\(ending)" as back
        assert(str(back) == str(net))
        assert(all(back(x) == net(x)))

        """
      }.joined()
    let outcome = try NNSH.run(["-q", "-c", script])
    #expect(outcome.code == 0, "\(outcome.errors)")
  }

  /// A formula may only compute, and means the same in every session.
  @Test(arguments: [
    "(z -> z * k)", "(z -> if sum(z) > 0 { z } else { -z })", "(z -> relu(z |> tanh))",
    "(z -> clip(z, 0, 1))", "(z -> (y -> y * 2)(z))",
  ])
  func whatIsNoFormulaNeedsAName(_ layer: String) throws {
    let folder = try NNSH.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let outcome = try NNSH.run([
      "-q", "-c",
      """
      k = 2
      fn clip(z, a, b) = z
      save dense(3, 2) |> \(layer) to "\(folder)/net.nnsh"
      """,
    ])
    #expect(outcome.code == 1)
    #expect(outcome.errors.contains("has no name"), "\(outcome.errors)")
  }

  /// As ONNX, also where no data has told the shape of the examples.
  @Test func everyLayerGoesIntoONNX() throws {
    let folder = try NNSH.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let activations = ["silu", "leaky_relu", "elu", "log_softmax"].map { "dense(16, 9) |> \($0)" }
    let layers = Builtin.all.filter { $0.layer != nil }.map {
      "dense(16, 9) |> \($0.name) |> dense(9, 2)"
    }
    let others = Builtin.all.filter { $0.declaration.group == .layers && $0.layer == nil }
      .flatMap { $0.declaration.examples.map(\.code) }
    let networks = layers + others + activations
    let script = networks.map { code in
      """
      \(code.split(separator: "\n").dropLast().joined(separator: "\n"))
      net = \(code.split(separator: "\n").last ?? "")
      save net to "\(folder)/net.onnx"
      print("@ {net}")
      """
    }.joined(separator: "\n")
    let outcome = try NNSH.run(["-q", "--keep-going", "-c", script])
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output.split(separator: "\n").count { $0.hasPrefix("@ ") } == networks.count)
  }

  /// Those that take rows of 16 numbers.
  @Test func layersTrain() throws {
    let script = Builtin.all.filter { $0.layer != nil && $0.name != "global_avg_pool" }.map {
      builtin in
      """
      net = dense(16, 9) |> \(builtin.name) |> dense(9, 2) |> softmax
      before = net.W1
      train net on d epochs=2 batch=4
      assert(any(net.W1 != before))
      assert(len(net.history.loss) == 2)
      """
    }.joined(separator: "\n")
    let outcome = try NNSH.run([
      "-q", "-c", "d = dataset(randn(10, 16), [0, 1, 0, 1, 0, 1, 0, 1, 0, 1])\n" + script,
    ])
    #expect(outcome.code == 0, "\(outcome.errors)")
  }
}
