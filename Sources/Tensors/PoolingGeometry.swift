import CKernels

/// Square windows of images height × width × channels, which do not overlap: what of each is taken.
/// Rows and columns beyond the last whole window are left out.
package struct PoolingGeometry: Hashable, Sendable {
  package enum Kind: Sendable {
    case largest, mean

    var code: Int32 { Int32(self == .largest ? nnsh_pool_largest : nnsh_pool_mean) }
  }

  package let kind: Kind
  package let size: Int
  package let height: Int
  package let width: Int
  package let channels: Int

  package init(_ kind: Kind, size: Int, height: Int, width: Int, channels: Int) {
    (self.kind, self.size) = (kind, size)
    (self.height, self.width, self.channels) = (height, width, channels)
  }

  /// The numbers of an image, and of what is taken of its windows.
  package var imageCount: Int { height * width * channels }
  package var outputCount: Int { height / size * (width / size) * channels }
  package var imageShape: [Int] { [height, width, channels] }
  package var outputShape: [Int] { [height / size, width / size, channels] }

  /// As the kernels are told.
  func pools(rows: Int) -> nnsh_pools {
    nnsh_pools(rows: rows, height: height, width: width, channels: channels, size: size)
  }
}

extension PoolingGeometry {
  /// What is taken of the images' windows, rows × height × width × channels.
  package func outputs(_ images: Tensor) throws(TensorError) -> Tensor {
    let images = try images.cast(to: images.elementType.arithmetic).contiguous()
    let rows = images.count / imageCount
    let result = try Tensor(
      uninitialized: Shape(checking: [rows] + outputShape), images.elementType)
    // SAFETY: both are contiguous, of one type and the sizes that the windows say; so below.
    defer { withExtendedLifetime((images, result)) {} }
    Backends.current.pool(
      self, rows: rows, images.elementType, images.pointer, into: result.pointer)
    return result
  }

  /// The images' gradient for one of the outputs: the mean's in equal parts, the largest element's
  /// to those equal to it, in equal parts.
  package func images(
    _ images: Tensor, _ outputs: Tensor, _ gradient: Tensor
  ) throws(TensorError) -> Tensor {
    let operands = try plain([images, outputs, gradient])
    let rows = gradient.count / outputCount
    let result = try Tensor(
      uninitialized: Shape(checking: [rows] + imageShape), operands[0].elementType)
    defer { withExtendedLifetime((operands, result)) {} }
    Backends.current.unpool(
      self, rows: rows, result.elementType, rectified: false, images: operands[0].pointer,
      outputs: operands[1].pointer, gradient: operands[2].pointer, into: result.pointer)
    return result
  }

  /// Of numbers that lie as the images do, the mean of those where a window is largest.
  package func chosen(
    _ images: Tensor, _ outputs: Tensor, of numbers: Tensor
  ) throws(TensorError) -> Tensor {
    let operands = try plain([images, outputs, numbers])
    let rows = numbers.count / imageCount
    let result = try Tensor(
      uninitialized: Shape(checking: [rows] + outputShape), operands[0].elementType)
    defer { withExtendedLifetime((operands, result)) {} }
    Backends.current.chooseLargest(
      self, rows: rows, result.elementType, images: operands[0].pointer,
      outputs: operands[1].pointer, of: operands[2].pointer, into: result.pointer)
    return result
  }

  /// Contiguous, of one type.
  private func plain(_ tensors: [Tensor]) throws(TensorError) -> [Tensor] {
    let type: ElementType = tensors.contains { $0.elementType == .f64 } ? .f64 : .f32
    var result: [Tensor] = []
    for tensor in tensors { result.append(try tensor.cast(to: type).contiguous()) }
    return result
  }
}
