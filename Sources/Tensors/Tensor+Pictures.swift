import CKernels
import Platform

/// Where each place of a moved picture takes its number from: with the picture's middle as the
/// origin, the matrix [[a, b], [c, d]] times the place (row, column), plus an offset.
package struct PictureMove: Sendable, Hashable {
  private let a: Double
  private let b: Double
  private let c: Double
  private let d: Double
  private let offset: SIMD2<Double>

  private init(
    _ a: Double, _ b: Double, _ c: Double, _ d: Double, offset: SIMD2<Double> = .zero
  ) {
    (self.a, self.b, self.c, self.d) = (a, b, c, d)
    self.offset = offset
  }

  /// Nothing moves.
  package static let none = PictureMove(1, 0, 0, 1)
  /// Left and right change places.
  package static let mirror = PictureMove(1, 0, 0, -1)

  /// Down and to the right by so many pixels.
  package static func shift(down: Double, right: Double) -> PictureMove {
    PictureMove(1, 0, 0, 1, offset: [-down, -right])
  }

  /// Around the middle.
  package static func rotation(degrees: Double) -> PictureMove {
    let (sine, cosine) = (sin(degrees * .pi / 180), cos(degrees * .pi / 180))
    return PictureMove(cosine, sine, -sine, cosine)
  }

  /// Larger by a factor.
  package static func zoom(_ factor: Double) -> PictureMove {
    PictureMove(1 / factor, 0, 0, 1 / factor)
  }

  /// Where the number of a place comes from.
  func source(of place: SIMD2<Double>, middle: SIMD2<Double>) -> SIMD2<Double> {
    let p = place - middle
    return SIMD2(a * p.x + b * p.y, c * p.x + d * p.y) + middle + offset
  }
}

extension Tensor {
  /// Pictures, N×H×W or N×H×W×C, each moved in its own way; what comes from outside is 0, and what
  /// comes from between pixels is interpolated along both axes.
  ///
  /// - Parameter moves: one a picture.
  package func moved(by moves: [PictureMove]) throws(TensorError) -> Tensor {
    let type = elementType.arithmetic
    let source = try cast(to: type).contiguous()
    var result = try Tensor(uninitialized: shape, type)
    let size = PictureSize(shape)
    if type == .f64 {
      try source.withDoubles { from throws(TensorError) in
        try result.withMutableDoubles { to throws(TensorError) in
          try size.move(from, to, moves)
        }
      }
    } else {
      try source.withFloats { from throws(TensorError) in
        try result.withMutableFloats { to throws(TensorError) in try size.move(from, to, moves) }
      }
    }
    return result
  }
}

/// The pixels of a picture, in a row.
private struct PictureSize {
  let height: Int
  let width: Int
  let channels: Int

  init(_ shape: Shape) {
    (height, width) = (shape[1], shape[2])
    channels = shape.rank > 3 ? shape[3] : 1
  }

  func move<Number: BinaryFloatingPoint>(
    _ source: UnsafeBufferPointer<Number>, _ target: UnsafeMutableBufferPointer<Number>,
    _ moves: [PictureMove]
  ) throws(TensorError) {
    let count = height * width * channels
    let middle = SIMD2(Double(height - 1), Double(width - 1)) / 2
    for (index, move) in moves.enumerated() where (index + 1) * count <= source.count {
      if index & 0xFF == 0 { try Interrupt.check() }
      let picture = UnsafeBufferPointer(rebasing: source[index * count..<(index + 1) * count])
      var place = index * count
      for row in 0..<height {
        for column in 0..<width {
          let from = move.source(of: [Double(row), Double(column)], middle: middle)
          for channel in 0..<channels {
            target[place] = Number(number(at: from, channel, in: picture))
            place += 1
          }
        }
      }
    }
  }

  /// What lies at a place between pixels.
  private func number<Number: BinaryFloatingPoint>(
    at place: SIMD2<Double>, _ channel: Int, in picture: UnsafeBufferPointer<Number>
  ) -> Double {
    // A place that rounding has moved off its pixel is on it.
    let near = place.rounded(.toNearestOrAwayFromZero)
    let place = (abs(place.x - near.x) + abs(place.y - near.y)) < 1e-9 ? near : place
    let (top, left) = (place.x.rounded(.down), place.y.rounded(.down))
    guard top >= -1, left >= -1, top <= Double(height), left <= Double(width) else { return 0 }
    let (down, right) = (place.x - top, place.y - left)
    var sum = 0.0
    for (row, share) in [(Int(top), 1 - down), (Int(top) + 1, down)] where share > 0 {
      guard row >= 0, row < height else { continue }
      for (column, part) in [(Int(left), 1 - right), (Int(left) + 1, right)] where part > 0 {
        guard column >= 0, column < width else { continue }
        sum += share * part * Double(picture[(row * width + column) * channels + channel])
      }
    }
    return sum
  }
}
