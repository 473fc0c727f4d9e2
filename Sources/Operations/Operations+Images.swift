import Tensors

// Operations on images height × width × channels, which layers consist of.

/// A convolution as operations.
///
/// It, its gradient for the images and its gradient for the weights are each linear in both
/// operands, and the pullback of any of them is made of the other two: so they can be
/// differentiated any number of times.
package struct ConvolutionOperations: Sendable {
  package let convolution: Convolution

  package init(_ convolution: Convolution) { self.convolution = convolution }

  private var geometry: ConvolutionGeometry { convolution.geometry }

  /// Images (rows of so many numbers, in any shape), weights and, where there is one, a bias a
  /// channel give rows × height × width × outputs.
  package var outputs: Operation {
    Operation(
      OperationKind("convolution", axes: .fresh), saves: .inputs,
      forward: { [convolution] in
        try convolution.outputs($0[0], $0[1], bias: $0.count > 2 ? $0[2] : nil)
      },
      pullback: { p in
        let parts = [
          try p.part(0) {
            try .reshape(images(p.inputs[1], p.cotangent), to: p.inputs[0].shape)
          },
          try p.part(1) { try weights(p.inputs[0], p.cotangent) },
        ]
        guard p.inputs.count > 2 else { return parts }
        let bias = try p.part(2) {
          let rows = p.cotangent.count / geometry.outputs
          let channels = try Shape(checking: [rows, geometry.outputs])
          return try .sum(.reshape(p.cotangent, to: channels), axes: [0])
        }
        return parts + [bias]
      })
  }

  /// Weights and a gradient of the outputs give the gradient of the images,
  /// rows × height × width × inputs.
  package var images: Operation {
    Operation(
      OperationKind("convolutionImages", axes: .fresh), saves: .inputs,
      forward: { [convolution] in try convolution.images($0[0], $0[1]) },
      pullback: { p in
        [
          try p.part(0) { try weights(p.cotangent, p.inputs[1]) },
          try p.part(1) {
            try .reshape(outputs(p.cotangent, p.inputs[0]), to: p.inputs[1].shape)
          },
        ]
      })
  }

  /// Images and a gradient of the outputs give the gradient of the weights.
  package var weights: Operation {
    Operation(
      OperationKind("convolutionWeights", axes: .fresh), saves: .inputs,
      forward: { [convolution] in try convolution.weights($0[0], $0[1]) },
      pullback: { p in
        [
          try p.part(0) {
            try .reshape(images(p.cotangent, p.inputs[1]), to: p.inputs[0].shape)
          },
          try p.part(1) {
            try .reshape(outputs(p.inputs[0], p.cotangent), to: p.inputs[1].shape)
          },
        ]
      })
  }
}

/// The largest or the mean of each window of images, as operations.
package struct PoolingOperations: Sendable {
  package let windows: PoolingGeometry

  package init(_ windows: PoolingGeometry) { self.windows = windows }

  /// Images give what is taken of their windows.
  package var outputs: Operation {
    Operation(
      OperationKind("pooling", axes: .fresh), saves: windows.kind == .largest ? .both : .shapes,
      forward: { [windows] in try windows.outputs($0[0]) },
      pullback: { p in
        [
          try p.part(0) {
            let back = spread(p.inputs[0].tensor, p.output.tensor)
            return try .reshape(back(p.cotangent), to: p.inputs[0].shape)
          }
        ]
      })
  }

  /// A gradient of the outputs gives that of the images. It is linear, and so is its own pullback.
  private func spread(_ images: Tensor, _ outputs: Tensor) -> Operation {
    Operation(
      OperationKind("poolingImages", axes: .fresh), saves: .shapes,
      forward: { [windows] in
        // Of a mean only the gradient is read.
        windows.kind == .mean
          ? try windows.images($0[0], $0[0], $0[0]) : try windows.images(images, outputs, $0[0])
      },
      pullback: { p in
        [
          try p.part(0) {
            try .reshape(gathered(images, outputs)(p.cotangent), to: p.inputs[0].shape)
          }
        ]
      })
  }

  /// What `spread` is the pullback of, for the same images.
  private func gathered(_ images: Tensor, _ outputs: Tensor) -> Operation {
    Operation(
      OperationKind("poolingChosen", axes: .fresh), saves: .shapes,
      forward: { [windows] in
        windows.kind == .mean
          ? try windows.outputs($0[0]) : try windows.chosen(images, outputs, of: $0[0])
      },
      pullback: { p in
        [
          try p.part(0) {
            try .reshape(spread(images, outputs)(p.cotangent), to: p.inputs[0].shape)
          }
        ]
      })
  }
}
