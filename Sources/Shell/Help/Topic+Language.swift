extension Topic {
  /// What the language is made of.
  static let language: [Topic] = [
    syntax, operators, values, numbers, strings, lists, records, ranges, tensors, slices,
    functions, pipes, control,
  ]

  private static let syntax = Topic(
    "syntax", aliases: ["statements", "comments", "#", ";"],
    "statements, comments, commands",
    """
    A newline or `;` ends a statement; `;` also silences its echo. `#` begins a comment. Inside \
    brackets, after an operator, a comma or `|>`, and before a line that starts with `|>`, a \
    newline ends nothing.

    A command's word is a command only where a statement begins and what follows cannot continue \
    an expression: `train net on letters` is one, `train = 3` and `seed(5)` are not.
    """,
    examples: [.init("1 + 1; 2 + 2", "4"), .init("sum([1,\n  2,\n  3])", "6")],
    seeAlso: ["operators", "values", "functions", "control", "scripts"])

  private static let operators = Topic(
    "operators",
    aliases: [
      "precedence", "+", "-", "*", "/", "%", "@", "^", "'", "==", "!=", "<", "<=", ">", ">=",
      "and", "or", "not", "+=", "-=", "*=", "/=", "%=", "@=", "^=",
    ],
    "what each one does, and how tightly it binds",
    """
    Loosest first: `|>`, `or`, `and`, `not`, `== != < <= > >= in`, `a..<b` and `a...b` (with `by`), \
    `+ -`, `* / % @`, unary `-`, `^` (from the right), and then `f(x)`, `x[i]`, `x.name`, `x'`.

    `*` is elementwise, `@` the matrix product, `'` the transpose, `^` the power. Comparisons of \
    tensors are elementwise and give masks; with a list, string, record, function or none on a \
    side, `==` and `!=` compare the whole. `in` looks for a value in a list, a key in a record, a \
    part in a string, a number in a range or tensor. `and`, `or`, `not` take truth values, and \
    with a mask on the left work element by element. `a += e` is `a = a + e`, and so are \
    `-= *= /= %= @= ^=`.
    """,
    examples: [
      .init("2 + 3 * 4 ^ 2", "50"), .init("-2 ^ 2", "-4"),
      .init("[1, 2, 3] > 1", "3 tensor bool\n  false  true  true"),
      .init("[[1, 2], [3, 4]] @ [[1], [1]]", "2×1 tensor f32\n  3\n  7"),
      .init("\"cat\" in [\"cat\", \"dog\"]", "true"),
      .init("x = [1, 2, 3]\nx > 1 and x < 3", "3 tensor bool\n  false  true  false"),
    ],
    seeAlso: ["syntax", "pipes", "ranges", "tensors", "matmul"])

  private static let values = Topic(
    "values", aliases: ["types", "copies", "true", "false", "none"],
    "the kinds of values; copies are cheap",
    """
    Number, bool, string, tensor, list, record, range, function, network, optimizer, data set, \
    `none`. Everything is a value: after `b = a`, a change of `b` leaves `a` alone, and nothing is \
    copied until that change. A bracket literal of numbers is a tensor, of others a list.
    """,
    examples: [
      .init("a = [1, 2, 3]\nb = a\nb[0] = 9\na[0]", "1"), .init("type([1, 2])", "\"tensor\""),
    ],
    seeAlso: ["numbers", "strings", "tensors", "lists", "records", "type"])

  private static let numbers = Topic(
    "numbers", aliases: ["number_formats", "inf", "nan", "pi", "float"],
    "Float64; inf, nan, pi",
    """
    Written `1`, `1_000`, `0.5`, `1e-3`, `inf`, `nan`, `pi`. A number is a Float64 and prints in \
    up to six significant digits, in full where it is whole and below 10²¹. Division by zero and overflow follow \
    IEEE. A number and a tensor without axes are interchangeable; beside a tensor a number takes \
    its type.
    """,
    examples: [.init("0.1 + 0.2", "0.3"), .init("1 / 0", "inf"), .init("nan == nan", "false")],
    seeAlso: ["values", "tensors", "strings", "isnan"])

  private static let strings = Topic(
    "strings", aliases: ["interpolation", "formats", "format", "escapes", "\"", "{"],
    "interpolation and formats",
    """
    `"…"` with `\\n \\t \\" \\\\ \\u{…}`. `{expression}` inside is replaced by its value, \
    `{expression:format}` formatted as in Python: width, precision, `f e g d %`. `{{` and `}}` \
    are braces. `+` joins strings.
    """,
    examples: [
      .init("loss = 0.12345\nprint(\"loss {loss:.3f}, {loss:.1%}\")", "loss 0.123, 12.3%"),
      .init("\"a\" + str(1)", "\"a1\""),
    ],
    seeAlso: ["print", "str", "values"])

  private static let lists = Topic(
    "lists", aliases: ["list", "["], "values of any kind in a row",
    """
    A bracket literal that holds anything but numbers is a list: `["a", 1]`, `[net, x]`, `[]`. \
    `l[0]`, `l[-1]` and `l[1:3]` index, `l[0] = v` assigns, `+` joins, `l += [v]` appends without \
    copying, `len` counts, and `for`, `map`, `filter` and `zip` go through. `a, b = l` takes apart.
    """,
    examples: [
      .init("words = [\"a\", \"b\"]\nwords += [\"c\"]\nlen(words)", "3"),
      .init("first, second = [\"x\", \"y\"]\nsecond", "\"y\""),
    ],
    seeAlso: ["records", "map", "filter", "zip", "len"])

  private static let records = Topic(
    "records", aliases: ["record", "fields", "."], "values by name",
    """
    `{a: 1, b: 2}`; fields are read and assigned as `r.a`, and a new one is added so too. `keys(r)` \
    lists the names. `test`, `train` and `check` give records.
    """,
    examples: [.init("r = {a: 1, b: 2}\nr.b = 5\nr.a + r.b", "6")],
    seeAlso: ["lists", "keys", "values"])

  private static let ranges = Topic(
    "ranges", aliases: ["..<", "...", "by"], "numbers from here to there",
    """
    `a..<b` leaves `b` out, `a...b` takes it in, `by` sets the step. `range(n)` is `0..<n`. A `for` \
    loop and `map` run over them; `arange` and `linspace` make tensors. `1...inf` has no end: a \
    loop over it is left by `break`.
    """,
    examples: [
      .init("sum(1...100)", "5050"),
      .init("for i in 0...6 by 3 { print(i) }", "0\n3\n6"),
    ],
    seeAlso: ["control", "range", "arange", "linspace", "slices"])

  private static let tensors = Topic(
    "tensors", aliases: ["tensor_shapes", "broadcasting", "axes", "axis"],
    "shapes, types, axes, broadcasting",
    """
    Tensors are Float32; `f64([…])` makes Float64 ones, and both together give Float64. A literal \
    is Float64 by itself where Float32 cannot hold one of its whole numbers or its magnitude. \
    Shapes, \
    axes and broadcasting are NumPy's: axes are matched from the last, and an axis of 1 stretches. \
    `x.shape` and `x.T` are fields; `sum(x, axis=0)` sums the columns.
    """,
    examples: [
      .init("x = [[1, 2, 3], [4, 5, 6]]\nsum(x, axis=0)", "3 tensor f32\n  5  7  9"),
      .init("[[1], [2]] + [10, 20]", "2×2 tensor f32\n  11  21\n  12  22"),
    ],
    seeAlso: ["slices", "operators", "reshape", "sum", "zeros", "randn"])

  private static let slices = Topic(
    "slices", aliases: ["slice", "slicing", "indexing", "index", "mask", "masks", ":"],
    "parts of tensors and lists",
    """
    As in NumPy, from 0 and half-open: `x[0]`, `x[-1]`, `x[0:10, :]`, `x[:, 1]`, `x[::2]`, \
    `x[mask]`, `x[[3, 1, 2]]`. A number takes its axis away, a slice keeps it; `...` stands for \
    the axes left out, `none` adds one, and two arrays side by side pick pairs. Each may be \
    assigned to, and what is assigned broadcasts.
    """,
    examples: [
      .init("x = [[1, 2, 3], [4, 5, 6]]\nx[:, 1]", "2 tensor f32\n  2  5"),
      .init("x = arange(6)\nx[x > 2] = 0\nx", "6 tensor f32\n  0  1  2  0  0  0"),
      .init("arange(10)[::3]", "4 tensor f32\n  0  3  6  9"),
      .init("p = [[1, 2, 3], [4, 5, 6]]\np[arange(2), [2, 0]]", "2 tensor f32\n  3  4"),
    ],
    seeAlso: ["tensors", "ranges", "where", "reshape"])

  private static let functions = Topic(
    "functions", aliases: ["fn", "return", "closures", "lambda", "->", "recursion"],
    "fn and arrows",
    """
    `fn name(a, b=1) = expression` or `fn name(a) { … return e }`; `return a, b` gives both, taken \
    apart by `p, q = f(x)`; `x -> x^2` and \
    `(a, b) -> a + b` without a name, `x -> { … }` with a block. Calls take arguments by place and \
    by name. Functions are values and closures, see globals, and may call themselves.
    """,
    examples: [
      .init("fn area(r, scale=1) = scale * pi * r^2\narea(1, scale=2)", "6.28319"),
      .init("map(x -> x^2, [1, 2, 3])", "[1, 4, 9]"),
    ],
    seeAlso: ["pipes", "control", "source", "map"])

  private static let pipes = Topic(
    "pipes", aliases: ["|>", "pipe", "pipeline", "pipelines", "composition"],
    "|> applies and composes",
    """
    `a |> f` is `f(a)` where `a` is a value, so steps read from left to right. Between functions \
    or layers it composes: `relu |> sum` is a function, `dense(784, 100) |> relu` a network. Into a \
    call that lacks an argument the value goes as its first: `x |> reshape([2, 3])`. A line may \
    begin with `|>`.
    """,
    examples: [
      .init("fn square(x) = x^2\n[1, 2, 3] |> square |> sum", "14"),
      .init("norm_of = abs |> sum\nnorm_of([-1, 2])", "3"),
    ],
    seeAlso: ["functions", "networks", "operators"])

  private static let control = Topic(
    "control", aliases: ["if", "else", "while", "for", "in", "break", "continue", "loops"],
    "if, while, for",
    """
    `if c { a } else { b }` is an expression; `while c { }`, `for e in 1...200 { }` and \
    `for i, v in enumerate(list) { }` repeat, with `break` and `continue`; several names take each \
    element apart, as `zip` and `items` give them, and a record into name and value. A condition is `true` or `false`; \
    of a tensor, `all(x > 0)` or `any(x > 0)`.
    """,
    examples: [
      .init("s = 0\nfor i in 1...100 { s += i }\ns", "5050"),
      .init("for a, b in zip([1, 2], [3, 4]) { print(a * b) }", "3\n8"),
      .init("x = -3\nif x > 0 { \"positive\" } else { \"not positive\" }", "\"not positive\""),
    ],
    seeAlso: ["functions", "ranges", "all", "any"])
}
