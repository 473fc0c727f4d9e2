import Console
import Files
import Platform
import Shell
import Syntax
import Tensors

/// `nnsh --lsp`: what editors ask of a script that is being written, by the Language Server Protocol
/// 3.17.
package final class LanguageServer {
  private enum Phase { case fresh, running, shutDown }

  private let commandLine: CommandLine
  private let write: ([UInt8]) -> Void
  private var phase = Phase.fresh
  /// What the editor has opened, by its URI.
  var documents: [String: OpenDocument] = [:]
  /// The exit code, once the editor has asked for the end.
  private(set) var exitCode: Int32?

  /// - Parameter write: takes a message with its headers.
  init(_ commandLine: CommandLine, write: @escaping ([UInt8]) -> Void) {
    self.commandLine = commandLine
    self.write = write
  }

  /// Serves standard input until `exit`.
  ///
  /// - Returns: the exit code: 0 where `shutdown` came before the end.
  package static func run(_ commandLine: CommandLine) -> Int32 {
    guard let streams = PrivateStreams() else {
      OutputStream(STDERR_FILENO, capacity: 0) { _ in }.write(
        "error: cannot serve: \(String(cString: strerror(errno)))\n")
      return Session.ExitCode.failure
    }
    let server = LanguageServer(commandLine) { message in
      // Without its editor there is nothing to do.
      if OutputStream.writeAll(message, to: streams.output) != 0 { _exit(1) }
    }
    return server.serve(streams.input)
  }

  /// The same for what can be read from a descriptor; what is open at its end is diagnosed.
  ///
  /// - Parameter write: takes a message with its headers.
  @discardableResult
  package static func serve(
    _ descriptor: Int32, with commandLine: CommandLine, write: @escaping ([UInt8]) -> Void
  ) -> Int32 {
    let server = LanguageServer(commandLine, write: write)
    defer { server.publishDiagnostics() }
    return server.serve(descriptor)
  }

  private func serve(_ descriptor: Int32) -> Int32 {
    let reader = MessageReader(descriptor)
    while exitCode == nil {
      Interrupt.clear()
      CallStack.releaseUnused()
      // What was typed meanwhile comes first: nobody needs to know what was wrong before.
      if !reader.hasMore { publishDiagnostics() }
      switch reader.next() {
      case .content(let bytes): receive(bytes)
      case .malformed(let reason): refuse(.null, .parse(reason))
      case .endOfInput: return phase == .shutDown ? 0 : 1
      }
    }
    return exitCode ?? 1
  }

  // MARK: messages

  /// Takes a message.
  func receive(_ bytes: [UInt8]) {
    let message: JSONValue
    do throws(JSONFault) {
      message = try JSONValue(parsing: bytes, deepest: 256)
    } catch {
      return refuse(.null, .parse("the message is no JSON"))
    }
    guard message.object != nil else {
      return refuse(.null, .invalidRequest("a message is an object"))
    }
    // An answer to something that was asked: nothing is.
    if message["method"] == nil, message["result"] != nil || message["error"] != nil { return }
    guard let method = message["method"]?.string else {
      return refuse(message["id"] ?? .null, .invalidRequest("a message has a method"))
    }
    let parameters = message["params"] ?? [:]
    guard let id = message["id"] else { return take(method, parameters) }
    do throws(ResponseError) {
      respond(id, try answer(method, parameters))
    } catch {
      refuse(id, error)
    }
  }

  private func answer(
    _ method: String, _ parameters: JSONValue
  ) throws(ResponseError) -> JSONValue {
    switch phase {
    case .fresh where method != "initialize": throw .notInitialized
    case .shutDown: throw .invalidRequest("the server has been shut down")
    default: break
    }
    switch method {
    case "initialize":
      guard phase == .fresh else { throw .invalidRequest("initialize comes once") }
      phase = .running
      return Self.capabilities
    case "shutdown":
      phase = .shutDown
      return .null
    case "textDocument/hover": return try hover(parameters)
    case "textDocument/completion": return try completion(parameters)
    case "textDocument/signatureHelp": return try signatureHelp(parameters)
    case "textDocument/definition": return try definition(parameters)
    case "textDocument/documentSymbol": return try documentSymbols(parameters)
    default: throw .noMethod(method)
    }
  }

  /// What needs no answer.
  private func take(_ method: String, _ parameters: JSONValue) {
    if method == "exit" {
      exitCode = phase == .shutDown ? 0 : 1
      return
    }
    guard phase == .running else { return }
    switch method {
    case "textDocument/didOpen": open(parameters)
    case "textDocument/didChange": change(parameters)
    case "textDocument/didClose": close(parameters)
    default: break
    }
  }

  // MARK: answers

  func respond(_ id: JSONValue, _ result: JSONValue) { send([("id", id), ("result", result)]) }

  func refuse(_ id: JSONValue, _ error: ResponseError) {
    send([
      ("id", id), ("error", ["code": .integer(error.code), "message": .string(error.message)]),
    ])
  }

  func notify(_ method: String, _ parameters: JSONValue) {
    send([("method", .string(method)), ("params", parameters)])
  }

  private func send(_ fields: [(name: String, value: JSONValue)]) {
    let head: [(name: String, value: JSONValue)] = [("jsonrpc", "2.0")]
    let content = JSONValue.object(head + fields).text
    write(Array("Content-Length: \(content.count)\r\n\r\n".utf8) + content)
  }

  /// What the editor may ask for.
  private static let capabilities: JSONValue = [
    "capabilities": [
      "positionEncoding": "utf-16",
      // 2: changes come by their places.
      "textDocumentSync": ["openClose": true, "change": 2],
      "hoverProvider": true,
      "completionProvider": ["triggerCharacters": [".", "\\"]],
      "signatureHelpProvider": ["triggerCharacters": ["(", ","]],
      "definitionProvider": true,
      "documentSymbolProvider": true,
    ],
    "serverInfo": ["name": "nnsh", "version": .string(Version.text)],
  ]

  // MARK: knowledge

  /// What is known of an open document; nil where it is not open.
  func knowledge(of uri: String) -> ScriptKnowledge? {
    guard var open = documents[uri] else { return nil }
    if let known = open.knowledge { return known }
    let source = SourceText(bytes: open.document.bytes, name: DocumentURI.path(of: uri))
    open.knowledge = try? ScriptKnowledge(source, commandLine)
    documents[uri] = open
    return open.knowledge
  }
}
