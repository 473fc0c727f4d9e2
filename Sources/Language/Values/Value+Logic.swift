import Syntax
import Tensors

extension Value {
  /// Whether it is a tensor of truth values.
  package var isMask: Bool {
    if case .tensor(let box) = self { box.content.elementType == .bool } else { false }
  }

  /// `left and right`, `left or right`, where the left side alone does not decide: elementwise
  /// where it is a mask, otherwise the right side.
  package static func logical(
    _ operation: LogicalOperator, _ left: Value, _ right: Value
  ) throws -> Value {
    switch (left, right) {
    case (.bool, .bool): return right
    case (.tensor(let mask), _) where left.isMask && (right.isMask || right.isTruth):
      let other = try right.asTensor() ?? mask.content
      return wrapped(
        try Tensor.apply(operation == .and ? .and : .or, mask.content, other), isLogical: true)
    case (.bool, _) where right.isMask:
      throw RuntimeError.other(
        "the right side of a bool's `\(operation.rawValue)` is a bool, not a mask",
        hint: "with the mask on the left it is element by element: mask \(operation.rawValue) b")
    default:
      throw RuntimeError.logicalOperand(operation: operation.rawValue, got: right.kindPhrase)
    }
  }
}
