import Tensors

/// Which place of the input each place of a convolution's windows looks at, along any number of
/// spatial axes: the one description of padding, stride, dilation and transposition.
struct WindowTable {
  /// The lengths of the output's spatial axes.
  let output: [Int]
  /// How many places a window has.
  let taps: Int
  /// For each output place and tap the input place, counted through all axes; `outside` where it
  /// lies beyond the edge.
  let places: [Int]
  /// The number that stands for no place: how many there are.
  let outside: Int

  /// What surrounds the input.
  enum Padding: Hashable, Sendable {
    case same
    case valid
    case around(Int)
  }

  /// One axis: for each output place and tap the input place, or nil.
  struct Axis {
    let output: Int
    let places: [[Int?]]

    /// - Returns: nil where no window fits.
    init?(
      _ size: Int, kernel: Int, stride: Int, dilation: Int, padding: Padding, isTransposed: Bool
    ) {
      let reach = (kernel - 1) * dilation + 1
      if isTransposed {
        let extent: Int
        let before: Int
        switch padding {
        case .same: (extent, before) = (size * stride, max(0, reach - stride) / 2)
        case .valid: (extent, before) = ((size - 1) * stride + reach, 0)
        case .around(let count): (extent, before) = ((size - 1) * stride + reach - 2 * count, count)
        }
        guard extent > 0 else { return nil }
        output = extent
        places = (0..<extent).map { place in
          (0..<kernel).map { tap in
            let offset = place + before - tap * dilation
            guard offset >= 0, offset % stride == 0, offset / stride < size else { return nil }
            return offset / stride
          }
        }
        return
      }
      let count: Int
      let before: Int
      switch padding {
      case .same:
        count = (size + stride - 1) / stride
        before = max(0, (count - 1) * stride + reach - size) / 2
      case .valid: (count, before) = (size < reach ? 0 : (size - reach) / stride + 1, 0)
      case .around(let around):
        let padded = size + 2 * around
        (count, before) = (padded < reach ? 0 : (padded - reach) / stride + 1, around)
      }
      guard count > 0 else { return nil }
      output = count
      places = (0..<count).map { place in
        (0..<kernel).map { tap in
          let position = place * stride + tap * dilation - before
          return (0..<size).contains(position) ? position : nil
        }
      }
    }
  }

  /// - Parameter sizes: the lengths of the axes that the axes given were made for.
  init(_ axes: [Axis], sizes: [Int]) {
    output = axes.map(\.output)
    taps = axes.reduce(1) { $0 * ($1.places.first?.count ?? 1) }
    outside = sizes.reduce(1, *)
    var places: [Int?] = [0]
    // Axis by axis: every place so far with every place of the axis, outputs before taps.
    var (outputs, window) = (1, 1)
    for (axis, size) in zip(axes, sizes) {
      let kernel = axis.places.first?.count ?? 1
      var next: [Int?] = []
      next.reserveCapacity(outputs * axis.output * window * kernel)
      for first in 0..<outputs {
        for place in axis.places {
          for tap in 0..<window {
            let base = places[first * window + tap]
            for offset in place { next.append(base.flatMap { b in offset.map { b * size + $0 } }) }
          }
        }
      }
      places = next
      outputs *= axis.output
      window *= kernel
    }
    let outside = outside
    self.places = places.map { $0 ?? outside }
  }
}
