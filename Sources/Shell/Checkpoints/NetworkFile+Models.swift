import Language
import Library
import Networks
import ONNX
import Syntax

/// Networks as models in ONNX's form. Its nodes say all that others need; notes beside them say which
/// layers of nnsh they were, which layers that are many nodes could hardly be known by.
extension NetworkFile {
  /// Begins the names of the notes, among those of other programs.
  private static let prefix = "nnsh "

  /// A network as a model.
  static func model(of network: Network) throws -> ONNXModel {
    var model = try network.onnxModel()
    guard let source = try? network.layers.source() else { return model }
    for (name, text) in notes(of: network, source: source) { model.notes[prefix + name] = text }
    return model
  }

  /// The network of a model: of its notes where they tell the truth about the nodes, and otherwise
  /// read from the nodes, layer by layer.
  ///
  /// - Returns: also whether the model takes the features (of images, the channels) on the axis after
  ///   the rows, where the network takes them on the last.
  static func network(
    of model: ONNXModel, on machine: Machine
  ) throws -> (network: Network, featuresMoved: Bool) {
    let notes = model.notes.filter { $0.key.hasPrefix(prefix) }.map { name, text in
      (String(name.dropFirst(prefix.count)), text)
    }
    do {
      let notes = Dictionary(notes) { first, _ in first }
      if var network = try unfilled(from: notes, on: machine)?.taking(numbersOf: model) {
        network.takeAsGiven()
        return (network, false)
      }
    } catch {
      // The nodes may say the same without the functions that the notes name.
      let failure = RuntimeError(error)
      if failure.isInterruption { throw error }
      do {
        return try chain(of: model, on: machine)
      } catch _ as NetworkError {
        throw failure
      }
    }
    return try chain(of: model, on: machine)
  }

  private static func chain(
    of model: ONNXModel, on machine: Machine
  ) throws -> (network: Network, featuresMoved: Bool) {
    try Network.reading(model) { code in
      let expression = try Parser.parseExpression(SourceText(code, name: "layer"))
      if case .name(let name) = expression.kind {
        guard let builtin = Builtin.named(name) else { throw RuntimeError.unknownName(name) }
        return try FunctionLayer(Function(builtin), machine)
      }
      let layers = try LayerReader(text: code, machine: machine).layers(of: expression)
      guard layers.count == 1 else { throw NetworkFile.unreadable(code) }
      return layers[0]
    }
  }
}
