/// What can go wrong with tensors; `message` and `hint` put it into words.
package enum TensorError: Error, Hashable, Sendable {
  /// More memory wanted than there is; nothing has been allocated.
  case outOfMemory(bytes: Int, available: Int)
  /// What grew little by little has left only so many bytes.
  case memoryRunsShort(left: Int)
  /// A shape whose number of elements is beyond what an address can count.
  case shapeTooLarge([Int])
  case negativeDimension(Int)
  case rankTooHigh(Int, limit: Int)
  /// As many elements were given, but the shape wants another number.
  case elementCount(given: Int, shape: Shape)
  case reshape(from: Shape, to: [Int])
  case broadcast(Shape, Shape)
  case axisOutOfRange(axis: Int, rank: Int)
  case repeatedAxis(Int)
  case indexOutOfRange(index: Int, axis: Int, length: Int)
  case indexNotWhole(Double)
  case tooManyIndices(count: Int, shape: Shape)
  case zeroStep
  case maskShape(mask: Shape, shape: Shape, axis: Int)
  case severalEllipses
  case assignment(value: Shape, target: Shape)
  case emptyReduction(String)
  case matmul(Shape, Shape)
  case matmulNumber
  case biasShape(Shape, columns: Int)
  case concatenate(Shape, Shape, axis: Int)
  case nothingToJoin
  case stackShapes(Shape, Shape)
  case squeeze(axis: Int, length: Int)
  case split(parts: Int, length: Int)
  case permutation([Int], rank: Int)
  case negativeCount(String, Int)
  case notAMatrix(operation: String, shape: Shape)
  case notOneDimensional(operation: String, shape: Shape)
  case notCounts(Double)
  case sameShape(operation: String, Shape, Shape)
  case lossShapes(loss: String, target: Shape, prediction: Shape)
  case invalidProgram
  /// oneDNN refused; the status is its own.
  case library(operation: String, status: Int)
  /// A system of equations whose matrix is singular to the last digit.
  case singular(condition: Double)
  /// A decomposition that cannot be, in words.
  case decomposition(String)
  case interrupted
}
