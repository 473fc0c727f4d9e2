import Foundation
import FuzzProbes
import Shell
import Tensors

/// Everything for a long time in one process: what it holds must stay as it is.
struct Soak {
  let fuzzers: [Fuzzer]
  let seed: UInt64
  let minutes: Double
  let folder: String

  /// The most memory, in kilobytes, that was told.
  var most = 0

  /// When memory is first looked at, and how far it may then move.
  private static let settling = 2.0
  private static let tolerance = 0.05

  private struct Measure {
    /// Resident, in kilobytes.
    let memory: Int
    /// What of it is in use, in kilobytes: malloc keeps free pages between used ones.
    let used: Int
    let descriptors: Int
    let threads: Int

    /// What is only kept for speed is let go of first.
    static func now() -> Measure {
      MemoryGuard.releaseUnused()
      func entries(_ folder: String) -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: folder).count) ?? 0
      }
      return Measure(
        memory: WorkerState.residentMemory(), used: fuzz_heap_in_use() >> 10,
        descriptors: entries("/proc/self/fd"),
        threads: entries("/proc/self/task"))
    }
  }

  /// - Returns: the exit code: 1 where something moved.
  mutating func run() -> Int32 {
    fuzz_heap_keep_little()
    let workers = fuzzers.map { Worker(fuzzer: $0, seed: seed, folder: folder) }
    workers.first?.enterScratch()
    let corpora = workers.map(\.startingCorpus)
    let begin = WorkerState.now()
    var taken = 0
    var told = -1
    var first: Measure?
    var isSteady = true
    most = WorkerState.residentMemory()
    while true {
      for (worker, corpus) in zip(workers, corpora) {
        try? worker.fuzzer.take(worker.input(taken, of: corpus))
        tellGrowth("\(worker.fuzzer.name), input \(taken)")
      }
      taken += 1
      let passed = Double(WorkerState.now() - begin) / 60_000
      guard Int(passed * 2) > told || passed >= minutes else { continue }
      told = Int(passed * 2)
      let measure = Measure.now()
      print(
        String(format: "%5.1f min", passed), " \(taken * workers.count) inputs ",
        "\(measure.memory >> 10) MB (\(measure.used >> 10) in use)  \(measure.descriptors) descriptors",
        "\(measure.threads) threads")
      fflush(nil)
      if let first { isSteady = isSteady && Self.agree(first, measure) }
      if first == nil, passed >= Self.settling { first = measure }
      if passed >= minutes { break }
    }
    print(isSteady ? "steady" : "NOT STEADY")
    return isSteady ? 0 : 1
  }

  /// Says which input made memory grow by much, once what is only kept for speed is let go.
  private mutating func tellGrowth(_ name: String) {
    let step = 16 << 10
    guard WorkerState.residentMemory() > most + step else { return }
    let memory = Measure.now().memory
    if memory > most + step {
      print("  memory rose from \(most >> 10) to \(memory >> 10) MB with \(name)")
      most = memory
    }
  }

  private static func agree(_ first: Measure, _ later: Measure) -> Bool {
    let change = Double(later.memory - first.memory) / Double(max(1, first.memory))
    return abs(change) <= tolerance && first.descriptors == later.descriptors
      && first.threads == later.threads
  }
}
