import BinaryUnderTest
import Foundation
import Testing

/// `nnsh --serve`, by the real binary and its pipes.
@Suite struct ServedRequestTests {
  @Test func aRequestGivesItsEvents() throws {
    let served = try ServedProcess()
    let events = try served.run("x = 3\nprint(\"a\", x)\nx + 1\nx * 2;\n\"done\"", id: 7)
    #expect(events.names == ["stream", "result", "result", "done"])
    #expect(events.allSatisfy { $0["id"] as? Int == 7 })
    #expect(events[0]["name"] as? String == "stdout" && events[0]["text"] as? String == "a 3\n")
    #expect(events[1]["text"] as? String == "4")
    #expect(events[2]["text"] as? String == "\"done\"")
    #expect(events.status == "ok")
  }

  /// Tables and derivations come in a form that a notebook sets as well, next to their text.
  @Test func tablesHaveASecondForm() throws {
    let served = try ServedProcess()
    func form(_ code: String, _ event: String, _ type: String) throws -> String? {
      let found = try served.run(code).filter { $0["event"] as? String == event }
      #expect(!found.isEmpty && !found.text(of: event).isEmpty, "\(code)")
      return found.compactMap { ($0["forms"] as? [String: String])?[type] }.first
    }
    let table = "table({name: [\"a<b\", \"c\"], size: [1.5, 20]})"
    #expect(try form("x = 2\n" + table, "result", "text/html")?.contains(">a&lt;b</td>") == true)
    for command in ["who", "describe \(table)", "show dense(3, 2) |> relu", "set"] {
      #expect(try form(command, "stream", "text/html")?.hasPrefix("<table>") == true, "\(command)")
    }
    let derivation = try form("w = [1, 2]\nderive sum(w^2) wrt w;", "stream", "text/markdown")
    #expect(derivation?.contains("\\frac{\\partial L}{\\partial w}") == true)
    #expect(try form("[1, 2]", "result", "text/html") == nil)
    #expect(try form("print(x)", "stream", "text/html") == nil)
  }

  @Test func oneSessionServesAll() throws {
    let served = try ServedProcess()
    #expect(try served.run("fn f(x) = x^2\ny = 5").status == "ok")
    #expect(try served.run("f(y)").text(of: "result") == "25")
    #expect(try served.run("ans + 1").text(of: "result") == "26")
    #expect(try served.run("who").text(of: "stream", "stdout").contains("y"))
    served.closeInput()
    #expect(served.waitForEnd() == 0)
  }

  @Test func identifiersComeBackAsTheyAre() throws {
    let served = try ServedProcess()
    for (given, shown) in [("\"a \\u00e9\"", "a é"), ("12", "12"), ("null", nil), (nil, nil)] {
      let id = given.map { "\"id\": \($0), " } ?? ""
      served.send("{\(id)\"op\": \"run\", \"code\": \"1\"}\n".utf8)
      let done = try #require(try served.events().last)
      let id2 = (done["id"] as? String) ?? (done["id"] as? Int).map { "\($0)" }
      #expect(id2 == shown && done.keys.contains("id"))
    }
  }

  @Test func remarksAndErrorsAreToldApart() throws {
    let served = try ServedProcess()
    let events = try served.run("a = ones(2, 3)\na @ a", id: 4)
    let error = try #require(events.first("error"))
    #expect(events.status == "error")
    #expect(error["file"] as? String == "<cell 4>")
    #expect(error["line"] as? Int == 2 && error["column"] as? Int == 1)
    #expect((error["shapes"] as? [String])?.joined().contains("2×3") == true)
    #expect((error["fixes"] as? [String])?.isEmpty == false)
    let text = try #require(error["text"] as? String)
    #expect(text.hasPrefix("error: ") && text.contains("<cell 4>:2:1") && text.contains("a @ a"))
    #expect(!text.contains("\u{1B}"))
    let remark = try served.run("show ones(3, 3)")
    #expect(remark.text(of: "stream", "stderr").contains("taken for"))
  }

  @Test func aSyntaxErrorRunsNothingOfItsRequest() throws {
    let served = try ServedProcess()
    let events = try served.run("z = 1\n1 +* 2")
    #expect(events.names == ["error", "done"] && events.status == "error")
    #expect(try served.run("z").first("error")?["message"] as? String == "unknown name z")
  }

  @Test(arguments: [
    "", "{", "[1]", "12", "nonsense", "{\"op\": \"run\"}", "{\"op\": 3, \"code\": \"1\"}",
    "{\"code\": \"1\"}", "{\"op\": \"jump\", \"code\": \"1\"}", "{\"op\": \"run\", \"code\": 3}",
    "{\"op\": \"run\", \"code\": \"1\"} extra", "{\"op\": \"run\", \"code\": \"1\"",
    "{\"op\": \"run\", \"code\": \"\\ud800\"}", "{\"id\": {}, \"op\": \"run\", \"code\": \"1\"}",
    "{\"id\": 1e999, \"op\": \"run\", \"code\": \"1\"}",
    "{\"op\": \"complete\", \"code\": \"a\", \"cursor\": -1}",
    "{\"op\": \"complete\", \"code\": \"a\", \"cursor\": \"b\"}",
    "{\"op\": \"complete\", \"code\": \"a\", \"cursor\": 0.5}",
    String(repeating: "[", count: 100), "\u{0}", "\u{FEFF}{}",
  ])
  func whatIsNoRequestIsAnswered(_ line: String) throws {
    let served = try ServedProcess()
    served.send(line.utf8 + [0x0A])
    if !line.isEmpty {
      let events = try served.events()
      #expect(events.names == ["error", "done"] && events.status == "error")
      let error = try #require(events.first)
      for field in ["message", "file", "line", "column", "shapes", "fixes", "text"] {
        #expect(error[field] != nil, "\(field)")
      }
    }
    #expect(try served.run("1 + 1").text(of: "result") == "2")
  }

  @Test func invalidUTF8AndALineThatEndsWithTheInputAreAnswered() throws {
    let served = try ServedProcess()
    served.send(Array("{\"op\": \"run\", \"code\": \"".utf8) + [0xFF, 0xC3] + Array("\"}\n".utf8))
    #expect(try served.events().status == "error")
    served.send("{\"op\": \"run\", \"code\": \"1 +".utf8)
    served.closeInput()
    #expect(try served.events().names == ["error", "done"])
    #expect(try served.line() == nil)
    #expect(served.waitForEnd() == 0)
  }

  @Test func theLastLineNeedNotEnd() throws {
    let served = try ServedProcess()
    served.send("{\"id\": 1, \"op\": \"run\", \"code\": \"6 * 7\"}".utf8)
    served.closeInput()
    #expect(try served.events().text(of: "result") == "42")
    #expect(served.waitForEnd() == 0)
  }

  @Test func longLinesAreRead() throws {
    let served = try ServedProcess()
    let text = String(repeating: "é", count: 2_000_000)
    #expect(try served.run("len(\"\(text)\")").text(of: "result") == "2000000")
    #expect(try served.run("print(\"\(text)\")").text(of: "stream") == text + "\n")
  }

  // MARK: completion

  private static func done(_ operation: String, _ code: String, _ cursor: Int?) throws
    -> ServedProcess.Event
  {
    let served = try ServedProcess()
    _ = try served.run("größe = [1, 2]\nnet = dense(4, 2)\n# Twice x.\nfn twice(x) = 2 * x")
    var request: ServedProcess.Event = ["op": operation, "code": code]
    if let cursor { request["cursor"] = cursor }
    try served.send(request)
    return try #require(try served.events().last)
  }

  @Test(arguments: [
    ("softm", nil, ["softmax"], 0), ("𝛼 = 1; größ", nil, ["größe"], 7),
    ("x = twi + 1", 7, ["twice"], 4), ("net.W", nil, ["W1"], 4),
    ("sum(größe, ax", nil, ["axis="], 11), ("\\alpha", nil, ["α"], 0),
    ("tran", 99, ["transcript", "transpose"], 0), ("# tra", nil, [], 5),
  ])
  func completesAsThePrompt(_ code: String, _ cursor: Int?, _ matches: [String], _ start: Int)
    throws
  {
    let done = try Self.done("complete", code, cursor)
    let found = try #require(done["matches"] as? [String])
    #expect(matches.allSatisfy(found.contains) && found.isEmpty == matches.isEmpty, "\(found)")
    #expect(done["start"] as? Int == start)
    #expect(done["end"] as? Int == min(cursor ?? .max, code.unicodeScalars.count))
    #expect(done["status"] as? String == "ok")
  }

  @Test(arguments: [
    ("1 + 1", "complete"), ("", "complete"), ("fn f(x) {", "incomplete"), ("[1, 2", "incomplete"),
    ("1 +", "incomplete"), ("\"a", "incomplete"), (")", "invalid"), ("1 +* 2", "invalid"),
    ("if true {\n  1", "incomplete"), ("train net on d", "complete"),
  ])
  func saysWhetherCodeIsComplete(_ code: String, _ status: String) throws {
    #expect(try Self.done("is_complete", code, nil)["status"] as? String == status)
  }

  @Test(arguments: [
    ("softmax(größe)", 3, "softmax("), ("softmax(größe)", 10, "2 tensor f32"),
    ("sum(größe, ", 11, "sum("), ("twice(3)", 5, "Twice x."), ("net.W1", 6, "4×2"),
    ("x |> sum", 3, "pipe"), ("grad", 0, "gradient"), ("train", 5, "train NET"),
    ("nothing_known", 4, ""), ("# softmax", 5, ""), ("", 0, ""),
  ])
  func inspectsTheNameAtTheCursor(_ code: String, _ cursor: Int, _ part: String) throws {
    let text = try #require(try Self.done("inspect", code, cursor)["text"] as? String)
    #expect(part.isEmpty ? text.isEmpty : text.contains(part), "\(text)")
  }

  // MARK: pictures

  @Test(arguments: [
    "plot [1, 4, 9]", "show ones(28, 28) as=image", "show rand(5, 28, 28)",
    "plot [[1, 2], [3, 4]] kind=heat",
    "load moons\nnet = dense(2, 2) |> softmax\nshow net on moons",
  ])
  func picturesAreImages(_ code: String) throws {
    let served = try ServedProcess()
    let events = try served.run("seed(1)\n" + code)
    #expect(events.status == "ok", "\(events)")
    let image = try #require(events.first("image"))
    #expect(image["mime"] as? String == "image/png")
    let data = try #require(Data(base64Encoded: image["data"] as? String ?? ""))
    #expect(
      data.starts(with: [0x89, 0x50, 0x4E, 0x47]) && data.suffix(8).starts(with: "IEND".utf8))
  }

  @Test func withoutGnuplotChartsAreDrawnWithCharacters() throws {
    let served = try ServedProcess(environment: ["PATH": "/nowhere"])
    let events = try served.run("plot [1, 4, 9]")
    #expect(events.status == "ok" && events.first("image") == nil)
    #expect(events.text(of: "stream", "stderr").contains("gnuplot"))
    #expect(events.text(of: "stream", "stdout").contains("⠀") || events.names.contains("stream"))
  }

  @Test func aPlotIntoAFileIsNoImage() throws {
    let served = try ServedProcess()
    let events = try served.run("plot [1, 2] to \"a.png\"")
    #expect(events.status == "ok" && events.first("image") == nil)
    #expect(FileManager.default.fileExists(atPath: served.home + "/a.png"))
  }

  // MARK: what must not reach the protocol

  @Test func whatIsWrittenToStandardOutputComesAsAnEvent() throws {
    let served = try ServedProcess()
    let events = try served.run("save [1, 25] to /dev/stdout\nprint(1)\n3")
    #expect(events.text(of: "stream", "stdout").contains("25"))
    #expect(try served.run("read(\"/dev/stdin\")").last?["status"] != nil)
    #expect(try served.run("2").text(of: "result") == "2")
    for line in served.lines {
      #expect((try? JSONSerialization.jsonObject(with: Data(line.utf8))) != nil)
    }
  }

  // MARK: ends

  @Test(arguments: [("exit(3)", 3), ("quit", 0), ("exit", 0), ("print(1); exit(0); print(2)", 0)])
  func exitEndsTheServer(_ code: String, _ status: Int32) throws {
    let served = try ServedProcess()
    let events = try served.run(code)
    #expect(events.status == "ok" && !events.text(of: "stream").contains("2"))
    #expect(served.waitForEnd() == status)
  }

  @Test func anInterruptEndsWhatRunsAndNothingElse() throws {
    let served = try ServedProcess()
    served.signal(SIGINT)
    _ = try served.run("x = 1")
    let loop = "x = 0\nwhile true { x = x + 1\nif x == 1000 { print(\"on\") } }"
    for _ in 0..<3 {
      try served.send(["op": "run", "code": loop])
      _ = try served.wait(for: "stream")
      served.signal(SIGINT)
      served.signal(SIGINT)
      #expect(try served.events().status == "interrupted")
    }
    #expect(try served.run("x >= 1000").text(of: "result") == "true")
    #expect(served.complaints.isEmpty)
  }

  @Test func anInterruptedTrainingIsKept() throws {
    let served = try ServedProcess()
    _ = try served.run(
      "load moons n=2000\nnet = dense(2, 32) |> relu |> dense(2) |> softmax\nbefore = net.W1")
    try served.send(["op": "run", "code": "train net on moons epochs=1000000"])
    let progress = try served.wait(for: "progress")
    #expect(progress["total"] as? Int == 1_000_000 && progress["unit"] as? String == "epoch")
    #expect((progress["text"] as? String)?.contains("epoch") == true)
    #expect((progress["figures"] as? [String: String])?["loss"] != nil)
    served.signal(SIGINT)
    let events = try served.events()
    #expect(events.status == "interrupted")
    #expect(events.text(of: "stream", "stderr").contains("all is kept: train net goes on"))
    #expect(try served.run("all(net.W1 == before)").text(of: "result") == "false")
  }

  @Test func quietMeansNoProgress() throws {
    let served = try ServedProcess(["--serve", "-q"])
    let events = try served.run("load moons\nnet = dense(2, 2) |> softmax\ntrain net on moons")
    #expect(events.status == "ok" && events.first("progress") == nil)
  }

  /// Whether the reader goes while code runs, before, or while nothing was asked.
  @Test(arguments: [0, 1, 2]) func itEndsWhereNobodyReads(_ when: Int) throws {
    let served = try ServedProcess()
    _ = try served.run("x = 1")
    if when == 0 { served.closeOutput() }
    let mark = when == 2 ? "print(1)\n" : ""
    try served.send(["op": "run", "code": mark + "while true { x = x + 1 }"])
    if when == 2 { _ = try served.wait(for: "stream") }
    if when > 0 { served.closeOutput() }
    #expect(served.waitForEnd() == 0)
  }

  @Test func aSignalEndsItThoughItWasBlocked() throws {
    let served = try ServedProcess()
    _ = try served.run("x = 1")
    try served.send(["op": "run", "code": "print(1)\nwhile true { x = x + 1 }"])
    _ = try served.wait(for: "stream")
    served.signal(SIGTERM)
    #expect(served.waitForEnd() == 128 + SIGTERM)
  }

  @Test func filesAndServingDoNotGoTogether() throws {
    for words in [
      ["--serve", "a.nns"], ["--lsp", "x"], ["--serve", "-c", "1"], ["--serve", "--lsp"],
    ] {
      let outcome = try NNSH.run(words)
      #expect(outcome.code == 2 && outcome.output.isEmpty, "\(words)")
    }
  }
}
