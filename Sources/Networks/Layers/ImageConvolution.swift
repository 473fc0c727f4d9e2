import Operations
import Tensors

/// A convolution as products of unfolded windows, piece by piece: at no time are the windows of
/// more than a few lines of the output laid out, whatever the size of the batch.
///
/// The convolution, its gradient for the images and its gradient for the weights are each linear in
/// both operands, and the pullback of any of them is made of the other two: so they can be
/// differentiated any number of times.
struct ImageConvolution: Sendable {
  let windows: Windows
  /// Images in the batch.
  let rows: Int

  /// How many numbers of unfolded windows may be laid out at once: 32 MB of Float32.
  var pieceCount = 1 << 23

  // MARK: operations

  /// Images (rows × imageCount numbers, of any shape) and weights (windowCount × K) give
  /// (rows · positions) × K.
  var product: Operation {
    Operation(
      OperationKind("convolution", axes: .fresh), saves: .inputs,
      forward: { try product($0[0], $0[1]) },
      pullback: { p in
        [
          try p.part(0) {
            try .reshape(imageGradient(p.cotangent, p.inputs[1]), to: p.inputs[0].shape)
          },
          try p.part(1) { try weightGradient(p.inputs[0], p.cotangent) },
        ]
      })
  }

  /// A gradient of the product's shape and the weights give the gradient of the images,
  /// rows × height × width × channels.
  var imageGradient: Operation {
    Operation(
      OperationKind("convolutionImages", axes: .fresh), saves: .inputs,
      forward: { try imageGradient($0[0], $0[1]) },
      pullback: { p in
        [
          try p.part(0) { try product(p.cotangent, p.inputs[1]) },
          try p.part(1) { try weightGradient(p.cotangent, p.inputs[0]) },
        ]
      })
  }

  /// Images and a gradient of the product's shape give the gradient of the weights,
  /// windowCount × K.
  var weightGradient: Operation {
    Operation(
      OperationKind("convolutionWeights", axes: .fresh), saves: .inputs,
      forward: { try weightGradient($0[0], $0[1]) },
      pullback: { p in
        [
          try p.part(0) {
            try .reshape(imageGradient(p.inputs[1], p.cotangent), to: p.inputs[0].shape)
          },
          try p.part(1) { try product(p.inputs[0], p.cotangent) },
        ]
      })
  }

  // MARK: on tensors

  private func product(_ images: Tensor, _ weights: Tensor) throws -> Tensor {
    let parts = try pieces.map { lines in
      try Tensor.matmul(unfolded(images, lines), weights)
    }
    return parts.count == 1 ? parts[0] : try Tensor.concatenate(parts, axis: 0)
  }

  private func imageGradient(_ gradient: Tensor, _ weights: Tensor) throws -> Tensor {
    let type = gradient.elementType == .f64 || weights.elementType == .f64 ? ElementType.f64 : .f32
    var images = try Tensor.zeros(
      Shape(checking: [rows, windows.height, windows.width, windows.channels]), type)
    let transposed = try weights.transposed()
    for lines in pieces {
      let columns = try Tensor.matmul(gradient.rows(positions(of: lines)), transposed)
      try fold(columns, lines, into: &images)
    }
    return images
  }

  private func weightGradient(_ images: Tensor, _ gradient: Tensor) throws -> Tensor {
    var sum: Tensor?
    for lines in pieces {
      let part = try Tensor.matmul(
        unfolded(images, lines).transposed(), gradient.rows(positions(of: lines)))
      sum = try sum.map { try Tensor.apply(.add, $0, part) } ?? part
    }
    if let sum { return sum }
    return try Tensor.zeros(Shape(checking: [windows.windowCount, gradient.shape[1]]))
  }

  // MARK: pieces

  /// Lines of the output, counted through all images of the batch, in pieces.
  private var pieces: [Range<Int>] {
    let lines = rows * windows.outputHeight
    let width = max(1, windows.outputWidth * windows.windowCount)
    let count = max(1, pieceCount / width)
    if lines == 0 { return [0..<0] }
    return stride(from: 0, to: lines, by: count).map { $0..<min(lines, $0 + count) }
  }

  /// The rows of the product that these lines give.
  private func positions(of lines: Range<Int>) -> Range<Int> {
    lines.lowerBound * windows.outputWidth..<lines.upperBound * windows.outputWidth
  }

  /// Each window of these lines as a row.
  private func unfolded(_ images: Tensor, _ lines: Range<Int>) throws -> Tensor {
    try Interrupt.check()
    let shape = try Shape(checking: [positions(of: lines).count, windows.windowCount])
    var columns = try Tensor.zeros(shape, images.elementType.arithmetic)
    if images.elementType == .f64 {
      try images.withDoubles { source throws(TensorError) in
        try columns.withMutableDoubles { copyRuns(lines, from: source, to: $0) }
      }
    } else {
      try images.withFloats { source throws(TensorError) in
        try columns.withMutableFloats { copyRuns(lines, from: source, to: $0) }
      }
    }
    return columns
  }

  /// Adds the windows of these lines where they came from.
  private func fold(_ columns: Tensor, _ lines: Range<Int>, into images: inout Tensor) throws {
    try Interrupt.check()
    if images.elementType == .f64 {
      try columns.withDoubles { source throws(TensorError) in
        try images.withMutableDoubles { addRuns(lines, from: source, to: $0) }
      }
    } else {
      try columns.withFloats { source throws(TensorError) in
        try images.withMutableFloats { addRuns(lines, from: source, to: $0) }
      }
    }
  }

  private func copyRuns<Number: BinaryFloatingPoint>(
    _ lines: Range<Int>, from source: UnsafeBufferPointer<Number>,
    to target: UnsafeMutableBufferPointer<Number>
  ) {
    forEachRun(lines) { image, column, count in
      for index in 0..<count { target[column + index] = source[image + index] }
    }
  }

  private func addRuns<Number: BinaryFloatingPoint>(
    _ lines: Range<Int>, from source: UnsafeBufferPointer<Number>,
    to target: UnsafeMutableBufferPointer<Number>
  ) {
    forEachRun(lines) { image, column, count in
      for index in 0..<count { target[image + index] += source[column + index] }
    }
  }

  /// Calls `body(image, column, count)` for each run of numbers that a window of these lines shares
  /// with its image: places in all images, and in the windows of these lines.
  private func forEachRun(_ lines: Range<Int>, _ body: (Int, Int, Int) -> Void) {
    for line in lines {
      let image = line / windows.outputHeight * windows.imageCount
      let column = (line - lines.lowerBound) * windows.outputWidth * windows.windowCount
      windows.forEachRun(line: line % windows.outputHeight) { from, to, count in
        body(image + from, column + to, count)
      }
    }
  }
}
