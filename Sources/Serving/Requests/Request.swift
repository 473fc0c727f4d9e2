import Files
import Syntax

/// What a program asks for: a line of JSON.
struct Request {
  enum Operation: String, CaseIterable {
    case run, complete, inspect
    case isComplete = "is_complete"
  }

  /// Comes back with every answer.
  let id: JSONValue
  let operation: Operation
  let code: String
  /// A place in the code, in code points; nil for its end.
  let cursor: Int?

  /// Why a line is no request.
  struct Fault: Error {
    /// The request's, as far as it could be read.
    let id: JSONValue
    let message: String
    var fixes: [String] = []
    /// Where in the line the JSON breaks off, in bytes.
    var offset = 0
  }

  /// No request nests deeper, in lists and objects.
  private static let deepest = 32

  init(parsing line: [UInt8]) throws(Fault) {
    let value = try Self.json(line)
    guard value.object != nil else {
      throw Fault(
        id: .null, message: "a request is an object of JSON",
        fixes: [#"as {"id": 1, "op": "run", "code": "1 + 1"}"#])
    }
    id = try Self.id(value["id"])
    operation = try Self.operation(value["op"], id)
    guard let code = value["code"]?.string else {
      let problem = value["code"] == nil ? "is missing" : "is no string"
      throw Fault(
        id: id, message: "code \(problem)", fixes: [#"give it as text: "code": "1 + 1""#])
    }
    self.code = code
    cursor = try Self.cursor(value["cursor"], id)
  }

  private static func json(_ line: [UInt8]) throws(Fault) -> JSONValue {
    do throws(JSONFault) {
      return try JSONValue(parsing: line, deepest: deepest)
    } catch {
      switch error {
      case .unsound(let reason, let offset):
        throw Fault(id: .null, message: "the request is no JSON: \(reason)", offset: offset)
      case .goesOn(let offset):
        throw Fault(
          id: .null, message: "the request is no JSON: one value has ended, and more follows",
          fixes: ["end each request with a line feed"], offset: offset)
      case .interrupted: throw Fault(id: .null, message: "interrupted")
      }
    }
  }

  private static func id(_ value: JSONValue?) throws(Fault) -> JSONValue {
    switch value {
    case nil, .null?: return .null
    case .string?, .integer?: return value ?? .null
    default:
      throw Fault(id: .null, message: "id must be a whole number, a string or null")
    }
  }

  private static func operation(
    _ value: JSONValue?, _ id: JSONValue
  ) throws(Fault) -> Operation {
    let names = Operation.allCases.map(\.rawValue)
    let all = "op is one of " + names.joined(separator: ", ")
    guard let name = value?.string else {
      throw Fault(
        id: id, message: value == nil ? "op is missing" : "op is no string", fixes: [all])
    }
    if let operation = Operation(rawValue: name) { return operation }
    let near = nearest(name, among: names, limit: 1).first.map { "did you mean \($0)?" }
    throw Fault(
      id: id, message: "there is no op \(name.prefix(40))", fixes: (near.map { [$0] } ?? []) + [all]
    )
  }

  private static func cursor(_ value: JSONValue?, _ id: JSONValue) throws(Fault) -> Int? {
    switch value {
    case nil, .null?: return nil
    case .integer(let place)? where place >= 0: return place
    case .number(let place)?:
      if place >= 0, let whole = Int(exactly: place) { return whole }
    default: break
    }
    throw Fault(
      id: id, message: "cursor must be a whole number from 0",
      fixes: ["it counts the code points of the code before it"])
  }
}
