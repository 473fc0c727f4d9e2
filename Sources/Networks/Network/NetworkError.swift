import Tensors

/// What can be wrong with a network, its parameters or what is given to it.
package enum NetworkError: Error, Hashable, CustomStringConvertible {
  /// A layer's input does not have the shape it takes; shapes are of one example.
  case layerInput(layer: String, position: Int, takes: String, got: [Int], remedy: String)
  /// A layer computes another shape than its rule says.
  case outputShape(layer: String, position: Int, expected: Shape, got: Shape)
  /// A function that is a layer fails on what it gets.
  case layerFails(layer: String, position: Int, got: [Int], reason: String)
  /// A function that is a layer gives something else than a row for each row.
  case layerGives(layer: String, position: Int, got: [Int], gives: String)
  /// An embedding gets a number that it has no vector for.
  case codeOutside(layer: String, code: Double, row: Int, count: Int, part: String? = nil)
  /// A layer that has no form in ONNX.
  case notInONNX(layer: String, reason: String)
  /// A part of an ONNX model that no layer computes.
  case notALayer(operation: String, name: String, reason: String)
  /// An export of a network whose examples' shape nothing tells.
  case unknownInput
  /// A layer that no code makes again.
  case cannotBeWritten(layer: String, reason: String)
  /// A layer whose number of inputs is not known yet is used.
  case unresolved(layer: String, position: Int)
  /// A layer is made with an argument it cannot have.
  case invalidLayer(layer: String, reason: String)
  /// A network without layers is used.
  case empty
  /// There is no parameter of that name.
  case noSuchParameter(name: String, known: [String])
  /// A parameter is set to a tensor of another shape.
  case parameterShape(name: String, expected: Shape, got: Shape)
  /// A number, or a single example, is given where rows of examples are needed.
  case needsRows(got: Shape)
  /// A loss is given operands of different shapes.
  /// Predictions and targets that are to be compared have different shapes.
  case scoreShapes(target: Shape, prediction: Shape)
  /// A prediction holds what is no probability.
  case notProbability(loss: String, value: Double, row: Int)
  /// The same where each number is a probability by itself.
  case noProbability(loss: String, value: Double, row: Int)
  /// A row of a prediction does not sum to 1.
  case notDistribution(loss: String, sum: Double, row: Int, isSingle: Bool)
  /// A score of classes is asked of numbers.
  case notClasses
  /// A confusion matrix is asked of rows that hold several answers.
  case severalAnswers
  /// A label is not one of the classes.
  case labelOutside(label: Int, classes: Int?)
  /// A score is asked of predictions that hold NaN.
  case scoreNotFinite(count: Int)
  /// A different number of parameters is given than the network has.
  case parameterCount(expected: Int, got: Int)

  /// The message, in words, with what to do.
  package var message: String {
    switch self {
    case .layerInput(let layer, let position, let takes, let got, let remedy):
      "layer \(position), \(layer), takes \(takes) and gets \(Self.words(got))"
        + (remedy.isEmpty ? "" : ": \(remedy)")
    case .outputShape(let layer, let position, let expected, let got):
      "layer \(position), \(layer), is to give \(expected) and computes \(got)"
    case .layerFails(let layer, let position, let got, let reason):
      "layer \(position), \(layer), gets \(Self.words(got)) and fails: \(reason)"
    case .layerGives(let layer, let position, let got, let gives):
      "layer \(position), \(layer), must give a row for each row: of \(Self.words(got)) it gives "
        + gives
    case .codeOutside(let layer, let code, let row, let count, let part):
      "\(layer) takes whole numbers from 0 to \(count - 1), and row \(row)"
        + (part.map { " of \($0)" } ?? "") + " holds \(NetworkFormat.short(code))"
    case .notInONNX(let layer, let reason): "\(layer) cannot go into an ONNX file: \(reason)"
    case .notALayer(let operation, let name, let reason):
      "no layer of nnsh computes \(operation) here (node \(name)): \(reason)"
    case .unknownInput:
      "what shape the network's examples have is not known yet: train it, or begin it with a layer "
        + "that says its inputs, as dense(784, 10)"
    case .cannotBeWritten(let layer, let reason): "\(layer) cannot be saved as a layer: \(reason)"
    case .unresolved(let layer, let position):
      "layer \(position), \(layer), does not know its number of inputs yet: "
        + "train the network first, or write all numbers of inputs, as dense(in, out)"
    case .invalidLayer(let layer, let reason): "\(layer): \(reason)"
    case .empty: "the network has no layers: compose some, as dense(784, 10) |> softmax"
    case .noSuchParameter(let name, let known):
      "the network has no parameter \(name)"
        + (known.isEmpty ? ": none of its layers has parameters" : "; it has \(Self.list(known))")
    case .parameterShape(let name, let expected, let got):
      "\(name) is \(expected) and cannot become \(got)"
    case .needsRows(let got):
      "a network takes rows of examples and gets a \(got.rank == 0 ? "number" : "vector of \(got)")"
        + (got.rank == 0 ? "" : ": one example is a 1×\(got), as expand_dims(x, 0)")
    case .scoreShapes(let target, let prediction):
      "predictions \(prediction) cannot be scored against targets \(target): "
        + "both need one row an example"
    case .notProbability(let loss, let value, let row):
      "\(loss) takes probabilities, and row \(row) of the prediction holds "
        + "\(NetworkFormat.short(value)): forgot softmax?"
    case .noProbability(let loss, let value, let row):
      "\(loss) takes probabilities, and row \(row) of the prediction holds "
        + "\(NetworkFormat.short(value)): forgot sigmoid?"
    case .notDistribution(let loss, let sum, let row, let isSingle):
      "\(loss) takes rows of probabilities that sum to 1, and row \(row) of the prediction sums to "
        + NetworkFormat.short(sum)
        + (isSingle
          ? ": for the probability of a single yes or no use bce"
          : ": forgot softmax? After a sigmoid use bce")
    case .notClasses:
      "these are numbers, not classes: accuracy and confusion compare labels 0, 1, 2, …, one-hot "
        + "rows, or probabilities with these; for numbers use mse"
    case .severalAnswers:
      "rows of several zeros and ones have no single class: take a column, as y[:, 0]"
    case .labelOutside(let label, let classes):
      classes.map { "label \(label) is outside 0…\($0 - 1)" }
        ?? "label \(label) cannot be a class of a confusion matrix: classes count from 0"
    case .scoreNotFinite(let count):
      "\(count) of the numbers \(count == 1 ? "is" : "are") nan: there is no class to score"
    case .parameterCount(let expected, let got):
      "the network has \(expected) parameters, and \(got) are given"
    }
  }

  package var description: String { message }

  static func words(_ dimensions: [Int]) -> String {
    switch dimensions.count {
    case 0: "single numbers"
    case 1: "rows of \(dimensions[0])"
    default: "examples of " + dimensions.map(String.init).joined(separator: "×")
    }
  }

  private static func list(_ names: [String]) -> String {
    names.count <= 8
      ? names.joined(separator: " ")
      : names.prefix(6).joined(separator: " ") + " … " + names.suffix(2).joined(separator: " ")
  }
}
