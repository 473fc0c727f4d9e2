import BinaryUnderTest
import Foundation
import Testing

/// Whatever grows without end stops with an error in a process that may take little memory, and
/// what comes after runs.
@Suite struct MemoryLimitTests {
  /// Code that would take all memory there is, by what it fills it with.
  static let growth = [
    "s = \"ab\"; while true { s += s }",
    "s = \"\"; while true { s += \"0123456789abcdef{s}\" }",
    "l = [\"a\"]; while true { l += l }",
    "l = []; while true { l += [\"a\"] }",
    "l = []; while true { l = [l, \"a\"] }",
    "s = [1]; while true { s = [s, s] }",
    "r = {}; while true { r = {next: r, name: \"r\"} }",
    "f = x -> x; while true { f = f |> f }",
    "f = x -> x; while true { f = (h -> () -> h)(f) }",
    "n = relu |> tanh; while true { n = n |> n }",
    "l = []; while true { l += [zeros(1000)] }",
    "x = zeros(1000); while true { x = concat([x, x]) }",
    "fn deep(n) { t = zeros(200000); deep(n + 1) + sum(t) }; deep(0)",
    "fn steps(x) { while true { x = x * 1.0000001 }; x }; x = 1.0; grad steps(x) wrt x",
    "fn steps(x) { while true { x = x * 1.01 }; sum(x) }; x = ones(1000); grad steps(x) wrt x",
    "batches(zeros(20000000, 1), 1)",
    "map(i -> zeros(100), 1...1e9)",
    "zip(1...1e9, 1...1e9)",
    "filter(i -> true, 1...1e8)",
    "\"ab\" * 1e10",
    "s = \"a\" * 30000000; chars(s)",
    "zeros(1e10)",
    "eye(1e6)",
    "while true { map(i -> \"{i}\" * 1000, 1...100000000) }",
  ]

  /// A sanitizer's runtime takes terabytes of addresses.
  private static let isSanitized = ProcessInfo.processInfo.environment.keys.contains {
    $0.hasSuffix("SAN_OPTIONS")
  }

  @Test(.disabled(if: isSanitized, "under a sanitizer"), arguments: growth, [400_000])
  func endsInAnError(_ code: String, kilobytes: Int) throws {
    let outcome = try Self.run(code + "\nprint(1 + 1)", kilobytes: kilobytes)
    #expect(outcome.errors.contains("error: not enough memory"), "\(outcome.errors)")
    #expect(outcome.errors.contains("-c:1:"), "\(outcome.errors)")
    #expect(outcome.output.hasSuffix("2\n"), "\(outcome.output)")
    #expect(outcome.code == 1)
  }

  /// What reads all numbers of a tensor, or as many positions, one by one.
  static let readers = [
    "x[x > 0.5]", "x[x > 0.5] = 0", "x[floor(x * 3)]", "one_hot(floor(x * 3), 3)", "shuffle(x)",
    "accuracy(x, x)", "confusion(floor(x * 3), floor(x * 3))", "dataset(z, floor(x * 3))",
    "sum(z, axis=1)", "argmax(z, axis=1)", "grad prod(x) wrt x",
    "net = dense(1, 1); test net on dataset(z, x)",
  ]

  /// Whether there is room for the list that they make or not, what comes after runs.
  @Test(
    .disabled(if: isSanitized, "under a sanitizer"), arguments: readers, [25_000_000, 45_000_000])
  func readingManyNumbersEndsInNoCrash(_ code: String, count: Int) throws {
    let outcome = try Self.run(
      "x = rand(\(count)); z = reshape(x, [\(count), 1])\n\(code);\nprint(1 + 1)",
      kilobytes: 600_000)
    #expect(outcome.output.hasSuffix("2\n"), "\(outcome.output)\(outcome.errors)")
    #expect(outcome.code <= 1)
  }

  /// Runs code in a process that may take so much address space.
  static func run(_ code: String, kilobytes: Int) throws -> (
    output: String, errors: String, code: Int32
  ) {
    let folder = try NNSH.temporaryFolder()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = [
      "-c", "ulimit -v \(kilobytes); exec \"$0\" -q -X --no-history --keep-going -c \"$1\"",
      NNSH.path, code,
    ]
    process.environment = NNSH.environment(home: folder)
    let (output, errors) = (folder + "/output", folder + "/errors")
    for file in [output, errors] { _ = FileManager.default.createFile(atPath: file, contents: nil) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle(forWritingAtPath: output)
    process.standardError = FileHandle(forWritingAtPath: errors)
    try process.run()
    process.waitUntilExit()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return (
      output: try String(contentsOfFile: output, encoding: .utf8),
      errors: try String(contentsOfFile: errors, encoding: .utf8),
      code: process.terminationReason == .exit
        ? process.terminationStatus : 128 + process.terminationStatus
    )
  }
}
