/// Why a message has no answer: the codes of JSON-RPC and of the Language Server Protocol.
struct ResponseError: Error {
  let code: Int
  let message: String

  static func parse(_ reason: String) -> Self { Self(code: -32700, message: reason) }
  static func invalidRequest(_ reason: String) -> Self { Self(code: -32600, message: reason) }
  static func noMethod(_ name: String) -> Self {
    Self(code: -32601, message: "there is no method \(name.prefix(60))")
  }
  static func parameters(_ reason: String) -> Self { Self(code: -32602, message: reason) }
  static let notInitialized = Self(code: -32002, message: "initialize comes first")
}
