import CKernels
import Foundation
import Testing

@testable import Tensors

/// The threads that share work: every share runs once, whoever asks and from where.
@Suite(.serialized) struct TeamTests {
  /// Counts the runs of each share.
  private final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private let shares: Int
    private(set) var runs: [Int]
    /// What each share hands out in turn.
    var inner: Counter?

    init(_ shares: Int) {
      self.shares = shares
      runs = [Int](repeating: 0, count: shares)
    }

    func note(_ share: Int) {
      lock.withLock { runs[share] += 1 }
      inner?.run()
    }

    func run() {
      nnsh_team_run(
        Int32(shares),
        { context, share in
          guard let context else { return }
          Unmanaged<Counter>.fromOpaque(context).takeUnretainedValue().note(Int(share))
        }, Unmanaged.passUnretained(self).toOpaque())
    }
  }

  @Test func everyShareRunsOnce() {
    for shares in [0, 1, 2, 3, 8, 40] {
      let counter = Counter(shares)
      for _ in 0..<50 { counter.run() }
      #expect(counter.runs == [Int](repeating: 50, count: shares))
    }
  }

  @Test func workWithinWorkRunsOnItsThread() {
    let counter = Counter(3)
    counter.inner = Counter(4)
    for _ in 0..<20 { counter.run() }
    #expect(counter.runs == [20, 20, 20])
    #expect(counter.inner?.runs == [60, 60, 60, 60])
    #expect(nnsh_team_is_at_work() == 0)
  }

  @Test func callersAtTheSameTimeDoNotWaitForEachOther() async {
    let counters = (0..<6).map { _ in Counter(2) }
    await withTaskGroup(of: Void.self) { group in
      for counter in counters {
        group.addTask { for _ in 0..<500 { counter.run() } }
      }
    }
    for counter in counters { #expect(counter.runs == [500, 500]) }
  }

  /// Workers sleep after a while without work, and must wake.
  @Test func sleepersWake() {
    let counter = Counter(2)
    for _ in 0..<20 {
      usleep(2000)
      counter.run()
    }
    #expect(counter.runs == [20, 20])
  }

  /// Far more workers than processors: some are late, and the caller does their share.
  @Test func sharesOfLateWorkersRunOnceToo() {
    let counter = Counter(24)
    for _ in 0..<1000 { counter.run() }
    #expect(counter.runs == [Int](repeating: 1000, count: 24))
  }
}
