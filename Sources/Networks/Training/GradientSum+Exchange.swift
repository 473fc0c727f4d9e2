import Tensors

/// Between ranks: each chunk of the numbers is sent as soon as this rank has summed it, and joined
/// once all have come.
extension GradientSum {
  /// Fewer numbers are not worth a message of their own.
  private static let fewestNumbers = 1 << 15

  /// Chunks of a gradient, from the last number to the first: no parameter is cut, as a backward pass
  /// ends with whole ones.
  ///
  /// - Parameter starts: where parameters begin, in their order.
  static func chunks(of count: Int, starts: [Int]) -> [Range<Int>] {
    var (chunks, end): ([Range<Int>], Int) = ([], count)
    for start in starts.reversed() where start < end && start > 0 {
      guard end - start >= fewestNumbers, start >= fewestNumbers else { continue }
      chunks.append(start..<end)
      end = start
    }
    return chunks + [0..<end]
  }

  private var others: [Int] { (0..<exchange.ranks).filter { $0 != exchange.rank } }

  /// Sends what others sum of the next chunk, and makes room for what they send of this rank's share.
  func sendNextChunk() throws {
    guard let tree, coming.count < chunks.count else { return }
    let chunk = chunks[coming.count]
    let own = share(of: exchange.rank, in: chunk)
    let subtrees = others.map { (rank: $0, blocks: tree.subtrees(of: $0)) }
    // Each number of this rank's shares has a place for every subtree of another rank.
    let count = subtrees.reduce(0) { $0 + $1.blocks.count }
    let room = try arrivals(
      count * chunks.reduce(0) { $0 + share(of: exchange.rank, in: $1).count })
    var place = chunks.prefix(coming.count).reduce(0) {
      $0 + share(of: exchange.rank, in: $1).count * count
    }
    var expected: [Partial] = []
    var receiving: [RankMessage] = []
    for (rank, blocks) in subtrees {
      for subtree in blocks {
        let memory = part(of: room, place..<place + own.count)
        place += own.count
        receiving.append(RankMessage(rank: rank, memory))
        expected.append(Partial(blocks: subtree, sum: memory))
      }
    }
    let sending = others.flatMap { rank in
      partials.map { RankMessage(rank: rank, part(of: $0.sum, share(of: rank, in: chunk))) }
    }
    coming.append(expected)
    try exchange.begin(sending: sending, receiving: receiving)
  }

  /// Sends what is left to be sent, and waits until everything is here: also where this rank's blocks
  /// have failed, which the others do not know yet.
  func settle(_ tree: BlockTree) throws {
    guard exchange.ranks > 1 else { return }
    try beginWhereLacking(tree)
    while coming.count < chunks.count { try sendNextChunk() }
    try exchange.finish()
  }

  /// Forgets sums that nobody joins.
  func abandon() { tree = nil }

  /// Makes of all ranks' sums the batch's, which every rank then holds.
  package func join(_ tree: BlockTree) throws {
    defer { self.tree = nil }
    guard exchange.ranks > 1 else { return }
    try settle(tree)
    let all = result.row
    var (sending, receiving): ([RankMessage], [RankMessage]) = ([], [])
    for (chunk, expected) in zip(chunks, coming) {
      let own = share(of: exchange.rank, in: chunk)
      let parts = partials.map { Partial(blocks: $0.blocks, sum: part(of: $0.sum, own)) } + expected
      let sum = Self.joined(0..<tree.blocks, parts)
      if let sum, sum.pointer != part(of: all, own).pointer { part(of: all, own).copy(from: sum) }
      for rank in others {
        sending.append(RankMessage(rank: rank, part(of: all, own)))
        receiving.append(RankMessage(rank: rank, part(of: all, share(of: rank, in: chunk))))
      }
    }
    try exchange.exchange(sending: sending, receiving: receiving)
  }

  /// The numbers of a chunk that a rank sums.
  private func share(of rank: Int, in chunk: Range<Int>) -> Range<Int> {
    // Whole lines of 64 bytes.
    let lines = (chunk.count + 15) / 16
    func start(_ rank: Int) -> Int {
      min(chunk.upperBound, chunk.lowerBound + lines * rank / exchange.ranks * 16)
    }
    return start(rank)..<start(rank + 1)
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
