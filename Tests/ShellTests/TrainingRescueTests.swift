import BinaryUnderTest
import Foundation
import Testing

/// Trainings that the process does not live to finish.
@Suite struct TrainingRescueTests {
  private static let training = """
    x = randn(200, 2)
    d = dataset(x, where(x[:, 0] > 0, 1, 0))
    net = dense(2, 16) |> relu |> dense(2) |> softmax
    train net on d epochs=100000000
    """

  /// Ends a training that is under way by signals.
  private func end(_ signals: [Int32], home: String) throws -> EndedTraining {
    try EndedTraining(Self.training, by: signals, inEpoch: 3, home: home)
  }

  @Test(arguments: [SIGTERM, SIGHUP]) func aSignalKeepsTheNetwork(_ signal: Int32) throws {
    let home = try NNSH.temporaryFolder()
    let ended = try end([signal], home: home)
    let text = ended.text
    let name = signal == SIGTERM ? "SIGTERM" : "SIGHUP"
    #expect(ended.status == signal)
    #expect(text.contains("\(name): net is kept as it was in epoch "))
    // The next start says how it comes back, and what it says works.
    let start = try NNSH.run(["-c", "1"], home: home).errors
    #expect(start.contains("a training was ended by \(name) in epoch "))
    #expect(try NNSH.run(["-c", "1"], home: home).errors.isEmpty, "a script tells once")
    let command = start.split(separator: "\n").first { $0.contains(": load ") }
    let load = String(command?.split(separator: ": ").last ?? "")
      .replacingOccurrences(of: " brings its network back", with: "")
    let loaded = try NNSH.run(["-c", "\(load)\nnet.W1.shape"], home: home)
    #expect(loaded.output.hasSuffix("[2, 16]\n") && loaded.code == 0)
    // Once it has been loaded, nobody is told any more.
    #expect(try NNSH.run(["-c", "1"], home: home).errors.isEmpty)
  }

  /// What is kept does not grow without bound.
  @Test func onlyTheNewestAreKept() throws {
    let home = try NNSH.temporaryFolder()
    let folder = home + "/state/nnsh/rescued"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for number in 0..<25 {
      let file = "\(folder)/old-\(number).nnsh"
      try Data().write(to: URL(fileURLWithPath: file))
      try Data("old\nSIGTERM\n".utf8).write(to: URL(fileURLWithPath: file + ".note"))
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: Double(number) * 1000)], ofItemAtPath: file)
    }
    let text = try end([SIGTERM], home: home).text
    #expect(text.contains("the oldest networks kept there are deleted: 20 stay"))
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    let files = names.filter { $0.hasSuffix(".nnsh") }
    #expect(files.count == 20 && files.contains { $0.hasPrefix("net-") })
    #expect(!files.contains("old-5.nnsh") && files.contains("old-6.nnsh"))
    let notes = names.filter { $0.hasSuffix(".note") || $0.hasSuffix(".told") }
    #expect(notes.count == 20)
  }

  @Test func aFullDiskKeepsTheNetwork() throws {
    let home = try NNSH.temporaryFolder()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: NNSH.path)
    process.arguments = ["-c", "print(1)\n" + Self.training]
    process.environment = NNSH.environment(home: home)
    let errors = Pipe()
    process.standardError = errors
    process.standardOutput = FileHandle(forWritingAtPath: "/dev/full")
    try process.run()
    let text = String(
      decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 1)
    #expect(text.contains("cannot write standard output"))
    let folder = home + "/state/nnsh/rescued"
    let kept = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    #expect(kept.contains { $0.hasSuffix(".nnsh") })
  }
}
