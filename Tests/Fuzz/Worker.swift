import BinaryUnderTest
import Foundation
import FuzzProbes
import Shell
import Tensors

/// Takes a range of a fuzzer's inputs, in this process.
struct Worker {
  let fuzzer: Fuzzer
  let seed: UInt64
  /// Where `state`, `input` and findings are written.
  let folder: String

  /// The inputs that the repository keeps for a fuzzer.
  private var files: [[UInt8]] {
    let corpus = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Corpus/\(fuzzer.name)")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: corpus.path)) ?? []
    return names.sorted().compactMap {
      (try? Data(contentsOf: corpus.appendingPathComponent($0))).map(Array.init)
    }
  }

  var startingCorpus: Corpus {
    var corpus = Corpus()
    for input in fuzzer.seeds() + files { corpus.add(input) }
    return corpus
  }

  /// The input of a number, where no coverage has added to the corpus.
  func input(_ number: Int, of corpus: Corpus) -> [UInt8] {
    // The known inputs themselves come first: what they once broke must stay whole.
    if number < corpus.inputs.count { return corpus.inputs[number] }
    var random = Randomness(seed: seed, fuzzer: fuzzer.name, input: number)
    return fuzzer.make(&random, corpus)
  }

  /// - Returns: the exit code.
  func run(_ range: Range<Int>) -> Int32 {
    guard let state = WorkerState(path: folder + "/state") else { return 2 }
    var corpus = startingCorpus
    // Kept open: to close a file that was cut off and written anew takes milliseconds on ext4.
    let kept = open(folder + "/input", O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
    enterScratch()
    for number in range {
      let input = input(number, of: corpus)
      pwrite(kept, input, input.count, 0)
      ftruncate(kept, off_t(input.count))
      state[.input] = number
      state[.began] = WorkerState.now()
      do { try fuzzer.take(input) } catch {
        state[.findings] += 1
        tell("input \(number): \(error)")
        try? Data(input).write(to: URL(fileURLWithPath: folder + "/finding-\(number)"))
      }
      if fuzz_coverage_take_new() > 0 {
        corpus.add(input)
        state[.discoveries] += 1
      }
      state[.taken] += 1
      let slowestStop = Int(Watch.slowestStop * 1000)
      if slowestStop > max(state[.slowestStop], 100) {
        tell("input \(number) stopped \(slowestStop) ms after it was interrupted")
        try? Data(input).write(to: URL(fileURLWithPath: folder + "/slow-\(number)"))
      }
      state[.slowestStop] = max(state[.slowestStop], slowestStop)
      let done = number - range.lowerBound + 1
      if done % 64 == 0 { state[.memory] = WorkerState.residentMemory() }
      if done == range.count / 4 { state[.earlyMemory] = Self.neededMemory() }
      if done == range.count { state[.memory] = Self.neededMemory() }
    }
    return 0
  }

  /// Resident memory without what is only kept for speed.
  private static func neededMemory() -> Int {
    MemoryGuard.releaseUnused()
    return WorkerState.residentMemory()
  }

  /// Writes a line into the log.
  private func tell(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }

  /// Works in a folder where whatever is written does no harm, as a user who may write nowhere else.
  func enterScratch() {
    let scratch = folder + "/scratch"
    try? FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    if geteuid() == 0 { lendBinary() }
    var largestFile = rlimit(rlim_cur: 64 << 20, rlim_max: 64 << 20)
    setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &largestFile)
    signal(SIGXFSZ, SIG_IGN)
    signal(SIGPIPE, SIG_IGN)
    chdir(scratch)
    setenv("HOME", scratch, 1)
    if geteuid() == 0 {
      chmod(folder, 0o777)
      chmod(scratch, 0o777)
      _ = setgid(65534)
      _ = setuid(65534)
    }
  }

  /// Copies the binary to where any user can start it, if it was built below a folder like root's own.
  private func lendBinary() {
    let built = URL(fileURLWithPath: NNSH.built("nnsh"))
    if isOpenToAll(built.deletingLastPathComponent()) { return }
    let copy = URL(fileURLWithPath: folder + "/nnsh-under-test")
    if !FileManager.default.fileExists(atPath: copy.path) {
      // Workers start side by side.
      let own = URL(fileURLWithPath: "\(copy.path)-\(getpid())")
      try? FileManager.default.copyItem(at: built, to: own)
      rename(own.path, copy.path)
    }
    setenv("NNSH_UNDER_TEST", copy.path, 1)
  }

  private func isOpenToAll(_ folder: URL) -> Bool {
    var status = stat()
    guard stat(folder.path, &status) == 0, status.st_mode & S_IXOTH != 0 else { return false }
    return folder.path == "/" || isOpenToAll(folder.deletingLastPathComponent())
  }
}
