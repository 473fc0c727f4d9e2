import ONNX
import Tensors

/// Which steps fill up sequences of unequal lengths.
extension GraphBuilder {
  /// Those that a layer before has told of, and otherwise those whose features are all 0, which is
  /// noted for the layers after this one: rows × steps.
  mutating func findFilledSteps(of x: String) throws -> String {
    if let filledSteps { return filledSteps }
    let float = ONNXAttribute.integer(ONNXValue.ElementKind.float32.rawValue)
    let isZero = node("Cast", [node("Equal", [x, try constant(0, "zero")])], ["to": float])
    let all = node("ReduceMin", [isZero], ["axes": .integers([2]), "keepdims": .integer(0)])
    let filled = node(
      "Cast", [all], ["to": .integer(ONNXValue.ElementKind.bool.rawValue)])
    filledSteps = filled
    return filled
  }
}
