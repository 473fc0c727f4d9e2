import CMessagePassing
import Networks
import Platform
import Tensors

/// The ranks that a launcher of MPI has started, this process among them.
///
/// All calls are made by one thread.
package final class LaunchedRanks: GradientExchange {
  package let rank: Int
  package let ranks: Int
  package let isShared = true
  /// Whether faults of other ranks are noticed.
  package let isWatched: Bool
  /// Called before the process ends because of another rank.
  package var beforeEnding: () -> Void = {}
  /// What rank 0 has written that nobody has asked for yet.
  private var posted: [UInt64: Int] = [:]

  /// Why ranks cannot find each other.
  package struct Failure: Error {
    package let message: String
  }

  /// Whether a launcher has started this process.
  package static var areLaunched: Bool { nnsh_launched_ranks() != 0 }

  /// Which rank the launcher says that this is.
  package static var announcedRank: Int { max(0, Int(nnsh_launched_rank())) }

  /// Joins the others; nil where a launcher has started no other.
  ///
  /// - Parameter patience: for how many seconds ranks may wait for another that computes.
  package static func join(patience: Int) throws(Failure) -> LaunchedRanks? {
    if nnsh_launched_ranks() == 1 { return nil }
    switch Int(nnsh_ranks_join()) {
    case Int(nnsh_ranks_done): return LaunchedRanks(patience: patience)
    case Int(nnsh_ranks_no_library):
      throw Failure(
        message: "nnsh was started by a launcher of MPI, and its library cannot be used: "
          + String(cString: nnsh_ranks_failure()))
    default: throw Failure(message: String(cString: nnsh_ranks_failure()))
    }
  }

  private init(patience: Int) {
    rank = Int(nnsh_rank())
    ranks = Int(nnsh_rank_count())
    isWatched =
      ranks > 1 && nnsh_watch_start({ Interrupt.request() }, Int32(clamping: patience)) != 0
  }

  /// How many threads each rank of this machine may use, so that together they have a processor each.
  package static func share(ofThreads count: Int) -> Int {
    max(1, count / max(1, Int(nnsh_launched_ranks_here())))
  }

  package func exchange(sending: [RankMessage], receiving: [RankMessage]) throws {
    try begin(sending: sending, receiving: receiving)
    try finish()
  }

  package func begin(sending: [RankMessage], receiving: [RankMessage]) throws {
    takePosts()
    let (sent, received) = (sending.map(\.message), receiving.map(\.message))
    let started = nnsh_messages_start(
      sent, Int32(sent.count), received, Int32(received.count))
    guard started == nnsh_ranks_done else { throw TrainingError.exchangeFailed }
  }

  package func advance() throws { _ = try areDone() }

  package func finish() throws {
    nnsh_watch_begin_exchange()
    defer { nnsh_watch_end_exchange() }
    var waiting = Waiting()
    while try !areDone() {
      endAfterFault()
      waiting.pause()
    }
  }

  private func areDone() throws -> Bool {
    let state = nnsh_messages_are_done()
    guard state >= 0 else { throw TrainingError.exchangeFailed }
    return state == 1
  }

  // MARK: files that rank 0 writes for all

  /// Tells the others that a file has been written.
  package func post(_ path: String) { nnsh_note_post(Self.note(of: path)) }

  /// Waits until rank 0 has written a file.
  package func awaitPost(of path: String) {
    let wanted = Self.note(of: path)
    var waiting = Waiting()
    while true {
      takePosts()
      if let count = posted[wanted] {
        posted[wanted] = count > 1 ? count - 1 : nil
        return
      }
      endAfterFault()
      // Rank 0 has come to its end, or nobody waits any more.
      if posted[Self.lastPost] != nil || Interrupt.isRequested { return }
      waiting.pause()
    }
  }

  /// What has come is not left to MPI, which would keep it: a training may save many times.
  private func takePosts() {
    guard rank > 0 else { return }
    var note: UInt64 = 0
    // Nothing is asked for after the last: MPI wants no receiver to be left.
    while posted[Self.lastPost] == nil, nnsh_note_take(&note) == 1 {
      posted[note, default: 0] += 1
    }
  }

  /// MPI wants every message to be received before the end.
  private func takeAllPosts() {
    guard rank > 0 else { return }
    var waiting = Waiting()
    let end = MonotonicClock.now() + 2
    while posted[Self.lastPost] == nil, MonotonicClock.now() < end {
      takePosts()
      waiting.pause()
    }
  }

  /// The end of what rank 0 posts.
  private static let lastPost: UInt64 = 0

  /// FNV-1a (Fowler, Noll and Vo).
  private static func note(of path: String) -> UInt64 {
    path.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  /// Ends the process where another rank's fault has ended the run.
  package func endAfterFault() {
    let code = nnsh_watch_fault()
    guard code >= 0 else { return }
    beforeEnding()
    nnsh_ranks_abort(code)
  }

  /// Waits until all ranks have come to their ends, and leaves.
  ///
  /// - Parameters:
  ///   - code: this rank's exit code.
  ///   - error: what it has to say of it; rank 0 shows it where it is not its own.
  /// - Returns: the exit code; on rank 0 that of the first rank that has failed.
  package func leave(_ code: Int32, error: String) -> Int32 {
    if rank == 0 { nnsh_note_post(Self.lastPost) }
    let code = isWatched ? nnsh_watch_leave(code, error) : code
    takeAllPosts()
    nnsh_ranks_leave()
    return code
  }
}

extension RankMessage {
  fileprivate var message: nnsh_message {
    nnsh_message(data: memory.baseAddress, bytes: memory.count, rank: Int32(rank))
  }
}

/// Looks again and again at first, as others are soon there, and then less and less often: ranks may
/// share a processor.
private struct Waiting {
  private var looks = 0

  mutating func pause() {
    looks += 1
    if looks < 2000 {
      sched_yield()
    } else {
      usleep(looks < 20_000 ? 50 : 500)
    }
  }
}
