/// The fixed binary tree in which the sums of a batch's blocks of rows are joined.
///
/// Float32 sums depend on their order. The tree is a function of the number of blocks alone, so that
/// the sum has the same bits whoever computes which blocks: each rank has a run of them, sums the
/// subtrees that are all its own, and the rest of the tree joins these.
package struct BlockTree {
  let blocks: Int
  let ranks: Int

  package init(blocks: Int, ranks: Int) {
    self.blocks = blocks
    self.ranks = ranks
  }

  /// The rows of a batch's blocks, of which the last may have fewer: at most sixteen blocks, until
  /// they are so large that their sums cost little beside their products.
  ///
  /// - Parameter fewest: of how many rows a block has at least.
  package static func rows(ofBatch batch: Int, fewest: Int) -> Int {
    let least = max(fewest, min(16 * fewest, (batch + 15) / 16))
    let count = max(1, batch / least)
    return (batch + count - 1) / count
  }

  /// The blocks that a rank computes; the first ranks have one more where they do not divide evenly.
  package func owned(by rank: Int) -> Range<Int> {
    (blocks * rank + ranks - 1) / ranks..<(blocks * (rank + 1) + ranks - 1) / ranks
  }

  /// The rank that computes a block.
  func owner(of block: Int) -> Int { block * ranks / blocks }

  /// Where the tree over these blocks branches: its left side has the most blocks that are a power
  /// of two and not all.
  static func middle(of blocks: Range<Int>) -> Int {
    var half = 1
    while 2 * half < blocks.count { half *= 2 }
    return blocks.lowerBound + half
  }

  /// The largest subtrees whose blocks are all a rank's, in the order of the blocks.
  func subtrees(of rank: Int) -> [Range<Int>] {
    let own = owned(by: rank)
    var found: [Range<Int>] = []
    func look(at blocks: Range<Int>) {
      if blocks.isEmpty || !blocks.overlaps(own) { return }
      if own.lowerBound <= blocks.lowerBound, blocks.upperBound <= own.upperBound {
        found.append(blocks)
        return
      }
      let middle = Self.middle(of: blocks)
      look(at: blocks.lowerBound..<middle)
      look(at: middle..<blocks.upperBound)
    }
    look(at: 0..<blocks)
    return found
  }
}
