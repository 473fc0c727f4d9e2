import CKernels

/// A convolution of images and its two gradients, on tensors: in Float32 by the backend's kernels,
/// elsewhere as products of unfolded windows.
package struct Convolution: Sendable {
  package let geometry: ConvolutionGeometry
  /// How many numbers of unfolded windows may be laid out at once.
  package var pieceCount = 1 << 23

  package init(_ geometry: ConvolutionGeometry) { self.geometry = geometry }

  /// The outputs, rows × height × width × outputs, of images (as many numbers in any shape) and
  /// weights.
  package func outputs(
    _ images: Tensor, _ weights: Tensor, bias: Tensor? = nil, rectified: Bool = false
  ) throws(TensorError) -> Tensor {
    let rows = rows(images, geometry.imageCount)
    let type = images.elementType == .f64 || weights.elementType == .f64 ? ElementType.f64 : .f32
    let images = try images.cast(to: type).contiguous()
    let weights = try weights.cast(to: type).contiguous()
    let bias = try bias?.cast(to: type).contiguous()
    let result = try Tensor(
      uninitialized: Shape(checking: [rows] + geometry.outputShape), type)
    let key = ConvolutionPlan.Key(
      geometry, rows: rows, .outputs, hasBias: bias != nil, hasRelu: rectified, heeds: true)
    if try run(key, images, weights, bias, result) { return result }
    return try UnfoldedConvolution(self, rows: rows).outputs(
      images, weights, bias, rectified, into: result)
  }

  /// The images' gradient, rows × height × width × inputs.
  package func images(_ weights: Tensor, _ outputs: Tensor) throws(TensorError) -> Tensor {
    let rows = rows(outputs, geometry.outputCount)
    let type = outputs.elementType == .f64 || weights.elementType == .f64 ? ElementType.f64 : .f32
    let outputs = try outputs.cast(to: type).contiguous()
    let weights = try weights.cast(to: type).contiguous()
    let shape = try Shape(checking: [rows] + geometry.imageShape)
    let key = ConvolutionPlan.Key(geometry, rows: rows, .images, heeds: true)
    let result = try Tensor(uninitialized: shape, type)
    if try run(key, result, weights, nil, outputs) { return result }
    return try UnfoldedConvolution(self, rows: rows).images(weights, outputs)
  }

  /// The weights' gradient, kernel height × kernel width × inputs / groups × outputs.
  package func weights(_ images: Tensor, _ outputs: Tensor) throws(TensorError) -> Tensor {
    let rows = rows(images, geometry.imageCount)
    let type = images.elementType == .f64 || outputs.elementType == .f64 ? ElementType.f64 : .f32
    let images = try images.cast(to: type).contiguous()
    let outputs = try outputs.cast(to: type).contiguous()
    let shape = try Shape(checking: geometry.weightShape)
    let key = ConvolutionPlan.Key(geometry, rows: rows, .weights, heeds: true)
    let result = try Tensor(uninitialized: shape, type)
    if try run(key, images, result, nil, outputs) { return result }
    return try UnfoldedConvolution(self, rows: rows).weights(images, outputs)
  }

  private func rows(_ tensor: Tensor, _ count: Int) -> Int { tensor.count / Swift.max(1, count) }

  /// Computes with the backend's kernel.
  ///
  /// - Returns: whether there is one.
  private func run(
    _ key: ConvolutionPlan.Key, _ images: Tensor, _ weights: Tensor, _ bias: Tensor?,
    _ outputs: Tensor
  ) throws(TensorError) -> Bool {
    guard key.rows > 0, weights.elementType == .f32 else { return false }
    let work = geometry.work * Double(key.rows)
    return try Profile.measure("convolution", work: work) { () throws(TensorError) in
      // SAFETY: all are contiguous Float32 of the geometry's sizes, and live until the call returns;
      // what is written is new.
      defer { withExtendedLifetime((images, weights, bias, outputs)) {} }
      func floats(_ tensor: Tensor) -> UnsafeMutablePointer<Float> {
        tensor.pointer.assumingMemoryBound(to: Float.self)
      }
      return try Backends.current.convolve(
        key, images: floats(images), weights: floats(weights),
        bias: bias.map { UnsafePointer(floats($0)) }, outputs: floats(outputs))
    }
  }
}

/// A convolution as products of unfolded windows, some images at a time.
private struct UnfoldedConvolution {
  let geometry: ConvolutionGeometry
  let rows: Int
  private let pieceCount: Int

  init(_ convolution: Convolution, rows: Int) {
    geometry = convolution.geometry
    pieceCount = convolution.pieceCount
    self.rows = rows
  }

  private var window: Int { geometry.taps * geometry.inputs / geometry.groups }
  private var part: Int { geometry.outputs / geometry.groups }

  private var pieces: [Range<Int>] {
    let numbers = Swift.max(1, geometry.positions * geometry.taps * geometry.inputs)
    let size = Swift.max(1, pieceCount / numbers)
    return stride(from: 0, to: rows, by: size).map { $0..<Swift.min(rows, $0 + size) }
  }

  func outputs(
    _ images: Tensor, _ weights: Tensor, _ bias: Tensor?, _ isRectified: Bool, into result: Tensor
  ) throws(TensorError) -> Tensor {
    let flat = try images.reshaped([rows, geometry.imageCount])
    let matrices = try matrices(weights)
    var parts: [Tensor] = []
    for piece in pieces {
      let windows = try unfolded(flat, piece)
      var groups: [Tensor] = []
      for group in 0..<geometry.groups {
        groups.append(try Tensor.matmul(windows.subscripted([.at(group)]), matrices[group]))
      }
      parts.append(groups.count == 1 ? groups[0] : try Tensor.concatenate(groups, axis: 1))
    }
    guard !parts.isEmpty else { return result }
    var all = parts.count == 1 ? parts[0] : try Tensor.concatenate(parts, axis: 0)
    if let bias { all = try Tensor.apply(.add, consuming: all, bias) }
    if isRectified { all = try Tensor.apply(.relu, consuming: all) }
    return try all.reshaped(result.shape.dimensions)
  }

  func images(_ weights: Tensor, _ outputs: Tensor) throws(TensorError) -> Tensor {
    let shape = try Shape(checking: [rows, geometry.imageCount])
    var images = try Tensor.zeros(shape, outputs.elementType)
    let flat = try outputs.reshaped([rows, geometry.outputCount])
    let matrices = try matrices(weights)
    for piece in pieces {
      try Interrupt.check()
      let gradient = try flat.rows(piece).reshaped([-1, geometry.outputs])
      var groups: [Tensor] = []
      for group in 0..<geometry.groups {
        groups.append(
          try Tensor.matmul(columns(of: gradient, group), matrices[group].transposed()))
      }
      let columns = try groups.count == 1 ? groups[0] : Tensor.stack(groups, axis: 0)
      try fold(columns, piece, into: &images)
    }
    return try images.reshaped([rows] + geometry.imageShape)
  }

  func weights(_ images: Tensor, _ outputs: Tensor) throws(TensorError) -> Tensor {
    let flat = try images.reshaped([rows, geometry.imageCount])
    let gradients = try outputs.reshaped([rows, geometry.outputCount])
    var sums: [Tensor] = []
    for piece in pieces {
      let windows = try unfolded(flat, piece)
      let gradient = try gradients.rows(piece).reshaped([-1, geometry.outputs])
      for group in 0..<geometry.groups {
        let product = try Tensor.matmul(
          windows.subscripted([.at(group)]).transposed(), columns(of: gradient, group))
        if piece.lowerBound == 0 {
          sums.append(product)
        } else {
          try sums[group].apply(.add, with: product)
        }
      }
    }
    let shape = geometry.weightShape
    guard !sums.isEmpty else {
      return try Tensor.zeros(Shape(checking: shape), images.elementType)
    }
    return try (sums.count == 1 ? sums[0] : Tensor.concatenate(sums, axis: 1)).reshaped(shape)
  }

  /// The weights of each group, window × outputs / groups.
  private func matrices(_ weights: Tensor) throws(TensorError) -> [Tensor] {
    let matrix = try weights.reshaped([window, geometry.outputs])
    var result: [Tensor] = []
    for group in 0..<geometry.groups { result.append(try columns(of: matrix, group)) }
    return result
  }

  private func columns(of matrix: Tensor, _ group: Int) throws(TensorError) -> Tensor {
    if geometry.groups == 1 { return matrix }
    return try matrix.subscripted([
      .all, .slice(start: group * part, stop: (group + 1) * part, step: 1),
    ])
  }

  /// The windows of some images: groups × positions × window.
  private func unfolded(
    _ images: Tensor, _ rows: Range<Int>
  ) throws(TensorError) -> Tensor {
    try Interrupt.check()
    let images = try images.rows(rows)
    let result = try Tensor(
      uninitialized: Shape(checking: [geometry.groups, rows.count * geometry.positions, window]),
      images.elementType)
    var windows = geometry.windows
    // SAFETY: both are contiguous and of the sizes that the windows say.
    nnsh_unfold(&windows, images.elementType.code, rows.count, images.pointer, result.pointer)
    withExtendedLifetime((images, result)) {}
    return result
  }

  /// Adds the windows of some images where they came from.
  private func fold(
    _ columns: Tensor, _ rows: Range<Int>, into images: inout Tensor
  ) throws(TensorError) {
    var windows = geometry.windows
    let columns = try columns.contiguous()
    let size = images.elementType.size
    // SAFETY: the images alone refer to their memory, and both have the sizes that the windows say.
    try images.withMutableBytes { bytes throws(TensorError) in
      guard let base = bytes.baseAddress else { return }
      nnsh_fold(
        &windows, columns.elementType.code, rows.count, columns.pointer,
        base + rows.lowerBound * geometry.imageCount * size)
    }
    withExtendedLifetime(columns) {}
  }
}
