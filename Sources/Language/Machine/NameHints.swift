import Datasets
import Syntax

/// What to write instead of a name that means nothing here.
struct NameHints {
  let machine: Machine
  /// Where the name stands.
  let source: SourceText
  /// The variables that could be meant.
  let variables: [String]

  /// The suggestions for an unknown name that stands at `span`.
  func suggestions(for name: String, at span: Span) -> [String] {
    if Self.modules.contains(name) { return [moduleSuggestion(name, span)] }
    if let hint = Self.hints[name] { return [hint] }
    if NamedSet.available().contains(name) || FormulaSet.named(name) != nil {
      return ["load \(name) first"]
    }
    if machine.host.commandSyntax[name] != nil {
      return ["\(name) is a command and begins a statement, without parentheses: help \(name)"]
    }
    var candidates = Set(
      variables + machine.vocabulary.names)
    if isStatement(span) { candidates.formUnion(machine.host.commandSyntax.keys) }
    let names = nearest(name, among: candidates)
    return names.isEmpty ? [] : ["did you mean \(names.joined(separator: " or "))?"]
  }

  /// Whether a name is a line by itself, where a command's would have been one.
  private func isStatement(_ span: Span) -> Bool {
    let bytes = source.bytes
    let space = UInt8(ascii: " ")
    let ends: Set<UInt8> = [UInt8(ascii: "\n"), UInt8(ascii: ";")]
    let before = bytes[..<span.start].last { $0 != space }
    let after = bytes[span.end...].first { $0 != space }
    return before.map(ends.contains) ?? true && after.map(ends.contains) ?? true
  }

  /// `np.exp(x)`: the function's own name is what counts.
  private func moduleSuggestion(_ module: String, _ span: Span) -> String {
    let (names, end) = dottedNames(after: span.end)
    guard let last = names.last else {
      return "functions stand by themselves, without \(module)"
    }
    if let hint = Self.hints[last] { return hint }
    if machine.vocabulary.builtin(named: last) != nil {
      let arguments = MethodHints.arguments(after: end, in: source) ?? "x"
      return "functions stand by themselves: write \(last)(\(arguments))"
    }
    if machine.host.commandSyntax[last] != nil {
      return "\(last) is a command: write \(last) …, without parentheses"
    }
    let near = nearest(last, among: machine.vocabulary.builtinNames)
    return near.isEmpty
      ? "functions stand by themselves, without \(module); help lists them"
      : "functions stand by themselves: did you mean \(near.joined(separator: " or "))?"
  }

  /// The names of `.random.randn` after a module's name, and where they end.
  private func dottedNames(after offset: Int) -> (names: [String], end: Int) {
    let bytes = source.bytes
    var names: [String] = []
    var position = offset
    while position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      let start = position + 1
      position = start
      while position < bytes.count, Self.isNamePart(bytes[position]) { position += 1 }
      if position == start { break }
      names.append(source.text(in: Span(start, position)))
    }
    return (names, position)
  }

  private static func isNamePart(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...0xff:
      true
    default: false
    }
  }

  static let modules: Set<String> = [
    "np", "numpy", "torch", "F", "nn", "plt", "math", "jnp", "jax", "tf", "keras", "pd", "random",
    "matplotlib", "optim", "sklearn", "scipy",
  ]

  static let hints: [String: String] = [
    "append": "a list grows by +: list = list + [x]",
    "lambda": "a function is written x -> e",
    "int": "write floor(x), or number(s) of a string",
    "dict": "a record is written {a: 1, b: 2}",
    "list": "write tolist(x), or [a, b]",
    "tuple": "a list is written [a, b]",
    "asarray": "write tensor(x)",
    "isinstance": "write type(x) == \"tensor\"",
    "pow": "the power is written a ^ b",
    "power": "the power is written a ^ b",
    "mod": "the remainder is written a % b",
    "mm": "the matrix product is written a @ b",
    "bmm": "the matrix product is written a @ b",
    "add": "write a + b",
    "subtract": "write a - b",
    "multiply": "write a * b",
    "divide": "write a / b",
    "square": "write x ^ 2",
    "remainder": "the remainder is written a % b",
    "absolute": "write abs(x)",
    "full_like": "write full(x.shape, 0)",
    "empty": "write zeros(…)",
    "column_stack": "write stack([a, b], axis=1)",
    "moveaxis": "write transpose(x, [1, 0])",
    "nanmean": "write mean(x[not isnan(x)])",
    "nansum": "write sum(x[not isnan(x)])",
    "nanstd": "write std(x[not isnan(x)])",
    "ravel": "write flatten(x)",
    "astype": "write f32(x), or f64(x)",
    "randperm": "write permutation(n)",
    "pass": "a block may be empty: { }",
    "is": "write x == none",
    "cat": "write concat([a, b], axis=0)",
    "vstack": "write concat([a, b], axis=0)",
    "hstack": "write concat([a, b], axis=1)",
    "normal": "write randn(…)",
    "Linear": "a layer is written dense(in, out)",
    "Dense": "a layer is written dense(in, out)",
    "Conv2d": "a layer is written conv2d(in, out, kernel)",
    "Dropout": "a layer is written dropout(p)",
    "ReLU": "a layer is written relu",
    "Softmax": "a layer is written softmax",
    "Sequential": "layers are composed by |>: dense(784, 10) |> softmax",
    "SGD": "write sgd(rate, momentum=0.9)",
    "Adam": "write adam(rate=1e-3)",
    "CrossEntropyLoss": "write cross_entropy(target, prediction)",
    "MSELoss": "write mse(target, prediction)",
    "backward": "write grad L() wrt W",
    "plot": "plot is a command: write plot y",
    "show": "show is a command: write show x",
    "fit": "training is a command: write train net on letters",
    "predict": "a network is called: write net(x)",
    "evaluate": "testing is a command: write test net on letters.test",
    "hist": "how often values occur: write plot x kind=hist",
    "scatter": "points are drawn by plot: write plot y against x kind=scatter",
    "imshow": "a matrix is drawn by show: write show x",
    "net": "make a network first: net = dense(784, 10) |> softmax",
    "model": "make a network first: model = dense(784, 10) |> softmax",
    "man": "help is a command: write help train",
    "ls": "the variables are listed by who: write who",
    "dir": "the variables are listed by who: write who",
    "whos": "the variables are listed by who: write who",
    "bye": "write quit",
    "logout": "write quit",
    "q": "write quit",
    "self": "there are no methods: write f(x)",
    "sorted": "write sort(x)",
    "reversed": "write x[::-1]",
    "reverse": "write x[::-1]",
    "input": "a script's arguments are in args",
    "null": "write none",
    "nil": "write none",
    "elif": "write } else if condition { … }",
  ]
}

extension Machine {
  /// What to write instead of a name that means nothing.
  ///
  /// - Parameter variables: the names that could be meant.
  package func suggestions(
    forUnknown name: String, at span: Span, in source: SourceText, among variables: Set<String>
  ) -> [String] {
    NameHints(machine: self, source: source, variables: Array(variables))
      .suggestions(for: name, at: span)
  }
}
