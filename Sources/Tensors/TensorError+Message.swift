/// The one place that words tensors' errors.
extension TensorError: CustomStringConvertible {
  package var description: String { message }

  /// One sentence without a full stop.
  package var message: String {
    switch self {
    case .outOfMemory(let bytes, let available):
      return bytes == 0
        ? "not enough memory"
        : "not enough memory: \(Self.size(bytes)) wanted, \(Self.size(available)) available"
    case .memoryRunsShort(let left): return "not enough memory: only \(Self.size(left)) left"
    case .interrupted: return "interrupted"
    case .singular(let condition):
      let number = condition.isFinite ? "\(Float(condition))" : "infinite"
      return "the matrix is singular: its condition number is \(number)"
    case .decomposition(let text): return text
    case .invalidProgram: return "an elementwise program that is not well formed"
    case .library(let operation, let status):
      return "oneDNN refused the \(operation) (status \(status))"
    case .indexOutOfRange, .indexNotWhole, .tooManyIndices, .zeroStep, .maskShape,
      .severalEllipses, .assignment:
      return indexingMessage
    case .matmul, .matmulNumber, .biasShape, .notAMatrix, .notOneDimensional:
      return algebraMessage
    default: return shapeMessage
    }
  }

  /// What to do about it, where that is known.
  package var hint: String? {
    switch self {
    case .outOfMemory: return "use smaller pieces, or Float32 where this is Float64"
    case .memoryRunsShort:
      return "stopped before it ran out; who shows what is large, clear NAME frees it"
    case .matmul(let left, let right):
      guard left.rank == 2, right.rank == 2 else { return nil }
      if left[1] == right[1] { return "the right operand's transpose would fit" }
      if left[0] == right[0] { return "the left operand's transpose would fit" }
      return nil
    case .indexOutOfRange(_, let axis, let length) where length > 0:
      return "axis \(axis) takes \(-length) to \(length - 1)"
    default: return nil
    }
  }

  private var indexingMessage: String {
    switch self {
    case .indexOutOfRange(let index, let axis, let length):
      return "index \(index) is out of range for axis \(axis) of length \(length)"
    case .indexNotWhole(let value): return "an index must be a whole number, not \(value)"
    case .tooManyIndices(let count, let shape):
      let axes = shape.rank == 1 ? "1 axis" : "\(shape.rank) axes"
      return "too many indices: \(count) for the \(axes) of \(shape)"
    case .zeroStep: return "the step of a slice must not be 0"
    case .maskShape(let mask, let shape, let axis):
      return "a mask of shape \(mask) does not fit \(shape) from axis \(axis) on"
    case .severalEllipses: return "`...` may stand among the indices once"
    case .assignment(let value, let target):
      return "cannot assign \(value) to an indexed part of shape \(target)"
    default: return ""
    }
  }

  private var algebraMessage: String {
    switch self {
    case .matmul(let left, let right):
      let inner = left[left.rank - 1]
      let outer = right[max(0, right.rank - 2)]
      return inner == outer
        ? "cannot multiply \(left) by \(right): their leading axes do not broadcast"
        : "cannot multiply \(left) by \(right): inner sizes \(inner) and \(outer) differ"
    case .matmulNumber: return "a matrix product needs tensors on both sides, not a number"
    case .biasShape(let shape, let columns):
      return "a bias of shape \(shape) does not fit \(columns) columns"
    case .notAMatrix(let operation, let shape):
      return "\(operation) needs a matrix, not a tensor of shape \(shape)"
    case .notOneDimensional(let operation, let shape):
      return "\(operation) needs one dimension, not \(shape)"
    default: return ""
    }
  }

  private var shapeMessage: String {
    switch self {
    case .shapeTooLarge(let dimensions):
      return "a tensor of \(Self.text(dimensions)) has too many elements to count"
    case .negativeDimension(let size): return "a tensor cannot have the negative size \(size)"
    case .rankTooHigh(let rank, let limit):
      return "\(rank) axes are more than the limit of \(limit)"
    case .elementCount(let given, let shape):
      return "\(given) elements do not fill \(shape), which has \(shape.count)"
    case .reshape(let from, let to):
      return "cannot reshape \(from) (\(from.count) elements) to \(Self.text(to))"
    case .broadcast(let left, let right): return "shapes \(left) and \(right) do not broadcast"
    case .axisOutOfRange(let axis, let rank):
      let axes = rank == 1 ? "1 axis" : "\(rank) axes"
      return "axis \(axis) does not exist in a tensor of \(axes)"
    case .repeatedAxis(let axis): return "axis \(axis) is named twice"
    case .emptyReduction(let name): return "\(name) of no elements is not defined"
    case .concatenate(let first, let other, let axis):
      return "cannot concatenate \(first) and \(other) along axis \(axis)"
    case .nothingToJoin: return "there are no tensors to join"
    case .stackShapes(let first, let other): return "cannot stack \(first) and \(other)"
    case .squeeze(let axis, let length):
      return "cannot squeeze axis \(axis): its length is \(length), not 1"
    case .split(let parts, let length): return "cannot split a length of \(length) into \(parts)"
    case .permutation(let axes, let rank):
      return "axes \(axes) are not an order of the \(rank) axes"
    case .negativeCount(let what, let count): return "\(what) must not be negative, as \(count) is"
    case .notCounts(let value):
      return "bincount needs whole numbers from 0 up to 2^31, not \(value)"
    case .sameShape(let operation, let left, let right):
      return "\(operation) needs operands of one shape, not \(left) and \(right)"
    case .lossShapes(let loss, let target, let prediction):
      let areLabels =
        target.rank == 1 && prediction.rank == 2 && target.count == prediction.dimensions[0]
        && prediction.dimensions[1] > 1
      return "\(loss) needs operands of one shape: the target is \(target), the prediction "
        + "\(prediction)"
        + (areLabels ? "; of labels make one_hot(labels, \(prediction.dimensions[1]))" : "")
    default: return ""
    }
  }

  private static func text(_ dimensions: [Int]) -> String {
    dimensions.isEmpty ? "number" : dimensions.map(String.init).joined(separator: "×")
  }

  /// A number of bytes in the largest unit that leaves at least one, with one decimal.
  private static func size(_ bytes: Int) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"]
    var value = Double(bytes)
    var unit = 0
    while value >= 1000 && unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    if unit == 0 { return "\(bytes) bytes" }
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(units[unit])"
  }
}
