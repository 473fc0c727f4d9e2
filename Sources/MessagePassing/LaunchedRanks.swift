import CMessagePassing
import Glibc
import Networks
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
  private var posted: [UInt64: Bool] = [:]

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
    nnsh_watch_begin_exchange()
    defer { nnsh_watch_end_exchange() }
    let (sent, received) = (sending.map(\.message), receiving.map(\.message))
    let started = nnsh_messages_start(
      sent, Int32(sent.count), received, Int32(received.count))
    guard started == nnsh_ranks_done else { throw TrainingError.exchangeFailed }
    var waiting = Waiting()
    while true {
      let state = nnsh_messages_are_done()
      if state == 1 { return }
      guard state == 0 else { throw TrainingError.exchangeFailed }
      endAfterFault()
      waiting.pause()
    }
  }

  // MARK: files that rank 0 writes for all

  /// Tells the others that a file has been written.
  package func post(_ path: String) { nnsh_note_post(Self.note(of: path)) }

  /// Waits until rank 0 has written a file.
  package func awaitPost(of path: String) {
    let wanted = Self.note(of: path)
    var waiting = Waiting()
    while posted.removeValue(forKey: wanted) == nil {
      var note: UInt64 = 0
      while nnsh_note_take(&note) == 1 {
        if note == wanted { return }
        posted[note] = true
      }
      endAfterFault()
      if Interrupt.isRequested { return }
      waiting.pause()
    }
  }

  /// MPI wants every message to be received before the end.
  private func takeAllPosts() {
    let last: UInt64 = 0
    if rank == 0 { return nnsh_note_post(last) }
    var waiting = Waiting()
    var note = ~last
    let end = MonotonicClock.now() + 2
    while note != last, MonotonicClock.now() < end {
      if nnsh_note_take(&note) == 0 { waiting.pause() }
    }
  }

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
