/// One kind of input, how it is made, and what takes it.
struct Fuzzer: Sendable {
  let name: String
  /// One line for `--list`.
  let summary: String
  /// Inputs to begin with, besides the files of `Corpus/NAME`.
  var seeds: @Sendable () -> [[UInt8]] = { [] }
  /// A new input: a function of the random numbers and of the inputs known so far.
  let make: @Sendable (inout Randomness, Corpus) -> [UInt8]
  /// Takes an input, in the process. It returns, whatever the input; a crash, a trap, 10 seconds
  /// without an end, or a `Finding` thrown are faults.
  let take: @Sendable ([UInt8]) throws -> Void
  /// How many inputs one process takes.
  var inputsPerProcess = 2000
  /// For how many inputs of others one of these counts: those that start a process are slow.
  var cost = 1

  /// All fuzzers, each in a file of its own under `Fuzzers/`.
  static let all: [Fuzzer] = [
    scripts, commands, arguments, gradients, files, requests, editors, drafts, startup, history,
    settings, pastes, keys, environment,
  ]
}

/// What an input showed to be wrong, where nothing crashed.
struct Finding: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  /// - Throws: a finding unless it is so.
  static func unless(_ isSo: Bool, _ description: @autoclosure () -> String) throws {
    guard isSo else { throw Finding(description()) }
  }
}

/// The inputs that are known: seeds, files, and those that reached new places of the program.
struct Corpus: Sendable {
  private(set) var inputs: [[UInt8]] = []

  mutating func add(_ input: [UInt8]) {
    // A long run must not grow without bound.
    if inputs.count < 20_000, input.count < 1 << 16 { inputs.append(input) }
  }

  /// One of them; empty where there is none.
  func one(_ random: inout Randomness) -> [UInt8] {
    inputs.isEmpty ? [] : inputs[random.below(inputs.count)]
  }
}
