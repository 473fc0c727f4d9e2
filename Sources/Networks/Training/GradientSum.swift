import Tensors

/// Adds up the gradients of a batch's blocks in the tree's order, those of other ranks among them.
///
/// Within a rank a subtree of 2ⁿ blocks needs n + 1 gradients' memory. Between ranks each sums its
/// share of the numbers: it is sent that part of every rank's subtrees, joins them and sends the
/// result to all. With as many blocks as a power of two of ranks each number crosses twice.
///
/// The numbers go on their way in chunks, each as soon as the last block's backward pass has come
/// past its layers (`GradientSum+Exchange.swift`).
package final class GradientSum {
  /// Computes a block's gradient into memory for it.
  package typealias Differentiate = (_ block: Int, _ target: FloatRows) throws -> Void
  /// Told from which number on the block's gradient is there.
  typealias Progress = (_ first: Int) throws -> Void

  /// Where the sum goes.
  let result: FloatBuffer
  let exchange: any GradientExchange
  /// The numbers that cross together, from the last to the first.
  let chunks: [Range<Int>]
  private var buffers: [FloatBuffer] = []
  var arrivals: FloatBuffer?
  /// This rank's sums, in the order of the blocks.
  var partials: [Partial] = []
  /// For each chunk that is on its way what others send of it.
  var coming: [[Partial]] = []
  /// Which tree the partials are of, as long as its sums are not everybody's.
  var tree: BlockTree?

  /// - Parameter chunks: the numbers that cross together, from the last to the first; all at once
  ///   where none are given.
  package init(
    _ result: FloatBuffer, _ exchange: any GradientExchange, chunks: [Range<Int>] = []
  ) {
    self.result = result
    self.exchange = exchange
    self.chunks = chunks.isEmpty ? [0..<result.count] : chunks
  }

  /// A rank's sum over a subtree.
  struct Partial {
    let blocks: Range<Int>
    let sum: FloatRows
  }

  /// Sums this rank's blocks one after the other; block 0 is computed into the result itself. What
  /// the ranks send each other next comes after these sums, also where a rank has no block.
  package func sum(_ tree: BlockTree, _ differentiate: Differentiate) throws {
    try sum(tree, telling: { block, target, _ in try differentiate(block, target) })
    try settle(tree)
  }

  /// The same, where the last block's gradient sets out while it is computed.
  ///
  /// - Parameter differentiate: given what to tell, where that is of use.
  func sum(
    _ tree: BlockTree, telling differentiate: (Int, FloatRows, Progress?) throws -> Void
  ) throws {
    let free = try begin(tree)
    for (index, partial) in partials.enumerated() {
      let isLast = index == partials.count - 1 && exchange.ranks > 1
      try sum(
        partial.blocks, into: partial.sum, free: free, merges: isLast ? [] : nil, differentiate)
    }
  }

  /// Makes room for the tree's sums.
  ///
  /// - Returns: the first buffer that nobody uses.
  @discardableResult
  private func begin(_ tree: BlockTree) throws -> Int {
    var used = 0
    partials = try tree.subtrees(of: exchange.rank).map { blocks in
      if blocks.lowerBound == 0 { return Partial(blocks: blocks, sum: result.row) }
      defer { used += 1 }
      return Partial(blocks: blocks, sum: try buffer(used))
    }
    coming = []
    self.tree = tree
    return used
  }

  /// Makes sure that there is something to send, whatever has become of this rank's blocks.
  func beginWhereLacking(_ tree: BlockTree) throws {
    if self.tree == nil { try begin(tree) }
  }

  /// - Parameters:
  ///   - free: the first buffer that nobody uses.
  ///   - merges: what is to be added to what once these blocks' sum is there, outermost first, where
  ///     it sets out at once; nil where that is for whoever asked for the sum.
  private func sum(
    _ blocks: Range<Int>, into target: FloatRows, free: Int,
    merges: [(sum: FloatRows, addend: FloatRows)]?,
    _ differentiate: (Int, FloatRows, Progress?) throws -> Void
  ) throws {
    if blocks.count == 1 {
      guard let merges else { return try differentiate(blocks.lowerBound, target, nil) }
      try differentiate(blocks.lowerBound, target) { try self.send(from: $0, merges) }
      return try send(from: 0, merges)
    }
    let middle = BlockTree.middle(of: blocks)
    try sum(blocks.lowerBound..<middle, into: target, free: free, merges: nil, differentiate)
    let other = try buffer(free)
    try sum(
      middle..<blocks.upperBound, into: other, free: free + 1,
      merges: merges.map { $0 + [(target, other)] }, differentiate)
    if merges == nil { target.add(other) }
  }

  /// Adds and sends the chunks that are there.
  private func send(from first: Int, _ merges: [(sum: FloatRows, addend: FloatRows)]) throws {
    while coming.count < chunks.count, chunks[coming.count].lowerBound >= first {
      let chunk = chunks[coming.count]
      for (sum, addend) in merges.reversed() { part(of: sum, chunk).add(part(of: addend, chunk)) }
      try sendNextChunk()
    }
    try exchange.advance()
  }

  // MARK: blocks side by side

  /// Memory for the gradients of blocks that are computed side by side.
  ///
  /// - Parameter isOwn: whether they count; if not, none of them is the result.
  func places(_ blocks: Range<Int>, isOwn: Bool) throws -> [FloatRows] {
    try blocks.enumerated().map { index, block in
      try block == 0 && isOwn ? result.row : buffer(index)
    }
  }

  /// Sums what this rank's blocks have left in their places: a few numbers of all of them at a time,
  /// which a level-2 cache holds.
  func sum(_ tree: BlockTree, of places: [FloatRows]) {
    let first = tree.owned(by: exchange.rank).lowerBound
    let subtrees = places.isEmpty ? [] : tree.subtrees(of: exchange.rank)
    let (count, length) = (result.count, 1 << 12)
    Threads.run((count + length - 1) / length, work: count * places.count) { part in
      let numbers = part * length..<min(count, (part + 1) * length)
      for blocks in subtrees { Self.sum(numbers, of: blocks, in: places, from: first) }
    }
    partials = subtrees.map { Partial(blocks: $0, sum: places[$0.lowerBound - first]) }
    coming = []
    self.tree = tree
  }

  /// Leaves the sum over a subtree in the place of its first block.
  ///
  /// - Parameter first: the block of the first place.
  private static func sum(
    _ numbers: Range<Int>, of blocks: Range<Int>, in places: [FloatRows], from first: Int
  ) {
    guard blocks.count > 1 else { return }
    let middle = BlockTree.middle(of: blocks)
    sum(numbers, of: blocks.lowerBound..<middle, in: places, from: first)
    sum(numbers, of: middle..<blocks.upperBound, in: places, from: first)
    places[blocks.lowerBound - first].numbers(from: numbers.lowerBound, count: numbers.count)
      .add(places[middle - first].numbers(from: numbers.lowerBound, count: numbers.count))
  }

  private func buffer(_ index: Int) throws -> FloatRows {
    while buffers.count <= index {
      buffers.append(try FloatBuffer(count: result.count, type: result.type))
    }
    return buffers[index].row
  }

  func part(of rows: FloatRows, _ numbers: Range<Int>) -> FloatRows {
    rows.numbers(from: numbers.lowerBound, count: numbers.count)
  }
}
