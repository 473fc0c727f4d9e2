import CKernels

/// A convolution of many images, or one of its gradients, set up once: executing it allocates
/// nothing. All is Float32.
///
/// The images are cut into pieces by the sizes alone (`ConvolutionPiece`), which the threads share; the pieces' parts of
/// the weights' gradient are added in order. So results do not depend on the number of threads. A
/// plan runs for one caller at a time.
package final class ConvolutionPlan: PlannedConvolution, ReusablePlan, @unchecked Sendable {
  /// What is computed of the other two.
  package enum Computed: Int32, Sendable { case outputs, images, weights }

  /// What a plan is made for, and found again by.
  package struct Key: Hashable, Sendable {
    package let geometry: ConvolutionGeometry
    package let rows: Int
    package let computed: Computed
    /// Whether a number a channel is added to the outputs, and whether they are rectified then. With
    /// the weights' gradient that of these numbers is computed, too.
    package var hasBias = false
    package var hasRelu = false
    /// Whether an interruption may leave what is computed half done.
    package var heeds = false
    /// At most so many threads share the work.
    var threads = Threads.count

    package init(
      _ geometry: ConvolutionGeometry, rows: Int, _ computed: Computed, hasBias: Bool = false,
      hasRelu: Bool = false, heeds: Bool = false
    ) {
      self.geometry = geometry
      self.rows = rows
      self.computed = computed
      self.hasBias = hasBias
      self.hasRelu = hasRelu
      self.heeds = heeds
    }
  }

  /// A piece with what computes it.
  private struct Piece {
    let primitive: ConvolutionPrimitive
    let index: Int
    let part: ConvolutionPiece
  }

  /// The memory of one execution.
  private struct Execution {
    let images: UnsafeMutablePointer<Float>
    let weights: UnsafeMutablePointer<Float>
    let bias: UnsafeMutablePointer<Float>?
    let outputs: UnsafeMutablePointer<Float>
  }

  /// Where a piece's part of the bias' gradient begins after that of the weights, and how many
  /// numbers both take: whole lines of 64 bytes.
  private struct PartLayout {
    let bias: Int
    let width: Int

    init(_ key: Key) {
      func whole(_ count: Int) -> Int { (count + 15) / 16 * 16 }
      bias = whole(key.geometry.weightCount)
      width = bias + (key.hasBias ? whole(key.geometry.outputs) : 0)
    }
  }

  let key: Key
  /// The pieces of each thread; none where oneDNN cannot compute it.
  private let shares: [[Piece]]
  private let pieceCount: Int
  /// The pieces' parts of the weights' gradient, and of that of the bias.
  private let parts: Storage?
  private let layout: PartLayout
  private let team: TeamShares

  init(_ key: Key) throws(TensorError) {
    self.key = key
    let pieces = ConvolutionPiece.all(of: key)
    layout = PartLayout(key)
    pieceCount = pieces.count
    shares = try Self.shares(of: key, pieces)
    parts =
      key.computed == .weights && !shares.isEmpty
      ? try Storage(byteCount: pieces.count * layout.width * 4) : nil
    team = TeamShares(count: shares.count, operation: "convolution")
  }

  /// Whether oneDNN computes it.
  var isAvailable: Bool { !shares.isEmpty }

  /// A thread takes its pieces one after the other, those of one size by one primitive.
  private static func shares(
    of key: Key, _ pieces: [ConvolutionPiece]
  ) throws(TensorError) -> [[Piece]] {
    let count = Swift.max(1, Swift.min(key.threads, pieces.count))
    var shares: [[Piece]] = []
    for share in 0..<count {
      var own: [Piece] = []
      var primitives: [ConvolutionPrimitive.Form: ConvolutionPrimitive] = [:]
      for index in pieces.count * share / count..<pieces.count * (share + 1) / count {
        let form = ConvolutionPrimitive.Form(
          geometry: pieces[index].geometry, rows: pieces[index].rows)
        let known = primitives[form]
        guard
          let primitive = if let known { known } else { try ConvolutionPrimitive(key, form) }
        else { return [] }
        primitives[form] = primitive
        own.append(Piece(primitive: primitive, index: index, part: pieces[index]))
      }
      shares.append(own)
    }
    return shares
  }

  package func execute(
    images: UnsafeMutablePointer<Float>, weights: UnsafeMutablePointer<Float>,
    bias: UnsafeMutablePointer<Float>?, outputs: UnsafeMutablePointer<Float>,
    retaining retained: Float
  ) throws(TensorError) {
    let execution = Execution(images: images, weights: weights, bias: bias, outputs: outputs)
    try team.run { run($0, execution) }
    guard let parts else { return }
    let sums = parts.pointer.assumingMemoryBound(to: Float.self)
    nnsh_column_sums(
      sums, pieceCount, key.geometry.weightCount, layout.width, retained, weights)
    if let bias, key.hasBias {
      nnsh_column_sums(
        sums + layout.bias, pieceCount, key.geometry.outputs, layout.width, retained, bias)
    }
  }

  private func run(_ index: Int, _ execution: Execution) -> Int32 {
    var packed: ConvolutionPrimitive?
    var status: Int32 = 0
    for piece in shares[index] where status == 0 {
      if key.heeds, Interrupt.isRequested {
        return TeamShares.interrupted
      }
      if key.computed != .weights, packed !== piece.primitive {
        status = piece.primitive.pack(execution.weights)
        packed = piece.primitive
        if status != 0 { continue }
      }
      // SAFETY: the pieces lie within the memory that the plan was made for.
      let outputs = execution.outputs + piece.part.outputs
      let part = parts.map {
        $0.pointer.assumingMemoryBound(to: Float.self) + piece.index * layout.width
      }
      status = piece.primitive.execute(
        images: execution.images + piece.part.images, weights: part,
        bias: part.map { $0 + layout.bias } ?? execution.bias, outputs: outputs)
      // oneDNN's own rectifier makes 0 of a NaN. The piece is still in the cache.
      if key.hasRelu {
        let count = piece.part.rows * piece.part.geometry.outputCount
        nnsh_relu_rows(outputs, 1, count, count)
      }
    }
    return status
  }
}
