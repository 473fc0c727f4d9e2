import Foundation
import Synchronization

@testable import Networks
@testable import Tensors

/// Ranks that are threads of this process, and tell each other by copying.
final class ThreadRanks: @unchecked Sendable {
  private let condition = NSCondition()
  private let count: Int
  /// What is on its way, by sender and receiver.
  private var messages: [[[Data]]]
  /// Set where a rank fails, so that no other waits for it.
  private var hasFailed = false

  init(_ count: Int) {
    self.count = count
    messages = Array(repeating: Array(repeating: [], count: count), count: count)
  }

  struct Lost: Error {}

  final class Rank: GradientExchange {
    let rank: Int
    var ranks: Int { all.count }
    let isShared = true
    private let all: ThreadRanks

    init(_ all: ThreadRanks, _ rank: Int) {
      self.all = all
      self.rank = rank
    }

    private var awaited: [RankMessage] = []
    private(set) var begun = 0
    /// The most that was ever on its way at once.
    private(set) var begunAtOnce = 0

    func exchange(sending: [RankMessage], receiving: [RankMessage]) throws {
      try finish()
      try all.exchange(rank, sending, receiving)
    }

    func begin(sending: [RankMessage], receiving: [RankMessage]) throws {
      try all.exchange(rank, sending, [])
      awaited += receiving
      begun += 1
      begunAtOnce = max(begunAtOnce, begun)
    }

    func advance() {}

    func finish() throws {
      defer { (awaited, begun) = ([], 0) }
      try all.exchange(rank, [], awaited)
    }
  }

  private func exchange(_ rank: Int, _ sent: [RankMessage], _ received: [RankMessage]) throws {
    condition.lock()
    defer { condition.unlock() }
    for message in sent where !message.memory.isEmpty {
      messages[rank][message.rank].append(Data(message.memory))
    }
    condition.broadcast()
    for message in received where !message.memory.isEmpty {
      while messages[message.rank][rank].isEmpty {
        if hasFailed { throw Lost() }
        condition.wait()
      }
      let data = messages[message.rank][rank].removeFirst()
      guard data.count == message.memory.count else { throw Lost() }
      data.copyBytes(to: message.memory)
    }
  }

  /// Runs `body` on every rank.
  ///
  /// - Returns: what each gave, in their order.
  static func run<Result: Sendable>(
    _ count: Int, _ body: @Sendable @escaping (Rank) throws -> Result
  ) throws -> [Result] {
    let all = ThreadRanks(count)
    let results = Mutex<[Int: Result]>([:])
    let failures = Mutex<[any Error]>([])
    let threads = (0..<count).map { rank in
      let thread = Thread {
        do {
          let result = try body(Rank(all, rank))
          results.withLock { $0[rank] = result }
        } catch {
          failures.withLock { $0.append(error) }
          all.fail()
        }
        all.end()
      }
      thread.stackSize = 8 << 20
      return thread
    }
    for thread in threads { thread.start() }
    all.waitForAll()
    if let failure = failures.withLock({ $0.first { !($0 is Lost) } ?? $0.first }) { throw failure }
    return results.withLock { results in (0..<count).compactMap { results[$0] } }
  }

  private var ended = 0

  private func fail() {
    condition.lock()
    hasFailed = true
    condition.broadcast()
    condition.unlock()
  }

  private func end() {
    condition.lock()
    ended += 1
    condition.broadcast()
    condition.unlock()
  }

  private func waitForAll() {
    condition.lock()
    while ended < count { condition.wait() }
    condition.unlock()
  }
}
