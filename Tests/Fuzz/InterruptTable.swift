import BinaryUnderTest
import Foundation
import Language
import Library
import Shell
import Tensors

/// How long nnsh takes to stop after Ctrl-C, for every builtin and command of the registry: each is
/// called with large arguments of the kinds that it declares, in a process of its own, and
/// interrupted after a while.
struct InterruptTable {
  /// What is measured of one builtin or command.
  private struct Row {
    let name: String
    var slowest = 0.0
    var slowestCode = ""
    var interrupted = 0
    var ended = 0
    var refused = 0
    var crashed = 0
  }

  private enum Outcome {
    case interrupted(seconds: Double)
    case ended
    case refused
    case crashed
  }

  /// Values that take long to work through, each with what makes it.
  private static let values: [(name: String, code: String)] = [
    ("tensor", "tensor = rand(5000, 5000) + 0.1"),
    ("vector", "vector = rand(30000000) + 0.1"),
    ("labels", "labels = floor(rand(20000000) * 1000)"),
    ("images", "images = rand(2000, 64, 64, 3)"),
    ("list", "list = map(i -> i, 1...3000000)"),
    ("names", "names = map(i -> \"{i % 1000}\", 1...1000000)"),
    ("text", "text = \"some words, \\n\" * 4000000"),
    ("record", "record = {}; for i in 1...300000 { record[\"k{i}\"] = i }"),
    ("network", "network = dense(4000, 4000) |> relu |> dense(4000, 4000) |> softmax"),
    ("data", "data = split(dataset(rand(60000, 784), floor(rand(60000) * 10)), 50000, 5000, 5000)"),
    ("wide", "wide = {x: rand(60000, 4000), y: rand(60000, 4000)}"),
    ("nested", "nested = map(i -> [i, \"a\"], 1...2000000)"),
    ("picture", "picture = rand(6000, 6000, 3)"),
    ("lopsided", "lopsided = split(dataset(rand(60000, 784), arange(60000) % 10), 50, 59900, 50)"),
  ]

  /// What happens inside statements of other names.
  private static let occasions = [
    ("freeing", ["nested = 0; while true { }", "names = 0; while true { }"]),
    ("writing pictures", ["save picture to \"large.png\""]),
    (
      "validating",
      ["learner = dense(784, 500) |> relu |> dense(10); train learner on lopsided epochs=1000"]
    ),
  ]

  /// What to try for a parameter of each kind, in order.
  private static func candidates(_ kind: Parameter.Kind) -> [String] {
    switch kind {
    case .tensor: ["tensor", "vector", "images", "labels"]
    case .any: ["tensor", "list", "text", "record", "names", "network", "data"]
    case .list: ["list", "names", "[tensor, tensor]"]
    case .sequence: ["1...1e9", "list", "text", "vector", "tensor"]
    case .string: ["text", "\"e\""]
    case .number: ["2", "1e9"]
    case .integer: ["1", "2", "100000000"]
    case .bool: ["true"]
    case .block: ["{ while true { } }"]
    case .record: ["record", "wide"]
    case .function: ["(x -> x)", "network"]
    case .network: ["network"]
    case .optimizer: ["adam()"]
    case .schedule: ["cosine(0.1, 10)"]
    case .dataSet: ["data"]
    case .split: ["data.train", "wide"]
    case .axes: ["0", "1"]
    case .shape: ["[30000, 30000]", "[100000000]"]
    case .choice(let choices): choices.map { "\"\($0)\"" }
    case .path:
      ["\"large.npy\"", "\"large.csv\"", "\"large.png\"", "\"large.txt\"", "\"large.svg\""]
    case .place, .topic: ["tensor"]
    }
  }

  private let folder: String
  /// Calls wait so long before Ctrl-C, in seconds.
  private let delays = [0.03, 0.5]
  private let limit = 0.1

  init(folder: String) { self.folder = folder }

  /// Measures and prints a line each; gives 1 where one took longer than a tenth of a second.
  func run(only names: Set<String>) -> Int32 {
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    // Commands write where they run.
    _ = FileManager.default.changeCurrentDirectoryPath(folder)
    // Networks that are rescued are nobody's.
    setenv("XDG_STATE_HOME", folder, 1)
    var late: [Row] = []
    print("slowest   calls interrupted / ended before / refused")
    let builtins = Builtin.all.map { ($0.name, Self.calls($0)) }
    let commands = Command.all.map { ($0.declaration.name, Self.statements($0)) }
    for (name, codes) in builtins + commands + Self.occasions
    where names.isEmpty || names.contains(name) {
      var row = Row(name: name)
      for code in codes { measure(code, &row) }
      let time = row.interrupted == 0 ? "      –" : String(format: "%4.0f ms", row.slowest * 1000)
      let mark =
        row.crashed > 0 ? "  CRASHED" : row.slowest > limit ? "  late: \(row.slowestCode)" : ""
      print("\(time)  \(row.name)  \(row.interrupted)/\(row.ended)/\(row.refused)\(mark)")
      fflush(nil)
      if row.slowest > limit || row.crashed > 0 { late.append(row) }
    }
    print("\(late.count) later than \(Int(limit * 1000)) ms")
    return late.isEmpty ? 0 : 1
  }

  // MARK: Calls

  /// Calls of a builtin, each with other candidates.
  private static func calls(_ builtin: Builtin) -> [String] {
    let needed = builtin.declaration.parameters.filter { $0.defaultValue == nil }
    let parameters = needed.isEmpty ? Array(builtin.declaration.parameters.prefix(1)) : needed
    let variants = parameters.map { candidates($0.kind).count }.max() ?? 1
    return (0..<variants).map { variant in
      let arguments = parameters.map { parameter in
        let choices = candidates(parameter.kind)
        return choices[variant % choices.count]
      }
      return "result = \(builtin.name)(\(arguments.joined(separator: ", ")))"
    }
  }

  /// The same of a command.
  private static func statements(_ command: Command) -> [String] {
    let slots = command.arguments.filter { !$0.isOption }
    let variants = slots.map { candidates($0.parameter.kind).count }.max() ?? 1
    return (0..<variants).map { variant in
      var words = [command.declaration.name]
      for slot in slots {
        let choices = candidates(slot.parameter.kind)
        words += slot.keyword.map { [$0] } ?? []
        words.append(choices[variant % choices.count])
      }
      return words.joined(separator: " ")
    }
  }

  // MARK: Measuring

  private func measure(_ code: String, _ row: inout Row) {
    for delay in delays {
      switch outcome(code, delay) {
      case .interrupted(let seconds):
        row.interrupted += 1
        if seconds > row.slowest { (row.slowest, row.slowestCode) = (seconds, code) }
      case .ended:
        row.ended += 1
        return
      case .refused:
        row.refused += 1
        return
      case .crashed: row.crashed += 1
      }
    }
  }

  private func outcome(_ code: String, _ delay: Double) -> Outcome {
    let setup = Self.values.filter { Self.mentions(code, $0.name) }.map(\.code)
    let text = (setup + ["save 0 to \"ready.npy\"", code]).joined(separator: "\n")
    unlink("ready.npy")
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return .refused }
    defer { close(ends[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
    posix_spawn_file_actions_addclose(&actions, ends[0])
    // What is measured is when the interruption is told, after which a prompt would come. The end
    // of the process takes longer: the kernel takes gigabytes back.
    let words = [NNSH.path, "-q", "-X", "--no-history", "-c", text]
    var arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var pid: pid_t = 0
    guard posix_spawn(&pid, NNSH.path, &actions, nil, &arguments, environ) == 0 else {
      close(ends[1])
      return .refused
    }
    close(ends[1])
    let isReady = waitUntilReady(pid)
    usleep(useconds_t(delay * 1e6))
    let asked = MonotonicClock.now()
    var status: Int32 = 0
    if waitpid(pid, &status, WNOHANG) == pid {
      return Self.crashed(status) ? .crashed : status == 0 && isReady ? .ended : .refused
    }
    kill(pid, SIGINT)
    var told: Double?
    var message: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = read(ends[0], &chunk, chunk.count), count > 0 {
      message = message.suffix(64) + chunk.prefix(count)
      if told == nil, String(decoding: message, as: UTF8.self).contains("interrupted") {
        told = MonotonicClock.now()
      }
    }
    waitpid(pid, &status, 0)
    let seconds = (told ?? MonotonicClock.now()) - asked
    if Self.crashed(status) { return .crashed }
    return (status >> 8) & 0xFF == 130 ? .interrupted(seconds: seconds) : .ended
  }

  private static func crashed(_ status: Int32) -> Bool { status & 0x7F != 0 }

  private static func mentions(_ code: String, _ name: String) -> Bool {
    code.split { !$0.isLetter }.contains { $0 == name }
  }

  /// Waits for the file that is written once the arguments are there; false where the process ends
  /// before.
  private func waitUntilReady(_ pid: pid_t) -> Bool {
    while access("ready.npy", F_OK) != 0 {
      var information = siginfo_t()
      if waitid(P_PID, id_t(pid), &information, WEXITED | WNOHANG | WNOWAIT) == 0,
        information.si_signo == SIGCHLD
      {
        return access("ready.npy", F_OK) == 0
      }
      usleep(2000)
    }
    return true
  }
}
