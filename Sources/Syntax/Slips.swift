/// What people bring along from Python, MATLAB and C, and what nnsh writes instead.
public enum Slips {
  /// The words for one slip: what is wrong, and what to write.
  struct Advice {
    let message: String
    let suggestions: [String]

    init(_ message: String, _ suggestions: String...) {
      self.message = message
      self.suggestions = suggestions
    }
  }

  /// Operators of other languages; each is a token of its own, so that it cannot be misread.
  static let operators: [String: Advice] = [
    "**": Advice("`**` is not an operator", "the power is written a ^ b"),
    "//": Advice(
      "`//` is not an operator", "division rounded down is written floor(a / b)",
      "a comment begins with #"),
    "/*": Advice("`/*` does not begin a comment", "a comment begins with #"),
    "&&": Advice("`&&` is not an operator", "write a and b"),
    "&": Advice("`&` is not an operator", "write a and b"),
    "||": Advice("`||` is not an operator", "write a or b"),
    "|": Advice(
      "`|` is not an operator", "write a or b", "a pipeline is written a |> f"),
    "!": Advice(
      "`!` is not an operator", "write not x", "other programs are not started from here"),
    "~": Advice("`~` is not an operator", "write not x"),
    "~=": Advice("`~=` is not an operator", "write a != b"),
    "<>": Advice("`<>` is not an operator", "write a != b"),
    "===": Advice("`===` is not an operator", "write a == b"),
    "!==": Advice("`!==` is not an operator", "write a != b"),
    ":=": Advice("`:=` is not an operator", "write a = e"),
    "=>": Advice("`=>` is not an operator", "a function is written x -> e", "at least is a >= b"),
    "=<": Advice("`=<` is not an operator", "write a <= b"),
    "++": Advice("`++` is not an operator", "write x += 1"),
    "--": Advice("`--` is not an operator", "write x -= 1", "or a - (-b)"),
    "<<": Advice("`<<` is not an operator", "write a * 2^b"),
    ">>": Advice("`>>` is not an operator", "write floor(a / 2^b)"),
    "..": Advice(
      "`..` is not a range", "without the last number: a..<b", "with the last number: a...b"),
    ".*": Advice("`.*` is not an operator", "* is elementwise: write a * b"),
    "./": Advice("`./` is not an operator", "/ is elementwise: write a / b"),
    ".^": Advice("`.^` is not an operator", "^ is elementwise: write a ^ b"),
    ".+": Advice("`.+` is not an operator", "+ is elementwise: write a + b"),
    ".-": Advice("`.-` is not an operator", "- is elementwise: write a - b"),
    ".'": Advice("`.'` is not an operator", "the transpose is written x'"),
    "**=": Advice("`**=` is not an operator", "write a ^= b"),
    "//=": Advice("`//=` is not an operator", "write a = floor(a / b)"),
    "\\": Advice(
      "a line is not continued by `\\`",
      "a statement goes on inside brackets, after an operator or a comma, and before |>"),
    "```": Advice("three backticks mark code in a text and are no part of it", "remove the line"),
    ">>>": Advice("`>>>` is Python's prompt and no part of the code", "remove it"),
    "`": Advice("a backtick has no meaning", "a string is written \"…\""),
    "$": Advice("`$` has no meaning", "write the name alone"),
    "×": Advice("`×` is not an operator", "write a * b"),
    "·": Advice("`·` is not an operator", "write a * b", "the matrix product is written a @ b"),
    "⋅": Advice("`⋅` is not an operator", "write a * b", "the matrix product is written a @ b"),
    "⊙": Advice("`⊙` is not an operator", "write a * b"),
    "÷": Advice("`÷` is not an operator", "write a / b"),
    "−": Advice("`−` (U+2212) is not an operator", "write a - b, with the hyphen"),
    "–": Advice("`–` (a dash) is not an operator", "write a - b, with the hyphen"),
    "≤": Advice("`≤` is not an operator", "write a <= b"),
    "≥": Advice("`≥` is not an operator", "write a >= b"),
    "≠": Advice("`≠` is not an operator", "write a != b"),
    "→": Advice("`→` is not an operator", "a function is written x -> e"),
    "←": Advice("`←` is not an operator", "write a = e"),
    "√": Advice("`√` is not an operator", "write sqrt(x)"),
    "∑": Advice("`∑` is not an operator", "write sum(x)"),
    "²": Advice("`²` is not an operator", "write x ^ 2"),
    "³": Advice("`³` is not an operator", "write x ^ 3"),
    "“": Advice("`“` does not begin a string", "a string is written \"…\", with straight quotes"),
    "”": Advice("`”` does not end a string", "a string is written \"…\", with straight quotes"),
    "‘": Advice("`‘` does not begin a string", "a string is written \"…\", with straight quotes"),
    "’": Advice("`’` has no meaning", "a string is written \"…\"; the transpose is x'"),
    "…": Advice("`…` has no meaning", "a range is written a...b, with three full stops"),
  ]

  /// What Python's libraries are called, whose functions stand by themselves here.
  public static let modules: Set<String> = [
    "np", "numpy", "torch", "F", "nn", "plt", "math", "jnp", "jax", "tf", "keras", "pd", "random",
    "matplotlib", "optim", "sklearn", "scipy", "functional", "layers", "losses",
  ]

  /// Names that are values in other languages.
  static let values: [String: Advice] = [
    "True": Advice("`True` is written true", "write true"),
    "False": Advice("`False` is written false", "write false"),
    "None": Advice("`None` is written none", "write none"),
  ]

  /// Commands of other programs, and nnsh's own.
  static let commands = [
    "man": "help", "hist": "plot … kind=hist", "fit": "train", "cat": "load", "evaluate": "test",
    "rm": "clear", "unset": "clear",
  ]

  /// Words that open a statement in other languages; meant only where an operand follows them.
  static let openers: [String: Advice] = [
    "elif": Advice("`elif` is written else if", "write } else if condition { … }"),
    "elseif": Advice("`elseif` is written else if", "write } else if condition { … }"),
    "elsif": Advice("`elsif` is written else if", "write } else if condition { … }"),
    "def": Advice(
      "`def` does not define a function", "write fn name(x) = e, or fn name(x) { … }"),
    "function": Advice(
      "`function` does not define a function", "write fn name(x) = e, or fn name(x) { … }"),
    "func": Advice(
      "`func` does not define a function", "write fn name(x) = e, or fn name(x) { … }"),
    "let": Advice("`let` is not needed", "write name = e"),
    "var": Advice("`var` is not needed", "write name = e"),
    "const": Advice("`const` is not needed", "write name = e"),
    "local": Advice("`local` is not needed", "write name = e"),
    "global": Advice("`global` is not needed", "functions see globals; write name = e"),
    "lambda": Advice("`lambda` does not make a function", "write x -> e, or (a, b) -> e"),
    "import": Advice(
      "nothing needs to be imported", "the functions of NumPy are there by name: exp(x), sum(x)"),
    "from": Advice(
      "nothing needs to be imported", "the functions of NumPy are there by name: exp(x), sum(x)"),
    "del": Advice("`del` is written clear", "write clear name"),
    "with": Advice(
      "`with` opens no block here",
      "leave it out: only grad takes gradients, files close by themselves"),
    "class": Advice("there are no classes", "a record is written {a: 1, b: 2}"),
    "switch": Advice("there is no `switch`", "write if a { … } else if b { … } else { … }"),
    "match": Advice("there is no `match`", "write if a { … } else if b { … } else { … }"),
    "try": Advice("`try` takes a function", "write try(() -> e)"),
    "raise": Advice("`raise` is written error", "write error(\"what is wrong\")"),
    "throw": Advice("`throw` is written error", "write error(\"what is wrong\")"),
  ]
}
