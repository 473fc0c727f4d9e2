import Runtime

/// A chapter about the language itself, for what is neither a builtin nor a command.
package struct Topic: Sendable {
  package let name: String
  /// Keywords that it is about, which lead to it too.
  package let keywords: [String]
  package let summary: String
  /// Markdown that also reads well as it stands.
  package let text: String
  /// Code with what it prints; run by a test.
  package let examples: [Declaration.Example]
  package let seeAlso: [String]

  /// All there are, in the order of the manual.
  package static let all: [Topic] = [
    syntax, values, tensors, functions, control, strings, networks, data, gradients, errors, keys,
  ]

  private init(
    _ name: String, keywords: [String] = [], _ summary: String, _ text: String,
    examples: [Declaration.Example] = [], seeAlso: [String] = []
  ) {
    self.name = name
    self.keywords = keywords
    self.summary = summary
    self.text = text
    self.examples = examples
    self.seeAlso = seeAlso
  }

  private static let syntax = Topic(
    "syntax", keywords: ["and", "or", "not"], "statements, comments, operators",
    """
    A newline or `;` ends a statement; `;` also silences its echo. `#` begins a comment. Inside \
    brackets, after an operator, a comma or `|>`, and before a line that starts with `|>`, a \
    newline ends nothing.

    Operators, loosest first: `|>`, `or`, `and`, `not`, `== != < <= > >=`, `a..<b` and `a...b` \
    (with `by`), `+ -`, `* / % @`, unary `-`, `^`, and then `f(x)`, `x[i]`, `x.name`, `x'`. `*` \
    is elementwise, `@` the matrix product, `'` the transpose, `^` the power.

    A command's word is a command only where a statement begins and what follows cannot continue \
    an expression: `train net on letters` is one, `train = 3` and `seed(5)` are not.
    """,
    examples: [.init("2 + 3 * 4 ^ 2", "50"), .init("1 + 1; 2 + 2", "4")],
    seeAlso: ["values", "functions", "control"])

  private static let values = Topic(
    "values", keywords: ["true", "false", "none"], "numbers, strings, tensors, lists, records",
    """
    A number is Float64; `true`, `false` and `none` are values too. `{a: 1, b: 2}` is a record, \
    its fields read and assigned as `r.a`. A bracket literal of numbers is a tensor, of others a \
    list. `0..<5` and `1...5 by 2` are ranges. Everything is a value: after `b = a`, a change of \
    `b` leaves `a` alone.
    """,
    examples: [
      .init("r = {a: 1, b: 2}\nr.b = 5\nr.a + r.b", "6"),
      .init("a = [1, 2, 3]\nb = a\nb[0] = 9\na[0]", "1"),
    ],
    seeAlso: ["tensors", "strings"])

  private static let tensors = Topic(
    "tensors", "shapes, indexing, broadcasting",
    """
    Tensors are Float32; `f64(x)` makes Float64 ones. Shapes, broadcasting, axes, negative \
    indices and half-open slices are NumPy's: `x[0]`, `x[-1]`, `x[0:10, :]`, `x[::2]`, `x[mask]`, \
    `x[[3, 1, 2]]`, and each may be assigned to. `x.shape` and `x.T` are fields.
    """,
    examples: [
      .init("x = [[1, 2, 3], [4, 5, 6]]\nx[:, 1]", "2 tensor f32\n  2  5"),
      .init("[[1, 2], [3, 4]] @ [[1], [1]]", "2×1 tensor f32\n  3\n  7"),
    ],
    seeAlso: ["values", "reshape", "sum"])

  private static let functions = Topic(
    "functions", keywords: ["fn", "return"], "fn, arrows, pipelines",
    """
    `fn name(a, b=1) = expression` or `fn name(a) { … return e }`; `x -> x^2` and \
    `(a, b) -> a + b` without a name. Functions are values and closures, and may call themselves. \
    `a |> f` is `f(a)`; between layers or functions `|>` composes.
    """,
    examples: [
      .init("fn square(x) = x^2\n[1, 2, 3] |> square |> sum", "14"),
      .init("map(x -> 2 * x, [\"a\", \"b\"] |> len |> range)", nil),
    ],
    seeAlso: ["control", "source", "map"])

  private static let control = Topic(
    "control", keywords: ["if", "else", "while", "for", "in", "by", "break", "continue"],
    "if, while, for",
    """
    `if c { a } else { b }` is an expression; `while c { }`, `for e in 1...200 { }` and \
    `for i, v in list { }` repeat, with `break` and `continue`. A condition is `true` or `false`.
    """,
    examples: [.init("s = 0\nfor i in 1...100 { s += i }\ns", "5050")],
    seeAlso: ["functions", "range"])

  private static let strings = Topic(
    "strings", "interpolation and formats",
    """
    `"…"` with `\\n \\t \\" \\\\ \\u{…}`. `{expression}` inside is replaced by its value, \
    `{expression:format}` formatted as in Python: width, precision, `f e g d %`. `{{` and `}}` \
    are braces.
    """,
    examples: [.init("loss = 0.12345\nprint(\"loss {loss:.3f}\")", "loss 0.123")],
    seeAlso: ["print", "values"])

  private static let networks = Topic(
    "networks", "layers, training, looking inside",
    """
    Layers compose with `|>`: `net = dense(784, 100) |> relu |> dense(10) |> softmax`. \
    `train net on letters epochs=20` trains, `test net on letters.test` measures, `show net` lists \
    the layers, `net.W1` is a parameter, `net.history` what each epoch measured, and \
    `plot net.history` draws it. `net(x)` applies it. `save net to net.safetensors` keeps it.
    """,
    examples: [
      .init("net = dense(4, 3) |> relu |> dense(2) |> softmax\nnet.W2.shape", nil)
    ],
    seeAlso: ["train", "test", "show", "plot", "dense", "data"])

  private static let data = Topic(
    "data", "data sets and files",
    """
    `load letters` binds a data set: `.train`, `.valid` and `.test`, each with `.x` (N×F), `.y` \
    (one-hot), `.labels` and `.images`; and `.names`. `dataset(x, y)` makes one of your own arrays \
    and `split` parts it. `load FILE` reads .npz .npy .csv .idx .png .safetensors, and \
    `save VALUE to FILE` writes.
    """,
    seeAlso: ["load", "save", "dataset", "split", "batches"])

  private static let gradients = Topic(
    "gradients", keywords: ["grad", "numgrad", "wrt"], "grad, numgrad, and gradients by hand",
    """
    `grad L wrt W` evaluates L, a number, with W traced and gives dL/dW; with several names it \
    gives a list. It works through functions, loops, indexing and networks. `numgrad L wrt W` \
    gives the same by central differences in Float64.
    """,
    examples: [.init("x = [1, 2, 3]\ngrad sum(x^2) wrt x", "3 tensor f32\n  2  4  6")],
    seeAlso: ["gradCE", "dL_dW_o", "train"])

  private static let errors = Topic(
    "errors", "how to read them, how to catch them",
    """
    An error names the place with a caret, the shapes of the values, and what would fit. A \
    statement that fails changes nothing itself. `error(text)` raises one, `assert(c)` checks, \
    `try(f)` calls f and gives `{ok, value, error}`. Exit codes: 0 success, 1 an error, 2 wrong \
    usage or code that cannot be read (nothing of it has run), 130 interrupted.
    """,
    seeAlso: ["error", "assert", "try"])

  private static let keys = Topic(
    "keys", "the prompt's keys",
    """
    Enter runs a complete statement and opens a new line in an incomplete one. Up and Down move \
    inside a statement of several lines and otherwise through the history of what begins the same. \
    Ctrl-R searches, Tab completes, `\\alpha` Tab gives α. Ctrl-C gives the line up or stops what \
    runs; Ctrl-D leaves. `~/.editrc` is honoured: `bind -v` gives vi's keys.
    """,
    seeAlso: ["history", "set", "transcript"])
}
