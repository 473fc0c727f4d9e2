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

  /// Lines of pictures are divided among the threads; Ctrl-C is looked for every few milliseconds.
  func move<Number: BinaryFloatingPoint & SendableMetatype>(
    _ source: UnsafeBufferPointer<Number>, _ target: UnsafeMutableBufferPointer<Number>,
    _ moves: [PictureMove]
  ) throws(TensorError) {
    let width = lineLength
    let lines = min(moves.count * height, width == 0 ? 0 : source.count / width)
    let linesAtOnce = max(1, Self.numbersAtOnce / max(1, width))
    // SAFETY: each line writes its own numbers, and both sides outlive the run.
    nonisolated(unsafe) let (source, target) = (source, target)
    for start in stride(from: 0, to: lines, by: linesAtOnce) {
      try Interrupt.check()
      let count = min(linesAtOnce, lines - start)
      Threads.run(count, work: 16 * count * width) { line in
        let (picture, row) = (start + line).quotientAndRemainder(dividingBy: height)
        moveLine(row, of: picture, by: moves[picture], source, target)
      }
    }
  }

  /// How many numbers are moved between two looks for Ctrl-C.
  private static let numbersAtOnce = 1 << 18

  /// The numbers of a line: its pixels' channels.
  private var lineLength: Int { width * channels }

  private func moveLine<Number: BinaryFloatingPoint>(
    _ row: Int, of picture: Int, by move: PictureMove, _ source: UnsafeBufferPointer<Number>,
    _ target: UnsafeMutableBufferPointer<Number>
  ) {
    let middle = SIMD2(Double(height - 1), Double(width - 1)) / 2
    let first = picture * height * lineLength
    var place = first + row * lineLength
    for column in 0..<width {
      let from = move.source(of: [Double(row), Double(column)], middle: middle)
      let corners = Corners(around: from, height: height, width: width)
      for channel in 0..<channels {
        var sum = 0.0
        for corner in 0..<4 where corners.shares[corner] > 0 {
          let pixel = first + corners.pixels[corner] * channels + channel
          sum += corners.shares[corner] * Double(source[pixel])
        }
        target[place] = Number(sum)
        place += 1
      }
    }
  }
}

/// The four pixels around a place between pixels, and how much each gives to it: nothing where the
/// pixel is outside.
private struct Corners {
  private(set) var pixels: SIMD4<Int> = .zero
  private(set) var shares: SIMD4<Double> = .zero

  init(around place: SIMD2<Double>, height: Int, width: Int) {
    // A place that rounding has moved off its pixel is on it.
    let near = place.rounded(.toNearestOrAwayFromZero)
    let place = (abs(place.x - near.x) + abs(place.y - near.y)) < 1e-9 ? near : place
    let corner = place.rounded(.down)
    guard corner.x >= -1, corner.y >= -1, corner.x <= Double(height), corner.y <= Double(width)
    else { return }
    let after = place - corner
    let (top, left) = (Int(corner.x), Int(corner.y))
    for index in 0..<4 {
      let (down, right) = (index >> 1, index & 1)
      let (row, column) = (top + down, left + right)
      guard row >= 0, row < height, column >= 0, column < width else { continue }
      pixels[index] = row * width + column
      shares[index] =
        (down == 0 ? 1 - after.x : after.x) * (right == 0 ? 1 - after.y : after.y)
    }
  }
}
