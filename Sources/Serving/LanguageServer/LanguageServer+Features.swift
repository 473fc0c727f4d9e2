import Files
import Prompt
import Shell
import Syntax

extension LanguageServer {
  /// A place in an open document that a request is about.
  private struct Place {
    let uri: String
    let document: Document
    let offset: Int
    let knowledge: ScriptKnowledge
  }

  private func located(_ parameters: JSONValue) throws(ResponseError) -> Place {
    let (uri, open, knowledge) = try opened(parameters)
    guard let position = Document.Position(parameters["position"]) else {
      throw .parameters("position is missing")
    }
    return Place(
      uri: uri, document: open.document, offset: open.document.offset(of: position),
      knowledge: knowledge)
  }

  private func opened(
    _ parameters: JSONValue
  ) throws(ResponseError) -> (String, OpenDocument, ScriptKnowledge) {
    guard let uri = parameters["textDocument"]?["uri"]?.string else {
      throw .parameters("textDocument.uri is missing")
    }
    guard let knowledge = knowledge(of: uri), let open = documents[uri] else {
      throw .parameters("\(uri.prefix(200)) is not open")
    }
    return (uri, open, knowledge)
  }

  func hover(_ parameters: JSONValue) throws(ResponseError) -> JSONValue {
    let place = try located(parameters)
    guard let found = place.knowledge.explanation(at: place.offset) else { return .null }
    return ["contents": Self.code(found.text), "range": place.document.range(of: found.span)]
  }

  /// Text with its columns kept.
  private static func code(_ text: String) -> JSONValue {
    ["kind": "markdown", "value": .string("```nnsh\n" + text + "\n```")]
  }

  func completion(_ parameters: JSONValue) throws(ResponseError) -> JSONValue {
    let place = try located(parameters)
    let found = place.knowledge.completions(at: place.offset)
    let range = place.document.range(of: Span(place.offset - found.replaced, place.offset))
    let items = found.candidates.enumerated().map { index, candidate in
      Self.item(candidate, index, range)
    }
    return ["isIncomplete": false, "items": .array(items)]
  }

  private static func item(
    _ candidate: Completions.Candidate, _ index: Int, _ range: JSONValue
  ) -> JSONValue {
    // Editors sort by this text: ours are in their order already.
    let number = "\(index)"
    let order = String(repeating: "0", count: max(0, 5 - number.count)) + number
    // 3: a function, 6: a variable, 10: a property, for an argument's name.
    let kind = candidate.ending == "(" ? 3 : candidate.ending == "=" ? 10 : 6
    return [
      "label": .string(candidate.label), "kind": .integer(kind),
      "detail": .string(candidate.summary), "sortText": .string(order),
      "filterText": .string(candidate.text),
      "textEdit": ["range": range, "newText": .string(candidate.inserted)],
    ]
  }

  func signatureHelp(_ parameters: JSONValue) throws(ResponseError) -> JSONValue {
    let place = try located(parameters)
    guard let call = place.knowledge.signature(at: place.offset) else { return .null }
    let described = call.parameters.map { part in
      ["label": .string(part.text), "documentation": .string(part.summary)] as JSONValue
    }
    let signature: JSONValue = [
      "label": .string(call.text), "documentation": .string(call.summary),
      "parameters": .array(described),
    ]
    return [
      "signatures": [signature], "activeSignature": 0,
      // Beyond the last one, none is marked.
      "activeParameter": .integer(call.active ?? call.parameters.count),
    ]
  }

  func definition(_ parameters: JSONValue) throws(ResponseError) -> JSONValue {
    let place = try located(parameters)
    guard let (symbol, source) = place.knowledge.definition(at: place.offset) else { return .null }
    if source === place.knowledge.source {
      return ["uri": .string(place.uri), "range": place.document.range(of: symbol.span)]
    }
    let document = Document(String(decoding: source.bytes, as: UTF8.self))
    return [
      "uri": .string(DocumentURI.uri(ofPath: source.name)),
      "range": document.range(of: symbol.span),
    ]
  }

  /// The functions and the variables at the top level, each where it first gets a value.
  func documentSymbols(_ parameters: JSONValue) throws(ResponseError) -> JSONValue {
    let (_, open, knowledge) = try opened(parameters)
    var seen: Set<String> = []
    let symbols = knowledge.symbols.all.filter { symbol in
      symbol.isGlobal && symbol.kind != .parameter && seen.insert(symbol.name).inserted
    }
    return .array(
      symbols.map { symbol in
        [
          "name": .string(symbol.name),
          // A function, or a variable.
          "kind": symbol.kind == .function ? 12 : 13,
          "range": open.document.range(of: symbol.extent.union(symbol.span)),
          "selectionRange": open.document.range(of: symbol.span),
        ]
      })
  }
}
