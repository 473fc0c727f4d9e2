import Datasets
import Networks
import Syntax
import Tensors

extension RuntimeError {
  /// What happened, in words: the first line of the diagnostic, without `error: `.
  package var message: String {
    switch self {
    case .unknownName(let name): "unknown name \(name)"
    case .unknownField(let name, let of, _): "\(of) has no field \(name)"
    case .notCallable(let kind): "\(kind.withArticle) cannot be called"
    case .notIndexable(let kind): "\(kind.withArticle) cannot be indexed"
    case .notIterable(let kind): "\(kind.withArticle) cannot be looped over"
    case .notTakenApart(let element, let names, _):
      "the loop takes each element apart into \(Self.list(names)), and this one is \(element)"
    case .argumentKind(let function, let parameter, let expected, let got, _):
      "\(function): \(parameter) must be \(expected), not \(got)"
    case .missingArgument(let function, let parameter, _):
      "\(function) needs the argument \(parameter)"
    case .tooManyArguments(let function, let accepts, let got, _):
      "\(function) takes \(Self.count(accepts, "argument")), and \(got) \(got == 1 ? "is" : "are") given"
    case .unknownArgument(let function, let name, _, _):
      "\(function) has no argument \(name)"
    case .repeatedArgument(let function, let name, _):
      "\(function) is given the argument \(name) twice"
    case .operands(let operation, let left, let right):
      "cannot \(operation) \(left) and \(right)"
    case .conditionNotBool(let kind): "a condition must be true or false, not \(kind.withArticle)"
    case .logicalOperand(let operation, let got):
      "`\(operation)` takes true, false or a mask, not \(got)"
    case .recursionTooDeep(let limit):
      "functions call each other more than \(limit) deep: a recursion without an end?"
    case .notDifferentiable(let name, let reason): "\(name) has no derivative: \(reason)"
    case .independent(let names): "the result does not depend on \(names.joined(separator: ", "))"
    case .assertion(let text), .raised(let text):
      text.isEmpty ? "stopped by an error without a message" : text
    case .exit(let code): "exit \(code)"
    case .interrupted: "interrupted"
    case .tensor(let error): error.message
    case .network(let error): error.message
    case .training(let error): error.message
    case .dataset(let error): error.message
    case .other(let text, _): text
    }
  }

  /// What to do about it, where that is known; follows `= ` below the source line.
  package var hint: String? {
    switch self {
    case .unknownField(let name, _, let known): Self.suggestion(name, known)
    case .missingArgument(_, _, let usage): usage
    case .tooManyArguments(_, _, _, let usage): usage
    case .unknownArgument(_, let name, let known, let usage):
      Self.suggestion(name, known) ?? usage ?? "it takes \(known.joined(separator: ", "))"
    case .argumentKind(let function, "axis", _, _, _) where function == "max" || function == "min":
      "element by element it is \(function)imum(a, b)"
    case .argumentKind(let function, "axis", _, _, _) where ["concat", "stack"].contains(function):
      "the parts stand in a list: \(function)([a, b])"
    case .argumentKind(let function, "keepdims", _, let got, _) where got.hasPrefix("the number"):
      "several numbers stand in a list: \(function)([a, b, c])"
    case .argumentKind(_, _, Parameter.Kind.sequence.phrase, "a record", _):
      "of a record r: items(r), keys(r) or values(r)"
    case .argumentKind(let function, _, Parameter.Kind.tensor.phrase, "a network", _):
      "it takes what a network gives, as \(function)(net(x)); the layer is net |> \(function)"
    case .notTakenApart("a split", _, _):
      "it has the fields x and y: for b in … { b.x, b.y }"
    case .notTakenApart(_, let names, let sequence):
      names.count == 2
        ? "for positions and elements: for \(names[0]), \(names[1]) in enumerate(\(sequence)) { … }"
        : "lists of \(names.count) are taken apart, as zip(…) gives them"
    case .repeatedArgument(_, _, let usage), .argumentKind(_, _, _, _, let usage): usage
    case .conditionNotBool(let kind) where kind == "tensor":
      "use any(…) or all(…) of the tensor"
    case .conditionNotBool(let kind) where kind == "number":
      "compare it, as x != 0"
    case .logicalOperand(_, "a list"): "a list of true and false is a mask by tensor(list)"
    case .logicalOperand: "compare it, as x != 0"
    case .operands(_, let left, let right) where [left, right].contains("a table"):
      "numbers for arithmetic are tensor(t), or its columns, as t.age"
    case .independent:
      "a number that was computed before has no gradient: write the expression itself, "
        + "or a function, as L()"
    case .other(_, let hint): hint
    default: nil
    }
  }

  private static func suggestion(_ name: String, _ known: [String]) -> String? {
    let names = nearest(name, among: known)
    if !names.isEmpty { return "did you mean \(names.joined(separator: " or "))?" }
    return known.isEmpty || known.count > 12
      ? nil : "it has \(known.joined(separator: ", "))"
  }

  /// `a, b and c`
  private static func list(_ names: [String]) -> String {
    guard let last = names.last, names.count > 1 else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " and " + last
  }

  private static func count(_ number: Int, _ noun: String) -> String {
    switch number {
    case 0: "no \(noun)s"
    case 1: "1 \(noun)"
    default: "at most \(number) \(noun)s"
    }
  }
}

extension String {
  /// A noun with its article: `a tensor`, `an optimizer`.
  package var withArticle: String {
    if self == "none" { return self }
    let isVowel = first.map { "aeiou".contains($0) } ?? false
    return "\(isVowel ? "an" : "a") \(self)"
  }
}
