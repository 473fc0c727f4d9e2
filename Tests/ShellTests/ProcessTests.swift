import BinaryUnderTest
import Foundation
import Testing

/// The binary as a script's author meets it.
@Suite struct ProcessTests {
  @Test(arguments: [
    (["-c", "1+1"], 0, "2\n"), (["-e", "\"x\""], 0, "\"x\"\n"), (["-c", "exit(5)"], 5, ""),
    (["-c", "1 +"], 2, ""), (["-c", "nowhere"], 1, ""), (["--nothing"], 2, ""),
    (["missing.nns"], 2, ""), (["-c", "len(args)", "a", "b"], 0, "2\n"),
    (["--version"], 0, "nnsh 0.1.0\n"),
    (["--keep-going", "-c", "1\nnowhere\n2"], 1, "1\n2\n"), (["-c", "1\nnowhere\n2"], 1, "1\n"),
  ])
  func exitCodesAndOutput(_ arguments: [String], _ code: Int, _ output: String) throws {
    let outcome = try NNSH.run(arguments)
    #expect(outcome.code == Int32(code))
    #expect(outcome.output == output)
    #expect(outcome.errors.isEmpty == (code == 0 || code == 5))
  }

  @Test func standardInputIsAScript() throws {
    let outcome = try NNSH.run([], input: "x = 2\nx * 21\n")
    #expect(outcome.output == "42\n" && outcome.errors.isEmpty && outcome.code == 0)
    #expect(try NNSH.run(["-"], input: "1 +\n").errors.contains("<stdin>:1"))
    #expect(try NNSH.run([], input: "").code == 0)
  }

  @Test func nothingRunsOfWhatCannotBeRead() throws {
    let outcome = try NNSH.run(["-c", "print(1)\nx = )"])
    #expect(outcome.output.isEmpty && outcome.code == 2)
  }

  @Test func wrongUsageIsOneErrorWithAHint() throws {
    let errors = try NNSH.run(["--thread", "2"]).errors
    #expect(errors == "error: no option --thread\n  = did you mean --threads?\n")
  }

  @Test func theSeedChoosesTheDraws() throws {
    let code = "rand(2)"
    let plain = try NNSH.run(["-c", code]).output
    #expect(try NNSH.run(["-c", code]).output == plain)
    let seeded = try NNSH.run(["--seed", "7", "-c", code]).output
    #expect(seeded != plain)
    #expect(try NNSH.run(["-c", "seed(7)\n" + code]).output == seeded)
  }

  @Test func coloursAreForTerminalsOnly() throws {
    #expect(try !NNSH.run(["-c", "zeros(3)"]).output.contains("\u{1B}"))
    let forced = try NNSH.run(["--color", "always", "-c", "nowhere"])
    #expect(forced.errors.contains("\u{1B}["))
  }

  /// A share of `make kills`: killed while it writes, nnsh leaves whole files.
  @Test func killsLeaveWholeFiles() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = [root.appendingPathComponent("Scripts/kills").path, NNSH.path, "25"]
    process.environment = NNSH.environment(home: try NNSH.temporaryFolder())
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(text)")
    #expect(text.contains("25 kills"))
  }

  @Test func aClosedPipeEndsQuietly() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    let code = "for i in 1...100000 { print(i) }"
    process.arguments = ["-c", "'\(NNSH.path)' -c '\(code)' | head -n 2"]
    process.environment = NNSH.environment(home: try NNSH.temporaryFolder())
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    process.waitUntilExit()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(text == "1\n2\n")
    #expect(errors.fileHandleForReading.readDataToEndOfFile().isEmpty)
  }

  @Test func aFullDiskIsAnError() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", "'\(NNSH.path)' -c 'print(1)' > /dev/full"]
    process.environment = NNSH.environment(home: try NNSH.temporaryFolder())
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    process.waitUntilExit()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(process.terminationStatus == 1)
    #expect(text.contains("cannot write standard output"))
  }

  // MARK: bad input

  @Test func deepNestingIsAnError() throws {
    for (open, close) in [("(", ")"), ("[", "]"), ("{a: ", "}"), ("-", ""), ("not ", "")] {
      let code =
        "x = " + String(repeating: open, count: 10_000) + "1"
        + String(repeating: close, count: 10_000)
      let outcome = try NNSH.run([], input: code)
      #expect(outcome.code == 2)
      #expect(outcome.errors.hasPrefix("error: "))
      #expect(outcome.errors.utf8.count < 2_000)
    }
  }

  @Test func aVeryLongLineIsRead() throws {
    let code = "x = [" + String(repeating: "1, ", count: 3_000_000) + "1]\nlen(x)"
    #expect(try NNSH.run([], input: code).output == "3000001\n")
  }

  @Test func bytesThatAreNoTextAreAnError() throws {
    let folder = try NNSH.temporaryFolder()
    let path = folder + "/bytes.nns"
    try Data([0x78, 0x20, 0x3D, 0x20, 0xFF, 0xFE, 0x00]).write(to: URL(fileURLWithPath: path))
    #expect(try NNSH.run([path]).code == 2)
    #expect(try NNSH.run([folder]).code == 2)
  }

  @Test func impossibleMemoryIsAnError() throws {
    let outcome = try NNSH.run(code: "zeros(1e12)")
    #expect(outcome.code == 1)
    #expect(outcome.errors.contains("memory"))
  }

  @Test func unknownNamesOfDataSuggest() throws {
    let errors = try NNSH.run(code: "load lettres").errors
    #expect(errors.contains("no data set or file named lettres"))
    #expect(errors.contains("did you mean letters"))
  }

  // MARK: training

  static let separable = """
    labels = arange(300) % 3
    x = randn(300, 6) * 0.1 + one_hot(labels, 6)
    d = split(dataset(x, labels, names=["a", "b", "c"]), train=200, valid=50, test=50)
    net = dense(6, 8) |> relu |> dense(3) |> softmax

    """

  @Test func trainingShowsALineAnEpoch() throws {
    let outcome = try NNSH.run(["-c", Self.separable + "train net on d epochs=2"])
    let lines = outcome.errors.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines[0].hasPrefix("epoch 1/2  loss "))
    for word in ["accuracy", "val_loss", "val_accuracy", "rows/s"] {
      #expect(lines[1].contains(word))
    }
    #expect(outcome.output.isEmpty && outcome.code == 0)
  }

  @Test func trainingGivesItsLastRow() throws {
    let code = Self.separable + "train net on d epochs=30 rate=0.2\nprint(ans.accuracy, ans.epochs)"
    #expect(try NNSH.run(code: code).output == "1 30\n")
  }

  @Test func testingTellsTheClasses() throws {
    let code = Self.separable + "train net on d epochs=30\ntest net on d.test\nkeys(ans)"
    let output = try NNSH.run(code: code).output
    #expect(output.contains("accuracy 100.00%   50 examples"))
    #expect(output.contains("precision") && output.contains("most often taken for"))
    #expect(
      output.hasSuffix(
        "[\"loss\", \"accuracy\", \"confusion\", \"names\", \"precision\", \"recall\", \"f1\", "
          + "\"macro\", \"auc\"]\n"))
  }

  @Test func stoppingEarlySaysSo() throws {
    let code = """
      x = randn(120, 20)
      d = split(dataset(x, arange(120) % 2), train=60, valid=40, test=20)
      net = dense(20, 32) |> relu |> dense(2) |> softmax
      train net on d epochs=200 batch=10 rate=0.2 patience=3
      len(net.history.loss) < 200
      """
    let outcome = try NNSH.run(code: code)
    #expect(outcome.errors.contains("stopped early at epoch"))
    #expect(outcome.errors.contains("val_loss has not improved in 3 measurements"))
    #expect(outcome.output == "true\n")
  }

  // MARK: files

  @Test func theTranscriptRunsAgain() throws {
    let home = try NNSH.temporaryFolder()
    let path = home + "/session.nns"
    let typed = "transcript on \(path)\nx = 20\nx + 1\nnowhere\ntranscript off\nx\n"
    let outcome = try NNSH.run(["-i", "-q"], input: typed, home: home)
    #expect(outcome.output == "21\n20\n")
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.hasPrefix("x = 20\nx + 1\n# 21\n# nowhere\n# error: unknown name nowhere\n"))
  }

  @Test func theHistoryIsSharedAndFound() throws {
    let home = try NNSH.temporaryFolder()
    _ = try NNSH.run(["-i", "-q"], input: "alpha = 1\nbeta = 2\n", home: home)
    let outcome = try NNSH.run(["-i", "-q"], input: "history beta\n", home: home)
    #expect(outcome.output.contains("    2  beta = 2\n"))
    #expect(!outcome.output.contains("alpha"))
    let silent = try NNSH.run(["-i", "-q", "--no-history"], input: "gamma = 1\n", home: home)
    #expect(silent.code == 0)
    let file = try String(contentsOfFile: home + "/state/nnsh/history", encoding: .utf8)
    #expect(file == "alpha = 1\nbeta = 2\nhistory beta\n")
  }

  @Test func theStartupFileIsForThePromptOnly() throws {
    let home = try NNSH.temporaryFolder()
    try FileManager.default.createDirectory(
      atPath: home + "/config/nnsh", withIntermediateDirectories: true)
    try Data("greeting = 5\n".utf8).write(to: URL(fileURLWithPath: home + "/config/nnsh/rc.nns"))
    #expect(try NNSH.run(["-i", "-q"], input: "greeting\n", home: home).output == "5\n")
    #expect(try NNSH.run(["-c", "greeting"], home: home).code == 1)
    #expect(try NNSH.run(["-i", "-q", "-X"], input: "greeting\n", home: home).output.isEmpty)
  }
}
