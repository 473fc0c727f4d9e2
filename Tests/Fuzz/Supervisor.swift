import Foundation
import FuzzProbes

/// Starts workers one after the other, watches them, and tells what they met.
final class Supervisor {
  /// An input may take so many milliseconds, five times as many under a sanitizer; what loops for
  /// ever is interrupted after a second.
  private static let patience = fuzz_coverage_is_there() != 0 ? 60_000 : 12_000
  /// Resident memory that no input needs, in kilobytes.
  private static let memoryLimit = 6 << 20
  /// How much memory may grow from the first quarter of a worker's inputs to the end.
  private static let leakLimit = 200 << 10

  private let options: Options
  private let begin = WorkerState.now()
  private var total = 0
  private var faults = 0
  private var slowestStop = 0
  private var discoveries = 0

  init(_ options: Options) { self.options = options }

  private var isOver: Bool {
    Double(WorkerState.now() - begin) / 1000 >= options.seconds
  }

  /// - Returns: the exit code: 1 where anything was found.
  func run() -> Int32 {
    var next = Dictionary(uniqueKeysWithValues: options.fuzzers.map { ($0.name, 0) })
    print("seed \(options.seed)")
    var goesOn = true
    while goesOn, !isOver {
      goesOn = false
      for fuzzer in options.fuzzers where !isOver {
        let first = next[fuzzer.name] ?? 0
        let count = options.inputs / fuzzer.cost
        guard first < count else { continue }
        goesOn = true
        let last = min(count, first + fuzzer.inputsPerProcess)
        next[fuzzer.name] = work(fuzzer, first..<last)
      }
    }
    let seconds = (WorkerState.now() - begin) / 1000
    print(
      "\(total) inputs in \(seconds) s · \(faults) faults · slowest stop \(slowestStop) ms"
        + (discoveries > 0 ? " · \(discoveries) inputs reached new places" : ""))
    return faults == 0 ? 0 : 1
  }

  /// Lets a worker take inputs; gives the first that is left.
  private func work(_ fuzzer: Fuzzer, _ range: Range<Int>) -> Int {
    let folder = URL(fileURLWithPath: options.folder).standardizedFileURL.path + "/\(fuzzer.name)"
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for name in ["state", "input"] {
      try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
      _ = FileManager.default.createFile(
        atPath: "\(folder)/\(name)", contents: nil, attributes: [.posixPermissions: 0o666])
    }
    guard let shared = WorkerState(path: folder + "/state") else { return range.upperBound }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = [
      "--only", fuzzer.name, "--seed", "\(Int64(bitPattern: options.seed))", "--folder",
      options.folder, "--worker", "\(range.lowerBound)-\(range.upperBound)",
    ]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    let log = folder + "/log"
    _ = FileManager.default.createFile(atPath: log, contents: nil)
    process.standardError = FileHandle(forWritingAtPath: log) ?? FileHandle.nullDevice
    shared[.began] = WorkerState.now()
    do { try process.run() } catch { return range.upperBound }
    let reason = watch(process, shared)
    account(fuzzer, process, shared, reason, folder, range)
    let isWhole = reason == nil && process.terminationStatus == 0
    return isWhole ? range.upperBound : max(range.lowerBound, shared[.input]) + 1
  }

  /// Waits for a worker; gives why it was ended, where it was.
  private func watch(_ process: Process, _ state: WorkerState) -> String? {
    while process.isRunning {
      usleep(50_000)
      if isOver { break }
      if WorkerState.now() - state[.began] > Self.patience {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        return "went on for more than \(Self.patience / 1000) s"
      }
      if state[.memory] > Self.memoryLimit {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        return "took up more than \(Self.memoryLimit >> 20) GB"
      }
    }
    if process.isRunning {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      return "time is over"
    }
    return nil
  }

  private func account(
    _ fuzzer: Fuzzer, _ process: Process, _ state: WorkerState, _ reason: String?,
    _ folder: String, _ range: Range<Int>
  ) {
    total += state[.taken]
    slowestStop = max(slowestStop, state[.slowestStop])
    discoveries += state[.discoveries]
    var problem = reason == "time is over" ? nil : reason
    if reason == nil, process.terminationReason == .uncaughtSignal {
      problem = "ended by signal \(process.terminationStatus)"
    } else if reason == nil, process.terminationStatus != 0 {
      problem = "ended with status \(process.terminationStatus)"
    }
    if let problem { report(fuzzer, problem, state[.input], folder) }
    if state[.findings] > 0 {
      faults += state[.findings]
      print("\(fuzzer.name): \(state[.findings]) findings of seed \(options.seed):")
      let log = FileManager.default.contents(atPath: folder + "/log") ?? Data()
      print(String(decoding: log.prefix(4000), as: UTF8.self))
    }
    let growth = state[.memory] - state[.earlyMemory]
    if state[.earlyMemory] > 0, growth > Self.leakLimit {
      faults += 1
      print(
        "\(fuzzer.name): memory grew by \(growth >> 10) MB from input "
          + "\(range.lowerBound + range.count / 4) to \(range.upperBound)")
    }
    print(
      "\(fuzzer.name)  \(state[.taken]) inputs from \(range.lowerBound)"
        + "  \(state[.memory] >> 10) MB  slowest stop \(state[.slowestStop]) ms")
    fflush(nil)
  }

  /// Keeps the input that a worker ended with.
  private func report(_ fuzzer: Fuzzer, _ problem: String, _ number: Int, _ folder: String) {
    faults += 1
    let kept = "\(folder)/failure-\(options.seed)-\(number)"
    try? FileManager.default.removeItem(atPath: kept)
    try? FileManager.default.copyItem(atPath: folder + "/input", toPath: kept)
    try? FileManager.default.removeItem(atPath: kept + ".log")
    try? FileManager.default.copyItem(atPath: folder + "/log", toPath: kept + ".log")
    print("\(fuzzer.name): input \(number) of seed \(options.seed) \(problem)")
    print("  again: nnsh-fuzz --only \(fuzzer.name) --replay \(kept)")
  }
}
