import Syntax

/// Puts a reader's own arguments into a hint: of `square(v)` "write x ^ 2" becomes "write v ^ 2".
enum ReaderArguments {
  /// - Parameters:
  ///   - hint: where its x stands for one argument, or its a and b (x and e) for two, or its [a, b] for a list,
  ///     they are written; a hint that fits the call in no such way stays as it is.
  ///   - text: what stands between the call's parentheses; nil where there is no call.
  static func filled(_ hint: String, _ text: String?) -> String {
    guard let text, !text.contains("\n"),
      let start = ["write ", "written "].compactMap({ hint.firstRange(of: $0)?.upperBound }).first,
      !hint[start...].hasPrefix("fn ")
    else { return hint }
    let arguments = ForeignFormats.arguments(in: text)
    return hint[..<start] + filled(String(hint[start...]), arguments, text)
  }

  private static func filled(_ hint: String, _ arguments: [String], _ text: String) -> String {
    guard let first = arguments.first else { return hint }
    let words = words(in: hint)
    let places = Set(
      words.filter { ["x", "a", "b", "e"].contains($0.text) }.map { String($0.text) })
    if hint.contains("[a, b]") {
      return first.hasPrefix("[")
        ? hint.replacing("[a, b]", with: first, maxReplacements: 1) : hint
    }
    switch places {
    case ["x"] where hint == "\(hint.prefix { $0 != "(" })(x)":
      return hint.replacing("(x)", with: "(\(text))")
    case ["x"] where arguments.count == 1: return replaced(hint, ["x": first])
    case ["e", "x"] where arguments.count == 2:
      return replaced(hint, ["x": first, "e": arguments[1]])
    case ["a", "b"] where arguments.count == 2:
      return replaced(hint, ["a": first, "b": arguments[1]])
    default: return hint
    }
  }

  private static func replaced(_ hint: String, _ values: [Substring: String]) -> String {
    var result = ""
    for word in words(in: hint) {
      guard let value = values[word.text] else {
        result += word.text
        continue
      }
      // An argument of a call, and what stands in brackets, need no parentheses of their own.
      let isAlone = "([,".contains(word.before ?? " ") && ")],".contains(word.after ?? " ")
      result += isName(value) || isNumber(value) || isAlone ? value : "(\(value))"
    }
    return result
  }

  /// The words of a text and what stands between them, each with the characters around it.
  private static func words(
    in text: String
  ) -> [(text: Substring, before: Character?, after: Character?)] {
    func isPart(_ character: Character) -> Bool {
      character.isLetter || character.isNumber || character == "_"
    }
    var words: [(text: Substring, before: Character?, after: Character?)] = []
    var start = text.startIndex
    while start < text.endIndex {
      let isWord = isPart(text[start])
      let end = text[start...].firstIndex { isPart($0) != isWord } ?? text.endIndex
      words.append(
        (
          text[start..<end], text[..<start].last { $0 != " " }, text[end...].first { $0 != " " }
        ))
      start = end
    }
    return words
  }

  private static func isName(_ text: String) -> Bool {
    text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }
      && text.first?.isLetter == true
  }

  private static func isNumber(_ text: String) -> Bool { Double(text) != nil }
}
