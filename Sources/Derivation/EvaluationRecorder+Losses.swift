import Operations
import Tensors

// Losses that are recorded as what they stand for, which is not how their builtins compute them.

extension EvaluationRecorder {
  /// `bce(y, p)`: −mean(y ⊙ log p + (1 − y) ⊙ log(1 − p)).
  func binaryCrossEntropy(_ target: Node, _ prediction: Node) throws -> Node {
    let one = try graph.number(1, at: span, in: source)
    func term(_ weights: Node, _ probabilities: Node) throws -> Node {
      let logarithm = try step("log", [probabilities]) { try Operation.of(.log)($0[0]) }
      return try step("*", [weights, logarithm]) { try .multiply($0[0], $0[1]) }
    }
    func opposite(_ node: Node) throws -> Node {
      try step("-", [one, node]) { try .subtract($0[0], $0[1]) }
    }
    let yes = try term(target, prediction)
    let no = try term(opposite(target), opposite(prediction))
    let sum = try step("+", [yes, no]) { try .add($0[0], $0[1]) }
    let mean = try step("mean", [sum]) { try .mean($0[0]) }
    return try step("neg", [mean]) { try .negate($0[0]) }
  }

  private func step(
    _ name: String, _ inputs: [Node], _ compute: ([Variable]) throws -> Variable
  ) throws -> Node {
    let node = try graph.operate(name, inputs, at: span, in: source, compute)
    register(node)
    return node
  }
}
