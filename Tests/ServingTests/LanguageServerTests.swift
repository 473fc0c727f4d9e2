import BinaryUnderTest
import Files
import Foundation
import Shell
import Testing

@testable import Serving

/// `nnsh --lsp`, by its messages.
@Suite struct LanguageServerTests {
  /// A server in this process with what it has sent.
  private final class Editor {
    private(set) var messages: [[String: Any]] = []
    private var server: LanguageServer?
    private var last = 0
    static let uri = "file:///tmp/script.nns"

    init(_ text: String? = nil, initializes: Bool = true) throws {
      server = LanguageServer(CommandLine()) { [unowned self] bytes in
        let parts = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n\r\n")
        let content = parts.dropFirst().joined(separator: "\r\n\r\n")
        #expect(parts[0] == "Content-Length: \(content.utf8.count)")
        let value = try? JSONSerialization.jsonObject(with: Data(content.utf8))
        if let message = value as? [String: Any] { messages.append(message) }
      }
      if initializes { _ = try ask("initialize", [:]) }
      if let text { try open(text) }
    }

    func open(_ text: String) throws {
      let item: [String: Any] = ["uri": Self.uri, "version": 1, "text": text]
      try tell("textDocument/didOpen", ["textDocument": item])
    }

    func tell(_ method: String, _ parameters: [String: Any]) throws {
      try send(["jsonrpc": "2.0", "method": method, "params": parameters])
    }

    func send(_ message: [String: Any]) throws {
      server?.receive(Array(try JSONSerialization.data(withJSONObject: message)))
    }

    func receive(_ text: String) { server?.receive(Array(text.utf8)) }

    /// The whole answer.
    func response(_ method: String, _ parameters: [String: Any]) throws -> [String: Any] {
      last += 1
      try send(["jsonrpc": "2.0", "id": last, "method": method, "params": parameters])
      let answer = try #require(messages.last)
      #expect(answer["id"] as? Int == last)
      return answer
    }

    func ask(_ method: String, _ parameters: [String: Any]) throws -> Any? {
      try response(method, parameters)["result"]
    }

    func ask(_ feature: String, at line: Int, _ character: Int) throws -> [String: Any] {
      let answer = try ask(
        "textDocument/" + feature,
        [
          "textDocument": ["uri": Self.uri],
          "position": ["line": line, "character": character],
        ])
      return answer as? [String: Any] ?? [:]
    }

    func diagnostics() -> [[String: Any]] {
      server?.publishDiagnostics()
      let published = messages.last {
        $0["method"] as? String == "textDocument/publishDiagnostics"
      }
      let parameters = published?["params"] as? [String: Any]
      return parameters?["diagnostics"] as? [[String: Any]] ?? []
    }
  }

  private static func place(_ value: Any?, _ end: String) -> [Int] {
    let place = (value as? [String: Any])?[end] as? [String: Any]
    return ["line", "character"].compactMap { place?[$0] as? Int }
  }

  @Test func mistakesAreShownWhereTheyStand() throws {
    let editor = try Editor("x = \"👍\"; y = ones(2, 3) @ ones(2, 3)\nz = unknwon\n1 +* 2\n")
    let found = editor.diagnostics()
    #expect(found.count == 3)
    #expect(found.allSatisfy { $0["severity"] as? Int == 1 && $0["source"] as? String == "nnsh" })
    let messages = found.compactMap { $0["message"] as? String }
    #expect(messages[0].contains("2×3") && messages[1].hasPrefix("unknown name unknwon"))
    #expect(Self.place(found[0]["range"], "start") == [0, 14])
    #expect(Self.place(found[1]["range"], "start") == [1, 4])
    #expect(Self.place(found[1]["range"], "end") == [1, 11])
    #expect(Self.place(found[2]["range"], "start").first == 2)
  }

  @Test func diagnosticsFollowWhatIsTyped() throws {
    let editor = try Editor("x = 1\ny = x + z")
    #expect(editor.diagnostics().count == 1)
    let range = ["start": ["line": 1, "character": 8], "end": ["line": 1, "character": 9]]
    func change(_ changes: [[String: Any]]) throws {
      try editor.tell(
        "textDocument/didChange",
        ["textDocument": ["uri": Editor.uri, "version": 2], "contentChanges": changes])
    }
    try change([["range": range, "text": "x"]])
    #expect(editor.diagnostics().isEmpty)
    try change([["text": "q"]])
    #expect(editor.diagnostics().count == 1)
    let count = editor.messages.count
    #expect(editor.diagnostics().count == 1 && editor.messages.count == count)
    try editor.tell("textDocument/didClose", ["textDocument": ["uri": Editor.uri]])
    #expect(editor.diagnostics().isEmpty)
  }

  private static let script = """
    # Twice x.
    fn twice(x, by=2) { y = x * by; return y }
    größe = ones(2, 3)
    net = dense(3, 4) |> relu
    load moons as data
    b = twice(größe)
    c = sum(größe, axis=1)
    """

  @Test(arguments: [
    (5, 5, "Twice x."), (6, 5, "sum("), (5, 11, "2×3 tensor f32"), (3, 1, "dense(3, 4)"),
    (3, 22, "relu"), (4, 1, "load SOURCE"), (1, 10, "parameter"),
  ])
  func hoveringExplains(_ line: Int, _ character: Int, _ part: String) throws {
    let answer = try Editor(Self.script).ask("hover", at: line, character)
    let text = (answer["contents"] as? [String: Any])?["value"] as? String ?? ""
    #expect(text.contains(part), "\(text)")
    #expect(Self.place(answer["range"], "start").first == line)
  }

  @Test func hoveringOverNothingGivesNothing() throws {
    let editor = try Editor(Self.script + "\n\n# größe")
    #expect(try editor.ask("hover", at: 7, 0).isEmpty)
    #expect(try editor.ask("hover", at: 8, 4).isEmpty)
    #expect(try editor.ask("hover", at: 99, 99).isEmpty)
  }

  @Test(arguments: [
    ("gr", "größe", 0), ("net.W", "W1", 4), ("twice(1, b", "by=", 9),
    ("x = 1 |> soft", "softmax", 9),
    ("tr", "train", 0),
  ])
  func completionOffersWhatFits(_ typed: String, _ label: String, _ start: Int) throws {
    let editor = try Editor(Self.script + "\n" + typed)
    let answer = try editor.ask("completion", at: 7, typed.utf16.count)
    let items = try #require(answer["items"] as? [[String: Any]])
    let item = try #require(items.first { $0["label"] as? String == label }, "\(items)")
    let edit = try #require(item["textEdit"] as? [String: Any])
    #expect(Self.place(edit["range"], "start") == [7, start])
    #expect(Self.place(edit["range"], "end") == [7, typed.utf16.count])
    #expect((edit["newText"] as? String)?.hasPrefix(label.prefix(2)) == true)
  }

  @Test(arguments: [
    ("sum(", "sum(x, axis=none, keepdims=false)", 0), ("sum(größe, ", nil, 1),
    ("sum(größe, keepdims=", nil, 2), ("twice(1, ", "twice(x, by=2)", 1),
    ("twice(sum([1, 2], ", "sum(", 1),
  ])
  func signaturesMarkTheArgument(_ typed: String, _ label: String?, _ active: Int) throws {
    let editor = try Editor(Self.script + "\n" + typed)
    let answer = try editor.ask("signatureHelp", at: 7, typed.utf16.count)
    let signature = try #require((answer["signatures"] as? [[String: Any]])?.first)
    if let label { #expect((signature["label"] as? String)?.hasPrefix(label.prefix(9)) == true) }
    #expect(answer["activeParameter"] as? Int == active)
    #expect((signature["parameters"] as? [Any])?.isEmpty == false)
  }

  @Test(arguments: [
    (5, 5, [1, 3]), (5, 12, [2, 0]), (1, 25, [1, 9]), (1, 40, [1, 20]), (6, 9, [2, 0]),
    (1, 29, [1, 12]),
  ])
  func definitionsAreFound(_ line: Int, _ character: Int, _ place: [Int]) throws {
    let answer = try Editor(Self.script).ask("definition", at: line, character)
    #expect(Self.place(answer["range"], "start") == place)
    #expect(answer["uri"] as? String == Editor.uri)
  }

  @Test func builtinsHaveNoDefinition() throws {
    #expect(try Editor(Self.script).ask("definition", at: 6, 5).isEmpty)
  }

  /// Names that come from another file, by `use`, and from one that this one uses.
  @Test func usedFilesAreFollowed() throws {
    let folder = try NNSH.temporaryFolder()
    let path = folder + "/a library.nns"
    try "use \"deeper.nns\" as deep\n# One more.\nfn increased(x, by=1) = x + by\nsize = [2, 3]\n"
      .write(toFile: path, atomically: true, encoding: .utf8)
    try "fn halved(x) = x / 2\nuse \"a library.nns\" as circle\n"
      .write(toFile: folder + "/deeper.nns", atomically: true, encoding: .utf8)
    let editor = try Editor(
      "use \"\(path)\" as lib\nuse \"/dev/zero\" as zero\nlib.increased(1, \nlib.\nlib.deep.halved(1)"
    )
    let hover = try editor.ask("hover", at: 2, 6)
    let text = (hover["contents"] as? [String: Any])?["value"] as? String ?? ""
    #expect(text.contains("fn increased(x, by=1)") && text.contains("One more."), "\(text)")
    let completion = try editor.ask("completion", at: 3, 4)
    let labels = (completion["items"] as? [[String: Any]] ?? []).compactMap {
      $0["label"] as? String
    }
    #expect(labels.contains("increased") && labels.contains("size"), "\(labels)")
    let signature = try editor.ask("signatureHelp", at: 2, 17)
    #expect(signature["activeParameter"] as? Int == 1)
    let definition = try editor.ask("definition", at: 2, 6)
    #expect(Self.place(definition["range"], "start") == [2, 3])
    #expect((definition["uri"] as? String)?.hasSuffix("/a%20library.nns") == true)
    let deeper = try editor.ask("definition", at: 4, 10)
    #expect(Self.place(deeper["range"], "start") == [0, 3])
    #expect((deeper["uri"] as? String)?.hasSuffix("/deeper.nns") == true)
  }

  @Test func symbolsAreThoseOfTheTopLevel() throws {
    let editor = try Editor(Self.script)
    let answer = try editor.ask(
      "textDocument/documentSymbol", ["textDocument": ["uri": Editor.uri]])
    let symbols = try #require(answer as? [[String: Any]])
    #expect(
      symbols.compactMap { $0["name"] as? String } == ["twice", "größe", "net", "data", "b", "c"])
    #expect(symbols[0]["kind"] as? Int == 12 && symbols[1]["kind"] as? Int == 13)
  }

  // MARK: the protocol

  private static func code(_ answer: [String: Any]?) -> Int? {
    (answer?["error"] as? [String: Any])?["code"] as? Int
  }

  @Test func nothingComesBeforeInitialize() throws {
    let editor = try Editor(initializes: false)
    #expect(Self.code(try editor.response("textDocument/hover", [:])) == -32002)
    let answer = try #require(try editor.ask("initialize", [:]) as? [String: Any])
    let abilities = try #require(answer["capabilities"] as? [String: Any])
    #expect(abilities["positionEncoding"] as? String == "utf-16")
    #expect(Self.code(try editor.response("initialize", [:])) == -32600)
    _ = try editor.ask("shutdown", [:])
    #expect(Self.code(try editor.response("textDocument/hover", [:])) == -32600)
  }

  @Test(arguments: [
    ("{", -32700), ("12", -32600), ("[]", -32600), ("{}", -32600),
    ("{\"id\":1,\"method\":3}", -32600),
    ("{\"id\":1,\"method\":\"jump\"}", -32601),
    ("{\"id\":1,\"method\":\"textDocument/hover\"}", -32602),
    (
      "{\"id\":1,\"method\":\"textDocument/hover\",\"params\":{\"textDocument\":{\"uri\":\"x\"}}}",
      -32602
    ),
  ])
  func whatCannotBeUnderstoodIsRefused(_ text: String, _ code: Int) throws {
    let editor = try Editor("x = 1")
    editor.receive(text)
    #expect(Self.code(editor.messages.last) == code)
    #expect(
      try editor.response(
        "textDocument/documentSymbol",
        [
          "textDocument": ["uri": Editor.uri]
        ])["result"] != nil)
  }

  @Test(arguments: [
    "{\"method\":\"textDocument/didOpen\"}",
    "{\"method\":\"textDocument/didChange\",\"params\":[]}",
    "{\"method\":\"$/cancelRequest\",\"params\":{\"id\":1}}", "{\"id\":9,\"result\":null}",
    "{\"method\":\"textDocument/didChange\",\"params\":{\"textDocument\":{\"uri\":\"x\"}}}",
    "{\"method\":\"workspace/didChangeConfiguration\"}",
  ])
  func notificationsAreNeverAnswered(_ text: String) throws {
    let editor = try Editor("x = 1")
    let count = editor.messages.count
    editor.receive(text)
    #expect(editor.messages.count == count)
  }

  // MARK: by the binary

  private static func framed(_ content: String) -> [UInt8] {
    Array("Content-Length: \(content.utf8.count)\r\n\r\n\(content)".utf8)
  }

  @Test(arguments: [
    "nonsense\r\n\r\n", "Content-Length: x\r\n\r\n", "Content-Length: -1\r\n\r\n",
    "Content-Length: 99999999999999999999\r\n\r\n", "Content-Type: a\r\n\r\n", "\r\n\r\n",
    "{\"jsonrpc\":\"2.0\"}", "Content-Length: 3\r\n\r\n{}}", "\u{0}\u{1}\n\n",
  ])
  func readingGoesOnAfterBrokenHeaders(_ broken: String) throws {
    let served = try ServedProcess(["--lsp"])
    let hello = Self.framed(
      "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"initialize\",\"params\":{}}")
    let shutdown = Self.framed("{\"jsonrpc\":\"2.0\",\"id\":6,\"method\":\"shutdown\"}")
    served.send(Array(broken.utf8) + hello + shutdown)
    served.send(Self.framed("{\"jsonrpc\":\"2.0\",\"method\":\"exit\"}"))
    served.closeInput()
    while try served.line() != nil {}
    let output = served.lines.joined(separator: "\n") + served.rest
    #expect(output.contains("\"id\":5,\"result\":{\"capabilities\""), "\(output)")
    #expect(output.contains("\"id\":6,\"result\":null"))
    #expect(served.waitForEnd() == 0)
  }

  @Test func theEndWithoutShutdownIsAFailure() throws {
    let served = try ServedProcess(["--lsp"])
    served.closeInput()
    #expect(served.waitForEnd() == 1)
  }
}
