import Tensors

/// Adds up the gradients of a batch's blocks in the tree's order, those of other ranks among them.
///
/// Within a rank a subtree of 2ⁿ blocks needs n + 1 gradients' memory. Between ranks each sums its
/// share of the numbers: it is sent that part of every rank's subtrees, joins them and sends the
/// result to all. With as many blocks as a power of two of ranks each number crosses twice.
package final class GradientSum {
  /// Computes a block's gradient into memory for it.
  package typealias Differentiate = (_ block: Int, _ target: FloatRows) throws -> Void

  /// Where the sum goes.
  private let result: FloatBuffer
  private let exchange: any GradientExchange
  private var buffers: [FloatBuffer] = []
  private var arrivals: FloatBuffer?

  package init(_ result: FloatBuffer, _ exchange: any GradientExchange) {
    self.result = result
    self.exchange = exchange
  }

  /// A rank's sum over a subtree.
  private struct Partial {
    let blocks: Range<Int>
    let sum: FloatRows
  }

  /// Sums this rank's blocks one after the other; block 0 is computed into the result itself.
  package func sum(_ tree: BlockTree, _ differentiate: Differentiate) throws {
    var used = 0
    partials = try tree.subtrees(of: exchange.rank).map { blocks in
      let target = try blocks.lowerBound == 0 ? result.row : buffer(used)
      if blocks.lowerBound > 0 { used += 1 }
      try sum(blocks, into: target, free: used, differentiate)
      return Partial(blocks: blocks, sum: target)
    }
  }

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

  private var partials: [Partial] = []

  /// - Parameter free: the first buffer that nobody uses.
  private func sum(
    _ blocks: Range<Int>, into target: FloatRows, free: Int, _ differentiate: Differentiate
  ) throws {
    if blocks.count == 1 { return try differentiate(blocks.lowerBound, target) }
    let middle = BlockTree.middle(of: blocks)
    try sum(blocks.lowerBound..<middle, into: target, free: free, differentiate)
    let other = try buffer(free)
    try sum(middle..<blocks.upperBound, into: other, free: free + 1, differentiate)
    target.add(other)
  }

  private func buffer(_ index: Int) throws -> FloatRows {
    while buffers.count <= index {
      buffers.append(try FloatBuffer(count: result.count, type: result.type))
    }
    return buffers[index].row
  }

  // MARK: between ranks

  /// Makes of all ranks' sums the batch's, which every rank then holds.
  package func join(_ tree: BlockTree) throws {
    guard exchange.ranks > 1 else { return }
    let subtrees = (0..<exchange.ranks).map(tree.subtrees(of:))
    let own = share(of: exchange.rank)
    let others = (0..<exchange.ranks).filter { $0 != exchange.rank }
    var joined = partials.map { Partial(blocks: $0.blocks, sum: part(of: $0.sum, own)) }
    let arriving = try arrivals(
      others.reduce(0) { $0 + subtrees[$1].count } * own.count)
    var receiving: [RankMessage] = []
    for rank in others {
      for blocks in subtrees[rank] {
        let place = arriving.numbers(from: receiving.count * own.count, count: own.count)
        receiving.append(RankMessage(rank: rank, place))
        joined.append(Partial(blocks: blocks, sum: place))
      }
    }
    let sending = others.flatMap { rank in
      partials.map { RankMessage(rank: rank, part(of: $0.sum, share(of: rank))) }
    }
    try exchange.exchange(sending: sending, receiving: receiving)
    let all = result.row
    let sum = Self.joined(0..<tree.blocks, joined)
    if let sum, sum.pointer != part(of: all, own).pointer { part(of: all, own).copy(from: sum) }
    try exchange.exchange(
      sending: others.map { RankMessage(rank: $0, part(of: all, own)) },
      receiving: others.map { RankMessage(rank: $0, part(of: all, share(of: $0))) })
  }

  /// The numbers that a rank sums.
  private func share(of rank: Int) -> Range<Int> {
    // Whole lines of 64 bytes.
    let lines = (result.count + 15) / 16
    func start(_ rank: Int) -> Int { min(result.count, lines * rank / exchange.ranks * 16) }
    return start(rank)..<start(rank + 1)
  }

  private func part(of rows: FloatRows, _ numbers: Range<Int>) -> FloatRows {
    rows.numbers(from: numbers.lowerBound, count: numbers.count)
  }

  private func arrivals(_ count: Int) throws -> FloatRows {
    if let arrivals, arrivals.count >= count { return arrivals.row }
    let made = try FloatBuffer(count: count, type: result.type)
    arrivals = made
    return made.row
  }

  /// The sum over a subtree, left in the memory of its first part.
  private static func joined(_ blocks: Range<Int>, _ partials: [Partial]) -> FloatRows? {
    if let whole = partials.first(where: { $0.blocks == blocks }) { return whole.sum }
    guard blocks.count > 1 else { return nil }
    let middle = BlockTree.middle(of: blocks)
    let left = joined(blocks.lowerBound..<middle, partials)
    if let right = joined(middle..<blocks.upperBound, partials) { left?.add(right) }
    return left
  }
}
