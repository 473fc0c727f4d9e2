import Files
import Shell
import Syntax

/// A script that an editor holds.
struct OpenDocument {
  var document: Document
  /// As the editor counts them; null where it does not.
  var version: JSONValue
  /// Nil until it is asked for: it takes a while.
  var knowledge: ScriptKnowledge?
  /// Whether the editor has been told what is wrong with this version.
  var isPublished = false
}

extension LanguageServer {
  func open(_ parameters: JSONValue) {
    guard let item = parameters["textDocument"], let uri = item["uri"]?.string,
      let text = item["text"]?.string
    else { return }
    documents[uri] = OpenDocument(document: Document(text), version: item["version"] ?? .null)
  }

  func change(_ parameters: JSONValue) {
    guard let item = parameters["textDocument"], let uri = item["uri"]?.string,
      var open = documents[uri]
    else { return }
    for change in parameters["contentChanges"]?.array ?? [] {
      guard let text = change["text"]?.string else { continue }
      if let range = change["range"], let start = Document.Position(range["start"]),
        let end = Document.Position(range["end"])
      {
        open.document.replace(start, end, with: text)
      } else {
        open.document = Document(text)
      }
    }
    open.version = item["version"] ?? .null
    open.knowledge = nil
    open.isPublished = false
    documents[uri] = open
  }

  func close(_ parameters: JSONValue) {
    guard let uri = parameters["textDocument"]?["uri"]?.string,
      documents.removeValue(forKey: uri) != nil
    else { return }
    publish([], of: uri, version: .null)
  }

  /// Tells the editor what is wrong with what has changed.
  func publishDiagnostics() {
    for (uri, open) in documents where !open.isPublished {
      documents[uri]?.isPublished = true
      guard let knowledge = knowledge(of: uri) else { continue }
      let faults = knowledge.diagnostics.map { Self.diagnostic($0, in: open.document) }
      publish(faults, of: uri, version: open.version)
    }
  }

  private func publish(_ diagnostics: [JSONValue], of uri: String, version: JSONValue) {
    var fields: [(name: String, value: JSONValue)] = [("uri", .string(uri))]
    if version.integer != nil { fields.append(("version", version)) }
    notify(
      "textDocument/publishDiagnostics",
      .object(fields + [("diagnostics", .array(diagnostics))]))
  }

  private static func diagnostic(_ diagnostic: Diagnostic, in document: Document) -> JSONValue {
    let details = (diagnostic.label ?? "").split(separator: "\n").map(String.init)
    let lines = [diagnostic.message] + details + diagnostic.suggestions.map { "= " + $0 }
    return [
      "range": document.range(of: diagnostic.span),
      // An error.
      "severity": 1, "source": "nnsh", "message": .string(lines.joined(separator: "\n")),
    ]
  }
}

// MARK: places

extension Document.Position {
  /// The place that a value tells; nil where it tells none.
  init?(_ value: JSONValue?) {
    guard let line = value?["line"]?.integer, let character = value?["character"]?.integer else {
      return nil
    }
    self.init(line: line, character: character)
  }

  var json: JSONValue { ["line": .integer(line), "character": .integer(character)] }
}

extension Document {
  func range(of span: Span) -> JSONValue {
    [
      "start": position(of: span.start).json, "end": position(of: max(span.start, span.end)).json,
    ]
  }
}

/// The addresses of documents.
enum DocumentURI {
  /// The address of a file.
  static func uri(ofPath path: String) -> String {
    var text = "file://"
    for byte in UsedFiles.canonical(path).utf8 {
      let scalar = Unicode.Scalar(byte)
      if scalar.isASCII, scalar.properties.isAlphabetic || "0123456789/-._~".utf8.contains(byte) {
        text.unicodeScalars.append(scalar)
      } else {
        text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    return text
  }

  /// The path of a file, as messages and `use` need it; anything else as it is.
  static func path(of uri: String) -> String {
    guard uri.hasPrefix("file://") else { return uri }
    let path = uri.dropFirst("file://".count)
    var bytes: [UInt8] = []
    var rest = Array(path.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(code)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
