import BinaryUnderTest
import Foundation
import Testing

/// The prompt as a person at a terminal meets it.
@Suite(.serialized) struct TerminalTests {
  @Test func statementsRun() throws {
    let session = try TerminalSession()
    session.type("1 + 1")
    try session.wait(until: { $0.lines.suffix(3) == ["nnsh> 1 + 1", "2", "nnsh>"] })
    session.type("quit")
    #expect(try session.waitForEnd() == 0)
  }

  @Test func exitGivesItsCode() throws {
    let session = try TerminalSession()
    session.type("exit(7)")
    #expect(try session.waitForEnd() == 7)
  }

  @Test func incompleteStatementsGoOn() throws {
    let session = try TerminalSession()
    session.type("fn double(x) {")
    session.type("2 * x")
    session.type("}")
    session.type("double(21)")
    try session.wait(until: { $0.lines.suffix(2) == ["42", "nnsh>"] })
    #expect(
      session.screen.text.contains("nnsh> fn double(x) {\n    … 2 * x\n    … }\nnnsh> double(21)"))
  }

  @Test func errorsLeaveThePrompt() throws {
    let session = try TerminalSession()
    session.type("nowhere")
    try session.wait(for: "error: unknown name nowhere")
    session.type("x = = 2")
    try session.wait(for: "<prompt>:1:5")
    session.type("3")
    try session.wait(until: { $0.lines.suffix(2) == ["3", "nnsh>"] })
  }

  @Test func controlCClearsTheLine() throws {
    let session = try TerminalSession()
    session.send("some text")
    try session.wait(forLastLine: "nnsh> some text")
    session.send("\u{3}")
    try session.wait(until: {
      $0.lines.suffix(3) == ["nnsh> some text^C", "Ctrl-D or quit leaves", "nnsh>"]
    })
    session.type("4")
    try session.wait(until: { $0.lines.suffix(2) == ["4", "nnsh>"] })
  }

  @Test func controlCStopsWhatRuns() throws {
    let session = try TerminalSession()
    session.type("while true { }")
    try session.waitUntilRunning()
    session.send("\u{3}")
    try session.wait(for: "interrupted")
    session.type("5")
    try session.wait(until: { $0.lines.suffix(2) == ["5", "nnsh>"] })
  }

  @Test func controlCStopsATrainingThatGoesOn() throws {
    let session = try TerminalSession(["-i"])
    session.type("d = dataset(randn(100, 784), arange(100) % 2)")
    session.type("net = dense(784, 300) |> relu |> dense(2) |> softmax")
    session.type("train net on d epochs=100000000")
    try session.wait(for: "loss")
    session.send("\u{3}")
    try session.wait(for: "all is kept: train net goes on")
    #expect(!session.screen.text.contains("error:"))
    session.type("len(net.history.loss) > 0")
    try session.wait(until: { $0.lines.suffix(2) == ["true", "nnsh>"] })
    // It does go on.
    session.type("train net")
    try session.waitUntilRunning()
    session.read(waiting: 300)
    session.send("\u{3}")
    try session.wait("the second stop") {
      $0.text.components(separatedBy: "all is kept").count == 3
    }
  }

  @Test func controlDLeaves() throws {
    let session = try TerminalSession()
    session.send("\u{4}")
    #expect(try session.waitForEnd() == 0)
  }

  @Test func progressIsDrawnInPlace() throws {
    let session = try TerminalSession(["-i"])
    session.type("d = dataset(randn(100, 4), arange(100) % 2); net = dense(4, 2) |> softmax")
    session.type("train net on d epochs=30")
    try session.wait(for: "epoch 30/30")
    #expect(session.screen.lines.filter { $0.contains("epoch ") && $0.contains("loss") }.count == 1)
  }

  // MARK: editing

  @Test func keysEdit() throws {
    let session = try TerminalSession()
    session.send("12 + 34")
    session.send("\u{1}5\u{5}6")
    try session.wait(forLastLine: "nnsh> 512 + 346")
    session.send("\u{17}")
    try session.wait(forLastLine: "nnsh> 512 +")
    session.send("\u{15}")
    try session.wait(forLastLine: "nnsh>")
    session.type("é日 = 3; é日 + 1")
    try session.wait(until: { $0.lines.suffix(2) == ["4", "nnsh>"] })
  }

  @Test func symbolsAreTyped() throws {
    let session = try TerminalSession()
    session.send("\\alpha\t")
    try session.wait(forLastLine: "nnsh> α")
  }

  @Test func historyComesBackByItsBeginning() throws {
    let session = try TerminalSession()
    session.type("alpha = 1")
    session.type("beta = 2")
    try session.wait(until: { $0.lines.last == "nnsh>" && $0.text.contains("beta") })
    session.send("al\u{1B}[A")
    try session.wait(forLastLine: "nnsh> alpha = 1")
    session.send("\u{3}")
    try session.wait(for: "alpha = 1^C")
    try session.wait(forLastLine: "nnsh>")
    session.send("\u{1B}[A")
    try session.wait(forLastLine: "nnsh> beta = 2")
  }

  @Test func historyOutlivesTheSession() throws {
    let first = try TerminalSession()
    first.type("fn f(x) {")
    first.type("x + 100")
    first.type("}")
    first.type("quit")
    #expect(try first.waitForEnd() == 0)
    let second = try TerminalSession(home: first.home)
    second.send("fn\u{1B}[A")
    try second.wait(until: {
      $0.lines.suffix(3) == ["nnsh> fn f(x) {", "    … x + 100", "    … }"]
    })
    second.type("")
    second.type("f(1)")
    try second.wait(until: { $0.lines.suffix(2) == ["101", "nnsh>"] })
  }

  @Test func upMovesInsideAStatement() throws {
    let session = try TerminalSession()
    session.type("fn f(x) {")
    session.send("y\u{1B}[A\u{1}zz\u{5}")
    try session.wait(until: { $0.lines.suffix(2) == ["nnsh> zzfn f(x) {", "    … y"] })
  }

  /// What is told in sentences breaks between words, however narrow the terminal: all words arrive
  /// whole.
  @Test func sentencesBreakBetweenWords() throws {
    let setup =
      "load xor; net = dense(2, 4) |> tanh |> dense(2) |> softmax; train net on xor epochs=2"
    let plain = try NNSH.run(["-q", "-c", setup + "\nexplain training net"])
    let session = try TerminalSession(columns: 40, rows: 60)
    session.type(setup)
    session.type("explain training net; 41 + 1")
    try session.wait(until: { $0.lines.contains("42") })
    let lines = session.screen.lines.drop { !$0.hasPrefix("net on xor") }.prefix { $0 != "42" }
    #expect(lines.count > 15)
    #expect(
      lines.joined(separator: " ").split(separator: " ")
        == plain.output.split(whereSeparator: \.isWhitespace))
  }

  @Test(arguments: [(40, 10), (200, 50)])
  func longLinesWrap(_ columns: Int, _ rows: Int) throws {
    let session = try TerminalSession(columns: columns, rows: rows)
    let sum = (1...40).map(String.init).joined(separator: "+")
    session.type(sum)
    try session.wait(until: { $0.lines.suffix(2) == ["820", "nnsh>"] })
  }

  // MARK: paste

  @Test func aPasteIsNotExecuted() throws {
    let session = try TerminalSession()
    session.send("\u{1B}[200~nnsh> a = 1\rnnsh> a + 41\r\u{1B}[201~")
    try session.wait(until: { $0.lines.suffix(2) == ["nnsh> a = 1", "    … a + 41"] })
    #expect(!session.screen.text.contains("42"))
    session.type("")
    try session.wait(until: { $0.lines.suffix(2) == ["42", "nnsh>"] })
  }

  @Test func aLargePasteArrives() throws {
    let session = try TerminalSession(columns: 120, rows: 30)
    let line = "x = \"" + String(repeating: "0123456789", count: 1500) + "\"\r"
    session.send("\u{1B}[200~" + line + "\u{1B}[201~\r")
    try session.wait("a prompt") { $0.lines.last == "nnsh>" }
    session.type("len(x)")
    try session.wait(until: { $0.lines.suffix(2) == ["15000", "nnsh>"] })
  }

  // MARK: completion

  @Test func oneCandidateCompletes() throws {
    let session = try TerminalSession()
    session.send("transcr\t")
    try session.wait(forLastLine: "nnsh> transcript")
    session.send("\u{15}r = {length: 1, width: 2}\r")
    session.send("r.le\t")
    try session.wait(forLastLine: "nnsh> r.length")
  }

  @Test func severalCandidatesAreListed() throws {
    let session = try TerminalSession()
    session.send("tra\t")
    try session.wait(for: "trains a network")
    try session.wait(forLastLine: "nnsh> tra")
    #expect(session.screen.text.contains("transpose"))
    session.send("i\t")
    try session.wait(forLastLine: "nnsh> train")
  }

  @Test func optionsAndFilesComplete() throws {
    let session = try TerminalSession()
    session.type("net = dense(2, 2)")
    session.send("train net on d ep\t")
    try session.wait(forLastLine: "nnsh> train net on d epochs=")
    session.send("\u{15}load \(session.home)/unlik\t")
    try session.wait(until: { $0.text.contains("unlik") })
    try Data("1,2\n".utf8).write(to: URL(fileURLWithPath: session.home + "/unlikely.csv"))
    session.send("\u{15}load \(session.home)/unlik\t")
    try session.wait(until: { $0.text.replacing("\n", with: "").contains("unlikely.csv") })
  }

  // MARK: the terminal

  @Test func withoutColoursNoneAreSent() throws {
    let session = try TerminalSession()
    session.type("zeros(2)")
    try session.wait(for: "2 tensor f32")
    #expect(!String(decoding: session.received, as: UTF8.self).contains("\u{1B}[1;32m"))
    let colored = try TerminalSession(environment: ["NO_COLOR": ""])
    #expect(String(decoding: colored.received, as: UTF8.self).contains("\u{1B}[1;32m"))
  }

  @Test func aDumbTerminalGetsPlainText() throws {
    let session = try TerminalSession(environment: ["TERM": "dumb"])
    session.type("6 * 7")
    try session.wait(for: "42")
    #expect(!session.received.contains(0x1B))
  }
}

extension TerminalSession {
  func wait(until isTrue: (Screen) -> Bool) throws {
    try wait("the screen to fit", until: isTrue)
  }
}
