import CKernels

/// A matrix product set up once: executing it allocates nothing.
///
/// destination = A·B + bias + accumulate · destination, then max(0, ·) where relu is on.
/// A is m × k and B is k × n after the transpositions; the bias has n elements. The destination is
/// cut into pieces, which the threads share; the cut follows from the sizes alone, so results do
/// not depend on the number of threads. A plan runs for one caller at a time.
package final class MatmulPlan: PlannedProduct, ReusablePlan, @unchecked Sendable {
  /// The element type of A and B; the bias and the destination are always Float32.
  package enum SourceType: Hashable, Sendable {
    case f32, bf16

    var size: Int { self == .f32 ? 4 : 2 }
  }

  /// What a plan is made for, and found again by.
  package struct Key: Hashable, Sendable {
    var m: Int
    var n: Int
    var k: Int
    var leftStrides: [Int]
    var rightStrides: [Int]
    var destinationStride: Int
    var hasBias: Bool
    var hasRelu: Bool
    var accumulate: Float = 0
    var sourceType: SourceType = .f32
    /// At most so many threads share the product.
    var threads = Threads.count
    /// Whether one thread takes all of it in one piece, though there may be others.
    package var isWhole = false
  }

  /// A part of the destination, and where its operands begin, in bytes.
  private struct Piece {
    let primitive: MatmulPrimitive
    let left: Int
    let right: Int
    let bias: Int
    let destination: Int
    let rows: Int
    let columns: Int
  }

  /// The memory of one execution.
  private struct Execution {
    let left: UnsafeRawPointer
    let right: UnsafeRawPointer
    let bias: UnsafeRawPointer?
    let destination: UnsafeMutableRawPointer
  }

  let key: Key
  /// The pieces of each thread.
  private let shares: [[Piece]]
  private let team: TeamShares

  init(_ key: Key) throws(TensorError) {
    for size in [key.m, key.n, key.k] where size < 1 { throw .negativeCount("a size", size) }
    self.key = key
    let cut = key.isWhole ? MatmulCut(m: key.m, n: key.n) : MatmulCut(m: key.m, n: key.n, k: key.k)
    let count = max(1, min(key.threads, cut.pieces.count))
    var shares: [[Piece]] = []
    for share in 0..<count {
      let range = cut.pieces.count * share / count..<cut.pieces.count * (share + 1) / count
      shares.append(try Self.share(of: key, cut.pieces[range]))
    }
    self.shares = shares
    team = TeamShares(count: shares.count)
  }

  /// Pieces of one size run by one primitive: a thread takes them one after the other.
  private static func share(
    of key: Key, _ pieces: ArraySlice<MatmulCut.Piece>
  ) throws(TensorError) -> [Piece] {
    let size = key.sourceType.size
    var share: [Piece] = []
    var primitives: [[Int]: MatmulPrimitive] = [:]
    for (rows, columns) in pieces {
      let known = primitives[[rows.count, columns.count]]
      let primitive =
        if let known { known } else {
          try MatmulPrimitive(key, rows: rows.count, columns: columns.count)
        }
      primitives[[rows.count, columns.count]] = primitive
      share.append(
        Piece(
          primitive: primitive, left: rows.lowerBound * key.leftStrides[0] * size,
          right: columns.lowerBound * key.rightStrides[1] * size, bias: columns.lowerBound * 4,
          destination: (rows.lowerBound * key.destinationStride + columns.lowerBound) * 4,
          rows: rows.count, columns: columns.count))
    }
    return share
  }

  /// Whether this processor multiplies bfloat16 numbers.
  package static let offersHalfPrecision: Bool =
    (try? MatmulPlan(Key(m: 16, n: 16, k: 16, sourceType: .bf16))) != nil

  /// Runs the product on memory laid out as the plan says. `bias` is needed where the plan has one.
  package func execute(
    _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, bias: UnsafeRawPointer?,
    _ destination: UnsafeMutableRawPointer
  ) throws(TensorError) {
    let execution = Execution(left: a, right: b, bias: bias, destination: destination)
    try team.run { run($0, execution) }
  }

  private func run(_ index: Int, _ execution: Execution) -> Int32 {
    var status: Int32 = 0
    for piece in shares[index] where status == 0 {
      // SAFETY: the offsets of a piece lie within the matrices that the plan was made for.
      let destination = execution.destination + piece.destination
      status = piece.primitive.execute(
        execution.left + piece.left, execution.right + piece.right,
        execution.bias.map { $0 + piece.bias }, destination)
      // oneDNN's own rectifier makes 0 of a NaN. The piece is still in the cache.
      if key.hasRelu {
        nnsh_relu_rows(
          destination.assumingMemoryBound(to: Float.self), piece.rows, piece.columns,
          key.destinationStride)
      }
    }
    return status
  }
}

extension MatmulPlan.Key {
  /// A product of contiguous matrices.
  ///
  /// Where `transposeA` is set A is stored k × m, and where `transposeB` is set B is n × k.
  package init(
    m: Int, n: Int, k: Int, transposeA: Bool = false, transposeB: Bool = false, bias: Bool = false,
    relu: Bool = false, accumulate: Float = 0, sourceType: MatmulPlan.SourceType = .f32
  ) {
    self.init(
      m: m, n: n, k: k, leftStrides: transposeA ? [1, m] : [k, 1],
      rightStrides: transposeB ? [1, k] : [n, 1], destinationStride: n, hasBias: bias,
      hasRelu: relu, accumulate: accumulate, sourceType: sourceType)
  }
}

/// How a destination is cut into pieces: by its sizes alone, for oneDNN sums in an order that
/// depends on a piece's size.
///
/// It is cut by rows first, for B is then read along; by columns too where there are too few rows.
/// Bounds are whole tiles of the kernels, and cache lines.
struct MatmulCut {
  typealias Piece = (rows: Range<Int>, columns: Range<Int>)

  let pieces: [Piece]

  /// Whether preparing a product of this size would take longer than the product: a kernel of our
  /// own computes it then, whoever asks, so that all get the same bits.
  static func isSmall(m: Int, n: Int, k: Int) -> Bool {
    Double(m) * Double(n) * Double(k) <= Double(nnsh_small_product)
  }

  init(m: Int, n: Int, k: Int) {
    let work = 2 * Double(m) * Double(n) * Double(k)
    let wanted = Self.count(work)
    let rows = Self.parts(of: m, atMost: wanted, unit: 16, least: wanted == 2 ? 16 : 32)
    let columns = Self.parts(of: n, atMost: wanted / rows.count, unit: 64, least: 128)
    pieces = rows.flatMap { rows in columns.map { (rows, $0) } }
  }

  /// One piece.
  init(m: Int, n: Int) { pieces = [(0..<m, 0..<n)] }

  /// Few pieces for little work, each of at least some microseconds; a power of two.
  static func count(_ work: Double) -> Int {
    switch work {
    case ..<1e6: 1
    case ..<16e6: 2
    case ..<50e6: 4
    case ..<150e6: 8
    default: 16
    }
  }

  /// Equal parts, in whole units, a power of two of them, none much smaller than `least`.
  private static func parts(of size: Int, atMost most: Int, unit: Int, least: Int) -> [Range<Int>] {
    var count = 1
    while 2 * count <= min(most, size / least) { count *= 2 }
    let units = (size + unit - 1) / unit
    return (0..<count).map { part in
      units * part / count * unit..<min(size, units * (part + 1) / count * unit)
    }
  }
}
