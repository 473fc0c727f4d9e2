import Syntax

/// Why `x |> f(a)` comes to nothing where `f(a)` is a call that lacks no argument: it is evaluated by
/// itself, and what it gives is called with x.
struct WholeCall: Error {
  /// What the call by itself ends in; nil where it gives something.
  let failure: (any Error)?
  /// The kind of what it gives, which cannot be called.
  let kind: String

  init(failure: any Error) {
    self.failure = failure
    kind = ""
  }

  init(gives kind: String) {
    failure = nil
    self.kind = kind
  }
}

extension Diagnosis {
  /// Where the call right of `|>` stands.
  var pipedCall: Span {
    site.operands.first.map { Span($0.start, site.span.end) } ?? site.span
  }

  func runtimeError(of whole: WholeCall) -> RuntimeError {
    let text = source.text(in: pipedCall)
    let call = text.utf8.count <= 60 && !text.contains("\n") ? text : "the call right of `|>`"
    guard let failure = whole.failure else {
      return .other(
        "\(call) lacks no argument, so that what is left of `|>` is not put into it; it gives "
          + "\(whole.kind.withArticle), which cannot be called", hint: nil)
    }
    return .other(
      "\(call) lacks no argument, so that what is left of `|>` is not put into it; by itself it "
        + "fails: \(RuntimeError(failure).message)", hint: nil)
  }

  /// The call with the value among its arguments, in the reader's own words.
  var pipedCallAdvice: [String] {
    guard site.operands.count > 1, let function = shortText(0), let value = shortText(1) else {
      return ["write f(x, a), or x |> (v -> f(v, a))"]
    }
    let given = site.operands.dropFirst(2)
    guard let first = given.first, let last = given.last else {
      return ["write \(value) |> \(function)"]
    }
    // Names before `=` stand left of the values.
    let open = site.operands[0].end + 1
    let arguments = source.text(in: Span(min(open, first.start), last.end)).drop { $0 == " " }
    return [
      "write \(function)(\(value), \(arguments))",
      "or \(value) |> (x -> \(function)(x, \(arguments)))",
    ]
  }
}
