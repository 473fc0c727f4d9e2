import Tensors

/// How a value lies in memory: in which piece, from where on, and with which strides.
struct Layout: Hashable {
  /// The position of the piece of memory among the plan's.
  var base: Int
  /// Of the first element, in elements.
  var offset = 0
  var strides: [Int]
  var shape: Shape
  var type: ElementType

  /// Elements one after another from the beginning of a piece.
  init(base: Int, _ shape: Shape, _ type: ElementType) {
    self.base = base
    self.shape = shape
    self.type = type
    strides = shape.contiguousStrides
  }

  /// How a tensor lies; its first element is where the piece begins.
  init(base: Int, _ tensor: Tensor) {
    self.base = base
    shape = tensor.shape
    type = tensor.elementType
    strides = tensor.strides
  }

  /// Whether the elements lie one after another.
  var isContiguous: Bool { Tensor.areContiguous(strides, shape) }

  /// Whether it is all of a piece that a step has filled.
  var isWhole: Bool { offset == 0 && isContiguous }

  func transposed(_ axes: [Int]) -> Layout? {
    var result = self
    guard let shape = try? Shape(checking: axes.map { self.shape.dimensions[$0] }) else {
      return nil
    }
    result.shape = shape
    result.strides = axes.map { strides[$0] }
    return result
  }

  /// The part that indices name.
  func part(_ indices: BasicIndices) throws(TensorError) -> Layout {
    var result = self
    let part = try shape.part(indices, strides: strides)
    (result.shape, result.strides) = (part.shape, part.strides)
    result.offset += part.offset
    return result
  }

  /// The same elements in another shape; nil where they would have to be moved for it.
  func reshaped(_ shape: Shape) -> Layout? {
    guard isContiguous else { return nil }
    var result = self
    result.shape = shape
    result.strides = shape.contiguousStrides
    return result
  }

  /// Repeated to a shape that it can be broadcast to.
  func broadcast(to target: Shape) throws(TensorError) -> Layout {
    var result = self
    result.shape = target
    result.strides = try shape.strides(strides, broadcastTo: target)
    return result
  }
}
