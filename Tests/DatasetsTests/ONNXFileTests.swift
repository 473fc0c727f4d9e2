import Foundation
import ONNX
import Tensors
import Testing

@testable import Datasets
@testable import Files

/// Models as bytes; what their graphs mean is NetworksTests' matter.
@Suite struct ONNXFileTests {
  private func model() throws -> ONNXModel {
    var graph = GraphBuilder(sizesVary: true)
    let weights = try graph.constant(tensor([1, -2, 3.5, 4, 5, 6], [2, 3]), "W")
    let sizes = graph.integers([0, -1])
    let product = graph.node("MatMul", ["x", weights])
    let shaped = graph.node("Reshape", [product, sizes], ["allowzero": .integer(0)])
    let result = graph.node(
      "Odd", [shaped, "", product],
      [
        "alpha": .number(0.25), "mode": .text("é"), "axes": .integers([-1, 2, .max]),
        "scales": .numbers([1, 2]),
        "value": .tensor(ONNXTensor(name: "t", try tensor([7], [1]))),
      ])
    return ONNXModel(
      graph: graph.graph(
        name: "g", inputs: [ONNXValue(name: "x", dimensions: [.named("rows"), .fixed(2)])],
        outputs: [ONNXValue(name: result, dimensions: nil)]), notes: ["a": "b"])
  }

  private func bytes(_ model: ONNXModel) throws -> [UInt8] {
    let directory = try TemporaryDirectory()
    try FileWriter.write(.model(model), to: directory["m.onnx"])
    return [UInt8](try Data(contentsOf: URL(fileURLWithPath: directory["m.onnx"])))
  }

  private func read(_ bytes: [UInt8]) throws -> ONNXModel {
    guard
      case .model(let model) = try FileReader.read(
        MemorySource(bytes, place: "m.onnx"), path: "m.onnx")
    else { throw DataError.empty(path: "no model") }
    return model
  }

  @Test func whatIsWrittenIsReadBack() throws {
    let (written, found) = (try model(), try read(bytes(model())))
    #expect(found.operatorSet == 17 && found.producer == "nnsh" && found.notes == ["a": "b"])
    #expect(found.graph.nodes.map(\.operation) == written.graph.nodes.map(\.operation))
    #expect(found.graph.nodes.map(\.inputs) == written.graph.nodes.map(\.inputs))
    #expect(found.graph.nodes.map(\.outputs) == written.graph.nodes.map(\.outputs))
    #expect(found.graph.inputs[0].dimensions == [.named("rows"), .fixed(2)])
    #expect(found.graph.inputs[0].type == .float32 && found.graph.outputs[0].dimensions == nil)
    let attributes = try #require(found.graph.nodes.last?.attributes)
    if case .number(0.25)? = attributes["alpha"] {} else { Issue.record("alpha") }
    if case .text("é")? = attributes["mode"] {} else { Issue.record("mode") }
    if case .integers([-1, 2, .max])? = attributes["axes"] {} else { Issue.record("axes") }
    if case .numbers([1, 2])? = attributes["scales"] {} else { Issue.record("scales") }
    if case .numbers(let weights)? = found.graph.constants.first?.elements {
      #expect(weights.doubles() == [1, -2, 3.5, 4, 5, 6] && weights.shape == [2, 3])
    } else {
      Issue.record("weights")
    }
    if case .integers([0, -1])? = found.graph.constants.last?.elements {
    } else {
      Issue.record("sizes")
    }
  }

  @Test func damagedBytesNeverTrap() throws {
    let whole = try bytes(model())
    var generator = SplitMix(state: 5)
    for length in 0..<whole.count {
      _ = readingError(Array(whole.prefix(length)), as: "m.onnx")
    }
    for _ in 0..<3000 {
      var changed = whole
      for _ in 0...generator.below(3) {
        changed[generator.below(whole.count)] = UInt8(generator.below(256))
      }
      _ = readingError(changed, as: "m.onnx")
    }
    // A length of 2⁶⁴ − 1, a number that never ends, and a million groups in one another.
    for bytes in [
      [8, 8, 0x3A] + [UInt8](repeating: 0xFF, count: 9) + [1],
      [8, 8] + [UInt8](repeating: 0xFF, count: 40),
      [8, 8, 0x12] + [UInt8](repeating: 0x3B, count: 1_000_000),
    ] {
      #expect(readingError(bytes, as: "m.onnx") != nil)
    }
  }

  @Test func numbersBesideTheModel() throws {
    let directory = try TemporaryDirectory()
    // A tensor w of two floats in a file of its own, as PyTorch's exporter puts them.
    func model(_ location: String, offset: Int) -> [UInt8] {
      func pair(_ name: String, _ value: String) -> ProtobufMessage {
        var message = ProtobufMessage()
        message.add(1, name)
        message.add(2, value)
        return message
      }
      var weights = ProtobufMessage()
      weights.add(1, 2)
      weights.add(2, 1)
      weights.add(8, "w")
      weights.add(13, pair("location", location))
      weights.add(13, pair("offset", "\(offset)"))
      weights.add(14, 1)
      var graph = ProtobufMessage()
      graph.add(5, weights)
      var message = ProtobufMessage()
      message.add(1, 8)
      message.add(2, "x")
      message.add(7, graph)
      return message.bytes
    }
    var numbers: [UInt8] = [0, 0, 0, 0]
    numbers.append(little: Float(1.5).bitPattern)
    numbers.append(little: Float(-2).bitPattern)
    _ = try directory.write(numbers, "m.data")
    let path = try directory.write(model("m.data", offset: 4), "m.onnx")
    guard case .model(let read) = try FileReader.read(path),
      case .numbers(let tensor)? = read.graph.constants.first?.elements
    else {
      Issue.record("not read")
      return
    }
    #expect(tensor.doubles() == [1.5, -2])
    for (location, offset) in [
      ("../m.data", 4), ("/etc/passwd", 0), (".m", 0), ("m.data", 8), ("m.data", -1),
      ("m.data", .max), ("missing", 0),
    ] {
      #expect(
        loadingError(try directory.write(model(location, offset: offset), "n.onnx")) != nil)
    }
  }
}
