import Files
import Foundation
import Platform
import Serving
import Tensors

/// What programs send to nnsh: whatever it is, each answer is one, and the next request is answered.
extension Fuzzer {
  /// The lines of a client of `nnsh --serve`, such as the Jupyter kernel.
  static let requests = Fuzzer(
    name: "requests", summary: "requests to --serve, and lines that are none",
    seeds: { Examples.all },
    make: { random, corpus in
      let lines = (0...random.below(5)).map { number in
        let code = Served.code(corpus, &random)
        let request: JSONValue = [
          "id": .integer(number),
          "op": .string(random.one(of: ["run", "complete", "inspect", "is_complete"])),
          "code": .string(code), "cursor": .integer(random.below(code.unicodeScalars.count + 3)),
        ]
        return Served.sometimesBroken(request.text, &random)
      }
      return Array(lines.joined(separator: [10]))
    },
    take: { input in
      let answers = try Served.answers(to: input) { descriptor, answers in
        Server.serve(descriptor, with: CodeRunner.commandLine) { answers.add($0) }
      }
      try answers.requireLines()
    })

  /// The messages of an editor to `nnsh --lsp`.
  static let editors = Fuzzer(
    name: "editors", summary: "messages to --lsp, and bytes that are none",
    seeds: { Examples.all },
    make: { random, corpus in
      var messages = [Served.message("initialize", [:], 0), Served.opening(corpus, &random)]
      for number in 1...3 + random.below(6) {
        messages.append(Served.asking(corpus, number, &random))
      }
      let bytes = messages.flatMap { message in
        let content = Served.sometimesBroken(message.text, &random)
        return Array("Content-Length: \(content.count)\r\n\r\n".utf8) + content
      }
      return random.chance(20) ? Served.sometimesBroken(bytes, &random) : bytes
    },
    take: { input in
      let answers = try Served.answers(to: input) { descriptor, answers in
        LanguageServer.serve(descriptor, with: CodeRunner.commandLine) { answers.add($0) }
      }
      try answers.requireMessages()
    })
}

/// Makes what a program sends.
private enum Served {
  static let document: JSONValue = ["uri": "file:///fuzz.nns"]

  static func code(_ corpus: Corpus, _ random: inout Randomness) -> String {
    String(decoding: Examples.changed(corpus, &random), as: UTF8.self)
  }

  static func sometimesBroken(_ bytes: [UInt8], _ random: inout Randomness) -> [UInt8] {
    random.chance(10) ? Mutation.bytes(bytes, other: bytes, &random) : bytes
  }

  static func message(_ method: String, _ parameters: JSONValue, _ id: Int? = nil) -> JSONValue {
    .object(
      [("jsonrpc", "2.0"), ("method", .string(method)), ("params", parameters)]
        + (id.map { [("id", .integer($0))] } ?? []))
  }

  static func opening(_ corpus: Corpus, _ random: inout Randomness) -> JSONValue {
    message(
      "textDocument/didOpen",
      [
        "textDocument": [
          "uri": document["uri"] ?? .null, "version": 1, "text": .string(code(corpus, &random)),
        ]
      ])
  }

  /// A place that mostly exists.
  private static func position(_ random: inout Randomness) -> JSONValue {
    ["line": .integer(random.below(8)), "character": .integer(random.below(40))]
  }

  static func asking(_ corpus: Corpus, _ number: Int, _ random: inout Randomness) -> JSONValue {
    if random.chance(40) {
      let change: JSONValue = [
        "range": ["start": position(&random), "end": position(&random)],
        "text": .string(code(corpus, &random)),
      ]
      return message(
        "textDocument/didChange", ["textDocument": document, "contentChanges": [change]])
    }
    let features = ["hover", "completion", "signatureHelp", "definition", "documentSymbol"]
    return message(
      "textDocument/" + random.one(of: features),
      ["textDocument": document, "position": position(&random)], number)
  }

  /// What is answered to the bytes, which a server reads from a file.
  static func answers(
    to input: [UInt8], by serve: (_ descriptor: Int32, _ answers: Answers) -> Void
  ) throws -> Answers {
    let path = "served"
    try Data(input).write(to: URL(fileURLWithPath: path))
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    try Finding.unless(descriptor >= 0, "the input cannot be read")
    let answers = Answers()
    CodeRunner.watched { serve(descriptor, answers) }
    return answers
  }
}

/// What has been answered.
private final class Answers: @unchecked Sendable {
  private var bytes: [UInt8] = []

  func add(_ more: [UInt8]) { bytes += more }

  /// Each line is an event, and the last one ends an answer.
  func requireLines() throws {
    let lines = bytes.split(separator: 10)
    for line in lines { try Self.require(Array(line), has: "event") }
    guard let last = lines.last else { return }
    let event = try JSONValue(parsing: Array(last), deepest: 64)["event"]?.string
    try Finding.unless(event == "done", "the answers end with \(event ?? "none")")
  }

  /// Each message is as long as it says.
  func requireMessages() throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let head = rest.prefix { $0 != 13 }
      let name = "Content-Length: "
      let length = Int(String(decoding: head, as: UTF8.self).dropFirst(name.count)) ?? -1
      rest = rest.dropFirst(head.count + 4)
      try Finding.unless(length > 0 && length <= rest.count, "an answer is not of its length")
      try Self.require(Array(rest.prefix(length)), has: "jsonrpc")
      rest = rest.dropFirst(length)
    }
  }

  private static func require(_ text: [UInt8], has member: String) throws {
    let value = try? JSONValue(parsing: text, deepest: 64)
    try Finding.unless(
      value?[member] != nil, "no answer: \(String(decoding: text.prefix(200), as: UTF8.self))")
  }
}
