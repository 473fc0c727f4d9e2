import Syntax

extension Function {
  /// How the function itself is shown: `fn area(r, scale=1)`, `x -> x^2`,
  /// `builtin sum(x, axis=none, keepdims=false)`, `relu |> softmax`.
  package var displayName: String {
    switch origin {
    case .builtin(let builtin): return "builtin " + builtin.declaration.signature
    case .user(let code):
      guard let definition else { return "fn \(code.usage)" }
      let text = definition.source.text(in: definition.span)
      return text.hasPrefix("fn") ? Self.head(of: text) : Self.shortened(text)
    case .composed(let steps):
      let shown = steps.prefix(Self.shownSteps).map { step in
        if case .function(let function) = step, let name = function.name { return name }
        return step.inline()
      }.joined(separator: " |> ")
      return steps.count <= Self.shownSteps ? shown : "\(shown) |> … \(steps.count) in all"
    }
  }

  /// How many steps of a composition are shown.
  private static let shownSteps = 20

  /// A definition up to the parenthesis that ends its parameters.
  private static func head(of text: String) -> String {
    var depth = 0
    var isInString = false
    var previous: Character = " "
    for index in text.indices {
      let character = text[index]
      if character == "\"", previous != "\\" { isInString.toggle() }
      if !isInString {
        if character == "(" { depth += 1 }
        if character == ")" {
          depth -= 1
          if depth == 0 { return shortened(String(text[...index])) }
        }
      }
      previous = character
    }
    return shortened(text)
  }

  /// The text on one line of at most 60 characters.
  private static func shortened(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }
      .joined(separator: " ")
    return line.count <= 60 ? line : line.prefix(57) + " …"
  }
}
