import Tensors

/// The processes ("ranks", numbered from 0) that train a network together. All have the same
/// network, data and options and take their steps together; each computes a part of every batch.
///
/// What they tell each other is memory alone. Who takes which blocks of a batch, and how their sums
/// become one, is the trainer's affair (`BlockTree`, `GradientSum`).
package protocol GradientExchange: AnyObject {
  /// Which of them this one is.
  var rank: Int { get }
  /// How many there are.
  var ranks: Int { get }
  /// Whether batches are cut into the blocks that any number of ranks can share.
  var isShared: Bool { get }
  /// Sends and receives; returns once all of it is done, and all that was begun before. Each rank
  /// receives what the others send it in the order in which they do.
  func exchange(sending: [RankMessage], receiving: [RankMessage]) throws
  /// Begins to send and to receive while the caller computes: what is sent stays as it is until
  /// `finish`, and what is received is there after it.
  func begin(sending: [RankMessage], receiving: [RankMessage]) throws
  /// Lets what was begun go on: to be called now and then.
  func advance() throws
  /// Returns once all that was begun is done.
  func finish() throws
}

/// Memory that goes to a rank or is filled by it.
package struct RankMessage {
  package let rank: Int
  package let memory: UnsafeMutableRawBufferPointer

  package init(rank: Int, _ memory: UnsafeMutableRawBufferPointer) {
    self.rank = rank
    self.memory = memory
  }

  init(rank: Int, _ rows: FloatRows) {
    // SAFETY: rows say how long they are.
    self.init(
      rank: rank,
      UnsafeMutableRawBufferPointer(
        start: rows.pointer, count: rows.count * rows.type.size))
  }
}

/// A trainer by itself.
package final class Alone: GradientExchange {
  package let rank = 0
  package let ranks = 1
  package let isShared: Bool

  /// - Parameter isShared: whether sums are made as several ranks make them.
  package init(isShared: Bool = false) { self.isShared = isShared }

  package func exchange(sending: [RankMessage], receiving: [RankMessage]) {}
  package func begin(sending: [RankMessage], receiving: [RankMessage]) {}
  package func advance() {}
  package func finish() {}
}

/// The ranks of this process.
package enum Ranks {
  /// What trainings take unless they are given another. To be set, if ever, before anything runs.
  // SAFETY: nothing changes it while others read it.
  nonisolated(unsafe) package static var current: any GradientExchange = Alone()

  /// Whether this process prints, draws, saves and asks: rank 0 does.
  package static var isFirst: Bool { current.rank == 0 }
}

extension GradientExchange {
  /// The numbers of every rank, in the order of the ranks; all call it together.
  ///
  /// - Parameter counts: how many each rank has.
  package func gathered(_ own: [Double], counts: [Int]) throws -> [[Double]] {
    if ranks == 1 { return [own] }
    let starts = counts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
    var all = [Double](repeating: 0, count: starts[counts.count])
    all.replaceSubrange(starts[rank]..<starts[rank + 1], with: own)
    try all.withUnsafeMutableBytes { bytes in
      let size = MemoryLayout<Double>.size
      func part(_ rank: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(
          rebasing: bytes[starts[rank] * size..<starts[rank + 1] * size])
      }
      let others = (0..<ranks).filter { $0 != rank }
      try exchange(
        sending: others.map { RankMessage(rank: $0, part(rank)) },
        receiving: others.map { RankMessage(rank: $0, part($0)) })
    }
    return counts.indices.map { Array(all[starts[$0]..<starts[$0 + 1]]) }
  }

  /// What follows an epoch, on every rank.
  ///
  /// - Parameter body: whether that is the end.
  /// - Returns: whether any rank says that it is. Throws `TensorError.interrupted` on all where it
  ///   does on one.
  package func isEnd(_ body: () throws -> Bool) throws -> Bool {
    if ranks == 1 { return try body() }
    var (isEnd, isInterrupted) = (false, false)
    do { isEnd = try body() } catch TensorError.interrupted { isInterrupted = true }
    if try isAgreed(isInterrupted) {
      Interrupt.request()
      throw TensorError.interrupted
    }
    return try isAgreed(isEnd)
  }

  /// What all ranks do together to its end before any of them stops.
  package func together<Result>(_ body: () throws -> Result) rethrows -> Result {
    ranks == 1 ? try body() : try Interrupt.heldBack(body)
  }

  /// Whether any rank says yes; all call it together.
  package func isAgreed(_ answer: Bool) throws -> Bool {
    try gathered([answer ? 1 : 0], counts: [Int](repeating: 1, count: ranks)).contains { $0 == [1] }
  }
}
