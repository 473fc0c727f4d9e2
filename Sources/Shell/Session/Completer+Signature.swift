import Language
import Library
import Syntax

/// A call that is being written: how it is written in full, and which argument comes next.
package struct CallSignature {
  /// A parameter as the signature shows it, and what it is.
  package typealias Part = (text: String, summary: String)

  /// `sum(x, axis=none, keepdims=false)`
  package let text: String
  package let summary: String
  package let parameters: [Part]
  /// Which of them is being written; nil where there are more arguments than parameters.
  package let active: Int?
}

extension Completer {
  /// The call in whose brackets a place stands; nil where it is in none, or what is called is not
  /// known.
  func signature(in text: String, at offset: Int) -> CallSignature? {
    let before = String(decoding: Array(text.utf8).prefix(max(0, offset)), as: UTF8.self)
    let place = CompletionPlace(before: before)
    guard !place.isComment, let bracket = place.bracket, bracket.kind == "(" else { return nil }
    let head = place.text(upTo: bracket.place)
    let callee = CompletionPlace.trailingWord(head)
    guard !callee.isEmpty else { return nil }
    let owner = CompletionPlace.trailingPath(head.dropLast(callee.count))
    guard !owner.hasPrefix("."), let parameters = parameters(of: owner + callee) else { return nil }
    let inside = place.text(from: bracket.place + 1)
    return CallSignature(
      text: "\(callee)(\(parameters.map(\.signature).joined(separator: ", ")))",
      summary: summary(of: owner + callee),
      parameters: parameters.map { ($0.signature, $0.summary) },
      active: Self.active(inside, parameters))
  }

  private func summary(of callee: String) -> String {
    if machine.globals.isUserDefined(callee) || callee.contains(".") {
      return UserHelp.lines(callee, machine).map { $0.dropFirst().dropLast() }?
        .joined(separator: "\n") ?? ""
    }
    return HelpIndex.functions.first { $0.name == callee }?.summary
      ?? Builtin.named(callee)?.declaration.summary ?? ""
  }

  /// The argument that the last of these is.
  private static func active(_ arguments: String, _ parameters: [Parameter]) -> Int? {
    let current = arguments.split(separator: ",", omittingEmptySubsequences: false).last ?? ""
    let words = current.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    if words.count == 2, !words[1].hasPrefix("="),
      let named = parameters.firstIndex(where: { $0.name == words[0].filter { $0 != " " } })
    {
      return named
    }
    let count = CompletionPlace.positionalCount(in: arguments)
    if count < parameters.count { return count }
    return parameters.last?.isVariadic == true ? parameters.count - 1 : nil
  }
}
